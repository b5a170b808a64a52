"""What will be collected, over HTTP: the list, the page and the calendar, each as who asks may know."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar
from starlette.testclient import TestClient

from api.app import create_app
from catalog import keys
from catalog.database import Catalog
from catalog.keys import NewKey
from catalog.records import AccessRecord, AgentRecord, AgentRole, DatasetRecord, LocationRecord, PortalFlag
from catalog.rows import dataset_id
from catalog.search.writer import follow
from catalog.vocabulary import AccessModality, Role, Visibility
from config.declarations import SensitivityRule, Source
from config.load import Rules
from config.settings import Settings
from tests.api.conftest import write

PLANS = Source(key="plans", kind="plan", title="Data analysis plans")
REGISTER = Source(key="register", kind="register", title="The register")
ELSEWHERE = Source(key="sample-ckan", kind="ckan", title="Sample: data exchange", url="https://data.example.org")
FUTURE = date.today() + timedelta(days=40)  # noqa: DTZ011 - the day of the test
SOON = FUTURE - timedelta(days=30)
RULES = Rules(
    concepts=(),
    sensitivity=(
        SensitivityRule(
            id="sample-high", version=1, level="high", flag="sample=high", reason="Sample.", source="Sample"
        ),
    ),
    agents=(),
    digest="upcoming",
)


def need(remote_id: str, title: str, visibility: Visibility = Visibility.PUBLIC, **facts: str) -> DatasetRecord:
    told = {
        "state": "planned",
        "expected": FUTURE.isoformat(),
        "questions can be added until": SOON.isoformat(),
        "operation": "Sample operation",
        "round": "7",
        "interested sectors": "Protection; Shelter",
    }
    return DatasetRecord(
        remote_id=remote_id,
        title={"en": title},
        agents=(AgentRole(AgentRecord("Sample Tracking Office"), Role.HOLDER, "im@office.example"),),
        locations=(LocationRecord("SDN"),),
        access=(AccessRecord(AccessModality.BILATERAL, ("Write to the sample office.",)),),
        flags=(PortalFlag("sample", "high"),) if remote_id == "high" else (),
        visibility=visibility,
        urgent=True,
        urgency_recipients=("Sample Protection Cluster",),
        extra={name: value for name, value in (told | facts).items() if value},
    )


NEEDS = (
    need("tents", "Sample: tents"),
    need("wells", "Sample: wells <script>"),
    need("high", "Sample: Quietcanary of severe data", Visibility.DESCRIBED),
    need("partners", "Sample: for partners", Visibility.COMMUNITY),
    need("closed", "Sample: Quietcanary closed", Visibility.RESTRICTED),
    need("held", "Sample: held already", state="held"),
)
HOLDINGS = (
    need("casualties", "Sample: casualties", operation="", round="", expected="2020-01-31"),
    need("undated", "Sample: some day", operation="", round="", expected="some day"),
)


@dataclass(frozen=True)
class Here:
    client: TestClient
    partner: dict[str, str]

    def get(self, address: str, **headers: str) -> Any:
        return self.client.get(address, headers=headers)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Here]:
    folder: Path = tmp_path_factory.mktemp("upcoming")
    settings = Settings(data_dir=folder, database_url="", config_dir=None)
    with Catalog(settings.catalog_url, create=True) as catalog:
        write(catalog, PLANS, NEEDS, rules=RULES)
        write(catalog, REGISTER, HOLDINGS, rules=RULES)
        write(catalog, ELSEWHERE, (need("elsewhere", "Sample: a portal's own word"),), rules=RULES)
        until = datetime.now(UTC).date() + timedelta(days=2)
        with catalog.writing() as session:
            asked = NewKey("P. Sample", "community", "Sample Tracking Office", "Sample purpose.", until)
            key = keys.create(session, asked, "sample")
        follow(catalog, settings.index_dir)
        with TestClient(create_app(settings), raise_server_exceptions=False) as client:
            yield Here(client, {"Authorization": f"Bearer {key}"})


PUBLIC_TITLES = ["Sample: tents", "Sample: wells <script>", "Sample: some day", "Sample: casualties"]


def titles(answer: Any) -> list[str]:
    return [item["title"] for item in answer.json()["items"]]


def unfolded(answer: Any) -> str:
    """The text, with the lines of a calendar made whole."""
    return str(answer.text).replace("\r\n ", "")


def test_the_next_comes_first_and_last_what_should_be_there_by_now(here: Here) -> None:
    answer = here.get("/api/v1/upcoming")
    assert (answer.json()["total"], titles(answer)) == (4, PUBLIC_TITLES)
    assert answer.json()["items"][0] == {
        "id": str(dataset_id("plans", "tents")),
        "name": answer.json()["items"][0]["name"],
        "title": "Sample: tents",
        "operation": "Sample operation",
        "round": "7",
        "state": "planned",
        "expected": FUTURE.isoformat(),
        "late": False,
        "questions_until": SOON.isoformat(),
        "open_to_questions": True,
        "countries": ["SDN"],
        "holders": ["Sample Tracking Office"],
        "access": {
            "modality": "bilateral",
            "steps": ["Write to the sample office."],
            "address": "",
            "contacts": ["im@office.example"],
        },
        "urgent": True,
        "urgency_recipients": ["Sample Protection Cluster"],
        "sectors": ["Protection", "Shelter"],
        "level": "unclassified",
        "source": {"key": "plans", "title": "Data analysis plans"},
    }
    assert [(item["expected"], item["late"]) for item in answer.json()["items"][2:]] == [
        (None, False),
        ("2020-01-31", True),
    ]


def test_others_are_told_as_they_may_know(here: Here) -> None:
    assert titles(here.get("/api/v1/upcoming", **here.partner)) == [
        "Sample: Quietcanary of severe data",
        "Sample: for partners",
        "Sample: tents",
        "Sample: wells <script>",
        "Sample: some day",
        "Sample: casualties",
    ]
    for address in ("/api/v1/upcoming", "/upcoming", "/upcoming.ics"):
        public = here.get(address)
        assert public.status_code == 200
        assert "Quietcanary" not in unfolded(public)
        assert "for partners" not in unfolded(public)
        assert "for partners" in unfolded(here.get(address, **here.partner))


def test_it_is_asked_by_country_and_page_by_page(here: Here) -> None:
    assert titles(here.get("/api/v1/upcoming?country=Sudan")) == PUBLIC_TITLES
    assert titles(here.get("/api/v1/upcoming?country=SSD")) == []
    first = here.get("/api/v1/upcoming?limit=3")
    assert (first.json()["total"], first.json()["next"]) == (4, "3")
    assert titles(first) + titles(here.get("/api/v1/upcoming?limit=3&after=3")) == PUBLIC_TITLES
    refused = here.get("/api/v1/upcoming?country=nowhere")
    assert refused.status_code == 422
    assert refused.json()["detail"] == (
        'country: "nowhere" cannot be used. It must be a country\'s ISO code or name, such as SDN.'
    )
    assert here.get("/api/v1/upcoming?after=x").status_code == 422
    assert here.get("/upcoming?limit=3").status_code == 422


def test_the_page_puts_a_round_together_and_says_whom_to_ask(here: Here) -> None:
    page = here.get("/upcoming").text
    assert page.count("Sample operation, round 7") == 1
    assert "2 information needs" in page
    assert "can be added until" in page
    assert "im@office.example" in page
    assert "Sample: wells &lt;script&gt;" in page
    assert "nobody has said that it is there" in page
    assert 'href="/upcoming.ics"' in page
    empty = here.get("/upcoming?country=SSD").text
    assert "Nothing is planned that can be shown" in empty
    assert 'href="/upcoming.ics?country=SSD"' in empty


def test_the_calendar_is_one_that_can_be_subscribed_to(here: Here) -> None:
    answer = here.get("/upcoming.ics")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    events = Calendar.from_ical(answer.content).walk("VEVENT")
    assert [(str(event["summary"]), event.decoded("dtstart")) for event in events] == [
        ("Last day to add questions: Sample operation, round 7", SOON),
        ("Data expected: Sample operation, round 7", FUTURE),
        ("Last day to add questions: Sample: some day", SOON),
        ("Last day to add questions: Sample: casualties", SOON),
        ("Data expected: Sample: casualties", date(2020, 1, 31)),
    ]
    etag = answer.headers["etag"]
    assert here.client.get("/upcoming.ics", headers={"If-None-Match": etag}).status_code == 304
    assert len({str(event["uid"]) for event in events}) == 5
    theirs = here.get("/upcoming.ics", **here.partner)
    assert theirs.headers["etag"] != etag


def test_a_need_that_is_hidden_changes_nothing(tmp_path: Path) -> None:
    told = []
    for hidden in (True, False):
        settings = Settings(data_dir=tmp_path / str(hidden), database_url="", config_dir=None)
        with Catalog(settings.catalog_url, create=True) as catalog:
            write(catalog, PLANS, NEEDS[:2] + (NEEDS[4:5] if hidden else ()), rules=RULES)
            follow(catalog, settings.index_dir)
            with TestClient(create_app(settings)) as client:
                answers = [client.get(address) for address in ("/api/v1/upcoming", "/upcoming", "/upcoming.ics")]
        told.append([(one.status_code, one.content, one.headers["etag"]) for one in answers])
    assert told[0] == told[1]
