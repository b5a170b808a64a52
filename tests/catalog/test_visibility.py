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
from catalog.records import AgentRecord, AgentRole, DatasetRecord, PortalFlag
from catalog.rows import Entry, dataset_id
from catalog.runs import sync_sources
from catalog.store import Store
from catalog.tables import CuratedValue, Dataset, Disclosure
from catalog.viewer import EVERYTHING, breaking_glass, steward
from catalog.vocabulary import Audience, Level, Role, Visibility
from config.declarations import SensitivityRule, Source
from config.load import rules
from config.settings import Settings
from landmark import app

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
OPEN = Source(key="sample", kind="hdx", title="Sample portal", url="http://127.0.0.1:9")
SHARED, KEPT, OWNERS = (
    OPEN.model_copy(update={"visibility": visibility}) for visibility in ("community", "restricted", "owner")
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
