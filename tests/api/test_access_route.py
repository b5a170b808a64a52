"""How a dataset can be had: in the JSON, at an address of its own, on the page, in the export; and what is not told."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from api.app import create_app
from catalog import keys, links, safe
from catalog.database import Catalog
from catalog.keys import NewKey
from catalog.links import LinkState, Seen
from catalog.records import AccessRecord, RelationRecord
from catalog.rows import dataset_id
from catalog.search.writer import follow
from catalog.tables import Dataset
from catalog.viewer import PUBLIC as ANYBODY
from catalog.viewer import breaking_glass, steward
from catalog.vocabulary import AccessModality, Artefact, RelationKind, Visibility
from config.settings import Settings
from tests.api.conftest import PUBLIC, RECORDS, RELIEF, write
from tests.api.test_acts import DAY

ASK = "https://data.example.org/ask"
REPORT = AccessRecord(AccessModality.OPEN, ("Read it.",), "https://data.example.org/report", Artefact.REPORT)
CLOSED = replace(RECORDS[0], access=(*RECORDS[0].access, REPORT), licence="")
MADE_OF_IT = (RelationRecord(RelationKind.SAFE_PRODUCT_OF, "displacement"),)
OPEN = (AccessRecord(AccessModality.OPEN, ("Take it.",)),)
TOTALS = replace(
    RECORDS[0], remote_id="totals", title={"en": "Sample: Totals by state"}, relations=MADE_OF_IT, access=OPEN,
    distributions=(),
)  # fmt: skip
UNSEEN = replace(
    TOTALS, remote_id="unseen", title={"en": "Sample: Quietcanary totals"}, visibility=Visibility.RESTRICTED
)
OWNERS = replace(TOTALS, remote_id="owners", title={"en": "Sample: Quietcanary owners"}, visibility=Visibility.OWNER)
OWN = """
- id: our-desk
  organisations: [Sample Relief]
  role: im-officer
  agreement: mou
  days: 10
  conditions: ["Name {holder} wherever it is used."]
  evidence: a sample of what an installation says of its own
"""


class House:
    def __init__(self, catalog: Catalog, client: TestClient, key: str) -> None:
        self.catalog, self.client, self.key = catalog, client, key

    def get(self, path: str, *, as_steward: bool = False, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.key}"} if as_steward else {}
        return self.client.get(path, headers=headers | more)

    def found(self, address: str, state: LinkState, day: datetime) -> None:
        with self.catalog.writing() as session:
            number = session.scalars(select(Dataset.seq).where(Dataset.id == dataset_id(PUBLIC.key, "displacement")))
            links.note(session, number.one(), address, Seen(state), day)


ID = str(dataset_id(PUBLIC.key, "displacement"))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    (tmp_path / "config" / "access").mkdir(parents=True)
    (tmp_path / "config" / "access" / "ours.yaml").write_text(OWN, encoding="utf-8")
    settings = Settings(data_dir=tmp_path, database_url="", config_dir=tmp_path / "config", rate_address=0, rate_key=0)
    with Catalog(settings.catalog_url, create=True) as catalog:
        write(catalog, PUBLIC, (CLOSED, *RECORDS[1:], TOTALS, UNSEEN, OWNERS))
        follow(catalog, settings.index_dir)
        with catalog.writing() as session:
            asked = NewKey("ada", "steward", RELIEF.name, "Sample purpose.", DAY)
            key = keys.create(session, asked, "A. Sample")
        with TestClient(create_app(settings), raise_server_exceptions=False) as client:
            yield House(catalog, client, key)


PRODUCT = {
    "id": str(dataset_id(PUBLIC.key, "totals")),
    "name": f"sample-totals-by-state-{str(dataset_id(PUBLIC.key, 'totals'))[:8]}",
    "title": "Sample: Totals by state",
    "access": "open",
}


def line(name: str, said: list[str], origin: str, by: str = "", *, verified: bool = True, evidence: str = "") -> Any:
    return {"line": name, "said": said, "origin": origin, "by": by, "verified": verified, "evidence": evidence}


def test_the_route_is_told_whole_with_where_each_line_comes_from(house: House):
    officer = "the information management officer of Sample Relief"
    ours = {"by": "our-desk", "verified": False, "evidence": "a sample of what an installation says of its own"}
    asked = house.get(f"/api/v1/datasets/{ID}/access").json()
    lines = {entry["line"]: entry for entry in asked.pop("lines")}
    assert asked == {
        "id": ID,
        "access": "on_request",
        "ask": {"role": "im-officer", "said": officer, "organisation": "Sample Relief", "mailbox": ""},
        "address": ASK,
        "agreement": {
            "key": "mou", "title": "Memorandum of understanding (MoU)",
            "what": "Two organisations settle what they share, for what, and how long.", "address": "",
            "languages": [], "verified": False,
        },
        "expected_days": 10,
        "artefacts": [
            {"artefact": "data", "access": "on_request", "said": ["Write to the data desk."], "address": ASK,
             "known": True},
            {"artefact": "report", "access": "open", "said": ["Read it."], "address": REPORT.address, "known": True},
            {"artefact": "questionnaire", "access": "unknown", "said": [f"Not known: ask {officer}."], "address": "",
             "known": False},
        ],
        "safe_products": [PRODUCT],
        "not_known": [],
        "reached": [],
    }  # fmt: skip
    assert list(lines) == ["steps", "ask", "address", "agreement", "asked", "wait", "conditions", "meanwhile"]
    assert lines["steps"] == line("steps", ["Write to the data desk."], "record")
    assert lines["wait"] == line("wait", ["Usually 10 days."], "organisation", **ours)
    assert lines["conditions"] == line(
        "conditions", ["Name Sample Relief wherever it is used."], "organisation", **ours
    )
    assert lines["meanwhile"] == line("meanwhile", ["A safe product made from it: Sample: Totals by state."], "record")
    whole = house.get(f"/api/v1/datasets/{ID}").json()
    assert whole["access_route"] == {
        name: told for name, told in (asked | {"lines": list(lines.values())}).items() if name not in {"id", "reached"}
    }


def test_a_hidden_record_has_no_route_and_no_safe_product_is_told_to_who_may_not_know_it(house: House):
    hidden = house.get(f"/api/v1/datasets/{dataset_id(PUBLIC.key, 'hidden')}/access")
    never = house.get(f"/api/v1/datasets/{dataset_id(PUBLIC.key, 'never')}/access")
    assert (hidden.status_code, hidden.json() | {"instance": ""}) == (404, never.json() | {"instance": ""})
    everything = "".join(
        house.get(path).text for path in (f"/api/v1/datasets/{ID}", f"/api/v1/datasets/{ID}/access", f"/dataset/{ID}")
    )
    assert "Quietcanary" not in everything
    with house.catalog.reading() as session:
        seen = {
            name: [made["title"] for made in safe.products(session, viewer, ID)]
            for name, viewer in (
                ("public", ANYBODY), ("steward", steward("Ada")), ("glass", breaking_glass("Ada")),
                ("other steward", steward("Ada", sources=["another"])),
            )
        }  # fmt: skip
    assert seen == {
        "public": ["Sample: Totals by state"],
        "steward": ["Sample: Quietcanary totals", "Sample: Totals by state"],
        "glass": ["Sample: Quietcanary totals", "Sample: Totals by state"],
        "other steward": ["Sample: Totals by state"],
    }
    told = house.get(f"/api/v1/datasets/{ID}/access", as_steward=True).json()["safe_products"]
    assert [made["title"] for made in told] == ["Sample: Quietcanary totals", "Sample: Totals by state"]


def test_a_dead_link_is_told_with_its_day_beside_the_address_and_the_answer_is_another_one(house: House):
    path = f"/api/v1/datasets/{ID}/access"
    before = house.get(path).headers["etag"]
    first = datetime(2026, 11, 19, 3, tzinfo=UTC)
    for day in (first, first + timedelta(days=1)):
        house.found(ASK, LinkState.DEAD, day)
    house.found(REPORT.address, LinkState.ALIVE, first)
    house.found("https://data.example.org/counts.xlsx", LinkState.DEAD, first)
    answer = house.get(path, **{"If-None-Match": before})
    assert answer.json()["reached"] == [
        {"address": ASK, "state": "dead", "on": "2026-11-20"},
        {"address": REPORT.address, "state": "alive", "on": "2026-11-19"},
        {"address": "https://data.example.org/counts.xlsx", "state": "unknown", "on": "2026-11-19"},
    ]
    page = house.get(f"/dataset/{ID}").text
    told = re.findall(r'href="([^"]+)"[^>]*>[^<]*</a> <strong class="gone">([^<]+)</strong>', page)
    assert set(told) == {(ASK, "was not reachable on 20 November 2026")}
    assert house.get(f"/dataset/{PRODUCT['id']}").text.count("not reachable") == 0


TEMPLATE = "Memorandum of understanding (MoU). Two organisations settle what they share, for what, and how long."
ASKED = (
    "Who you are, and for which organisation you ask. What the data is for, until when you need it, and who will see "
    "it. Which fields, places and period you need: ask for no more."
)


def test_the_page_says_every_line_in_plain_words(house: House):
    page = house.get(f"/dataset/{ID}").text
    route = page[page.index('<dl class="facts route">') :]
    route = route[: route.index("</dl>")]
    said = [
        (label, " ".join(unescape(re.sub(r"<[^>]+>", " ", words)).split()))
        for label, words in re.findall(r"<dt>(.*?)</dt><dd[^>]*>(.*?)</dd>", route)
    ]
    officer = "the information management officer of Sample Relief"
    assert said == [
        ("Whom to ask", f"{officer} known of the organisation, not verified"),
        ("Where", f"{ASK} as the record says"),
        (
            "Agreement",
            f"{TEMPLATE} known of the organisation, not verified",
        ),
        (
            "What is asked",
            f"{ASKED} what this way of access means",
        ),
        ("Usual wait", "Usually 10 days. known of the organisation, not verified"),
        ("Conditions", "Name Sample Relief wherever it is used. known of the organisation, not verified"),
        ("Meanwhile", "A safe product made from it: Sample: Totals by state. as the record says"),
        ("Not said", f"How to get the questionnaire: ask {officer}."),
    ]
    assert f'<a href="/dataset/{PRODUCT["name"]}" dir="auto">Sample: Totals by state</a>' in page


def test_the_export_says_whom_to_ask_and_where(house: House):
    text = house.get("/api/v1/datasets.csv").content.decode("utf-8-sig")
    rows = {row["title"]: row for row in csv.DictReader(io.StringIO(text, newline=""))}
    told = {title: (row["access"], row["whom to ask"], row["where to ask"]) for title, row in rows.items()}
    assert told["Sample: Displacement in South Sudan"] == (
        "on_request", "the information management officer of Sample Relief", ASK,
    )  # fmt: skip
    assert told["Sample: Clinics"] == (
        "unknown", "Sample Mine Action Centre (holder of the data)", "https://data.example.org/dataset/clinics",
    )  # fmt: skip
