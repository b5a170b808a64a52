"""A record that is stored opens to nobody by itself: not by a level, not by a rule, not by a file that was edited."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from catalog import audit, levels, opening
from catalog.assess import Assessor
from catalog.changes import ChangeQuery, changes
from catalog.database import Catalog
from catalog.levels import Desk, Refused
from catalog.reading import document
from catalog.records import AgentRecord, AgentRole, DatasetRecord, DistributionRecord, LocationRecord, PortalFlag
from catalog.rows import Entry, dataset_id
from catalog.runs import sync_sources
from catalog.search import follow
from catalog.store import Store
from catalog.tables import CuratedValue, Dataset, Disclosure
from catalog.viewer import EVERYTHING, PUBLIC, Viewer, breaking_glass, community, steward
from catalog.vocabulary import Audience, Level, Role, Visibility
from config.declarations import SensitivityRule, Source
from config.load import rules, shipped_disclosing
from config.settings import Settings
from landmark import app

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
OPEN = Source(key="sample", kind="hdx", title="Sample portal", url="http://127.0.0.1:9")
DESCRIBED, LISTED, SHARED, KEPT, OWNERS = (
    OPEN.model_copy(update={"visibility": visibility})
    for visibility in ("described", "listed", "community", "restricted", "owner")
)
RECORD = DatasetRecord(
    remote_id="a1",
    title={"en": "Sample: Quietowner list"},
    landing_page="http://127.0.0.1:9/a1",
    agents=(AgentRole(AgentRecord("Sample Relief"), Role.OWNER),),
)
PRIVATE = replace(RECORD, visibility=Visibility.OWNER)
ANOTHER = replace(RECORD, remote_id="a2", title={"en": "Sample: another"})
ID, OTHER = dataset_id("sample", "a1"), dataset_id("sample", "a2")
FIRST, WHY = "A. Sample", "Sample reason."
RULES = replace(
    rules(Settings()),
    concepts=(),
    protocols=(),
    general=(),
    sensitivity=tuple(
        SensitivityRule(
            id=f"sample-{level.replace('_', '-')}", version=1, level=level.value, flag=f"sample={level}",
            reason="Sample.", source="Sample",
        )
        for level in Level
    ),
)  # fmt: skip


def flagged(level: str, record: DatasetRecord = RECORD) -> DatasetRecord:
    return replace(record, flags=(PortalFlag("sample", level),))


class World:
    """A catalog, and what befalls it."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog, self.now = catalog, NOW
        sync_sources(catalog, [OPEN])

    def harvest(self, source: Source, *records: DatasetRecord, again: bool = False) -> int:
        """How many records would open."""
        self.now += timedelta(minutes=1)
        judge = Assessor(RULES)
        entries = [
            Entry(one, judge.assess(one, source, self.now.date()), self.now.isoformat(), b"{}", one.landing_page)
            for one in records
        ]
        with self.catalog.writing() as session:
            store = Store(source, judge, self.catalog.address.drivername)
            if again:
                store.judge_again(session, entries, self.now)
            else:
                store.write(session, None, entries, self.now)
        return store.would_open

    def show(self, to: Visibility, id_: UUID = ID) -> opening.Opened:
        self.now += timedelta(minutes=1)
        with self.catalog.writing() as session:
            return opening.show_to(session, id_, to, FIRST, WHY, desk=Desk(now=self.now))

    def known(self, id_: UUID = ID) -> list[str]:
        """Its visibility as stored, and which audiences know of it."""
        with self.catalog.reading() as session:
            shown = session.scalars(select(Disclosure.audience).where(Disclosure.dataset_id == id_)).all()
            stored = session.scalars(select(Dataset.visibility).where(Dataset.id == id_)).one()
        return [stored.value, *(audience.value for audience in Audience if audience in shown)]

    def shown(self, viewer: Viewer, key: str = str(ID)) -> dict[str, Any]:
        """Its document as a viewer is shown it."""
        with self.catalog.reading() as session:
            found = document(session, viewer, key)
        assert found is not None
        return orjson.loads(found[0])  # type: ignore[no-any-return]

    def audited(self) -> list[tuple[str, str, str, str]]:
        with self.catalog.reading() as session:
            assert audit.verify(session) == []
            return [(line["actor"], line["action"], line["subject"], line["reason"]) for line in audit.lines(session)]


ALL = ["public", "public", "community", "full"]
TO_COMMUNITY = ["community", "community", "full"]
TO_STEWARDS = ["restricted", "full"]
TO_OWNER = ["owner", "full"]


@pytest.fixture
def world(catalog: Catalog) -> World:
    return World(catalog)


def test_no_level_opens_what_is_for_its_owner_alone(world: World) -> None:
    world.harvest(SHARED, RECORD)
    assert world.known() == TO_OWNER
    assert [world.harvest(SHARED, flagged("moderate"), again=again) for again in (False, True)] == [1, 1]
    assert world.known() == TO_OWNER
    with world.catalog.writing() as session:
        levels.raise_level(session, ID, Level.SEVERE, FIRST, WHY, by="owner")
    assert world.known() == TO_OWNER
    world.harvest(SHARED, flagged("moderate", ANOTHER))
    assert world.known(OTHER) == TO_COMMUNITY, "what is first seen is judged freely"


def test_no_file_that_was_edited_opens_what_is_stored(world: World) -> None:
    world.harvest(SHARED, flagged("low_no"), ANOTHER)
    assert world.harvest(OPEN, flagged("low_no"), ANOTHER) == 2
    assert (world.known(), world.known(OTHER)) == (TO_COMMUNITY, TO_OWNER)
    for source, known in ((KEPT, TO_STEWARDS), (SHARED, TO_STEWARDS), (OWNERS, TO_OWNER), (OPEN, TO_OWNER)):
        world.harvest(source, flagged("low_no"))
        assert world.known() == known, "it narrows, and never widens"


@pytest.mark.parametrize(("source", "known"), [(OPEN, ALL), (SHARED, TO_COMMUNITY), (KEPT, TO_STEWARDS)])
def test_what_the_portal_alone_closed_is_as_before_when_the_portal_opens_it(
    world: World, source: Source, known: Sequence[str]
) -> None:
    world.harvest(source, flagged("low_no"))
    world.harvest(source, flagged("low_no", PRIVATE))
    assert world.known() == TO_OWNER
    assert world.harvest(OPEN, flagged("low_no", PRIVATE)) == 0, "the portal closes it all the same"
    world.harvest(OPEN, flagged("low_no"))
    assert world.known() == known


def test_a_steward_opens_and_it_stays(world: World) -> None:
    world.harvest(SHARED, RECORD)
    opened = world.show(Visibility.COMMUNITY)
    assert (opened.before, opened.visibility, world.known()) == (Visibility.OWNER, Visibility.COMMUNITY, TO_COMMUNITY)
    assert world.audited()[-1] == (FIRST, "decided that the community may know of it", str(ID), WHY)
    with world.catalog.reading() as session:
        [line] = [item for item in changes(session, EVERYTHING, ChangeQuery()).items if item["kind"] == "updated"]
        assert [entry["field"] for entry in line["fields"]] == ["visibility", "visibility_of"]
        kept = session.scalars(select(CuratedValue)).one()
        assert (kept.field, kept.value, kept.actor, kept.reason) == ("visibility", {"to": "community"}, FIRST, WHY)
        assert document(session, steward("B. Sample"), str(ID)) is not None, "its reach has changed, too"
    for source, record in ((SHARED, flagged("severe")), (KEPT, flagged("severe")), (OPEN, RECORD)):
        assert world.harvest(source, record) == 0
        assert world.known() == TO_COMMUNITY
    world.harvest(SHARED, PRIVATE)
    assert world.known() == TO_OWNER
    world.harvest(SHARED, RECORD)
    assert world.known() == TO_COMMUNITY
    with pytest.raises(Refused, match="decided already"):
        world.show(Visibility.COMMUNITY)
    world.harvest(OWNERS, RECORD)
    assert world.known() == TO_OWNER
    with pytest.raises(Refused, match="owners alone"):
        world.show(Visibility.PUBLIC)


def test_a_steward_closes_and_it_stays(world: World) -> None:
    world.harvest(OPEN, RECORD)
    world.show(Visibility.RESTRICTED)
    assert world.harvest(OPEN, flagged("low_no")) == 0
    assert world.known() == TO_STEWARDS


@pytest.mark.parametrize(("source", "name"), [(DESCRIBED, "described"), (LISTED, "listed")])
def test_a_source_or_a_portal_may_ask_to_be_shown_in_part(world: World, source: Source, name: str) -> None:
    world.harvest(source, flagged("low_no"), ANOTHER)
    known = [name, *ALL[1:]]
    assert (world.known(), world.known(OTHER)) == (known, TO_OWNER), "unclassified is its owner's, as of closed sources"
    world.harvest(OPEN, flagged("low_no", replace(RECORD, remote_id="a3", visibility=Visibility(name))))
    assert world.known(dataset_id("sample", "a3")) == known
    assert world.harvest(OPEN, flagged("low_no")) == 1
    assert world.known() == known, "it never opens by itself"


def test_described_and_listed_stand_between_public_and_community(world: World) -> None:
    world.harvest(OPEN, flagged("low_no"))
    for source, known in (
        (DESCRIBED, ["described", *ALL[1:]]), (LISTED, ["listed", *ALL[1:]]), (DESCRIBED, ["listed", *ALL[1:]]),
        (SHARED, TO_COMMUNITY), (LISTED, TO_COMMUNITY),
    ):  # fmt: skip
        world.harvest(source, flagged("low_no"))
        assert world.known() == known
    order = ["public", "described", "listed", "community", "restricted", "owner"]
    assert [one.value for one in Visibility] == order == list(shipped_disclosing().visibility)


def test_of_what_is_listed_the_public_is_told_that_it_exists_and_whom_to_ask(world: World) -> None:
    holder = AgentRole(AgentRecord("Sample Relief"), Role.HOLDER, "info@relief.example")
    donor = AgentRole(AgentRecord("Sample Donor"), Role.PUBLISHER, "https://portal.example/quietowner")
    whole = replace(
        RECORD, agents=(donor, holder), locations=(LocationRecord("SSD", 3),), notes={"en": "Quietowner."},
        languages=("en",), update_frequency=30, modified=NOW, issued=NOW, period_start=NOW.date(), urgent=True,
        cod_level="cod-standard", keywords=("quietowner",), extra={"num_of_rows": "437"},
        distributions=(DistributionRecord("r1", "Quietowner", "http://127.0.0.1:9/r1.csv", format="CSV"),),
    )  # fmt: skip
    world.harvest(KEPT, flagged("low_no", whole))
    world.show(Visibility.LISTED)
    assert world.known() == ["listed", *ALL[1:]]
    assert world.audited()[-1][1] == "decided that everybody, the public only that it exists, may know of it"
    told = world.shown(PUBLIC)
    assert {name: value for name, value in told.items() if value and name not in {"withheld", "id"}} == {
        "title": "Tables (South Sudan)", "source": {"key": "sample", "title": "Sample portal"}, "mode": "ask",
        "organizations": [{"id": told["organizations"][0]["id"], "name": "Sample Relief", "acronym": "",
                           "kind": "unknown", "roles": ["holder"]}],
        "holders": ["Sample Relief"], "countries": ["SSD"], "state": "listed",
        "locations": [{"iso3": "SSD", "name": "South Sudan", "admin_level": 0, "p_coded": None}],
        "access": {
            "modality": "on_request", "steps": ["Ask the holder: Sample Relief."], "address": "",
            "contacts": ["info@relief.example"],
            "artefacts": [{"artefact": "data", "modality": "on_request", "steps": ["Ask the holder: Sample Relief."],
                           "address": ""}],
        },
        "level": {"level": "low_no", "basis": "", "evidence": "", "reason": "", "rule": "", "asserted_by": "",
                  "protocol": "", "statement": "", "isp_date": None, "review_by": None},
        "visibility": "listed",
        "visibility_of": {"source": "restricted", "record": "", "stands": "listed", "by": "steward"},
        "period": {"start": None, "end": None, "open": False},
        "update_frequency": {"days": None, "words": "not said"},
        "freshness": {"due": None, "overdue": None, "delinquent": None, "always_fresh": False},
    }  # fmt: skip
    with world.catalog.reading() as session:
        assert levels.explanation(session, told, NOW.date(), named=False)["assertions"] == []
        assert [item["sentences"] for item in changes(session, PUBLIC, ChangeQuery()).items] == [["newly listed"]]
    world.harvest(KEPT, flagged("low_no", replace(whole, licence="Another", title={"en": "Sample: Quietsecond"})))
    with world.catalog.reading() as session:
        assert changes(session, PUBLIC, ChangeQuery()).total == 1, "nor is it told that it changed"
    world.show(Visibility.PUBLIC)
    with world.catalog.reading() as session:
        told_now = orjson.dumps(list(changes(session, PUBLIC, ChangeQuery()).items))
    assert b"uietowner" not in told_now


def test_what_is_described_is_redacted_for_the_public_alone(world: World) -> None:
    world.harvest(OPEN, flagged("low_no", replace(RECORD, notes={"en": "Quietowner notes."}, languages=("en",))))
    world.show(Visibility.DESCRIBED)
    public, partner = world.shown(PUBLIC), world.shown(community("Sample"))
    assert (public["mode"], public["title"], public["notes"], public["languages"]) == ("redacted", "Data", "", ["en"])
    assert (partner["mode"], partner["title"], partner["notes"]) == (
        "shown", "Sample: Quietowner list", "Quietowner notes.",
    )  # fmt: skip


def test_the_files_of_a_described_record_are_made_anew_when_it_is_only_listed(world: World, tmp_path: Path) -> None:
    holder = AgentRole(AgentRecord("Sample Relief"), Role.HOLDER)
    middle = (NOW + timedelta(days=14)).date()
    dated = replace(RECORD, issued=NOW, period_start=middle, notes={"en": "Sample."}, agents=(holder,))
    world.harvest(OPEN, flagged("low_no", dated), ANOTHER)
    for to, anew in ((Visibility.DESCRIBED, True), (Visibility.LISTED, True), (Visibility.DESCRIBED, False)):
        follow(world.catalog, tmp_path)
        world.show(to)
        assert (Audience.PUBLIC in follow(world.catalog, tmp_path).rebuilt) is anew


def test_a_record_that_a_steward_opens_has_its_name_at_once(world: World) -> None:
    world.harvest(KEPT, flagged("low_no"))
    name = f"sample-quietowner-list-{ID.hex[:8]}"
    for to, expected in ((Visibility.COMMUNITY, ""), (Visibility.LISTED, ""), (Visibility.PUBLIC, name)):
        world.show(to)
        assert world.shown(PUBLIC if to is not Visibility.COMMUNITY else steward("B. Sample"))["name"] == expected
    assert world.shown(PUBLIC, name)["id"] == str(ID)
    world.harvest(KEPT, flagged("low_no", replace(RECORD, title={"en": "Sample: Corrected"})))
    assert world.shown(PUBLIC, name)["name"] == f"sample-corrected-{ID.hex[:8]}", "and it follows the title"


def test_a_record_whose_title_a_steward_lets_be_shown_has_its_name_at_once(world: World) -> None:
    world.harvest(KEPT, flagged("low_no"))
    with world.catalog.writing() as session:
        levels.raise_level(session, ID, Level.SEVERE, FIRST, WHY)
    world.show(Visibility.PUBLIC)
    assert world.shown(PUBLIC)["name"] == "", "the public is shown a template for a title"
    with world.catalog.writing() as session:
        levels.lower(session, ID, Level.LOW_NO, FIRST, WHY, expected=None)
        levels.accept(session, ID, "B. Sample", WHY)
    assert world.shown(PUBLIC)["name"] == f"sample-quietowner-list-{ID.hex[:8]}"


def test_the_command_opens_one_record_or_those_of_a_source(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANDMARK_DATABASE_URL", world.catalog.address.render_as_string(hide_password=False))
    monkeypatch.setenv("LANDMARK_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("LANDMARK_ACTOR", raising=False)

    def landmark(*arguments: str, said: str = "") -> tuple[int, str]:
        done = CliRunner().invoke(app, ["visibility", *arguments, "--reason", WHY], input=said, catch_exceptions=False)
        return done.exit_code, done.output

    world.harvest(KEPT, flagged("low_no"), ANOTHER, flagged("low_no", replace(PRIVATE, remote_id="a3")))
    by = ("--as", FIRST)
    assert landmark(str(ID), "--to", "community", *by) == (0, "Its visibility is community now; it was restricted.\n")
    assert landmark(str(OTHER), "--to", "community", *by)[0] == 1, "for its owner alone"
    code, told = landmark("--source", "sample", "--to", "public", *by, said="n\n")
    assert (code, told.splitlines()[0], world.known()) == (1, "Not public yet: 1 record of sample.", TO_COMMUNITY)
    code, told = landmark("--source", "sample", "--to", "public", *by, "--break-glass", WHY, "--yes")
    assert (code, told.splitlines()) == (
        0, ["Not public yet: 3 records of sample.", "Public now: 2 records.", "Closed still by their portal: 1 record."]
    )  # fmt: skip
    assert (world.known(), world.known(OTHER), world.known(dataset_id("sample", "a3"))) == (ALL, ALL, TO_OWNER)
    assert world.audited()[-1] == (FIRST, "decided that everybody may know of 3 records", "sample", WHY)
    code, told = landmark("--source", "sample", "--to", "public", *by, "--break-glass", WHY)
    assert told == "Not public yet: 0 records of sample.\n"
    with world.catalog.reading() as session:
        shown: dict[str, Any] = orjson.loads(document(session, breaking_glass(FIRST), str(ID))[0])  # type: ignore[index]
    assert shown["visibility_of"] == {"source": "restricted", "record": "", "stands": "public", "by": "steward"}
