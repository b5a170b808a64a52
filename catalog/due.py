"""When a source is to be read next: by its schedule, its past runs, and how often it failed in a row. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from apscheduler.triggers.cron import CronTrigger

FAILURES = 3
"""So many failed runs in a row open the breaker: the source is asked more and more rarely until it answers."""
WIDEST = timedelta(days=7)
"""A source that keeps failing is still asked this often, if its schedule is not rarer."""
SLACK = timedelta(hours=1)
"""A run begins some minutes after its time: a full run is not put off by a day for that."""


@dataclass(frozen=True, slots=True)
class History:
    """What past runs of a source come to; times are when a run began, UTC.

    Attributes:
        last: The newest run; a cancelled one does not count, so that it is made up for.
        failures: Failed runs since the last one that was answered (complete, partial or held).
        complete: The last complete run.
        full: The last complete run that read everything.
    """

    last: datetime | None = None
    failures: int = 0
    complete: datetime | None = None
    full: datetime | None = None

    @property
    def broken(self) -> bool:
        """Whether the breaker is open."""
        return self.failures >= FAILURES


def next_run(schedule: str, history: History, now: datetime) -> datetime | None:
    """When a source is to be read next; a time that has passed means at once. None for a source read by hand only.

    A source that was never read is due now. While the breaker is open the times of the
    schedule are kept but most of them left out: two intervals apart after the third failure, then four, up to a week.
    """
    if not schedule:
        return None
    if history.last is None:
        return now
    if not history.broken:
        return fires_after(schedule, history.last)
    between = interval(schedule, history.last)
    if between is None:
        return None
    doublings = min(history.failures - FAILURES + 1, 14)
    pause = max(between, min(WIDEST, between * 2**doublings))
    # Runs begin somewhat after their time, so half an interval is allowed for.
    return fires_after(schedule, history.last + pause - between / 2)


def is_due(schedule: str, history: History, now: datetime) -> bool:
    """Whether a source is to be read now."""
    moment = next_run(schedule, history, now)
    return moment is not None and moment <= now


def is_full(full_every: int, history: History, now: datetime) -> bool:
    """Whether everything is to be read; ``full_every`` is in days. Removals are invisible to incremental runs."""
    return history.full is None or now - history.full >= timedelta(days=full_every) - SLACK


def interval(schedule: str, after: datetime) -> timedelta | None:
    """How far apart the next two times of a schedule are; None if it has none."""
    first = fires_after(schedule, after)
    second = fires_after(schedule, first) if first is not None else None
    return None if first is None or second is None else second - first


def fires_after(schedule: str, moment: datetime) -> datetime | None:
    """The first time of a schedule after a moment (UTC); None for a day that never comes, such as 30 February."""
    found: datetime | None = _crontab(schedule).get_next_fire_time(None, moment + timedelta(microseconds=1))
    return found


@lru_cache(maxsize=256)
def _crontab(schedule: str) -> Any:  # noqa: ANN401 - untyped library
    return CronTrigger.from_crontab(schedule, "UTC")
