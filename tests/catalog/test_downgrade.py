"""Whatever happens in whatever order, no level falls but by a steward, and from severe by two."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog import assertions, batches, levels, opening, proposals
from catalog.assess import Assessor
from catalog.database import Catalog, current_revision, migrate
from catalog.levels import Desk, Refused
from catalog.records import DatasetRecord, DistributionRecord, PortalFlag
from catalog.rows import Entry, dataset_id
from catalog.runs import sync_sources
from catalog.sensitivity import effective
from catalog.store import Store
from catalog.tables import Base, Dataset, Disclosure
from catalog.viewer import breaking_glass
from catalog.vocabulary import UNCLASSIFIED, Audience, Level, Visibility
from config.declarations import SensitivityRule, Source
from config.load import rules
from config.settings import Settings

SOURCE = Source(key="sample", kind="hdx", title="Sample portal", url="http://127.0.0.1:9")
FLAGS = ("one", "two", "scan", "quarantine", "contacts")
NAMES = ("a1", "a2")
IDS = {name: dataset_id("sample", name) for name in NAMES}
PEOPLE = st.sampled_from(["A. Sample", "B. Sample", "a.  sample"])
LEVELS = st.sampled_from(list(Level))
WHICH = st.sampled_from(NAMES)
SHIPPED = rules(Settings())
STEPS = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck), database=None
)


def judge(version: int, meant: dict[str, Level | None], quarantines: bool = True) -> Assessor:
    """What the flags mean in a version of the rules; a flag that means None has no rule, one of signals no level."""
    said = [
        SensitivityRule(
            id=f"sample-{flag}", version=version, level=level.value, flag=f"sample={flag}", reason="Sample.",
            source="Sample",
        )
        for flag, level in meant.items()
        if level is not None
    ]  # fmt: skip
    said.append(SensitivityRule(id="sample-scan", version=1, flag="sample=scan", reason="Sample.", source="Sample"))
    said += [
        SensitivityRule(
            id=f"sample-{flag}", version=1, flag=f"sample={flag}", level=level, reason="Sample.", source="Sample",
            withhold_links=True,
        )
        for flag, level in (("quarantine", ""), ("contacts", "low_no"))
        if quarantines or flag != "quarantine"
    ]  # fmt: skip
    return Assessor(
        replace(
            SHIPPED,
            concepts=(),
            protocols=(),
            general=(),
            sensitivity=tuple(said),
            digest=f"{version} {meant} {quarantines}",
        )
    )


def wipe(session: Session) -> None:
    for table in reversed(Base.metadata.sorted_tables):
        session.execute(table.delete())


def rank(name: str) -> int:
    return -1 if name == UNCLASSIFIED else Level(name).rank


class Downgrade(RuleBasedStateMachine):
    """Harvests, edits, new rules, stewards and migrations, and what two records' levels make of them.

    ``allowed`` has the records whose level the last step may have lowered: a steward did so, from severe a second one.
    ``may_release`` has those whose links it may have given again, ``may_open`` those of which more people may know.
    ``known`` has how visible a record was when it last was not closed by its portal.
    """

    catalog: Catalog

    def __init__(self) -> None:
        super().__init__()
        self.now = datetime(2026, 11, 1, tzinfo=UTC)
        self.version = 1
        self.meant: dict[str, Level | None] = {"one": Level.HIGH, "two": Level.SEVERE}
        self.judge = judge(self.version, self.meant)
        self.before = dict.fromkeys(NAMES, UNCLASSIFIED)
        self.source, self.quarantines = SOURCE, True
        self.withheld = dict.fromkeys(NAMES, False)
        self.quarantined = dict.fromkeys(NAMES, False)
        self.closed = dict.fromkeys(NAMES, False)
        self.known: dict[str, Visibility] = {}
        self.may_release: set[str] = set()
        self.asked_links: set[str] = set()
        self.may_open: set[str] = set()
        self.asked_by: dict[str, set[str]] = {name: set() for name in NAMES}
        self.allowed: set[str] = set()
        self.title = 0
        self.flags: dict[str, tuple[str, ...]] = {}
        self.moved = 0
        with self.catalog.writing() as session:
            wipe(session)
        sync_sources(self.catalog, [SOURCE])

    @initialize()
    def first(self) -> None:
        for name in NAMES:
            self.write(name, ())

    def begin(self) -> None:
        self.now += timedelta(days=1)
        self.allowed, self.may_release, self.may_open = set(), set(), set()

    def write(
        self, name: str, flags: tuple[str, ...], visibility: Visibility | None = None, again: bool = False
    ) -> None:
        self.begin()
        self.flags[name] = flags
        record = DatasetRecord(
            name,
            {"en": f"Sample {self.title}"},
            landing_page="http://127.0.0.1:9/",
            visibility=visibility,
            flags=tuple(PortalFlag("sample", flag, "r1") for flag in flags),
            distributions=(DistributionRecord("r1", "List", "http://127.0.0.1:9/list.csv"),),
        )
        said = self.judge.assess(record, self.source, self.now.date())
        entry = Entry(record, said, self.now.isoformat(), b"{}", record.landing_page)
        with self.catalog.writing() as session:
            store = Store(self.source, self.judge, self.catalog.address.drivername)
            if again:
                store.judge_again(session, [entry], self.now)
            else:
                store.write(session, None, [entry], self.now)
        if self.quarantined[name] and "quarantine" not in flags:
            self.may_release = {name}
        self.quarantined[name] = "quarantine" in flags and (self.quarantines or self.quarantined[name])
        self.closed[name] = visibility is Visibility.OWNER

    def act(self, act: Any, name: str, *given: Any, **more: Any) -> Any:
        self.begin()
        try:
            with self.catalog.writing() as session:
                return act(session, IDS[name], *given, desk=Desk(now=self.now), **more)
        except Refused:
            return None

    @rule(name=WHICH, flags=st.sets(st.sampled_from(FLAGS)), closed=st.booleans(), again=st.booleans())
    def harvest(self, name: str, flags: set[str], closed: bool, again: bool) -> None:
        visibility = Visibility.OWNER if closed else None
        self.write(name, tuple(sorted(flags)), visibility, again=again)

    @rule(name=WHICH, flags=st.sets(st.sampled_from(FLAGS)))
    def edit(self, name: str, flags: set[str]) -> None:
        self.title += 1
        self.write(name, tuple(sorted(flags)))

    @rule(flag=st.sampled_from(["one", "two"]), level=st.none() | LEVELS, up=st.booleans())
    def new_rules(self, flag: str, level: Level | None, up: bool) -> None:
        """Milder ones mostly: what they would lower must wait. A meaning may change without a new version, too."""
        self.begin()
        self.version += up
        self.meant = {**self.meant, flag: level}
        self.judge = judge(self.version, self.meant, self.quarantines)

    @rule(quarantines=st.booleans())
    def quarantine_rule(self, quarantines: bool) -> None:
        """It is removed, or comes back."""
        self.begin()
        self.quarantines = quarantines
        self.judge = judge(self.version, self.meant, quarantines)

    @precondition(lambda self: self.moved < 1)
    @rule(revision=st.sampled_from(["0004", "0005"]), milder=st.none() | LEVELS)
    def migrated(self, revision: str, milder: Level | None) -> None:
        """An older program's tables, then today's, and everything is judged again by other rules."""
        self.moved += 1
        migrate(self.catalog.engine, revision)
        assert current_revision(self.catalog.engine) == revision
        migrate(self.catalog.engine)
        self.version += 1
        self.meant = dict.fromkeys(self.meant, milder)
        self.judge = judge(self.version, self.meant, self.quarantines)
        for name in NAMES:
            closed = Visibility.OWNER if self.closed[name] else None
            self.write(name, self.flags[name], closed, again=True)

    @rule(visibility=st.sampled_from(list(Visibility)))
    def source_file(self, visibility: Visibility) -> None:
        self.begin()
        self.source = SOURCE.model_copy(update={"visibility": visibility.value})

    @rule(name=WHICH, to=st.sampled_from(list(Visibility)), who=PEOPLE)
    def show(self, name: str, to: Visibility, who: str) -> None:
        if self.act(opening.show_to, name, to, who, "Sample.") is not None:
            self.may_open = {name}

    @rule(name=WHICH, level=LEVELS, who=PEOPLE, by=st.sampled_from(["steward", "owner"]))
    def raise_(self, name: str, level: Level, who: str, by: str) -> None:
        self.act(levels.raise_level, name, level, who, "Sample.", by=by)

    @rule(name=WHICH, level=LEVELS, who=PEOPLE, release=st.booleans())
    def lower(self, name: str, level: Level, who: str, release: bool = False) -> None:
        done = self.act(levels.lower, name, level, who, "Sample.", expected=None, release_links=release)
        if done is not None and release:
            # Of one that waits the second steward knows; it is what was asked for.
            self.asked_links.add(name)
            self.may_release = {name}
        if done is not None and done.before.level is not Level.SEVERE:
            self.allowed = {name}
        elif done is not None:
            self.asked_by[name].add(folded(who))

    @rule(name=WHICH, who=PEOPLE)
    def accept(self, name: str, who: str) -> None:
        if self.act(levels.accept, name, who) is not None:
            self.may_release = {name} & self.asked_links
            assert self.asked_by[name] - {folded(who)}, "nobody else had asked"
            self.allowed = {name}

    @rule(name=WHICH, who=PEOPLE)
    def decline(self, name: str, who: str) -> None:
        self.act(levels.decline, name, who, "Sample.")

    @rule(name=WHICH, who=PEOPLE)
    def confirm(self, name: str, who: str) -> None:
        self.act(levels.confirm, name, who, "Sample.", expected=None)

    @precondition(lambda self: self.batches())
    @rule(who=PEOPLE, agrees=st.booleans())
    def decide_batch(self, who: str, agrees: bool) -> None:
        self.begin()
        batch = self.batches()[0]
        with self.catalog.writing() as session:
            if not agrees:
                batches.reject_batch(session, batch, breaking_glass(who), "Sample.", desk=Desk(now=self.now))
                return
            done = batches.accept_batch(session, batch, breaking_glass(who), "Sample.", desk=Desk(now=self.now))
        self.allowed = {name for name in NAMES for act in done.acts if act.dataset_id == IDS[name]}
        self.may_release = set(self.allowed)
        assert all(act.before.level is not Level.SEVERE for act in done.acts), "severe ones are decided on singly"

    @precondition(lambda self: self.batches())
    @rule(name=WHICH, who=PEOPLE)
    def decide_one(self, name: str, who: str) -> None:
        self.begin()
        try:
            with self.catalog.writing() as session:
                batch = self.batches()[0]
                done = batches.accept_proposal(
                    session, batch, IDS[name], breaking_glass(who), "Sample.", desk=Desk(now=self.now)
                )
        except Refused:
            return
        if done.pending:
            self.asked_by[name].add(folded(who))
        else:
            assert done.before.level is not Level.SEVERE or self.asked_by[name] - {folded(who)}
            self.allowed = self.may_release = {name}

    def batches(self) -> list[str]:
        with self.catalog.reading() as session:
            return sorted({row.batch for row in proposals.undecided(session)})

    @invariant()
    def no_level_has_fallen(self) -> None:
        with self.catalog.reading() as session:
            found = {name: shown(session, id_) for name, id_ in IDS.items()}
        for name, (level, rendered) in found.items():
            assert level == rendered, "what is shown is what is asserted"
            if name not in self.allowed:
                assert rank(level) >= rank(self.before[name]), f"{self.before[name]} became {level}"
            self.before[name] = level

    @invariant()
    def no_links_have_come_back(self) -> None:
        with self.catalog.reading() as session:
            live = assertions.live(session, list(IDS.values()))
        for name, id_ in IDS.items():
            withheld = effective(live.get(id_, {}).values()).withhold_links
            assert withheld or not self.quarantined[name], "the portal says that it is quarantined"
            assert withheld or not self.withheld[name] or name in self.may_release, "links came back by themselves"
            self.withheld[name] = withheld

    @invariant()
    def nothing_has_opened(self) -> None:
        order = list(Visibility)
        with self.catalog.reading() as session:
            rows = session.execute(select(Dataset.id, Dataset.visibility)).all()
            shown = dict(rows)
        for name, id_ in IDS.items():
            if id_ not in shown:
                continue
            now, before = shown[id_], self.known.get(name)
            if self.closed[name]:
                assert now is Visibility.OWNER, "its portal made it private"
                if name in self.may_open:
                    self.known.pop(name, None)
                continue
            if before is not None and name not in self.may_open:
                assert order.index(now) >= order.index(before), f"{before} became {now}"
            self.known[name] = now


def folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def shown(session: Session, id_: UUID) -> tuple[str, str]:
    """The level by what is asserted, and as it was rendered."""
    said = assertions.live(session, [id_]).get(id_, {})
    of_record = Disclosure.dataset_id == id_, Disclosure.audience == Audience.FULL
    document = session.scalars(select(Disclosure.document).where(*of_record)).first()
    rendered = orjson.loads(document)["level"]["level"] if document else UNCLASSIFIED
    return effective(said.values()).name, rendered


def test_no_level_falls_without_a_steward(tmp_path: Path) -> None:
    with Catalog(f"sqlite:///{(tmp_path / 'landmark.db').as_posix()}", create=True) as catalog:
        Downgrade.catalog = catalog
        run_state_machine_as_test(Downgrade, settings=STEPS)


def test_no_level_falls_when_the_tables_are_migrated_down_and_up(tmp_path: Path) -> None:
    with Catalog(f"sqlite:///{(tmp_path / 'landmark.db').as_posix()}", create=True) as catalog:
        Downgrade.catalog = catalog
        world = Downgrade()
        world.write("a1", ("two", "quarantine"))
        world.lower("a1", Level.LOW_NO, "A. Sample")
        world.write("a2", ("two",))
        world.lower("a2", Level.MODERATE, "A. Sample")
        world.accept("a2", "B. Sample")

        def held() -> list[tuple[str, bool, int]]:
            with catalog.reading() as session:
                live = assertions.live(session, list(IDS.values()))
            found = [effective(live[id_].values()) for id_ in IDS.values()]
            return [(level.name, level.withhold_links, len(level.pending)) for level in found]

        before = held()
        assert before == [("severe", True, 1), ("moderate", False, 0)]
        migrate(catalog.engine, "0002")
        assert current_revision(catalog.engine) == "0002"
        migrate(catalog.engine)
        assert held() == before
        for who in ("A. Sample", "C. Sample"):
            world.accept("a1", who)
        assert held() == before, "the older tables do not know who asked for it, so it is asked for anew"
        world.new_rules("two", None, True)
        world.write("a1", ("two",), again=True)
        world.write("a2", ("two",), again=True)
        assert [(level, pending) for level, _, pending in held()] == [("severe", 1), ("moderate", 0)]
        with catalog.engine.connect() as connection:
            assert connection.exec_driver_sql("pragma foreign_keys").scalar() == 1
