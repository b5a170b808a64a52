"""Rows of the register as records: what becomes public, what follows from consent, and what stays in the register."""

from datetime import UTC, date, datetime
from typing import Any

import orjson
import pytest

from catalog import opening, privacy, reading
from catalog.assess import Assessor
from catalog.database import Catalog
from catalog.levels import Desk
from catalog.records import (
    AccessRecord,
    AgentRecord,
    AgentRole,
    ColumnRecord,
    DatasetRecord,
    LocationRecord,
    PortalFlag,
    RelationRecord,
)
from catalog.register import kept
from catalog.register.acts import Acted, act
from catalog.register.book import written
from catalog.register.kept import Planned
from catalog.register.reading import read
from catalog.register.registry import Registry
from catalog.register.words import Words
from catalog.rows import dataset_id
from catalog.runs import sync_sources
from catalog.viewer import PUBLIC, Viewer, breaking_glass
from catalog.vocabulary import AccessModality, Audience, RelationKind, Role, RunState, Visibility
from config import load
from config.settings import Settings
from harvester.portal import RawRecord, RecordError, portals
from harvester.portals import register
from harvester.run import harvest

SETTINGS = Settings(config_dir=None, sources="register")
SOURCE = load.source(SETTINGS, "register")
WORDS = Words(load.register_sheet(SETTINGS))
NOW = datetime(2026, 11, 22, tzinfo=UTC)
OFFICE = {"holder": "Sample Office", "countries": "AGO", "state": "held", "level": "low_no", "visibility": "public"}


class Register:
    """A catalog whose register is filled by sheets."""

    def __init__(self, catalog: Catalog, url: str, assessor: Assessor) -> None:
        self.catalog, self.assessor = catalog, assessor
        self.settings = Settings(config_dir=None, sources="register", database_url=url)
        sync_sources(catalog, [SOURCE])

    def fill(self, *rows: dict[str, str], opens: bool = False) -> tuple[tuple[Planned, ...], Acted]:
        sheet = read(written(WORDS, "en", "csv", [OFFICE | row for row in rows]), WORDS)
        with self.catalog.writing() as session:
            planned = kept.plan(sheet, kept.kept(session))
            ids = kept.save(session, planned, NOW).values()
        self.harvest()
        with self.catalog.writing() as session:
            acted = act(session, set(ids), "C. Sample", Desk(now=NOW), opens=opens)
        self.harvest()
        return planned, acted

    def harvest(self) -> None:
        report = harvest(self.catalog, SOURCE, portals()["register"], self.assessor, self.settings)
        assert report.state is RunState.COMPLETE

    def id(self, title: str) -> str:
        with self.catalog.reading() as session:
            return next(id_ for id_, values in kept.kept(session).items() if values["title"] == title)

    def shown(self, title: str, *, to_all: bool = True) -> dict[str, Any] | None:
        """A holding as the public, or whoever broke the glass, is shown it."""
        viewer = PUBLIC if to_all else breaking_glass("C. Sample")
        with self.catalog.reading() as session:
            found = reading.document(session, viewer, str(dataset_id("register", self.id(title))))
        return None if found is None else orjson.loads(found[0])


@pytest.fixture
def filled(catalog: Catalog, catalog_url: str, assessor: Assessor) -> Register:
    return Register(catalog, catalog_url, assessor)


def test_a_holding_opens_only_by_name_with_a_level_and_its_owners_consent(filled: Register):
    rows = [
        {"title": "Sample: plain"},
        {"title": "Sample: no level", "level": ""},
        {"title": "Sample: a ministry's", "owner": "Sample Ministry"},
        {
            "title": "Sample: agreed",
            "owner": "Sample Ministry",
            "consent_by": "Consent Canary",
            "consent_on": "2026-11-01",
        },
        {"title": "Sample: over", "owner": "Sample Ministry"}
        | {"consent_by": "Consent Canary", "consent_on": "2026-01-01", "consent_until": "2026-11-21"},
        {"title": "Sample: for stewards", "visibility": ""},
    ]
    _, acted = filled.fill(*rows)
    assert (acted.raised, acted.opened, acted.lower) == (5, 0, [])
    say = "Say --open, and it is shown as its row asks, under your name."
    level = "Nobody has given it a level: fill in Sensitivity level."
    consent = "Its owner's consent to list it is missing or over: fill in who gave it, when, and until when."
    assert sorted(acted.waiting) == sorted(
        [
            ("Sample: plain", say),
            ("Sample: no level", level),
            ("Sample: a ministry's", consent),
            ("Sample: agreed", say),
            ("Sample: over", consent),
        ]
    )
    assert [row["title"] for row in rows if filled.shown(row["title"])] == []
    planned, acted = filled.fill(*rows, opens=True)
    assert {one.outcome for one in planned} == {"unchanged"}
    assert (acted.raised, acted.opened, len(acted.waiting)) == (0, 2, 3)
    assert [row["title"] for row in rows if filled.shown(row["title"])] == ["Sample: plain", "Sample: agreed"]
    whole = orjson.dumps([filled.shown(row["title"], to_all=False) for row in rows])
    assert b"agreed" in whole
    assert b"Consent Canary" not in whole
    _, acted = filled.fill(*rows[:1], rows[3], opens=True)
    assert not acted.changed


def test_whoever_opens_a_sheet_opens_no_rows_of_another(filled: Register):
    filled.fill({"title": "Sample: another office's", "holder": "Another Sample Office"})
    _, acted = filled.fill({"title": "Sample: one"}, opens=True)
    assert (acted.opened, acted.waiting) == (1, [])
    assert filled.shown("Sample: another office's") is None


def test_when_the_owners_consent_ends_the_holding_closes_and_opens_again_when_it_is_renewed(filled: Register):
    row = {"title": "Sample: agreed", "owner": "Sample Ministry", "consent_by": "Consent Canary"}
    agreed = row | {"consent_on": "2026-01-01"}
    filled.fill(agreed, opens=True)
    assert filled.shown("Sample: agreed") is not None
    filled.fill(agreed | {"consent_until": "2026-01-02"})
    assert filled.shown("Sample: agreed") is None
    left = filled.shown("Sample: agreed", to_all=False)
    assert left is not None
    assert (left["title"], left["visibility"]) == ("Sample: agreed", "restricted")
    filled.fill(agreed | {"consent_until": "2099-12-31"})
    assert filled.shown("Sample: agreed") is not None


def test_a_safe_product_names_the_closed_holding_once_the_public_may_know_of_it(filled: Register):
    closed = {"title": "Sample: closed", "level": "high", "visibility": ""}
    product = {"title": "Sample: by district", "safe_product_of": "Sample: closed"}
    filled.fill(closed, product, opens=True)
    shown = filled.shown("Sample: by district")
    assert shown is not None
    assert shown["relations"] == []
    assert b"closed" not in orjson.dumps(shown).lower()
    id_ = filled.id("Sample: closed")
    with filled.catalog.writing() as session:
        closed_id = dataset_id("register", id_)
        opening.show_to(session, closed_id, Visibility.LISTED, "C. Sample", "Sample reason.", desk=Desk(now=NOW))
    filled.harvest()
    shown = filled.shown("Sample: by district")
    assert shown is not None
    assert shown["relations"] == [{"kind": "safe_product_of", "target": id_}]


def test_what_a_sheet_closes_is_closed_at_once_and_what_it_leaves_out_stays(filled: Register):
    filled.fill({"title": "Sample: one", "form": "Sample form"}, opens=True)
    assert filled.shown("Sample: one") is not None
    narrow = {**OFFICE, "title": "Sample: one", "visibility": "owner"}
    columns = [key for key in WORDS.columns if key in {"title", "holder", "countries", "state", "visibility"}]
    body = "\n".join([",".join(columns), ",".join(narrow[key] for key in columns)]).encode()
    with filled.catalog.writing() as session:
        planned = kept.plan(read(body, WORDS), kept.kept(session))
        ids = kept.save(session, planned, NOW).values()
        acted = act(session, set(ids), "C. Sample", Desk(now=NOW), opens=False)
    [one] = planned
    assert one.changes == (("visibility", "public", "owner"),)
    assert acted.narrowed == 1
    assert filled.shown("Sample: one") is None
    assert one.values["form"] == "Sample form"


def test_a_harvest_finds_as_it_would_make_it_what_was_accepted(filled: Register):
    registry = Registry(filled.settings)
    registry.assessor = filled.assessor
    rows = [
        {"title": "Sample: one", "columns": "district; killed", "ask_at": "https://office.example/ask?form=1"},
        {"title": "Sample: two", "visibility": "", "contents": "Invented <b>here</b>\u202e & there.\n\nTwice."},
    ]
    body = written(WORDS, "en", "xlsx", [OFFICE | row for row in rows])
    viewer = Viewer(Audience.FULL, name="C. Sample")
    with filled.catalog.reading() as session:
        seen = registry.preview(session, body, registry.read(body), viewer).stamp
    registry.accept(filled.catalog, body, viewer, seen, opens=True)
    before = [filled.shown(row["title"], to_all=False) for row in rows]
    report = harvest(filled.catalog, SOURCE, portals()["register"], filled.assessor, filled.settings)
    assert report.state is RunState.COMPLETE
    assert (report.run.counts.seen, report.run.counts.unchanged, report.missing) == (2, 2, 0)
    assert [filled.shown(row["title"], to_all=False) for row in rows] == before
    assert before[1] is not None
    assert before[1]["notes"] == "Invented <b>here</b>[U+202E] & there.\n\nTwice."


def test_a_name_is_erased_from_the_register_too(filled: Register):
    filled.fill({"title": "Sample: one", "reviewer": "R. Sample", "consent_by": "R. Sample"}, {"title": "Sample: two"})
    with filled.catalog.writing() as session:
        assert privacy.erase(session, "R. Sample", "C. Sample") == 2
    with filled.catalog.reading() as session:
        rows = list(kept.kept(session).values())
    assert [row.get("reviewer") for row in rows if row["title"] == "Sample: one"] == ["erased"]
    assert "R. Sample" not in str(rows)


def test_rows_that_are_the_same_or_of_nowhere_are_rejected():
    known = {"reg-0000000000000001": {**OFFICE, "id": "reg-0000000000000001", "title": "Sample: one"}}
    rows = [
        {"title": "SAMPLE - one", "form": "new"},
        {"title": "Sample: two"},
        {"title": "Sample: two"},
        {"title": "Sample: three", "id": "reg-00000000000000ff"},
        {"title": "Sample: four", "safe_product_of": "Sample: nothing"},
        {"title": "Sample: one renamed", "id": "reg-0000000000000001"},
    ]
    planned = kept.plan(read(written(WORDS, "fr", "xlsx", [OFFICE | row for row in rows]), WORDS), known)
    assert [(one.outcome, one.id) for one in planned[:2]] == [("changed", "reg-0000000000000001"), ("new", "")]
    assert [(fault.cell, fault.reason) for one in planned[2:] for fault in one.faults] == [
        ("B5", "it is the same holding as row 4"),
        ("A6", 'no holding here has the id "reg-00000000000000ff"'),
        ("AD7", 'there is no holding "Sample: nothing"'),
        ("B8", "it is the same holding as row 3"),
    ]


def test_a_row_in_dcat_words():
    payload = {
        "id": "reg-0000000000000001",
        "title": "Sample: casualties",
        "contents": "Invented.",
        "holder": "Sample Office",
        "owner": "Sample Ministry",
        "countries": "AGO; ZMB",
        "admin_level": "2",
        "unit": "person",
        "period_start": "2025-01-01",
        "state": "planned",
        "expected": "2027-01-31",
        "update_rhythm": "monthly",
        "columns": "event date; place\nkilled",
        "personal_data": "yes",
        "access": "under_agreement",
        "how_to_ask": "Write to the office.",
        "ask_at": "im@office.example",
        "agreement": "Memorandum",
        "expected_days": "30",
        "conditions": "No copies.",
        "harm_if_withheld": "Nobody is warned.",
        "safe_of": ["reg-0000000000000002"],
        "consent_over": True,
        "reviewer": "Reviewer Canary",
        "consent_by": "Consent Canary",
        "steward_role": "Role Canary",
    }
    made = register.normalize(SOURCE, RawRecord("reg-0000000000000001", register.essence(payload), ""))
    assert "Canary" not in str(made)
    assert made == DatasetRecord(
        remote_id="reg-0000000000000001",
        title={"und": "Sample: casualties"},
        notes={"und": "Invented."},
        period_start=date(2025, 1, 1),
        period_open=True,
        update_frequency=30,
        agents=(
            AgentRole(AgentRecord("Sample Office"), Role.HOLDER, "im@office.example"),
            AgentRole(AgentRecord("Sample Ministry"), Role.OWNER),
        ),
        locations=(LocationRecord("AGO", 2), LocationRecord("ZMB", 2)),
        columns=(ColumnRecord("", 0, "event date"), ColumnRecord("", 1, "place"), ColumnRecord("", 2, "killed")),
        access=(
            AccessRecord(
                AccessModality.UNDER_AGREEMENT,
                (
                    "Write to the office.",
                    "Agreement needed: Memorandum.",
                    "An answer usually takes 30 days.",
                    "Conditions: No copies.",
                ),
            ),
        ),
        relations=(RelationRecord(RelationKind.SAFE_PRODUCT_OF, "reg-0000000000000002"),),
        flags=(PortalFlag("pii", "true"),),
        visibility=Visibility.RESTRICTED,
        harm_if_withheld="Nobody is warned.",
        extra={
            "state": "planned",
            "expected": "2027-01-31",
            "unit": "person",
            "personal data": "yes",
            "agreement": "Memorandum",
            "expected days": "30",
            "conditions": "No copies.",
        },
    )
    with pytest.raises(RecordError):
        register.normalize(SOURCE, RawRecord("a", {"title": "Sample"}, ""))
