"""Corrections over HTTP and on the page: side by side for stewards of the record, and nothing of them for others."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.acting import NOT_A_STEWARD
from api.app import create_app
from catalog import audit, keys
from catalog.database import Catalog
from catalog.keys import NewKey
from catalog.rows import dataset_id
from catalog.search.writer import follow
from config.settings import Settings
from tests.api.conftest import CLEARANCE, PUBLIC, RECORDS, RELIEF, write
from tests.api.test_acts import DAY

ID, HIDDEN = (str(dataset_id(PUBLIC.key, name)) for name in ("displacement", "hidden"))
WHY = "The holder told us so."
OURS = {"Sec-Fetch-Site": "same-origin"}


class House:
    def __init__(self, catalog: Catalog, client: TestClient, made: dict[str, str]) -> None:
        self.catalog, self.client, self.keys = catalog, client, made

    def get(self, path: str, key: str = "") -> Any:
        return self.client.get(path, headers=self._headers(key))

    def ask(self, method: str, key: str, tail: str, id_: str = ID, **body: Any) -> Any:
        path = f"/api/v1/datasets/{id_}/curation{tail}"
        return self.client.request(method, path, headers=self._headers(key), json=body)

    def put(self, key: str, field: str, value: str, id_: str = ID, reason: str = WHY) -> Any:
        return self.ask("PUT", key, f"/{field}", id_, value=value, reason=reason)

    def sign_in(self, key: str) -> None:
        token = self._token(self.client.get("/sign-in").text)
        fields = {"key": self.keys[key], "token": token}
        assert self.client.post("/sign-in", data=fields, headers=OURS, follow_redirects=False).status_code == 303

    def form(self, path: str) -> dict[str, str]:
        """The fields of the page's form, as a browser would send them."""
        page = self.client.get(path).text
        found = re.findall(r'<input(?: type="hidden")?(?: id="\w+")? name="([^"]+)" value="([^"]*)"', page)
        found += re.findall(r'<textarea id="\w+" name="([^"]+)"[^>]*>\n([^<]*)</textarea>', page)
        return {unescape(name): unescape(value) for name, value in found}

    def _token(self, page: str) -> str:
        return re.findall(r'name="token" value="([^"]+)"', page)[-1]

    def _headers(self, key: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys[key]}"} if key else {}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    settings = Settings(data_dir=tmp_path, database_url="", config_dir=None, rate_address=0, rate_key=0)
    with Catalog(settings.catalog_url, create=True) as catalog:
        write(catalog, PUBLIC, RECORDS)
        follow(catalog, settings.index_dir)
        made = {}
        with catalog.writing() as session:
            for name, audience, more in (
                ("partner", "community", {}),
                ("ada", "steward", {}),
                ("yemen", "steward", {"countries": ("YEM",)}),
            ):
                holder = CLEARANCE if name == "yemen" else RELIEF
                asked = NewKey(name, audience, holder.name, "Sample purpose.", DAY, **more)
                made[name] = keys.create(session, asked, "A. Sample")
        with TestClient(create_app(settings), raise_server_exceptions=False) as client:
            yield House(catalog, client, made)


def beside(house: House, field: str, key: str = "ada") -> dict[str, Any]:
    fields = house.ask("GET", key, "").json()["fields"]
    return next(one for one in fields if one["field"] == field)


def test_a_steward_corrects_and_everybody_is_shown_it_at_once(house: House):
    before = beside(house, "title")
    assert (before["curated"], before["effective"]) == (None, before["harvested"])
    answer = house.put("ada", "title", "Sample: Quietcorrected baseline")
    assert answer.json() == {
        "field": "title", "label": "Title", "outcome": "new", "before": before["harvested"],
        "after": "Sample: Quietcorrected baseline",
    }  # fmt: skip
    found = house.get("/api/v1/datasets?q=quietcorrected").json()["items"]
    assert [(one["id"], one["title"]) for one in found] == [(ID, "Sample: Quietcorrected baseline")]
    now = beside(house, "title")
    assert (now["harvested"], now["curated"], now["effective"], now["by"], now["reason"]) == (
        before["harvested"], "Sample: Quietcorrected baseline", "Sample: Quietcorrected baseline", "ada", WHY,
    )  # fmt: skip
    shown = house.get(f"/api/v1/datasets/{ID}").json()
    assert shown["curated"] == [{"field": "title", "by": "steward", "at": now["at"][:10]}]
    assert "ada" not in str(shown["curated"])
    taken = house.ask("DELETE", "ada", "/title", reason="It was right before.")
    assert taken.json()["outcome"] == "taken back"
    assert "curated" not in house.get(f"/api/v1/datasets/{ID}").json()
    assert house.get("/api/v1/datasets?q=quietcorrected").json()["total"] == 0
    with house.catalog.reading() as session:
        said = [(line["actor"], line["action"], line["reason"]) for line in audit.lines(session)]
    assert ("ada", f"corrected title under the key {house.keys['ada'][4:16]}", WHY) in said


def test_a_curated_hashtag_is_searched_counted_and_shown_with_role_and_day(house: House):
    assert house.put("ada", "hxl:IDPs", "#affected+returnees").status_code == 200
    found = house.get("/api/v1/datasets?hxl=%23affected%2Breturnees&hxl.origin=curated").json()
    assert [one["id"] for one in found["items"]] == [ID]
    assert house.get("/api/v1/hxl/stats").json()["origins"]["curated"]["datasets"] == 1
    columns = house.get(f"/api/v1/datasets/{ID}").json()["distributions"][0]["columns"]
    tag = next(column for column in columns if column["header"] == "IDPs")["tags"]
    day = tag[0]["rule"].removeprefix("steward, ")
    assert tag == [{"tag": "#affected+returnees", "origin": "curated", "rule": f"steward, {day}", "confidence": 1.0}]
    page = house.get(f"/dataset/{ID}").text
    assert f"A steward set it on {day}." in page
    assert "the hashtag of a column" in page


@pytest.mark.parametrize(("key", "status"), [("", 401), ("partner", 403), ("yemen", 403)])
def test_only_stewards_of_the_record_correct_it(house: House, key: str, status: int):
    assert house.put(key, "title", "Sample: other").status_code == status
    assert house.ask("DELETE", key, "/title", reason=WHY).status_code == status
    assert house.ask("POST", key, "/verify").status_code == status
    assert house.ask("GET", key, "").status_code == (403 if status == 401 else status)
    assert house.get(f"/dataset/{ID}/edit", key).status_code in {307, 403}
    assert house.get("/api/v1/curation/review", key).json()["items"] == []
    if key:
        assert house.put(key, "title", "Sample: other").json()["detail"] == NOT_A_STEWARD


def test_a_hidden_record_answers_as_one_that_never_was(house: House):
    assert house.put("ada", "title", "Sample: Quietcanary corrected", HIDDEN).status_code == 200
    unknown = str(dataset_id(PUBLIC.key, "never was"))
    for key in ("", "partner"):
        for method, tail in (("GET", ""), ("PUT", "/title"), ("DELETE", "/title"), ("POST", "/verify")):
            body = {"value": "x", "reason": WHY} if method == "PUT" else {"reason": WHY} if method == "DELETE" else {}
            one, other = (house.ask(method, key, tail, id_, **body) for id_ in (HIDDEN, unknown))
            assert (one.status_code, one.json()) == (other.status_code, other.json()), (key, method)
            assert one.status_code == (404 if key or method == "GET" else 401)
        one, other = (house.get(f"/dataset/{id_}/edit", key) for id_ in (HIDDEN, unknown))
        assert (one.status_code, one.text) == (other.status_code, other.text)
    assert house.put("yemen", "title", "Sample: Quietcanary again", HIDDEN).status_code == 200, "it is in Yemen"
    assert house.get("/api/v1/curation/review", "yemen").json()["total"] == 1
    assert "uietcanary" not in house.get("/api/v1/changes?limit=1000").text


@pytest.mark.parametrize(
    ("field", "value", "status", "told"),
    [
        ("titel", "x", 422, 'titel: it is no field that can be corrected. Did you mean "title"?'),
        ("level", "low_no", 422, "level: it is not corrected here. Levels are set by"),
        ("places", "Atlantis", 422, 'places: "Atlantis" is no country. Write the country'),
        ("hxl:Nothing", "#adm1", 422, 'column: the record has no column "Nothing" there.'),
        ("hxl [1,2,3]", "#adm1", 422, "hashtag: it names no column."),
        ("title", RECORDS[0].display_title, 409, "Nothing would change"),
    ],
)
def test_what_cannot_be_taken_is_named(house: House, field: str, value: str, status: int, told: str):
    answer = house.put("ada", field, value)
    assert answer.status_code == status
    assert answer.json()["detail"].startswith(told)


def test_corrections_are_verified_and_reviewed(house: House):
    house.put("ada", "licence", "CC0")
    assert house.ask("POST", "ada", "/verify").json() == {"verified": ["licence"]}
    [one] = house.get("/api/v1/curation/review", "ada").json()["items"]
    assert (one["id"], one["field"], one["keeper"], one["overdue"]) == (ID, "licence", "ada", False)
    assert house.get("/api/v1/curation/review?overdue=true", "ada").json()["total"] == 0
    assert house.ask("POST", "ada", "/verify", fields=["title"]).status_code == 409


def test_the_form_corrects_what_was_changed_in_it_and_nothing_else(house: House):
    name = house.get(f"/api/v1/datasets/{ID}").json()["name"]
    house.sign_in("ada")
    path = f"/dataset/{name}/edit"
    fields = house.form(path)
    assert {"title", "was title", "description", "places", "token", "reason"} <= fields.keys()
    page = house.client.get(path)
    assert page.headers["Cache-Control"] == "no-store"
    assert "<script" not in page.text
    # Somebody else corrects another field meanwhile: the form does not undo it.
    house.put("ada", "licence", "CC0")
    sent = fields | {"title": "Sample: Formwritten title", "reason": WHY}
    answer = house.client.post(path, data=sent, headers=OURS, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/dataset/sample-formwritten-title-")
    again = house.client.get(answer.headers["Location"]).text
    assert "Written. It is shown so from now on." in again
    assert (beside(house, "title")["curated"], beside(house, "licence")["curated"]) == (
        "Sample: Formwritten title", "CC0",
    )  # fmt: skip
    name = house.get(f"/api/v1/datasets/{ID}").json()["name"]
    fields = house.form(f"/dataset/{name}/edit")
    sent = fields | {"title": "", "reason": WHY}
    house.client.post(f"/dataset/{name}/edit", data=sent, headers=OURS)
    assert beside(house, "title")["curated"] is None, "an emptied field takes its correction back"
    link = house.client.get(f"/dataset/{ID}").text
    assert "Correct this record" in link


def test_the_form_says_what_is_wrong_where_it_is_and_keeps_what_was_written(house: House):
    name = house.get(f"/api/v1/datasets/{ID}").json()["name"]
    house.sign_in("ada")
    path = f"/dataset/{name}/edit"
    fields = house.form(path)
    wrong = fields | {"places": "Atlantis", "title": "Sample: <b>kept</b>", "reason": WHY}
    answer = house.client.post(path, data=wrong, headers=OURS)
    assert answer.status_code == 422
    text = unescape(answer.text)
    assert '"Atlantis" is no country. Write the country\'s name or ISO code, such as UKR.' in text
    assert 'value="Atlantis"' in answer.text
    assert "Sample: &lt;b&gt;kept&lt;/b&gt;" in answer.text
    assert beside(house, "title")["curated"] is None, "nothing is written"
    assert "Nothing was changed" in house.client.post(path, data=fields | {"reason": WHY}, headers=OURS).text
    assert "Say why" in house.client.post(path, data=fields | {"title": "x"}, headers=OURS).text
    assert house.client.post(path, data=fields | {"title": "x"}).status_code == 403, "another site's form"
    assert house.client.post(path, data=fields | {"token": "x"}, headers=OURS).status_code == 403
