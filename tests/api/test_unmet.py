"""A search that finds nothing can be logged by anybody, and is told to stewards alone."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from api import coverage_examples as shapes
from api.access import COOKIE, LOGGED, TOO_MANY
from api.app import create_app
from catalog import keys
from catalog.database import Catalog
from catalog.keys import NewKey
from catalog.search.writer import follow
from config.settings import Settings
from tests.catalog.needs.shelf import HIDDEN, TODAY, fill

SENT = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
LOGGED_AT = "/api/v1/needs/logged"
DAY = TODAY.isoformat()


@dataclass(frozen=True)
class Served:
    client: TestClient
    keys: dict[str, str]
    settings: Settings

    def get(self, path: str, key: str = "") -> Any:
        return self.client.get(path, headers=self.headers(key))

    def post(self, path: str, key: str = "", /, **asked: Any) -> Any:
        return self.client.post(path, headers=self.headers(key), json=asked)

    def headers(self, key: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys[key]}"} if key else {}

    def press(self, **fields: str) -> Any:
        given = {"token": token(self.get("/?q=xylophone").text)} | fields
        return self.client.post("/needs/logged", content=urlencode(given), headers=SENT, follow_redirects=False)

    def logged(self, key: str = "Ada", more: str = "") -> list[tuple[str, str, int]]:
        items = self.get(LOGGED_AT + more, key).json()["items"]
        return [(one["words"], one["country"], one["count"]) for one in items]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    settings = Settings(data_dir=tmp_path, database_url="", config_dir=None, rate_address=0, rate_key=0, rate_acts=0)
    with Catalog(settings.catalog_url, create=True) as catalog:
        fill(catalog, HIDDEN)
        follow(catalog, settings.index_dir)
        made = {}
        for name, audience, scope in (
            ("Ada", "steward", ()), ("Bo", "steward", ("YEM",)), ("Cy", "steward", ("SSD",)), ("Dee", "community", ()),
        ):  # fmt: skip
            asked = NewKey(
                f"{name} Sample", audience, "Sample Mine Centre", "Sample.", TODAY + timedelta(days=2), (), scope
            )
            with catalog.writing() as session:
                made[name] = keys.create(session, asked, "A. Sample")
        with TestClient(create_app(settings), raise_server_exceptions=False) as client:
            yield Served(client, made, settings)


def token(html: str) -> str:
    found = re.search(r'name="token" value="([^"]+)"', html)
    return found[1] if found else ""


def form(html: str) -> dict[str, str]:
    """The fields of the form, token left out; empty if there is none."""
    if 'action="/needs/logged"' not in html:
        return {}
    body = html.partition('action="/needs/logged"')[2].partition("</form>")[0]
    fields = {re.findall(r'name="(\w+)"', one)[0]: one for one in re.findall(r"<input[^>]*>", body)}
    fields.pop("token")
    return {name: unescape(re.findall(r'value="([^"]*)"', one)[0]) for name, one in fields.items()}


@pytest.mark.parametrize(
    ("question", "fields"),
    [
        ("/?q=xylophone", {"country": "", "words": "xylophone"}),
        ("/?q=%22xylophone%22&country=UGA", {"country": "UGA", "words": '"xylophone"'}),
        ("/?q=xylophone&country=UGA&country=SSD", {"country": "", "words": "xylophone"}),
        ("/?q=xylophone&country=South+Sudan", {"country": "SSD", "words": "xylophone"}),
        ("/?q=displaced", {}),
        ("/?q=displaced&limit=0", {}),
        ("/?country=AFG", {}),
    ],
)
def test_a_search_without_a_find_offers_to_log_it(served: Served, question: str, fields: dict[str, str]):
    answer = served.get(question)
    assert form(answer.text) == fields
    assert ("kept only if you press the button" in answer.text) is bool(fields)
    assert served.logged() == [], "searching keeps nothing"


def test_whoever_presses_the_button_is_answered_the_same_and_only_stewards_read_it(served: Served):
    first, again = (served.press(words="Hospital maps", country="SSD") for _ in range(2))
    served.press(words="call +211 912 345 678 for wells")
    assert (first.status_code, first.headers["location"]) == (303, "/needs/logged")
    assert (first.content, first.headers) == (again.content, again.headers)
    page = served.get(first.headers["location"])
    assert (page.status_code, "It was logged" in page.text, "ospital" in page.text) == (200, True, False)
    answer = served.get(LOGGED_AT, "Ada").json()
    hospitals = {"id": 1, "words": "Hospital maps", "country": "SSD", "count": 2, "first": DAY, "last": DAY}
    assert answer["items"][0] == hospitals | {"state": "open", "closed": None, "closing": ""}
    assert answer["items"][0].keys() == shapes.LOGGED_NEED.keys()
    assert served.logged() == [("Hospital maps", "SSD", 2), ("call [telephone number withheld] for wells", "", 1)]
    assert served.logged("Cy") == [("Hospital maps", "SSD", 2)]
    assert served.logged("Bo") == served.logged("Bo", "?country=SSD") == []
    assert served.get(LOGGED_AT, "Dee").status_code == 403
    assert served.get(LOGGED_AT).status_code == 401
    assert [served.get(f"{LOGGED_AT}?limit=1{more}", "Ada").json()["next"] for more in ("", "&after=1")] == ["1", ""]


@pytest.mark.parametrize(
    ("fields", "headers", "status", "said"),
    [
        ({"token": ""}, {}, 403, "This form is too old. Open the page again."),
        ({"token": "no token"}, {}, 403, "This form is too old. Open the page again."),
        ({}, {"Sec-Fetch-Site": "cross-site"}, 403, "This form was not sent from one of our pages."),
        ({"words": "m" * 501}, {}, 422, "words: at most 500 characters can be sent."),
        ({"words": "m" * 9000}, {}, 413, "The form is too long."),
        ({"words": " !"}, {}, 422, "Say in words what was looked for"),
        ({"country": "Nowhere"}, {}, 422, '"Nowhere" is no country'),
    ],
)
def test_what_cannot_be_logged_is_refused_and_leaves_nothing(
    served: Served, fields: dict[str, str], headers: dict[str, str], status: int, said: str
):
    given = {"token": token(served.get("/?q=xylophone").text), "words": "mines", "country": ""} | fields
    answer = served.client.post("/needs/logged", content=urlencode(given), headers=SENT | headers)
    assert (answer.status_code, said in unescape(answer.text)) == (status, True)
    assert served.logged() == []


def test_one_address_logs_twenty_an_hour(served: Served):
    answers = [served.press(words=f"mines {number}") for number in range(LOGGED)]
    assert {answer.status_code for answer in answers} == {303}
    over = served.press(words="mines")
    assert (over.status_code, over.headers["retry-after"], TOO_MANY in over.text) == (429, "180", True)
    assert served.post(LOGGED_AT, "Dee", words="mines").status_code == 429
    assert served.post(LOGGED_AT, "Cy", words="mines").status_code == 201, "stewards are not counted"
    assert len(served.logged()) == LOGGED + 1


def test_a_process_for_the_public_alone_offers_and_takes_nothing(served: Served):
    with TestClient(create_app(served.settings, public_only=True), raise_server_exceptions=False) as public:
        page = public.get("/?q=xylophone")
        assert (page.status_code, form(page.text)) == (200, {})
        given = {"token": token(served.get("/?q=xylophone").text), "words": "mines"}
        sent = public.post("/needs/logged", content=urlencode(given), headers=SENT)
        assert (sent.status_code, public.get("/needs/logged").status_code) == (404, 404)
        assert public.post(LOGGED_AT, json={"words": "mines"}).status_code == 404
    assert served.logged() == []


def test_it_is_logged_and_closed_over_the_api(served: Served):
    said = {"words": "wells of Dr Ada Sample", "country": "South Sudan"}
    first, again = (served.post(LOGGED_AT, "Dee", **said) for _ in range(2))
    kept = {"words": "wells of [name withheld]", "country": "SSD", "withheld": ["a person's name"]}
    assert (first.status_code, first.json(), again.json()) == (201, kept, kept)
    assert first.json().keys() == shapes.KEPT_NEED.keys()
    assert served.post(LOGGED_AT, **said).status_code == 401
    assert served.post(LOGGED_AT, "Dee", words="w" * 501).status_code == 422
    assert served.post(LOGGED_AT, "Dee", words="?").json()["detail"].startswith("Say in words")
    act = {"act": "close", "reason": "It is listed now."}
    assert served.post(f"{LOGGED_AT}/1", "Dee", **act).status_code == 403
    others = [served.post(f"{LOGGED_AT}/{number}", "Bo", **act) for number in (1, 99)]
    assert [answer.status_code for answer in others] == [409, 409]
    assert others[0].content == others[1].content
    closed = served.post(f"{LOGGED_AT}/1", "Cy", **act).json()
    assert (closed["state"], closed["closed"], closed["closing"]) == ("closed", DAY, "It is listed now.")
    assert served.logged("Ada", "?state=open") == []
    assert served.logged("Ada", "?state=closed") == [("wells of [name withheld]", "SSD", 2)]


def test_the_country_page_shows_it_to_its_stewards_alone(served: Served):
    served.post(LOGGED_AT, "Dee", words="xylophone <b>maps", country="SSD")
    pages = {}
    for key in ("", "Ada", "Bo", "Cy", "Dee"):
        page = served.client.get("/coverage/SSD", headers=served.headers(key))
        pages[key] = "xylophone &lt;b&gt;maps" in page.text
        assert ("Looked for and not found" in page.text) is pages[key], key
        assert (page.headers["cache-control"] == "no-store") is (key in {"Ada", "Cy"}), key
    assert pages == {"": False, "Ada": True, "Bo": False, "Cy": True, "Dee": False}
    assert "ylophone" not in served.get("/coverage/UGA", "Ada").text


def test_who_signed_in_logs_with_the_token_of_the_session(served: Served):
    given = {"token": token(served.get("/sign-in").text), "key": served.keys["Dee"]}
    answer = served.client.post("/sign-in", content=urlencode(given), headers=SENT, follow_redirects=False)
    public = token(TestClient(served.client.app).get("/?q=xylophone").text)
    assert answer.cookies[COOKIE]
    assert served.press(words="mines").status_code == 303
    assert served.press(words="mines", token=public).status_code == 403
    served.client.cookies.clear()
    assert served.logged() == [("mines", "", 1)]
