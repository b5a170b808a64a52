"""How a request stands: its states, who may bring it from which into which, and what time alone makes of it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise


class State(StrEnum):
    """How a request stands."""

    DRAFTED = "drafted"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    GRANTED = "granted"
    PARTLY = "partly"
    REFUSED = "refused"
    NO_ANSWER = "no_answer"
    EXPIRED = "expired"


class Part(StrEnum):
    """As what somebody has to do with a request; ``time`` is nobody."""

    REQUESTER = "requester"
    OWNER = "owner"
    STEWARD = "steward"
    TIME = "time"


class Refusal(StrEnum):
    """Why a request is refused."""

    HARM = "harm"
    CONSENT = "consent"
    LAW = "law"
    AGREEMENT = "agreement"
    PURPOSE = "purpose"
    NOT_OURS = "not_ours"
    NOT_HELD = "not_held"
    CAPACITY = "capacity"
    OTHER = "other"


ANSWERS = frozenset({State.GRANTED, State.PARTLY, State.REFUSED})
"""What the holder decides."""
WAITING = frozenset({State.SENT, State.ACKNOWLEDGED})
"""States in which the holder's answer is due after some days."""
OPEN = frozenset({State.DRAFTED, State.NO_ANSWER}) | WAITING
"""States that end with the last day for which the data is asked."""

_ASKING = frozenset({Part.REQUESTER, Part.STEWARD})
_DECIDING = frozenset({Part.OWNER, Part.STEWARD})
_ANYBODY = _ASKING | _DECIDING
_ANSWERED = dict.fromkeys((State.GRANTED, State.PARTLY, State.REFUSED), _ANYBODY)

MAY: Mapping[State, Mapping[State, frozenset[Part]]] = {
    State.DRAFTED: {State.SENT: _ASKING, State.EXPIRED: _ASKING},
    State.SENT: {State.ACKNOWLEDGED: _ANYBODY, **_ANSWERED, State.EXPIRED: _ASKING},
    State.ACKNOWLEDGED: {**_ANSWERED, State.EXPIRED: _ASKING},
    State.NO_ANSWER: {State.SENT: _ASKING, State.ACKNOWLEDGED: _ANYBODY, **_ANSWERED, State.EXPIRED: _ASKING},
    State.GRANTED: {State.PARTLY: _DECIDING, State.REFUSED: _DECIDING},
    State.PARTLY: {State.GRANTED: _DECIDING, State.REFUSED: _DECIDING},
    State.REFUSED: {State.GRANTED: _DECIDING, State.PARTLY: _DECIDING},
    State.EXPIRED: {},
}
"""From which state into which, and by whom. An answer comes by mail, so the requester may note it; once noted, it is
corrected by who decides. *No answer* is noted by time alone."""


@dataclass(frozen=True, slots=True)
class Note:
    """That a request came into a state.

    Attributes:
        number: From 1 on, in the order of writing; 0 of what time made.
        by: Name of who noted it, empty of what time made.
        why: In a sentence; may be empty where nothing has to be explained.
        category: Of a refusal.
    """

    number: int
    state: State
    at: datetime
    part: Part
    by: str = ""
    why: str = ""
    category: Refusal | None = None


def history(notes: Sequence[Note], until: date, days: int, now: datetime) -> tuple[Note, ...]:
    """What was noted, oldest first, and between it what time made of the request; the last is how it stands.

    Args:
        notes: As they were written, the first being the draft.
        until: The last day (UTC) for which the data is asked.
        days: After which an answer that has not come is noted as none.
        now: UTC.
    """
    told: list[Note] = []
    ends = [later.at for _, later in pairwise(notes)]
    for note, end in zip(notes, [*ends, now], strict=True):
        told.append(note)
        told += _by_time(note, until, days, end)
    return tuple(told)


def due(note: Note, days: int) -> datetime | None:
    """When an answer is noted as none, of a request that waits for one; else None."""
    return note.at + timedelta(days=days) if note.state in WAITING else None


def possible(state: State, parts: Collection[Part]) -> tuple[State, ...]:
    """Into which states somebody may bring a request from this one, in the order in which they follow."""
    return tuple(to for to, may in MAY[state].items() if not may.isdisjoint(parts))


def as_what(state: State, to: State, parts: Collection[Part]) -> Part | None:
    """As what somebody notes a state who has to do with the request in these ways; None if they may not.

    What somebody notes of their own request they note as the requester, if that is enough.
    """
    may = MAY[state].get(to, frozenset())
    return next((part for part in Part if part in may and part in parts), None)


def end_of(day: date) -> datetime:
    """The moment at which a day (UTC) is over."""
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def _by_time(note: Note, until: date, days: int, end: datetime) -> Iterator[Note]:
    over = end_of(until)
    overdue = due(note, days)
    if overdue is not None and overdue <= min(end, over):
        yield Note(0, State.NO_ANSWER, overdue, Part.TIME, why=f"No answer after {days} days.")
    if note.state in OPEN and over <= end:
        yield Note(0, State.EXPIRED, over, Part.TIME, why=f"It was asked for until {until}.")
