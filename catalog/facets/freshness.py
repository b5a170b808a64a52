"""Whether the data is as new as its own update frequency promises, judged on the day of asking.

It is about the file's date, not the reference period: an old survey uploaded yesterday is fresh.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from catalog.facets import Document, Facet, Thresholds, one_of

STATES = ("due", "overdue", "delinquent")
NEVER_DUE = date.max.toordinal()
_LABELS = {
    "fresh": "Up to date",
    "due": "Due for an update",
    "overdue": "Overdue",
    "delinquent": "Long overdue",
    "unknown": "Not known",
}


def state_of(freshness: Mapping[str, Any], today: date) -> str:
    """``fresh``, ``due``, ``overdue``, ``delinquent``, or ``unknown`` where nothing says when an update is due.

    A state holds from the day (UTC) of its time on.
    """
    days = days_of(freshness)
    if days is None:
        return "unknown"
    reached = [state for state, day in zip(STATES, days, strict=True) if day <= today.toordinal()]
    return reached[-1] if reached else "fresh"


def days_of(freshness: Mapping[str, Any]) -> tuple[int, ...] | None:
    """The days from which a record is due, overdue and delinquent, as ordinals; ``None`` if unknown."""
    if freshness.get("always_fresh"):
        return (NEVER_DUE,) * len(STATES)
    given = [date.fromisoformat(freshness[state][:10]) if freshness.get(state) else date.max for state in STATES]
    if all(day == date.max for day in given):
        return None
    return tuple(min(given[place:]).toordinal() for place in range(len(STATES)))


def _days(document: Document) -> tuple[int, ...] | None:
    return days_of(document["freshness"] or {})


def _no_values(document: Document) -> tuple[str, ...]:  # noqa: ARG001
    return ()


FACET = Facet(
    parameter="freshness",
    label="Freshness",
    description="Whether an update is due by the record's own frequency, judged today; unknown is kept apart.",
    values=_no_values,
    position=90,
    label_of=_LABELS.__getitem__,
    check=one_of("freshness", _LABELS),
    closed=tuple(_LABELS),
    thresholds=Thresholds(states=STATES, before="fresh", never="unknown", days=_days),
)
