"""Coverage as it is served: pages, API, CSV and workbook say the same; stewards overrule and assign."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from starlette.testclient import TestClient

from api.app import create_app
from catalog import keys
from catalog.database import Catalog
from catalog.keys import NewKey
from catalog.needs.files import HASHTAGS
from catalog.search.writer import follow
from config.settings import Settings
from tests.catalog.needs.shelf import HIDDEN, TODAY, fill

MOST_BYTES = 100_000
DAY = (TODAY + timedelta(days=30)).isoformat()
REASON = "The plan of this year answers it."


@dataclass(frozen=True)
class Served:
    client: TestClient
    keys: dict[str, str]

    def get(self, path: str, key: str = "") -> Any:
        return self.client.get(path, headers=self.headers(key))

    def post(self, path: str, key: str = "", **asked: Any) -> Any:
        return self.client.post(path, headers=self.headers(key), json=asked)

    def headers(self, key: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys[key]}"} if key else {}

    def cell(self, need: str, key: str = "") -> Any:
        cells = self.get("/api/v1/coverage/SSD", key).json()["cells"]
        return next(one for one in cells if one["need"] == need)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("coverage"), database_url="", config_dir=None, rate_address=0, rate_key=0
    )
    with Catalog(settings.catalog_url, create=True) as catalog:
        fill(catalog, HIDDEN)
        follow(catalog, settings.index_dir)
        made = {}
        for name, scope in (("Ada", ()), ("Bo", ("YEM",)), ("Cy", ("SSD",))):
            asked = NewKey(
                f"{name} Sample", "steward", "Sample Mine Centre", "Sample.", TODAY + timedelta(days=2), (), scope
            )
            with catalog.writing() as session:
                made[name] = keys.create(session, asked, "A. Sample")
        asked = NewKey("Dee Sample", "community", "Sample Mine Centre", "Sample.", TODAY + timedelta(days=2))
        with catalog.writing() as session:
            made["Dee"] = keys.create(session, asked, "A. Sample")
        with TestClient(create_app(settings), raise_server_exceptions=False) as client:
            yield Served(client, made)


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


@pytest.mark.parametrize("key", ["", "Ada"])
def test_page_csv_workbook_and_api_agree_cell_by_cell(served: Served, key: str):
    grid = served.get("/api/v1/coverage?country=SSD&country=UGA", key).json()
    states = {(one["country"], need): state for one in grid["countries"] for need, state in one["cells"].items()}
    assert len(states) == 2 * 46
    for iso3 in ("SSD", "UGA"):
        country = served.get(f"/api/v1/coverage/{iso3}", key).json()
        assert {(iso3, one["need"]): one["state"] for one in country["cells"]} == {
            cell: state for cell, state in states.items() if cell[0] == iso3
        }
    table = served.get("/api/v1/coverage.csv?country=SSD&country=UGA", key)
    rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert rows[0] == dict(HASHTAGS)
    assert {(row["country"], row["need"]): row["state"] for row in rows[1:]} == states
    book = openpyxl.load_workbook(io.BytesIO(served.get("/api/v1/coverage.xlsx?country=SSD&country=UGA", key).content))
    assert book.sheetnames == ["Coverage", *(row["need"] for row in rows[1:] if row["country"] == "SSD"), "Marking"]
    header, *lines = book["Coverage"].iter_rows(values_only=True)
    assert {(line[0], need): line[at] for line in lines for at, need in enumerate(header) if at > 1} == states
    for need in ("casualties", "displaced-people"):
        sheet = book[need]
        titles, *found = sheet.iter_rows(values_only=True)
        assert list(titles) == list(HASHTAGS)
        place = list(titles).index("state")
        assert {(line[0], need): line[place] for line in found} == {k: v for k, v in states.items() if k[1] == need}
        assert sheet.auto_filter.ref == sheet.dimensions
        assert sheet.freeze_panes == "C2"
    page = served.get("/coverage?country=SSD&country=UGA&set=mine-action", key).text
    shown = {
        (iso3, need): word
        for iso3, need, word in re.findall(
            r'<a href="/coverage/(\w+)\?need=([\w-]+)"><span class="state s-[\w-]+"><span aria-hidden="true">.</span> '
            r"([\w/ ]+)\*?</span></a>",
            page,
        )
    }
    short = {"held but restricted": "restricted", "not applicable": "n/a"}
    mine = served.get("/api/v1/coverage?country=SSD&country=UGA&set=mine-action", key).json()
    asked = {one["need"] for one in mine["needs"]}
    assert len(asked) == 29
    assert shown == {cell: short.get(state, state) for cell, state in states.items() if cell[1] in asked}


def test_a_file_says_in_its_name_how_far_it_may_go_and_if_it_has_not_all(served: Served):
    names = [
        served.get(f"/api/v1/coverage.{more}").headers["content-disposition"]
        for more in ("csv?country=SSD", "csv?limit=1", "xlsx?limit=1")
    ]
    assert names == [
        'attachment; filename="landmark-coverage-TLP-CLEAR.csv"',
        'attachment; filename="landmark-coverage-1-of-2-countries-TLP-CLEAR.csv"',
        'attachment; filename="landmark-coverage-1-of-2-countries-TLP-CLEAR.xlsx"',
    ]


@pytest.mark.parametrize(
    "address",
    [
        "/coverage", "/coverage/SSD", "/coverage/SSD?set=protection", "/coverage/SSD?need=displaced-people",
        "/coverage/SSD?need=casualties", "/country/SSD", "/country/TCD", "/holders",
        "/holders?topic=displacement&country=SSD",
    ],
)  # fmt: skip
def test_every_page_is_small_and_needs_no_script(served: Served, address: str):
    answer = served.get(address)
    assert answer.status_code == 200
    assert len(answer.content) < MOST_BYTES
    assert not re.search(r"<script|<style|<iframe|\son\w+=|\sstyle=", answer.text)
    assert "Quietcanary" not in answer.text
    again = served.client.get(address, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_country_page_has_gaps_first_and_leads_to_evidence(served: Served):
    page = served.get("/coverage/SSD").text
    order = re.findall(r'<span class="state s-([\w-]+)">', page[page.index('class="need"') :])
    ranks = ["gap", "held-but-restricted", "unknown", "planned", "partly", "met", "not-applicable"]
    assert order == sorted(order, key=ranks.index)
    assert order[0] == "gap"
    assert order[-1] == "met"
    evidence = words(served.get("/coverage/SSD?need=displaced-people").text)
    assert "met A dataset meets every criterion." in evidence
    assert "places ✓ yes It goes down to admin 2." in evidence
    casualties = words(served.get("/coverage/SSD?need=casualties").text)
    assert "restricted A dataset would count, and it is not within reach: ask whoever is named." in casualties
    assert "Dear colleagues at Sample Mine Centre," in casualties
    assert "Landmine casualties in South Sudan" not in casualties, "its title is not for the public"


def test_a_newcomer_is_told_holders_newest_and_whom_to_ask(served: Served):
    page = words(served.get("/country/SSD").text)
    assert "6 datasets of 2 organisations" in page
    assert "Sample Tracking 4 Displacement" in page
    assert "info@data.example.org" in page
    assert "Closed, but you can ask" in page
    assert "Data: Casualties and Contamination and survey (South Sudan)" in page


def test_holders_say_how_to_ask(served: Served):
    found = served.get("/api/v1/holders?topic=land-use&country=SSD").json()
    assert found["total"] == 1
    assert {name: found["items"][0][name] for name in ("organisation", "datasets", "access", "how", "contact")} == {
        "organisation": "Sample Mine Centre", "datasets": 1, "access": {"not_shared": 1}, "how": "Ask the centre.",
        "contact": "info@data.example.org",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("address", "status", "detail"),
    [
        ("/api/v1/coverage/XYZ", 404, "There is nothing here that this service may show."),
        ("/api/v1/coverage/ssd", 404, "There is nothing here that this service may show."),
        ("/api/v1/coverage?country=Nowhere", 422, 'country: "Nowhere" is no country; write its ISO3 code, such as SSD'),
        ("/api/v1/coverage?set=mine", 422, 'set: there is no set "mine". Known: mine-action, protection.'),
        ("/api/v1/holders?country=Nowhere", 422, 'country: "Nowhere" is no country; write its ISO3 code, such as SSD'),
    ],
)
def test_what_cannot_be_asked_says_why(served: Served, address: str, status: int, detail: str):
    answer = served.get(address)
    assert answer.status_code == status
    problem = answer.json()
    assert detail in [problem.get("detail", ""), *(one["message"] for one in problem.get("errors", []))]


def test_a_steward_overrules_a_cell_that_everybody_reads_and_ends_it(served: Served):
    path = "/api/v1/coverage/SSD/funding/overrule"
    said = {"act": "overrule", "state": "met", "expires": DAY, "reason": REASON}
    assert served.post(path, **said).status_code == 401
    for name in ("Bo", "Dee"):
        assert served.post(path, name, **said).json()["detail"] == "Only who was appointed steward of this may do it."
    answer = served.post(path, "Cy", **said).json()
    assert answer == {"state": "met", "reason": REASON, "on": TODAY.isoformat(), "expires": DAY}
    cell = served.cell("funding")
    assert (cell["state"], cell["rule"], cell["judged"]["state"], cell["overrule"]) == ("met", REASON, "gap", answer)
    assert "○ gap" in words(served.get("/coverage/SSD?need=funding").text), "what is judged stays to be seen"
    assert "Cy" not in served.get("/coverage/SSD?need=funding").text
    row = next(
        row
        for row in csv.DictReader(
            io.StringIO(served.get("/api/v1/coverage.csv?country=SSD").content.decode("utf-8-sig"))
        )
        if row["need"] == "funding"
    )
    assert (row["state"], row["judged"], row["overruled because"], row["overrule expires"]) == (
        "met", "gap", REASON, DAY,
    )  # fmt: skip
    assert served.post(path, "Ada", act="withdraw", reason="It was a mistake.").status_code == 200
    assert (served.cell("funding")["state"], served.cell("funding")["overrule"]) == ("gap", None)
    assert served.post(path, "Ada", act="withdraw", reason="Again.").status_code == 409
    assert served.post("/api/v1/coverage/SSD/nothing/overrule", "Ada", **said).status_code == 404
    lines = served.get("/api/v1/audit?subject=funding%20SSD", "Ada").json()["items"]
    assert [(one["actor"], one["reason"]) for one in lines] == [
        ("Cy Sample", REASON), ("Ada Sample", "It was a mistake."),
    ]  # fmt: skip


def test_actions_have_an_owner_and_a_day_and_are_for_stewards(served: Served):
    path = "/api/v1/coverage/SSD/roads/actions"
    asked = {"what": "Ask for the newer roads.", "owner": "Coordinator", "organisation": "Sample Cluster", "due": DAY}
    assert [served.post(path, name, **asked).status_code for name in ("", "Dee", "Bo")] == [401, 403, 403]
    number = served.post(path, "Cy", **asked).json()["id"]
    listed = served.get("/api/v1/actions", "Ada").json()["items"]
    assert [(one["id"], one["what"], one["owner"], one["due"], one["state"]) for one in listed] == [
        (number, "Ask for the newer roads.", "Coordinator", DAY, "open")
    ]
    assert served.get("/api/v1/actions", "Bo").json()["items"] == []
    assert served.get("/api/v1/actions", "Dee").status_code == 403
    assert "Ask for the newer roads." not in served.get("/coverage/SSD?need=roads").text
    assert "Ask for the newer roads." in served.get("/coverage/SSD?need=roads", "Cy").text
    close = {"state": "done", "reason": "They are listed."}
    assert served.post(f"/api/v1/actions/{number}", "Bo", **close).status_code == 409
    assert served.post(f"/api/v1/actions/{number}", "Cy", **close).json()["state"] == "done"
    past = served.post(path, "Cy", **(asked | {"due": "2020-01-01"}))
    assert (past.status_code, past.json()["detail"]) == (409, "due: the day is past.")


def test_a_steward_who_is_signed_in_acts_on_the_page(served: Served):
    site = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
    page = served.client.get("/sign-in").text
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token
    served.client.post("/sign-in", data={"token": token[1], "key": served.keys["Cy"]}, headers=site)
    address = "/coverage/SSD?need=returns"
    page = served.client.get(address).text
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token
    form = {"token": token[1], "do": "overrule", "state": "gap", "reason": REASON, "expires": DAY}
    answer = served.client.post(address, data=form, headers=site, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, address)
    assert served.cell("returns")["overrule"]["reason"] == REASON
    wrong = served.client.post(address, data=form | {"expires": "2020-01-01"}, headers=site)
    assert wrong.status_code == 422
    assert "expires: it must be a day from today to" in wrong.text
    foreign = served.client.post(address, data=form | {"token": "other"}, headers=site)
    assert foreign.status_code == 403
    served.client.cookies.clear()
    assert served.client.post(address, data=form, headers=site).status_code == 403


def test_needs_are_listed_with_what_would_meet_them(served: Served):
    listed = served.get("/api/v1/needs?set=protection").json()
    assert listed["total"] == 17
    one = next(one for one in listed["items"] if one["need"] == "displacement-sites")
    assert one["sets"] == ["protection"]
    assert one["question"]["fr"] == "Où sont les camps et sites de personnes déplacées, et combien y vivent ?"
    told = {name: one["met_by"][name] for name in ("admin_level", "newest_within", "form", "kept_up")}
    assert told == {"admin_level": 3, "newest_within": 12, "form": "data", "kept_up": False}
