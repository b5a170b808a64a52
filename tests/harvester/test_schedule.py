"""When sources are read: schedules, the breaker, full runs, and a real scheduler over a real catalog."""

import os
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError
from sqlalchemy import select, update

from catalog import runs, sources
from catalog.database import Catalog
from catalog.due import History, is_full, next_run
from catalog.health import histories
from catalog.tables import HarvestRun
from catalog.vocabulary import RunState
from config.declarations import Source
from config.settings import Settings
from harvester.cli import harvest_all
from harvester.portal import portals
from harvester.run import Report
from harvester.schedule import Timetable, harvest_if_due, next_runs, run_schedule, trigger
from tests.journeys.packages import packages
from tests.portals_served import ckan

DAILY, WEEKLY, HOURLY = "15 3 * * *", "15 3 * * mon", "0 * * * *"
LONGEST = 60
"""Seconds that something may take on a busy machine."""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def source(key: str, schedule: str, **more: object) -> Source:
    given = {"key": key, "kind": "hdx", "title": "Sample", "url": "http://127.0.0.1:9", "schedule": schedule}
    return Source.model_validate(given | more)


@pytest.mark.parametrize(
    ("schedule", "last", "failures", "expected"),
    [
        # A Wednesday; runs begin up to two minutes after their time.
        (DAILY, "2026-07-01T03:16:40", 0, "2026-07-02T03:15"),
        (DAILY, "2026-07-01T03:16:40", 2, "2026-07-02T03:15"),
        (DAILY, "2026-07-01T03:16:40", 3, "2026-07-03T03:15"),
        (DAILY, "2026-07-01T03:16:40", 4, "2026-07-05T03:15"),
        (DAILY, "2026-07-01T03:16:40", 5, "2026-07-08T03:15"),
        (DAILY, "2026-07-01T03:16:40", 500, "2026-07-08T03:15"),
        (DAILY, "2026-07-01T09:30:00", 3, "2026-07-03T03:15"),
        (HOURLY, "2026-07-01T10:01:00", 3, "2026-07-01T12:00"),
        (HOURLY, "2026-07-01T10:01:00", 9, "2026-07-06T18:00"),
        (HOURLY, "2026-07-01T10:01:00", 10, "2026-07-08T10:00"),
        # What is rarer than a week stays as it is.
        (WEEKLY, "2026-06-29T03:16:00", 0, "2026-07-06T03:15"),
        (WEEKLY, "2026-06-29T03:16:00", 7, "2026-07-06T03:15"),
        ("0 0 1 1 *", "2026-01-01T00:00:30", 4, "2027-01-01T00:00"),
        # Away for three days, or read by hand in between: the next time after the last run, however long ago.
        (DAILY, "2026-06-20T03:15:30", 0, "2026-06-21T03:15"),
    ],
)
def test_when_a_source_is_read_next(schedule: str, last: str, failures: int, expected: str) -> None:
    history = History(last=at(last), failures=failures)
    assert next_run(schedule, history, at("2026-07-01T12:00")) == at(expected)


def test_what_was_never_read_is_due_and_what_has_no_schedule_never_is() -> None:
    now = at("2026-07-01T12:00")
    assert next_run(DAILY, History(), now) == now
    assert next_run("", History(), now) is None
    assert next_run("", History(last=at("2026-01-01T00:00")), now) is None


@pytest.mark.parametrize(
    ("full", "now", "expected"),
    [
        ("", "2026-07-08T03:15", True),
        ("2026-07-01T03:16:40", "2026-07-07T03:16", False),
        ("2026-07-01T03:16:40", "2026-07-08T03:15:10", True),
        ("2026-07-01T03:16:40", "2026-07-20T03:15", True),
    ],
)
def test_everything_is_read_once_a_week(full: str, now: str, expected: bool) -> None:
    history = History(full=at(full) if full else None, complete=at("2026-07-07T03:15"))
    assert is_full(7, history, at(now)) is expected


def test_a_named_weekday_means_that_day() -> None:
    now = at("2026-07-01T12:00")
    known = [sources.Registered(source(key, said), sources.FILE) for key, said in (("a", WEEKLY), ("b", "0 4 * * sun"))]
    past = {key: History(last=now) for key in "ab"}
    days = {key: moment.strftime("%A %H:%M") for key, moment in next_runs(known, past, now)}
    assert days == {"a": "Monday 03:15", "b": "Sunday 04:00"}


def test_the_soonest_comes_first_and_what_must_not_be_read_does_not_come() -> None:
    now = at("2026-07-01T12:00")
    pause = sources.Pause(now, "Ada", "Sample reason")
    known = [
        sources.Registered(source("yearly", "0 0 1 1 *"), sources.FILE),
        sources.Registered(source("often", "* * * * *"), sources.APPROVED),
        sources.Registered(source("never-read", "0 0 1 1 *"), sources.FILE),
        sources.Registered(source("waits", "* * * * *"), sources.PREVIEW),
        sources.Registered(source("paused", "* * * * *"), sources.FILE, pause=pause),
        sources.Registered(source("off", "* * * * *", enabled=False), sources.FILE),
        sources.Registered(source("by-hand", ""), sources.FILE),
    ]
    past = {"yearly": History(last=now), "often": History(last=now)}
    assert next_runs(known, past, now) == [
        ("never-read", now),
        ("often", at("2026-07-01T12:01")),
        ("yearly", at("2027-01-01T00:00")),
    ]


def test_runs_are_apart_by_some_seconds() -> None:
    assert trigger(source("a", DAILY)).jitter == 120
    assert trigger(source("a", "* * * * *")).jitter == 6


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        ("15 3 * * 1", r'name the weekday \("mon", "tue-fri"\): the number in "1" means another day to cron'),
        ("61 3 * * *", r'"61 3 \* \* \*" is no schedule \(.*\); write one such as "15 3 \* \* mon"'),
        ("15 3 * *", r'a schedule has five fields, such as "15 3 \* \* mon"'),
        ("0 0 30 2 *", r'"0 0 30 2 \*" names a day that never comes; write one such as "15 3 \* \* mon"'),
    ],
)
def test_what_is_no_schedule_is_refused(schedule: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        source("a", schedule)


def test_what_past_runs_come_to(catalog: Catalog) -> None:
    days: list[tuple[str, str, RunState]] = [
        ("2026-07-01", "full", RunState.COMPLETE),
        ("2026-07-02", "incremental", RunState.COMPLETE),
        ("2026-07-03", "incremental", RunState.FAILED),
        ("2026-07-04", "incremental", RunState.HELD),
        ("2026-07-05", "incremental", RunState.FAILED),
        ("2026-07-06", "incremental", RunState.FAILED),
        ("2026-07-07", "incremental", RunState.CANCELLED),
    ]
    for day, mode, state in days:
        ran(catalog, source("sample", DAILY), at(day), state, mode)
    ran(catalog, source("another", DAILY), at("2026-07-01"), RunState.FAILED)
    with catalog.reading() as session:
        found = histories(session)
    assert found == {
        "sample": History(
            last=at("2026-07-06"), failures=2, complete=at("2026-07-02"), full=at("2026-07-01"),
        ),
        "another": History(last=at("2026-07-01"), failures=1),
    }  # fmt: skip


class Served:
    """Two declared sources on loopback, and a scheduler that harvests them."""

    def __init__(self, catalog: Catalog, config: Path, address: str) -> None:
        self.catalog, self.config = catalog, config
        self.settings = Settings(data_dir=config.parent, config_dir=config)
        (config / "sources").mkdir(parents=True)
        self.declare("hdx", "https://data.example", enabled=False)
        for key in ("first", "second"):
            self.declare(key, address, allow_hosts=[address.removeprefix("http://")])
        self.harvested: list[tuple[str, bool]] = []
        self.idle = threading.Event()

    def declare(self, key: str, address: str, **more: object) -> None:
        declared = {"kind": "hdx", "title": "Sample exchange", "url": address, "schedule": DAILY, **more}
        (self.config / "sources" / f"{key}.yaml").write_text(yaml.safe_dump(declared), encoding="utf-8")

    def source(self, key: str) -> Source:
        with self.catalog.reading() as session:
            return sources.named(session, self.settings, key).source

    def harvest(self, source: Source, full: bool) -> list[Report]:
        reports = harvest_all(self.catalog, [source], self.settings, full=full, quiet=True)
        self.harvested.append((source.key, full))
        if len(self.harvested) >= 2:
            self.idle.set()
        return reports

    def timetable(self, said: Callable[[str], None] = lambda _: None) -> Timetable:
        return Timetable(self.catalog, self.settings, self.harvest, said=said)

    def run(self, timetable: Timetable) -> None:
        """As the command does, until both are read."""
        ended = threading.Event()

        def stopped() -> bool:
            return self.idle.is_set() or ended.is_set()

        watch = threading.Timer(LONGEST, ended.set)
        watch.start()
        run_schedule(timetable, stopped)
        watch.cancel()
        assert not ended.is_set(), self.harvested

    def states(self) -> list[tuple[str, str, RunState]]:
        with self.catalog.reading() as session:
            found = session.execute(
                select(HarvestRun.source_key, HarvestRun.mode, HarvestRun.state).order_by(
                    HarvestRun.started, HarvestRun.source_key
                )
            )
            return [(key, mode, state) for key, mode, state in found]


@pytest.fixture
def served(catalog: Catalog, tmp_path: Path) -> Iterator[Served]:
    with ckan.serve(packages(3)) as address:
        yield Served(catalog, tmp_path / "config", address)


def test_a_scheduler_that_was_away_for_three_days_reads_each_source_once(served: Served) -> None:
    away = datetime.now(UTC) - timedelta(days=3)
    for key in ("first", "second"):
        ran(served.catalog, served.source(key), away, RunState.COMPLETE)
    before = served.states()

    timetable = served.timetable()
    served.run(timetable)

    assert sorted(served.harvested) == [("first", False), ("second", False)]
    assert sorted(served.states()[len(before) :]) == [
        ("first", "incremental", RunState.COMPLETE),
        ("second", "incremental", RunState.COMPLETE),
    ]
    served.harvested.clear()
    again = served.timetable()
    again.tick(timedelta(0))
    now = datetime.now(UTC)
    again.scheduler.start(paused=True)
    waits = {job.id: job.next_run_time - now for job in again.scheduler.get_jobs()}
    again.scheduler.shutdown()
    assert waits.keys() == {"first", "second"}
    assert all(timedelta(0) < wait <= timedelta(days=1, minutes=2) for wait in waits.values())


def test_everything_is_read_where_the_last_full_run_is_too_long_ago(served: Served) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=30)
    for key in ("first", "second"):
        ran(served.catalog, served.source(key), long_ago, RunState.COMPLETE)
    ran(served.catalog, served.source("first"), datetime.now(UTC) - timedelta(days=2), RunState.COMPLETE, "incremental")
    served.run(served.timetable())
    assert sorted(served.harvested) == [("first", True), ("second", True)]


def test_what_a_dead_process_left_is_read_at_the_next_tick(served: Served) -> None:
    now = datetime.now(UTC)
    for key in ("first", "second"):
        ran(served.catalog, served.source(key), now, RunState.COMPLETE)
    timetable = served.timetable()
    timetable.tick(timedelta(0))
    assert served.harvested == []
    for key in ("first", "second"):
        runs.begin(served.catalog, served.source(key), "full")
    with served.catalog.writing() as session:
        gone = runs.owner().replace(f"process {os.getpid()} ", "process 999999999 ")
        session.execute(update(HarvestRun).where(HarvestRun.state == RunState.RUNNING).values(lease_owner=gone))

    served.run(timetable)

    assert sorted(served.harvested) == [("first", False), ("second", False)]
    assert sorted(served.states()[2:]) == [
        ("first", "full", RunState.CANCELLED),
        ("first", "incremental", RunState.COMPLETE),
        ("second", "full", RunState.CANCELLED),
        ("second", "incremental", RunState.COMPLETE),
    ]


def test_a_tick_follows_what_is_declared_paused_and_broken(served: Served) -> None:
    now = datetime.now(UTC)
    for key in ("first", "second"):
        ran(served.catalog, served.source(key), now, RunState.COMPLETE)
    said: list[str] = []
    timetable = served.timetable(said.append)
    timetable.tick()
    timetable.scheduler.start(paused=True)
    with served.catalog.writing() as session:
        sources.pause(session, served.settings, "first", "Ada", "The portal asked for quiet.")
    served.declare("third", "http://127.0.0.1:9", schedule="0 0 1 1 *")
    timetable.tick()
    jobs = {job.id: str(job.trigger) for job in timetable.scheduler.get_jobs()}
    assert jobs.keys() == {"second", "third"}
    assert "month='1', day='1'" in jobs["third"]
    served.declare("second", "http://127.0.0.1:9", schedule="at noon")
    timetable.tick()
    assert {job.id for job in timetable.scheduler.get_jobs()} == {"second", "third"}
    timetable.scheduler.shutdown()
    assert said[:-1] == [f"first: {DAILY}", f"second: {DAILY}", "first: no longer scheduled", "third: 0 0 1 1 *"]
    assert 'the key "schedule": a schedule has five fields' in said[-1]


def test_a_source_that_was_paused_since_it_was_due_is_not_read(served: Served) -> None:
    runs.sync_sources(served.catalog, [served.source("first")])
    with served.catalog.writing() as session:
        sources.pause(session, served.settings, "first", "A. Sample", "Sample reason.")
    assert harvest_if_due(served.catalog, served.settings, "first", served.harvest, datetime.now(UTC)) == []
    assert served.harvested == []
    with served.catalog.writing() as session:
        sources.resume(session, served.settings, "first", "A. Sample")
    (report,) = harvest_if_due(served.catalog, served.settings, "first", served.harvest, datetime.now(UTC))
    assert (report.run.source.key, served.harvested) == ("first", [("first", True)])


def test_a_source_that_makes_no_run_is_not_asked_at_each_tick(served: Served) -> None:
    served.declare("second", "http://127.0.0.1:9", kind="no-such-kind")
    ran(served.catalog, served.source("first"), datetime.now(UTC), RunState.COMPLETE)
    said: list[str] = []
    told = threading.Event()

    def tell(line: str) -> None:
        said.append(line)
        if "no portal kind" in line:
            told.set()

    timetable = served.timetable(tell)
    timetable.start()
    assert told.wait(LONGEST)
    timetable.tick()
    (job,) = [job for job in timetable.scheduler.get_jobs() if job.id == "second"]
    timetable.stop()
    assert job.next_run_time > datetime.now(UTC)
    assert [line for line in said if "no portal kind" in line] == [
        f'second: there is no portal kind "no-such-kind". There are: {", ".join(portals())}.'
    ]


def ran(catalog: Catalog, source: Source, started: datetime, state: RunState, mode: str = "full") -> None:
    """A run of long ago: it read nothing."""
    run = runs.begin(catalog, source, mode)
    with catalog.writing() as session:
        runs.finish(session, run, state, [], "")
        session.execute(update(HarvestRun).where(HarvestRun.id == run.id).values(started=started, ended=started))
