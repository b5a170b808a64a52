"""When a dataset is due, overdue and delinquent: HDX's table, with *unknown* kept apart.

Source: hdx-data-freshness ``project_configuration.yaml``, the same figures as hdx-ckan's freshness calculator.
HDX counts a dataset of unknown frequency as fresh; here it is unknown, because nobody promised anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache

LIVE, NEVER, AS_NEEDED = 0, -1, -2

DAYS: Mapping[int, tuple[int, int, int]] = {
    1: (1, 2, 3),
    2: (2, 4, 6),
    7: (7, 14, 21),
    14: (14, 21, 28),
    30: (30, 44, 60),
    60: (60, 84, 108),
    90: (90, 120, 150),
    120: (120, 147, 174),
    180: (180, 210, 240),
    300: (300, 342, 384),
    365: (365, 425, 455),
    730: (730, 785, 840),
}
"""Expected days between updates -> days after the last update at which a dataset is due, overdue, delinquent."""

WORDS: Mapping[int, str] = {
    LIVE: "live",
    NEVER: "never",
    AS_NEEDED: "as needed",
    1: "every day",
    7: "every week",
    14: "every two weeks",
    30: "every month",
    90: "every three months",
    180: "every six months",
    365: "every year",
}


@dataclass(frozen=True, slots=True)
class Freshness:
    """Dates at which the state changes (UTC); none of them where nothing is expected or nothing is known."""

    due: datetime | None = None
    overdue: datetime | None = None
    delinquent: datetime | None = None
    always_fresh: bool = False


def freshness(modified: datetime | None, reviewed: datetime | None, frequency: int | None) -> Freshness:
    """The dates, from the later of last change and last review, for a frequency in days (0, -1, -2 as HDX)."""
    if frequency in (LIVE, NEVER, AS_NEEDED):
        return Freshness(always_fresh=True)
    moments = [moment for moment in (modified, reviewed) if moment is not None]
    if frequency is None or frequency < 0 or not moments:
        return Freshness()
    last = max(moments)
    due, overdue, delinquent = _until(frequency)
    try:
        return Freshness(last + due, last + overdue, last + delinquent)
    except OverflowError:
        return Freshness()


@cache
def _until(frequency: int) -> tuple[timedelta, timedelta, timedelta]:
    # A frequency that is not in the table is judged by the next shorter one that is.
    due, overdue, delinquent = DAYS[max((days for days in DAYS if days <= frequency), default=1)]
    return timedelta(due), timedelta(overdue), timedelta(delinquent)


def in_words(frequency: int | None) -> str:
    """``every three months``, ``every 10 days``, ``not said``."""
    if frequency is None:
        return "not said"
    return WORDS.get(frequency, f"every {frequency} days")


def state(fresh: Freshness, today: date) -> str:
    """``fresh``, ``due``, ``overdue``, ``delinquent`` or ``unknown`` at the beginning of a day (UTC)."""
    if fresh.always_fresh:
        return "fresh"
    if fresh.due is None or fresh.overdue is None or fresh.delinquent is None:
        return "unknown"
    now = datetime(today.year, today.month, today.day, tzinfo=UTC)
    if now >= fresh.delinquent:
        return "delinquent"
    if now >= fresh.overdue:
        return "overdue"
    return "due" if now >= fresh.due else "fresh"
