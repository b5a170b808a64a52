"""APScheduler over the registered sources; never inside an API worker, for each worker would harvest.

What was read when is known from the catalog's runs alone: a scheduler that was away for days reads each source once.
"""

import sys
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from catalog import sources
from catalog.database import Catalog
from catalog.due import History, interval, is_due, is_full, next_run
from catalog.health import histories
from catalog.runs import RunInProgress, recover
from catalog.sources import Registered
from config import load
from config.declarations import Source
from config.load import ConfigurationError
from config.settings import Settings
from harvester.run import Report

JITTER_SECONDS = 120
"""Portals see many harvesters at full hours."""
TICK = timedelta(minutes=1)
"""How often dead holders are looked for, and new, paused and changed sources taken note of."""
OVERDUE = timedelta(minutes=10)
"""What has been due for so long is read by the next tick: its time was missed."""
_TICK_JOB = "landmark:tick"
"""No key of a source has a colon."""
_PROFILE_JOB, _LINKS_JOB, _SHARING_JOB = "landmark:profile", "landmark:links", "landmark:sharing"

_NEVER = datetime.min.replace(tzinfo=UTC)

Harvest = Callable[[Source, bool], list[Report]]
"""Harvests one source, in full or only what changed."""


class Timetable:
    """A scheduler with one job per source that is ready, and one that keeps the jobs in step with the catalog.

    Sources are read one after the other: a harvest takes the memory of one, and has one writer.

    Args:
        harvest: Called in the scheduler's own thread.
        clock: The time, UTC.
        said: Given a sentence per thing worth telling.
        profile: Looks at files for the names of their columns, by a time of its own (``profile_schedule``); it does
            so beside the harvests, for it is slow and mostly waits.
        links: Looks whether addresses are still there, likewise (``links_schedule``).
        sharing: Keeps how sharing stands, if today that was not done yet; called at the start and every hour.
    """

    def __init__(
        self,
        catalog: Catalog,
        settings: Settings,
        harvest: Harvest,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        said: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True),
        profile: Callable[[], None] | None = None,
        links: Callable[[], None] | None = None,
        sharing: Callable[[], None] | None = None,
    ) -> None:
        self._profile, self._links, self._sharing = profile, links, sharing
        self._catalog, self._settings, self._harvest, self._clock, self._said = catalog, settings, harvest, clock, said
        # However late a job is, it is run, once: its own time says nothing, the runs in the catalog do.
        self.scheduler = BackgroundScheduler(
            timezone="UTC",
            executors={name: ThreadPoolExecutor(1) for name in ("default", "tick", "profile", "links", "sharing")},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self.scheduler.add_listener(self._failed, EVENT_JOB_ERROR)
        self._asked: set[str] = set()
        self._made_up: dict[str, datetime | None] = {}
        self._interrupted: set[str] = set()
        self._schedules: dict[str, str] = {}
        self._faults: set[str] = set()

    def start(self) -> None:
        """Begin: what was missed is read at once."""
        self.tick(timedelta(0))
        self.scheduler.add_job(self.tick, IntervalTrigger(seconds=TICK.total_seconds()), id=_TICK_JOB, executor="tick")
        if self._profile is not None and self._settings.profile and self._settings.profile_schedule:
            at = nightly(self._settings.profile_schedule, "LANDMARK_PROFILE_SCHEDULE")
            self.scheduler.add_job(self._profile, at, id=_PROFILE_JOB, executor="profile")
        if self._links is not None and self._settings.links and self._settings.links_schedule:
            at = nightly(self._settings.links_schedule, "LANDMARK_LINKS_SCHEDULE")
            self.scheduler.add_job(self._links, at, id=_LINKS_JOB, executor="links")
        if self._sharing is not None:
            # At once as well: a machine may be on for some hours of the day only.
            hourly = IntervalTrigger(hours=1, timezone=UTC)
            self.scheduler.add_job(
                self._sharing, hourly, id=_SHARING_JOB, executor="sharing", next_run_time=datetime.now(UTC)
            )
        self.scheduler.start()

    def stop(self) -> None:
        """End after what is in hand."""
        self.scheduler.shutdown(wait=True)

    def tick(self, overdue: timedelta = OVERDUE) -> None:
        """Recover dead holders, follow the registered sources, and make up for what has been due for so long."""
        now = self._clock()
        self._interrupted.update(recover(self._catalog, now))
        faults: list[ConfigurationError] = []
        with self._catalog.reading() as session:
            known, past = sources.registered(session, self._settings, faults), histories(session)
        self._tell(faults)
        ready = {entry.source.key: entry.source for entry in known if entry.ready and entry.source.schedule}
        self._follow(ready, [entry.source.key for entry in known])
        for key, source in ready.items():
            history = past.get(key, History())
            moment = next_run(source.schedule, history, now)
            missed = history.last is None or (moment is not None and moment <= now - overdue)
            died = key in self._interrupted and not history.broken
            # What is asked for and makes no run, as a source of an unknown kind, is not asked for at each tick.
            again = self._made_up.get(key, _NEVER) == history.last
            if key not in self._asked and (died or (missed and not again)):
                self._asked.add(key)
                self._made_up[key] = history.last
                self.scheduler.modify_job(key, next_run_time=datetime.now(UTC))

    def _tell(self, faults: Sequence[ConfigurationError]) -> None:
        """What is wrong with files, once."""
        said = {str(error) for error in faults}
        for line in sorted(said - self._faults):
            self._said(line)
        self._faults = said

    def _follow(self, ready: dict[str, Source], known: Collection[str]) -> None:
        # A file that is being edited keeps its time: it is read again before anything is done.
        edited = set(load.source_keys(self._settings)) - set(known)
        for key in self._schedules.keys() - ready.keys() - edited:
            self.scheduler.remove_job(key)
            del self._schedules[key]
            self._said(f"{key}: no longer scheduled")
        for key, source in ready.items():
            if self._schedules.get(key) != source.schedule:
                self.scheduler.add_job(self._run, trigger(source), args=(key,), id=key, replace_existing=True)
                self._schedules[key] = source.schedule
                self._said(f"{key}: {source.schedule}")

    def _run(self, key: str) -> None:
        interrupted = key in self._interrupted
        self._interrupted.discard(key)
        self._asked.discard(key)
        try:
            harvest_if_due(self._catalog, self._settings, key, self._harvest, self._clock(), interrupted=interrupted)
        except (RunInProgress, ConfigurationError) as error:
            self._said(str(error))

    def _failed(self, event: JobExecutionEvent) -> None:
        self._said(f"{event.job_id}: {event.exception}")


def run_schedule(timetable: Timetable, stopped: Callable[[], bool]) -> None:
    """Run until asked to stop; the page in hand is finished."""
    timetable.start()
    pause = threading.Event()
    try:
        while not stopped():
            pause.wait(0.5)
    finally:
        timetable.stop()


def harvest_if_due(
    catalog: Catalog, settings: Settings, key: str, harvest: Harvest, now: datetime, *, interrupted: bool = False
) -> list[Report]:
    """Harvest a source if it is ready and due, or was interrupted, as the catalog says at this moment.

    Everything is read if the last complete full run is ``full_every`` days ago, otherwise only what changed.
    Raises RunInProgress if another process harvests it.
    """
    with catalog.reading() as session:
        entry = sources.named(session, settings, key)
        history = histories(session).get(key, History())
    due = is_due(entry.source.schedule, history, now) or interrupted
    if not entry.ready or not due:
        return []
    return harvest(entry.source, is_full(entry.source.full_every, history, now))


def due(
    catalog: Catalog, settings: Settings, now: datetime, faults: list[ConfigurationError]
) -> Iterator[tuple[Source, bool]]:
    """Sources that are to be read now, by key; with whether their last run was interrupted.

    Files that cannot be used are left out, and their errors put into ``faults``.
    """
    interrupted = recover(catalog, now)
    with catalog.reading() as session:
        known, past = sources.registered(session, settings, faults), histories(session)
    for entry in known:
        source, history = entry.source, past.get(entry.source.key, History())
        if entry.ready and source.schedule:
            died = source.key in interrupted and not history.broken
            if died or is_due(source.schedule, history, now):
                yield source, died


def next_runs(known: Iterable[Registered], past: Mapping[str, History], now: datetime) -> list[tuple[str, datetime]]:
    """When each source that is ready runs next, jitter aside, soonest first; what is due runs now."""
    moments = [
        (key, max(moment, now))
        for key, schedule in ((entry.source.key, entry.source.schedule) for entry in known if entry.ready)
        if (moment := next_run(schedule, past.get(key, History()), now)) is not None
    ]
    return sorted(moments, key=lambda entry: (entry[1], entry[0]))


def trigger(source: Source) -> CronTrigger:
    """The source's crontab, some seconds apart from everybody else's; less where it runs every few minutes."""
    timing = CronTrigger.from_crontab(source.schedule, "UTC")
    between = interval(source.schedule, datetime.now(UTC))
    timing.jitter = JITTER_SECONDS if between is None else min(JITTER_SECONDS, int(between.total_seconds() / 10))
    return timing


def nightly(schedule: str, setting: str) -> CronTrigger:
    """When files or addresses are looked at, as a setting says; raises ConfigurationError."""
    try:
        timing = CronTrigger.from_crontab(schedule, "UTC")
    except ValueError as error:
        raise ConfigurationError(f'{setting}, "{schedule}", is no crontab: {error}.') from None
    timing.jitter = JITTER_SECONDS
    return timing
