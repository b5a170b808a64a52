"""What becomes of records that a portal no longer lists or holds back, from the first run to the person who decides."""

import gzip
import os
import zlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import insert, select

from catalog import audit, dump, health, reading, removal, runs
from catalog.assess import Assessor
from catalog.database import Catalog
from catalog.health import histories
from catalog.query import DatasetQuery
from catalog.rows import dataset_id
from catalog.search import Reader, check, follow
from catalog.tables import CatalogRecord, Change, CuratedValue, HarvestIssue, LevelAssertion, PayloadVersion
from catalog.viewer import Viewer, steward
from catalog.vocabulary import Audience, Level, RecordState, RunState
from config.declarations import Expectation, Removal, Source
from config.settings import Settings
from harvester.cache import Cache, Kept
from harvester.portal import portals
from harvester.run import Report, harvest
from tests.journeys.installation import Installation
from tests.journeys.packages import package, packages
from tests.portals_served import ckan

DAY = timedelta(days=1)


class Clock:
    """A clock that stands still until it is moved; between two looks a second goes by."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 1, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.moment += timedelta(seconds=1)
        return self.moment

    def forward(self, time: timedelta) -> None:
        self.moment += time


class Portal:
    """A portal, the source that reads it, and the clock on our wall."""

    def __init__(self, catalog: Catalog, stage: ckan.Stage, assessor: Assessor) -> None:
        self.catalog, self.stage, self.assessor = catalog, stage, assessor
        self.clock = Clock()
        self.source = Source(
            key="sample",
            kind="hdx",
            title="Sample",
            url=stage.address,
            allow_hosts=(stage.address.removeprefix("http://"),),
            options={"rows": 10},
        )

    def read(self, *shown: dict[str, Any], full: bool = True, after: timedelta = DAY, fault: str = "") -> Report:
        self.clock.forward(after)
        self.stage.show(shown, fault)
        return harvest(
            self.catalog, self.source, portals()["hdx"], self.assessor, Settings(), full=full, now=self.clock
        )

    def declare(self, **changes: Any) -> None:
        self.source = self.source.model_copy(update=changes)

    def record(self, number: int) -> CatalogRecord:
        with self.catalog.reading() as session:
            return session.scalars(select(CatalogRecord).where(CatalogRecord.remote_id == package(number)["id"])).one()

    def states(self) -> dict[str, int]:
        with self.catalog.reading() as session:
            found = list(session.scalars(select(CatalogRecord.state)))
        return {state.value: found.count(state) for state in RecordState if state in found}

    def shown(self, number: int, audience: Audience) -> Mapping[str, Any] | None:
        with self.catalog.reading() as session:
            found = reading.document(session, Viewer(audience), str(self.id(number)))
        return None if found is None else orjson.loads(found[0])

    def id(self, number: int) -> UUID:
        return dataset_id("sample", str(package(number)["id"]))

    def changes(self, number: int) -> list[tuple[str, list[dict[str, Any]]]]:
        with self.catalog.reading() as session:
            lines = session.scalars(
                select(Change).where(Change.dataset_seq == self.record(number).dataset_seq).order_by(Change.seq)
            )
            return [(line.kind, line.fields) for line in lines]

    def payloads(self, number: int) -> int:
        with self.catalog.reading() as session:
            seq = self.record(number).dataset_seq
            return len(session.scalars(select(PayloadVersion).where(PayloadVersion.dataset_seq == seq)).all())


@pytest.fixture
def stage() -> Iterator[ckan.Stage]:
    with ckan.stage() as serving:
        yield serving


@pytest.fixture
def portal(catalog: Catalog, stage: ckan.Stage, assessor: Assessor) -> Portal:
    return Portal(catalog, stage, assessor)


def test_withdrawn_after_two_runs_and_seven_days_and_restored_with_what_people_added(
    portal: Portal, tmp_path: Path
) -> None:
    portal.read(*packages(12))
    assert portal.read(*packages(11)).missing == 1
    assert portal.read(*packages(11)).withdrawn == 0  # two runs, but a day apart
    assert portal.states() == {"listed": 11, "missing": 1}
    before = {audience: portal.shown(11, audience) for audience in Audience}
    assert None not in before.values()

    run = portal.read(*packages(11), after=6 * DAY)
    assert (run.state, run.missing, run.withdrawn) == (RunState.COMPLETE, 0, 1)
    assert run.outcome == "1 record was withdrawn: not listed by 2 complete runs, for 7 days."
    assert portal.states() == {"listed": 11, "withdrawn": 1}
    assert [portal.payloads(number) for number in (10, 11)] == [1, 0]
    assert portal.shown(11, Audience.PUBLIC) is portal.shown(11, Audience.COMMUNITY) is None
    full = portal.shown(11, Audience.FULL)
    assert full == {**(before[Audience.FULL] or {}), "state": "withdrawn"}
    with portal.catalog.reading() as session:
        assert reading.document(session, steward("A. Sample"), str(portal.id(11))) is not None
    follow(portal.catalog, tmp_path)
    found = {a: Reader(tmp_path, a).search(DatasetQuery(), date(2026, 11, 1)).total for a in Audience}
    assert found == {Audience.PUBLIC: 11, Audience.COMMUNITY: 11, Audience.FULL: 12}
    assert check(portal.catalog, tmp_path) == []

    with portal.catalog.writing() as session:
        session.add(CuratedValue(dataset_id=portal.id(11), field="visibility", value={"to": "public"}, actor="a",
                                 reason="b", at=portal.clock()))  # fmt: skip
    assert portal.read(*packages(11)).withdrawn == 0
    back = portal.read(*packages(12))
    assert (back.run.counts.updated, back.run.counts.unchanged) == (1, 11)
    assert portal.states() == {"listed": 12}
    listed = {"state": "listed", "missing_since": None}
    whole = {audience: {**(document or {}), **listed} for audience, document in before.items()}
    assert {audience: portal.shown(11, audience) for audience in Audience} == whole
    assert (portal.record(11).missing_runs, portal.record(11).missing_since) == (0, None)
    assert portal.payloads(11) == 1
    with portal.catalog.reading() as session:
        assert session.scalars(select(CuratedValue.value)).all() == [{"to": "public"}]
    assert [(kind, fields) for kind, fields in portal.changes(11)] == [
        ("created", []),
        ("missing", [{"field": "state", "old": "listed", "new": "missing"}]),
        ("withdrawn", [{"field": "state", "old": "missing", "new": "withdrawn"}]),
        ("returned", [{"field": "state", "old": "withdrawn", "new": "listed"}]),
    ]
    follow(portal.catalog, tmp_path)
    assert check(portal.catalog, tmp_path) == []


def test_a_missing_record_that_returns_says_so_and_begins_anew(portal: Portal) -> None:
    portal.read(*packages(12))
    portal.read(*packages(11))
    portal.read(*packages(12), after=6 * DAY)
    portal.read(*packages(11), after=6 * DAY)
    assert portal.states() == {"listed": 11, "missing": 1}
    assert [kind for kind, _ in portal.changes(11)] == ["created", "missing", "returned", "missing"]


@pytest.mark.parametrize(
    ("rule", "nth"), [(Removal(runs=1, days=0), 1), (Removal(runs=3, days=1), 3), (Removal(runs=2, days=3), 4)]
)
def test_a_source_has_its_own_rule(portal: Portal, rule: Removal, nth: int) -> None:
    portal.declare(removal=rule)
    portal.read(*packages(12))
    withdrawn = [portal.read(*packages(11)).withdrawn for _ in range(4)]
    assert withdrawn == [int(number == nth) for number in range(1, 5)]


def test_no_other_run_takes_anything_for_gone(portal: Portal) -> None:
    portal.read(*packages(12))
    portal.read(package(3, metadata_modified="2999-01-01T00:00:00"), full=False)
    partial = portal.read(*packages(9), package(9, title=" "))
    failed = portal.read(*packages(9), fault="stop-after=0")
    wrong = portal.read(*packages(9), fault="wrong-count")
    few = portal.read(*packages(2), package(2, title=" "), fault="wrong-count")
    states = [run.state for run in (partial, failed, wrong, few)]
    assert states == [RunState.PARTIAL, RunState.FAILED, RunState.PARTIAL, RunState.PARTIAL]
    assert portal.states() == {"listed": 12}
    assert portal.record(11).missing_runs == 0


def test_a_held_run_waits_and_a_release_marks_exactly_its_list(portal: Portal) -> None:
    portal.read(*packages(40))
    held = portal.read(*packages(31), package(50))
    assert (held.state, held.run.counts.created) == (RunState.HELD, 1)
    assert portal.states() == {"listed": 41}
    key = held.run.id.hex[:8]
    with portal.catalog.reading() as session:
        waiting = removal.waiting(session, key)
    assert waiting.records == tuple(sorted((str(package(n)["title"]), package(n)["id"]) for n in range(31, 40)))

    at = portal.clock()
    gone = removal.release(portal.catalog, key, Removal(), "A. Sample", at)
    assert (gone.missing, gone.withdrawn) == (9, 0)
    assert portal.states() == {"listed": 32, "missing": 9}
    with portal.catalog.reading() as session:
        run = reading.run(session, Viewer(Audience.FULL), held.run.id)
        lines = [(line["actor"], line["action"]) for line in audit.lines(session)]
    assert (run["state"], run["decision"], run["decided_by"], run["missing"]) == (
        "complete",
        "released",
        "A. Sample",
        9,
    )
    assert run["decided"] == at.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert lines == [("A. Sample", "released a held run")]
    with portal.catalog.reading() as session:
        assert audit.verify(session) == []
    with pytest.raises(removal.Undecidable, match="was released by A. Sample already"):
        removal.release(portal.catalog, key, Removal(), "A. Sample")
    assert portal.read(*packages(31), package(50), after=8 * DAY).withdrawn == 9


def test_new_records_of_the_same_run_do_not_thin_out_what_vanished(portal: Portal) -> None:
    portal.read(*packages(100))
    renamed = [package(number + 1000) for number in range(24)]
    held = portal.read(*packages(100)[24:], *renamed)
    assert (held.state, held.outcome) == (
        RunState.HELD,
        "24 of 100 records are no longer listed, more than 20. Nothing was taken for gone.",
    )
    assert portal.states() == {"listed": 124}


def test_returned_records_of_the_same_run_do_not_thin_out_what_vanished(portal: Portal) -> None:
    portal.declare(expect=Expectation(max_drop=0.5))
    portal.read(*packages(60))
    assert portal.read(*packages(36)).missing == 24
    portal.declare(expect=Expectation())
    held = portal.read(*packages(60)[8:])
    assert held.outcome.startswith("8 of 36 records are no longer listed, more than 7.")


def test_a_rejected_run_leaves_everything_listed(portal: Portal) -> None:
    portal.read(*packages(40))
    held = portal.read(*packages(31))
    removal.reject(portal.catalog, str(held.run.id), "B. Sample", portal.clock())
    assert portal.states() == {"listed": 40}
    with portal.catalog.reading() as session:
        run = reading.run(session, Viewer(Audience.FULL), held.run.id)
    assert (run["state"], run["decision"], run["decided_by"]) == ("held", "rejected", "B. Sample")
    with pytest.raises(removal.Undecidable, match="was rejected by B. Sample already"):
        removal.release(portal.catalog, str(held.run.id), Removal(), "A. Sample")
    assert portal.read(*packages(31)).state is RunState.HELD


def test_a_late_release_spares_what_was_seen_since(portal: Portal) -> None:
    portal.read(*packages(40))
    held = portal.read(*packages(31))
    since = portal.read(*(package(n, metadata_modified="2999-01-01T00:00:00") for n in range(35, 40)), full=False)
    assert (since.run.mode, since.run.counts.unchanged) == ("incremental", 5)
    removal.release(portal.catalog, str(held.run.id), Removal(), "A. Sample", portal.clock())
    missing = [number for number in range(40) if portal.record(number).state is RecordState.MISSING]
    assert missing == list(range(31, 35))
    again = portal.read(*packages(40))
    assert again.state is RunState.COMPLETE
    first, second = portal.read(*packages(30)), portal.read(*packages(20))
    with pytest.raises(removal.Undecidable, match=f"read whole again since, by run {second.run.id}"):
        removal.release(portal.catalog, str(first.run.id), Removal(), "A. Sample", portal.clock())
    with pytest.raises(removal.Undecidable, match="complete, not held"):
        removal.release(portal.catalog, str(again.run.id), Removal(), "A. Sample")
    with pytest.raises(removal.Undecidable, match='no run "ffff'):
        removal.reject(portal.catalog, "ffffffff-ffff", "A. Sample")


def test_an_empty_answer_is_held_whatever_is_expected_and_says_how_to_accept_it(portal: Portal) -> None:
    portal.declare(expect=Expectation(min_records=0))
    assert portal.read().state is RunState.COMPLETE, "nothing was there, and nothing is expected"
    portal.read(*packages(5))
    held = portal.read()
    assert (held.state, held.outcome) == (
        RunState.HELD,
        "The portal gave no records; 5 were listed before. Nothing was taken for gone.",
    )
    (issue,) = held.issues
    assert issue.mend == (
        f'Look at the portal. Look at the list with "landmark runs release {held.run.id} --as NAME", '
        "which asks before it marks them."
    )
    assert portal.states() == {"listed": 5}
    assert removal.release(portal.catalog, str(held.run.id), Removal(), "A. Sample", portal.clock()).missing == 5


def test_a_run_under_a_wrong_clock_is_not_believed(portal: Portal) -> None:
    portal.read(*packages(12))
    right = portal.clock.moment
    portal.read(*packages(11), after=365 * DAY)
    portal.clock.moment = right
    with portal.catalog.reading() as session:
        past = histories(session, portal.clock())["sample"]
        told = health.source(session, Viewer(Audience.PUBLIC), "sample", portal.clock())["health"]
    assert past.last == past.complete == past.full < right
    assert (told["state"], told["days_silent"], told["issues"], len(told["trend"])) == (
        "troubled",
        0,
        [{"code": "clock-ahead", "severity": "warning", "count": 1}],
        1,
    )
    changed = portal.read(package(3, metadata_modified="2999-01-01T00:00:00"), full=False)
    assert (changed.run.mode, changed.run.since, changed.run.counts.seen) == (
        "incremental",
        past.complete - timedelta(hours=1),
        1,
    )
    assert [(issue.code, issue.severity) for issue in changed.issues] == [("clock-ahead", "warning")]

    again = portal.read(*packages(10))
    assert (again.state, again.missing, again.issues) == (RunState.COMPLETE, 1, ()), "it is told once"
    assert portal.read(*packages(10)).withdrawn == 0, "the days are counted from now"
    assert portal.read(*packages(10), after=7 * DAY).withdrawn == 2
    with portal.catalog.reading() as session:
        told = health.source(session, Viewer(Audience.PUBLIC), "sample", portal.clock())["health"]
    assert (told["state"], told["days_silent"], told["issues"]) == ("healthy", 0, [])


def test_an_empty_first_answer_is_held_and_can_be_accepted(portal: Portal) -> None:
    held = portal.read()
    assert (held.state, [issue.code for issue in held.issues]) == (RunState.HELD, ["empty-answer"])
    assert removal.release(portal.catalog, str(held.run.id), Removal(), "A. Sample", portal.clock()).missing == 0
    with portal.catalog.reading() as session:
        assert runs.last_complete(session, "sample") == held.run.started


def test_public_counts_of_a_run_tell_no_change_made_while_a_record_was_hidden(portal: Portal) -> None:
    quiet = package(0, private=True)
    reports = [
        portal.read(quiet, *packages(4)[1:]),
        portal.read(quiet | {"title": "Sample: renamed in private"}, *packages(4)[1:]),
        portal.read(*packages(4)),
        portal.read(package(0, notes="Sample, written anew."), *packages(4)[1:]),
    ]
    told = []
    with portal.catalog.reading() as session:
        for report in reports:
            run = reading.run(session, Viewer(Audience.PUBLIC), report.run.id)
            assert run
            told.append((run["created"], run["updated"]))
    assert told == [(3, 0), (0, 0), (1, 0), (0, 1)]


CHECKED = {
    "state": "success",
    "timestamp": "2026-01-01T00:00:00",
    "hxl_proxy_response": {"sheets": [{"name": "Data", "headers": ["Wells"], "hxl_headers": ["#loc+wells"]}]},
}
FILE = package(0)["resources"][0] | {"fs_check_info": orjson.dumps([CHECKED]).decode()}
GOOD = [package(0, resources=[FILE]), *packages(12)[1:]]
HIDDEN: dict[str, Callable[[], dict[str, Any]]] = {
    "private": lambda: package(0, private=True, title="Sample: secret wells", notes="Sample secret."),
    "quarantined": lambda: package(0, resources=[FILE | {"in_quarantine": True, "name": "secret.csv"}]),
}


@pytest.mark.parametrize("way", HIDDEN)
def test_what_the_portal_holds_back_leaves_our_copy_at_once_and_comes_back_with_the_portal(
    portal: Portal, way: str, tmp_path: Path
) -> None:
    portal.read(*GOOD)
    first = portal.shown(0, Audience.PUBLIC)
    portal.read(GOOD[0] | {"license_id": "cc-by"}, *GOOD[1:])
    assert portal.payloads(0) == 2
    assert [tag["tag"] for tag in first["tags"]] == ["#loc+wells"]
    assert portal.changes(0)[1][1] == [{"field": "licence", "old": "CC BY-IGO", "new": "CC BY"}]

    portal.read(HIDDEN[way](), *GOOD[1:])
    assert portal.payloads(0) == 0
    public = portal.shown(0, Audience.PUBLIC)
    if way == "private":
        assert public is None
    else:
        assert [(file["url"], file["columns"], file["withheld"]) for file in public["distributions"]] == [
            ("", [], True)
        ]
    lines = portal.changes(0)
    assert [kind for kind, _ in lines] == ["created", "updated", "withheld"]
    told = [field for _, fields in lines for field in fields if not field.get("hidden")]
    assert {field["field"] for field in told} <= {"visibility", "links_withheld"}
    assert {(field["old"], field["new"]) for _, fields in lines for field in fields if field.get("hidden")} == {
        (None, None)
    }
    with portal.catalog.reading() as session:
        feed = orjson.dumps([line.fields for line in session.scalars(select(Change))])
    assert b"secret" not in feed
    assert b"files.example" not in feed
    assert b"#loc" not in feed
    assert portal.read(HIDDEN[way](), *GOOD[1:]).run.counts.unchanged == 12
    follow(portal.catalog, tmp_path)
    assert check(portal.catalog, tmp_path) == []

    portal.read(*GOOD)
    assert portal.shown(0, Audience.PUBLIC) == first
    assert portal.payloads(0) == 1
    assert b"secret" not in orjson.dumps(portal.changes(0))
    assert portal.read(*GOOD).run.counts.unchanged == 12
    portal.read(GOOD[0] | {"license_id": "cc-by"}, *GOOD[1:])
    kind, fields = portal.changes(0)[-1]
    assert (kind, [(field["field"], "hidden" in field) for field in fields]) == ("updated", [("licence", False)])
    portal.read(HIDDEN[way](), *GOOD[1:])
    assert portal.shown(0, Audience.PUBLIC) == public


WELLS = package(
    0, title="Sample: Quietwell", notes="Sample of Quietwell.", license_id="cc-by",
    resources=[package(0)["resources"][0] | {"name": "quietwell.csv", "url": "https://files.example/quietwell.csv"}],
)  # fmt: skip
PRIVATE = package(0, private=True, title="Sample: Quietwell", notes="Sample of Quietwell, private.")


def test_of_a_record_that_its_portal_made_private_only_source_holder_country_and_level_stay(
    portal: Portal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANDMARK_DATA_DIR", str(tmp_path))
    index = tmp_path / "index"
    portal.read(WELLS | {"dataset_date": "[Quietwell TO 2020]"}, *packages(12)[1:])
    with portal.catalog.reading() as session:
        assert any("quietwell" in said.lower() for said in session.scalars(select(HarvestIssue.message)))
    portal.read(WELLS, *packages(12)[1:])
    first = portal.shown(0, Audience.PUBLIC)
    assert _holding(portal, tmp_path, b"quietwell")
    follow(portal.catalog, index)
    assert {path.parent.parent.name for path in _naming(index, b"quietwell")} == {"public", "community", "full"}

    kept = Kept("1", "", "application/json", b"{}")
    caches = [Cache(Settings().cache_file, 1 << 20, key) for key in ("sample", "other")]
    for cache in caches:
        cache.keep("https://portal.example.org/1", "*/*", kept)
    portal.read(PRIVATE, *packages(12)[1:])
    assert [cache.find("https://portal.example.org/1", "*/*") for cache in caches] == [None, kept]
    for cache in caches:
        cache.close()
    full = portal.shown(0, Audience.FULL)
    left = {"id", "source", "organizations", "holders", "countries", "level"}
    assert {name: full[name] for name in left} == {name: first[name] for name in left}
    assert (full["title"], full["notes"], full["link"], full["distributions"], full["name"], full["tags"]) == (
        "Made private by its portal", "", "", [], "", [],
    )  # fmt: skip
    assert (portal.shown(0, Audience.PUBLIC), portal.payloads(0)) == (None, 0)
    assert _holding(portal, tmp_path, b"quietwell") == []
    assert set(follow(portal.catalog, index).rebuilt) == set(Audience)
    assert _naming(index, b"quietwell") == []
    assert check(portal.catalog, index) == []
    with portal.catalog.reading() as session:
        told = session.execute(select(HarvestIssue.code, HarvestIssue.message, HarvestIssue.address)).all()
    assert {tuple(row) for row in told} == {("date-unreadable", "Made private by its portal.", "")}
    still = PRIVATE | {"notes": "Sample of Quietwell, private still.", "dataset_date": "[Quietwell TO 2020]"}
    portal.read(still, *packages(12)[1:])
    assert follow(portal.catalog, index).rebuilt == {}, "what was emptied is not emptied again"
    assert portal.shown(0, Audience.FULL) == full
    assert _holding(portal, tmp_path, b"quietwell") == []

    portal.read(WELLS, *packages(12)[1:])
    assert portal.shown(0, Audience.PUBLIC) == first


def test_what_its_portal_gives_us_as_private_from_the_first_is_its_owners_to_read(portal: Portal) -> None:
    portal.read(PRIVATE, *packages(12)[1:])
    portal.read(PRIVATE | {"notes": "Sample: corrected."}, *packages(12)[1:])
    full = portal.shown(0, Audience.FULL)
    assert (full["title"], full["notes"], portal.shown(0, Audience.PUBLIC)) == (
        "Sample: Quietwell", "Sample: corrected.", None,
    )  # fmt: skip


def _holding(portal: Portal, folder: Path, word: bytes) -> list[str]:
    """Where a word stands: lines of the dump, files of the database and of the kept answers."""
    with portal.catalog.reading() as session:
        found = ["the catalog" for line in dump.lines(session) if word in line.lower()]
    return found + [path.name for path in folder.rglob("*.db*") if word in path.read_bytes().lower()]


def _naming(folder: Path, word: bytes) -> list[Path]:
    """Files in which a word stands, with their own names left out of it."""
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and word in path.read_bytes().lower()]


def test_answers_that_are_kept_go_when_records_are_withdrawn_by_a_run_or_by_who_releases_one(
    portal: Portal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANDMARK_DATA_DIR", str(tmp_path))
    file = Settings().cache_file
    kept = {key: Kept("1", "", "application/json", os.urandom(64).hex().encode()) for key in ("sample", "other")}

    def keep() -> None:
        for key, answer in kept.items():
            cache = Cache(file, 1 << 20, key)
            cache.keep("https://portal.example.org/1", "*/*", answer)
            cache.close()

    def held() -> list[str]:
        """Whose answers stand in the files, packed as they are."""
        content = b"".join(path.read_bytes() for path in tmp_path.glob("http.db*"))
        return [key for key, answer in kept.items() if zlib.compress(answer.body, 1) in content]

    portal.declare(removal=Removal(runs=1, days=0))
    portal.read(*packages(40))
    keep()
    assert held() == ["sample", "other"]
    assert portal.read(*packages(39)).withdrawn == 1
    assert held() == ["other"], "by a run"
    keep()
    waiting = portal.read(*packages(10))
    assert (waiting.state, held()) == (RunState.HELD, ["sample", "other"])
    gone = removal.release(
        portal.catalog, str(waiting.run.id), Removal(runs=1, days=0), "A. Sample", portal.clock(), answers_in=file
    )
    assert (gone.withdrawn, held()) == (29, ["other"])


def test_a_record_first_seen_in_quarantine_has_no_payload(portal: Portal) -> None:
    portal.read(HIDDEN["quarantined"](), *packages(12)[1:])
    assert [portal.payloads(number) for number in (0, 1)] == [0, 1]


def test_a_persons_word_holds_links_when_the_portal_lifts_its_quarantine(portal: Portal) -> None:
    portal.read(HIDDEN["quarantined"](), *packages(12)[1:])
    with portal.catalog.writing() as session:
        said = {
            "dataset_id": portal.id(0), "scope": "dataset", "level": None, "asserted_by": "steward", "rule": "",
            "basis": "text", "rule_version": 1, "evidence": "sample", "confidence": 1.0, "reason": "Sample.",
            "valid_from": portal.clock(), "withhold_links": True,
        }  # fmt: skip
        session.execute(insert(LevelAssertion), [said])
    portal.read(*packages(12))
    shown = portal.shown(0, Audience.PUBLIC)
    assert [(file["url"], file["withheld"]) for file in shown["distributions"]] == [("", True)]


def test_a_level_outlives_the_portals_flag(portal: Portal) -> None:
    flagged = package(0, resources=[package(0)["resources"][0] | {"pii_is_sensitive": True}])
    portal.read(flagged, *packages(12)[1:])
    portal.read(*packages(12))
    shown = portal.shown(0, Audience.PUBLIC)
    assert (shown["level"]["level"], shown["distributions"][0]["withheld"]) == (Level.HIGH.value, True)
    assert portal.payloads(0) == 2


def test_issues_outlive_records_and_reports_say_which_are_new(portal: Portal) -> None:
    bad = [package(number, title=" ") for number in range(12, 15)]
    portal.read(*packages(12), *bad[:2])
    second = portal.read(*packages(12), *bad)
    with portal.catalog.reading() as session:
        run = reading.run(session, Viewer(Audience.FULL), second.run.id)
        public = reading.run(session, Viewer(Audience.PUBLIC), second.run.id)
    assert [(issue["code"], issue["count"], issue["new"]) for issue in run["issues"]] == [("no-title", 3, 1)]
    assert public["issues"] == []
    assert (run["requests"], run["bytes"] > 1000, run["not_modified"]) == (2, True, 0)
    assert "requests" not in public
    with portal.catalog.writing() as session:
        row = session.get_one(runs.HarvestRun, second.run.id)
        session.delete(row)
    with portal.catalog.reading() as session:
        kept = session.scalars(select(HarvestIssue.remote_id).where(HarvestIssue.run_id.is_(None))).all()
    assert sorted(kept) == sorted(one["id"] for one in bad)


def test_the_command_shows_the_list_asks_and_records_who_decided(tmp_path: Path, stage: ckan.Stage) -> None:
    home = Installation(tmp_path)
    home.declare("sample", stage.address, options={"rows": 50})
    home.run("init")
    stage.show(packages(40))
    home.harvest("sample")
    stage.show(packages(31))
    held = home.harvest("sample", code=3)["id"]

    assert 'Say who you are with "--as NAME"' in home.run("runs", "release", held, code=64).err
    asked = home.run("runs", "release", held, "--as", "A. Sample", code=130)
    assert asked.text.count("[00000000-0000-4000-8000-") == 9
    assert "Sample: Displacement sites, sheet 00031  [00000000-0000-4000-8000-000000000031]" in asked.text
    assert "There is no run" in home.run("runs", "reject", "ffff", "--as", "A. Sample", code=1).err
    released = home.run("runs", "release", held[:8], "--as", "A. Sample", "--yes")
    assert released.text.endswith("Released: 9 marked missing, 0 withdrawn.\n")
    assert "released by A. Sample already" in home.run("runs", "reject", held, "--as", "B", "--yes", code=1).err

    listed = [home.run("runs", *given, "--as", "A. Sample") for given in (["sample"], ["--source", "sample"], [])]
    assert len({answer.text for answer in listed}) == 1
    assert "complete, released" in listed[0].text
    stage.show(packages(20))
    again = home.harvest("sample", code=3)["id"]
    rejected = home.run("runs", "reject", again, "--as", "B. Sample", "--yes")
    assert rejected.text.endswith("Rejected: 11 records stay listed.\n")
    newest = home.run("runs", "--json", "--limit", "1", "--as", "B. Sample").json()["items"][0]
    assert (newest["state"], newest["decision"], newest["decided_by"]) == ("held", "rejected", "B. Sample")
    assert home.run("index", "check").code == 0


@pytest.mark.recorded
def test_the_real_drift_of_seventeen_months(
    stage: ckan.Stage, tmp_path: Path, assessor: Assessor, shared: Path
) -> None:
    """Ids and titles of two monthly lists: all that vanished, beside some that stayed and some that are new."""
    earlier, later = (_series(shared, month) for month in ("2024-02", "2025-07"))
    vanished = earlier.keys() - later.keys()
    assert (len(earlier), len(later), len(vanished)) == (20_775, 23_992, 198)
    renamed = [key for key in earlier if key in later and earlier[key] != later[key]][:50]
    stayed = [*[key for key in earlier if key in later and earlier[key] == later[key]][:750], *renamed]
    new = [key for key in later if key not in earlier][:100]
    before = [_package(key, earlier[key]) for key in [*vanished, *stayed]]
    with Catalog(f"sqlite:///{(tmp_path / 'landmark.db').as_posix()}", create=True) as catalog:
        portal = Portal(catalog, stage, assessor)
        portal.declare(options={"rows": 1000})

        def missing() -> set[str]:
            where = CatalogRecord.state == RecordState.MISSING
            with catalog.reading() as session:
                return set(session.scalars(select(CatalogRecord.remote_id).where(where)))

        # 198 of 998 are less than a fifth.
        assert portal.read(*before).run.counts.created == 998
        marked = portal.read(*(_package(key, later[key]) for key in [*stayed, *new]))
        assert (marked.state, marked.missing, marked.run.counts.created) == (RunState.COMPLETE, 198, 100)
        assert marked.run.counts.updated == len(renamed) == 50
        assert missing() == vanished
        back = portal.read(*before, *(_package(key, later[key]) for key in new))
        assert (back.state, missing()) == (RunState.COMPLETE, set())

        # With 100 fewer beside them they are more than a fifth: 298 of 1,098.
        held = portal.read(*(_package(key, later[key]) for key in [*stayed, *new][100:]))
        assert (held.state, held.outcome) == (
            RunState.HELD, "298 of 1098 records are no longer listed, more than 220. Nothing was taken for gone.",
        )  # fmt: skip
        assert missing() == set()
        assert removal.release(catalog, str(held.run.id), Removal(), "A. Sample", portal.clock()).missing == 298
        assert missing() == vanished | set(stayed[:100])
        assert portal.read(*(_package(key, later[key]) for key in [*stayed, *new]), after=8 * DAY).withdrawn == 198


def _series(shared: Path, month: str) -> dict[str, str]:
    with gzip.open(shared / "portals" / "hdx" / f"hdx_data_series_{month}.json.gz") as file:
        series = orjson.loads(file.read())
    # A few are named by their title only.
    return {one["id"]: one.get("key") or one.get("name") or one["id"] for part in series for one in part["datasets"]}


def _package(key: str, title: str) -> dict[str, Any]:
    return package(0, id=key, name=key, title=title, resources=[], metadata_created="2020-01-01T00:00:00")
