"""Needs of data analysis plans as records: what is shown to whom, what stays closed, what is no longer planned."""

import csv
import io
from datetime import UTC, date, datetime
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from catalog import reading
from catalog.assess import Assessor
from catalog.database import Catalog
from catalog.levels import Desk
from catalog.plans import kept
from catalog.plans.kept import NEEDS, Planned
from catalog.plans.people import People
from catalog.plans.reading import read
from catalog.plans.words import PlanWords
from catalog.records import AccessRecord, AgentRecord, AgentRole, DatasetRecord, LocationRecord
from catalog.register.acts import Acted, act
from catalog.rows import dataset_id
from catalog.runs import sync_sources
from catalog.tables import Base, PlanNeed, PlanRound
from catalog.upcoming import rounds, upcoming
from catalog.viewer import PUBLIC, Viewer, breaking_glass, community
from catalog.vocabulary import AccessModality, Role, RunState
from config import load
from config.settings import Settings
from harvester.portal import RawRecord, RecordError, portals
from harvester.portals import plan
from harvester.run import harvest

SETTINGS = Settings(config_dir=None, sources="plans")
SOURCE = load.source(SETTINGS, "plans")
WORDS = PlanWords(load.plan_layout(SETTINGS))
PEOPLE = People(WORDS.layout.people, load.rules(SETTINGS).agents)
NOW = datetime(2026, 11, 22, tzinfo=UTC)
TODAY = NOW.date()
OF = ("Sample operation", "7")
TOLD = {
    "holder": "Sample Tracking Office",
    "countries": "SDN",
    "ask_at": "im@office.example",
    "until": "2027-01-10",
    "expected": "2027-02-28",
}
PARTNER = community("P. Sample")
HEAD = ("title", "category", "recipients", "sectors", "question", "use")


class Plans:
    """A catalog into which plans are imported."""

    def __init__(self, catalog: Catalog, url: str, assessor: Assessor) -> None:
        self.catalog, self.assessor = catalog, assessor
        self.settings = Settings(config_dir=None, sources="plans", database_url=url)
        sync_sources(catalog, [SOURCE])

    def fill(self, *needs: dict[str, str], opens: bool = False) -> tuple[tuple[Planned, ...], Acted]:
        out = io.StringIO()
        rows = csv.writer(out)
        rows.writerow([WORDS.columns[key].title.en for key in HEAD])
        rows.writerows([need.get(key, "") for key in HEAD] for need in needs)
        sheet = read(out.getvalue().encode(), WORDS, PEOPLE)
        with self.catalog.writing() as session:
            planned = kept.plan(sheet, kept.needs(session, OF))
            ids = kept.save(session, OF, TOLD, planned, NOW)
        self.harvest()
        with self.catalog.writing() as session:
            acted = act(session, ids, "C. Sample", Desk(now=NOW), opens=opens, of=NEEDS)
        return planned, acted

    def harvest(self) -> None:
        report = harvest(self.catalog, SOURCE, portals()["plan"], self.assessor, self.settings)
        assert report.state is RunState.COMPLETE

    def shown(self, title: str, viewer: Viewer = PUBLIC) -> dict[str, Any] | None:
        with self.catalog.reading() as session:
            id_ = next(id_ for id_, values in kept.needs(session, OF).items() if values["title"] == title)
            found = reading.document(session, viewer, str(dataset_id("plans", id_)))
        return None if found is None else orjson.loads(found[0])

    def upcoming(self, viewer: Viewer = PUBLIC, *countries: str) -> list[str]:
        with self.catalog.reading() as session:
            return [item["title"] for item in upcoming(session, viewer, TODAY, countries)]


@pytest.fixture
def filled(catalog: Catalog, catalog_url: str, assessor: Assessor) -> Plans:
    return Plans(catalog, catalog_url, assessor)


PUBLIC_NEED = {"title": "Sample: tents", "category": "Public Data", "sectors": "Shelter"}
SENSITIVE_NEED = {
    "title": "Sample: movements",
    "category": "Data for Urgent Action; Sensitive Data",
    "recipients": "Sample Protection Cluster; Canary Person",
    "question": "Who knows? Contact: Canary Person (+249 912 345 678)",
}
URGENT_NEED = {"title": "Sample: ordnance seen", "category": "Data for Urgent Action", "recipients": "UNMAS"}
BLANK_NEED = {"title": "Sample: schools"}


def test_each_need_is_known_to_whom_its_category_says_and_only_once_it_is_opened(filled: Plans) -> None:
    needs = (PUBLIC_NEED, SENSITIVE_NEED, URGENT_NEED, BLANK_NEED)
    _, acted = filled.fill(*needs)
    say = "Say --open, and it is shown as its row asks, under your name."
    assert (acted.raised, acted.opened, acted.lower) == (2, 0, [])
    assert sorted(acted.waiting) == [("Sample: movements", say), ("Sample: tents", say)]
    assert (filled.upcoming(), filled.upcoming(PARTNER)) == ([], [])
    planned, acted = filled.fill(*needs, opens=True)
    assert {one.outcome for one in planned} == {"unchanged"}
    assert (acted.raised, acted.opened) == (0, 2)
    assert filled.upcoming() == ["Sample: tents"]
    assert filled.upcoming(PARTNER) == ["Sample: movements", "Sample: tents"]
    assert (filled.upcoming(PUBLIC, "SDN"), filled.upcoming(PUBLIC, "SSD")) == (["Sample: tents"], [])
    everything = breaking_glass("C. Sample")
    assert filled.upcoming(everything) == [
        "Sample: movements",
        "Sample: ordnance seen",
        "Sample: schools",
        "Sample: tents",
    ]
    closed = filled.shown("Sample: ordnance seen", everything)
    assert closed is not None
    facts = (closed["level"]["level"], closed["visibility"], closed["access"]["modality"], closed["urgent"])
    assert facts == ("unclassified", "owner", "bilateral", True), "urgency is no level"
    assert closed["urgency_recipients"] == ["UNMAS"]
    _, acted = filled.fill(*needs, opens=True)
    assert not acted.changed


def test_what_is_shown_of_an_urgent_and_sensitive_need(filled: Plans) -> None:
    filled.fill(SENSITIVE_NEED, opens=True)
    shown = filled.shown("Sample: movements", PARTNER)
    assert shown is not None
    assert filled.shown("Sample: movements") is None
    assert (shown["level"]["level"], shown["visibility"], shown["urgent"]) == ("high", "community", True)
    assert shown["access"]["modality"] == "bilateral"
    assert shown["access"]["steps"] == [
        "It is shared at once with the recipients that were agreed before collection.",
        "It is shared bilaterally with whoever can use it for the response, under a data sharing agreement.",
        "Agreement needed: DTM Data Sharing Agreement.",
    ]
    assert shown["access"]["contacts"] == ["im@office.example"]
    assert {fact["name"]: fact["value"] for fact in shown["facts"]} == {
        "state": "planned",
        "expected": "2027-02-28",
        "questions can be added until": "2027-01-10",
        "operation": "Sample operation",
        "round": "7",
        "dissemination category": "urgent; sensitive",
        "agreement": "DTM Data Sharing Agreement",
    }
    assert shown["notes"] == "Question: Who knows? Contact: [name withheld] ([telephone number withheld])"


def test_no_name_or_number_of_a_plan_is_kept_anywhere(filled: Plans) -> None:
    filled.fill(SENSITIVE_NEED, opens=True)
    with filled.catalog.reading() as session:
        everything = ""
        for table in Base.metadata.sorted_tables:
            everything += "".join(str(tuple(row)) for row in session.execute(select(table)))
    assert "Sample Protection Cluster" in everything
    assert "Canary" not in everything
    assert "912 345" not in everything


def test_a_category_that_is_taken_back_closes_the_need_and_lowers_nothing(filled: Plans) -> None:
    filled.fill(SENSITIVE_NEED, PUBLIC_NEED, opens=True)
    doubted = PUBLIC_NEED | {"category": ""}
    freed = SENSITIVE_NEED | {"category": "Public Data"}
    planned, acted = filled.fill(freed, doubted)
    assert [(one.title, one.outcome) for one in planned] == [
        ("Sample: movements", "changed"),
        ("Sample: tents", "changed"),
    ]
    assert (acted.narrowed, sorted(acted.lower)) == (1, ["Sample: movements", "Sample: tents"])
    assert filled.shown("Sample: tents") is None
    still = filled.shown("Sample: movements", PARTNER)
    assert still is not None
    assert (still["level"]["level"], still["visibility"], still["urgent"]) == ("high", "community", False)
    assert filled.shown("Sample: movements") is None


def test_a_need_that_is_dropped_is_no_longer_upcoming_and_may_come_back(filled: Plans) -> None:
    filled.fill(PUBLIC_NEED, PUBLIC_NEED | {"title": "Sample: wells"}, opens=True)
    assert filled.upcoming() == ["Sample: tents", "Sample: wells"]
    planned, _ = filled.fill(PUBLIC_NEED)
    assert [(one.outcome, one.title) for one in planned] == [
        ("unchanged", "Sample: tents"),
        ("removed", "Sample: wells"),
    ]
    assert filled.upcoming() == ["Sample: tents"]
    planned, _ = filled.fill(PUBLIC_NEED)
    assert [one.outcome for one in planned] == ["unchanged"], "what is dropped is dropped once"
    filled.fill(PUBLIC_NEED, PUBLIC_NEED | {"title": "Sample: wells"})
    assert filled.upcoming() == ["Sample: tents", "Sample: wells"]


def test_the_same_plan_twice_changes_nothing(filled: Plans) -> None:
    def rows() -> list[Any]:
        with filled.catalog.reading() as session:
            return [*session.execute(select(PlanNeed.__table__)), *session.execute(select(PlanRound.__table__))]

    filled.fill(PUBLIC_NEED, SENSITIVE_NEED, BLANK_NEED, opens=True)
    before = rows()
    filled.fill(BLANK_NEED, SENSITIVE_NEED, PUBLIC_NEED, opens=True)
    assert rows() == before
    assert len(before) == 4


def test_a_round_is_one_with_its_days(filled: Plans) -> None:
    filled.fill(PUBLIC_NEED, PUBLIC_NEED | {"title": "Sample: wells"}, opens=True)
    with filled.catalog.reading() as session:
        [one] = rounds(upcoming(session, PUBLIC, TODAY))
        [past] = rounds(upcoming(session, PUBLIC, date(2027, 3, 1)))
    assert (one.name, one.expected, one.questions_until) == ("Sample operation, round 7", "2027-02-28", "2027-01-10")
    assert (one.holders, one.countries, one.contacts) == (
        ("Sample Tracking Office",),
        ("Sudan",),
        ("im@office.example",),
    )
    assert [(item["late"], item["open_to_questions"]) for item in one.items] == [(False, True)] * 2
    assert [(item["late"], item["open_to_questions"]) for item in past.items] == [(True, False)] * 2
    assert one.id == past.id


def test_a_need_in_dcat_words() -> None:
    payload = {
        **TOLD,
        "title": "Sample: movements",
        "use": "Planning.",
        "question": "How many?",
        "category": "urgent; sensitive",
        "urgent": "yes",
        "recipients": "Sample Cluster; UNMAS",
        "sectors": "Protection",
        "question_type": "core",
        "channel": "A call within a day",
        "access": "bilateral",
        "agreement": "Sample agreement",
        "sharing": "It is shared at once.",
        "state": "planned",
        "operation": "Sample operation",
        "round": "7",
        "level": "high",
        "informant": "Informant Canary",
    }
    made = plan.normalize(SOURCE, RawRecord("need-1", plan.essence(payload), ""))
    assert "Canary" not in str(made)
    assert made == DatasetRecord(
        remote_id="need-1",
        title={"und": "Sample: movements"},
        notes={"und": "Will be used for: Planning.\nQuestion: How many?"},
        agents=(AgentRole(AgentRecord("Sample Tracking Office"), Role.HOLDER, "im@office.example"),),
        locations=(LocationRecord("SDN"),),
        access=(
            AccessRecord(
                AccessModality.BILATERAL,
                ("It is shared at once.", "Channel: A call within a day.", "Agreement needed: Sample agreement."),
            ),
        ),
        series="Sample operation, 7",
        urgent=True,
        urgency_recipients=("Sample Cluster", "UNMAS"),
        extra={
            "state": "planned",
            "expected": "2027-02-28",
            "questions can be added until": "2027-01-10",
            "operation": "Sample operation",
            "round": "7",
            "dissemination category": "urgent; sensitive",
            "interested sectors": "Protection",
            "type of question": "core",
            "channel": "A call within a day",
            "agreement": "Sample agreement",
        },
    )
    with pytest.raises(RecordError):
        plan.normalize(SOURCE, RawRecord("a", {"title": "Sample"}, ""))
