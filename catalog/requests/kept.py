"""The requests that are kept: opening one, and noting how it stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog import audit
from catalog.levels import Conflict, Refused
from catalog.reading import document
from catalog.requests import parties, states
from catalog.requests.message import language_of, languages
from catalog.requests.parties import NoRequest
from catalog.requests.route import route
from catalog.requests.states import OPEN, Note, Part, Refusal, State
from catalog.requests.texts import clean
from catalog.route import Ways
from catalog.store import hold
from catalog.tables import AccessKey, DataRequest, RequestNote
from catalog.viewer import Viewer

LENGTHS: Mapping[str, int] = {"purpose": 1_000, "for_whom": 300, "agreement": 300, "why": 500}
"""Characters that a text may have."""
NEEDED = ("purpose", "for_whom")
LONGEST = timedelta(days=5 * 366)
"""From today to the last day for which data is asked."""
NOTED_SINCE = "Something was noted of this request since you looked. Look again, then act."
_FIELDS = {"purpose": "The purpose", "for_whom": "For whom", "agreement": "The agreement", "why": "The reason"}
Withheld = Mapping[str, tuple[str, ...]]
"""What was taken out of texts before they were kept, in words, by field."""


class Unfit(Refused):
    """A field of a request cannot be taken; the message names the mend."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class TooMany(Refused):
    """A key has opened as many requests as it may on one day; ``seconds`` is how long the day lasts yet."""

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Asked:
    """What a requester asks for.

    Attributes:
        dataset: Id or name of the record.
        until: The last day (UTC) for which the data is asked.
        agreement: That is offered, such as a memorandum; may be empty.
        language: Of the message; empty for that of whoever holds the data.
    """

    dataset: str
    purpose: str
    for_whom: str
    until: date
    agreement: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """What was opened."""

    id: UUID
    withheld: Withheld


@dataclass(frozen=True, slots=True)
class Noted:
    """What was noted; ``before`` is the state before."""

    before: State
    state: State
    withheld: Withheld


def open_request(
    session: Session,
    requester: Viewer,
    asked: Asked,
    by: Viewer,
    *,
    days: int,
    most: int = 0,
    now: datetime | None = None,
    ways: Ways | None = None,
) -> Opened:
    """Open a request: recorded and drafted, and sent by nobody.

    Args:
        session: Writing.
        requester: The holder of the key that it is opened for.
        asked: What for.
        by: Who opens it: the requester, or a steward for them.
        days: After which a request that was not answered is noted so, where the record does not say.
        most: How many a key may open on one day (UTC); 0 for any number.
        now: UTC; the moment itself, if none is given.
        ways: What is known of access beside the record; the shipped entries, if none is given.

    Raises:
        NoRequest: The requester is shown no such record.
        Unfit: A field cannot be taken.
        TooMany: Tomorrow is another day.
        Refused: The requester has no key, or has an open request for the record.
    """
    hold(session)
    now = now or datetime.now(UTC)
    key = session.get(AccessKey, requester.key) if requester.key else None
    if key is None:
        raise Refused("A request takes a key: a steward gives one.")
    found = document(session, requester, asked.dataset)
    if found is None:
        raise NoRequest
    shown = orjson.loads(found[0])
    texts, withheld = _texts(asked)
    _fit(asked, now)
    _once(session, key.id, UUID(shown["id"]), now)
    _seldom(session, key.id, now, most)
    row = DataRequest(
        id=uuid4(), dataset_id=UUID(shown["id"]), key=key.id, requester=key.name, organisation=key.organisation,
        until=asked.until, language=asked.language or language_of(shown), expected_days=route(shown, ways).days or days,
        opened=now, **texts,
    )  # fmt: skip
    session.add(row)
    session.flush()
    part = Part.REQUESTER if by.key == key.id else Part.STEWARD
    _append(session, row.id, Note(1, State.DRAFTED, now, part, by.name), by.key)
    audit.append(session, by.name, "opened a request", str(row.id), f"of key {key.id}")
    return Opened(row.id, withheld)


def note(
    session: Session,
    id_: UUID,
    by: Viewer,
    to: State,
    why: str = "",
    category: Refusal | None = None,
    *,
    expected: int | None = None,
    now: datetime | None = None,
) -> Noted:
    """Note that a request came into a state.

    Args:
        session: Writing.
        id_: Of the request.
        by: Who notes it.
        to: The state.
        why: In a sentence; needed of a refusal and of what is granted in part.
        category: Of a refusal, which needs one.
        expected: ``newest`` of the request as it was looked at; None if it does not matter.
        now: UTC; the moment itself, if none is given.

    Raises:
        NoRequest: It is nothing to who acts, or there is none.
        Conflict: Something was noted since.
        Unfit: Reason or category is missing, or too much.
        Refused: It cannot come from its state into this one by who acts; the message says what is possible.
    """
    hold(session)
    now = now or datetime.now(UTC)
    row, parts = parties.one(session, by, id_)
    written = notes(session, [id_])[id_]
    if expected is not None and expected != len(written):
        raise Conflict(NOTED_SINCE)
    state = states.history(written, row.until, row.expected_days, now)[-1].state
    part = states.as_what(state, to, parts)
    if part is None:
        raise Refused(_impossible(state, to, parts))
    told, found = _text("why", why)
    if to in {State.REFUSED, State.PARTLY} and not told:
        raise Unfit("why", "Say why, in a sentence: what is not shared, and what would change that.")
    if to is State.REFUSED and category is None:
        raise Unfit("category", f"Say the category of the reason: {', '.join(Refusal)}.")
    if to is not State.REFUSED and category is not None:
        raise Unfit("category", "Only a refusal has a category: leave it out.")
    _append(session, id_, Note(len(written) + 1, to, now, part, by.name, told, category), by.key)
    audit.append(session, by.name, f"noted a request as {to.replace('_', ' ')}", str(id_), f"as {part}")
    return Noted(state, to, {"why": found} if found else {})


def notes(session: Session, ids: Sequence[UUID]) -> dict[UUID, list[Note]]:
    """What was noted of requests, oldest first."""
    found: dict[UUID, list[Note]] = {id_: [] for id_ in ids}
    for some in parties.batches(ids):
        written = select(RequestNote).where(RequestNote.request_id.in_(some))
        for row in session.scalars(written.order_by(RequestNote.request_id, RequestNote.number)):
            category = Refusal(row.category) if row.category else None
            made = Note(row.number, State(row.state), row.at, Part(row.part), row.actor, row.reason, category)
            found[row.request_id].append(made)
    return found


def _append(session: Session, id_: UUID, made: Note, key: str) -> None:
    session.add(
        RequestNote(
            request_id=id_, number=made.number, state=made.state.value, at=made.at, part=made.part.value,
            actor=made.by, key=key, reason=made.why, category=made.category.value if made.category else "",
        )
    )  # fmt: skip
    session.flush()


def _texts(asked: Asked) -> tuple[dict[str, str], Withheld]:
    kept: dict[str, str] = {}
    withheld: dict[str, tuple[str, ...]] = {}
    for field in ("purpose", "for_whom", "agreement"):
        kept[field], found = _text(field, getattr(asked, field))
        if found:
            withheld[field] = found
        if field in NEEDED and not kept[field]:
            raise Unfit(field, f"{_FIELDS[field]} is empty: say it in a sentence or two.")
    return kept, withheld


def _text(field: str, given: str) -> tuple[str, tuple[str, ...]]:
    if len(given) > LENGTHS[field]:
        raise Unfit(field, f"{_FIELDS[field]} has {len(given):,} characters; it may have {LENGTHS[field]:,}.")
    return clean(given)


def _fit(asked: Asked, now: datetime) -> None:
    today = now.date()
    if asked.until < today:
        raise Unfit("until", f"{asked.until} is past; say the last day on which you need the data.")
    if asked.until - today > LONGEST:
        raise Unfit("until", f"{asked.until} is too late: data is asked for five years at the most.")
    if asked.language and asked.language not in languages():
        raise Unfit("language", f'There is no message in "{asked.language[:20]}"; write {", ".join(languages())}.')


def _once(session: Session, key: str, dataset: UUID, now: datetime) -> None:
    rows = session.scalars(select(DataRequest).where(DataRequest.key == key, DataRequest.dataset_id == dataset)).all()
    written = notes(session, [row.id for row in rows])
    for row in rows:
        if states.history(written[row.id], row.until, row.expected_days, now)[-1].state in OPEN:
            raise Refused(f"There is an open request for this record under this key already: {row.id}.")


def _seldom(session: Session, key: str, now: datetime, most: int) -> None:
    morning = datetime.combine(now.date(), time(), UTC)
    opened = select(func.count()).select_from(DataRequest).where(DataRequest.key == key, DataRequest.opened >= morning)
    if most and (session.scalar(opened) or 0) >= most:
        left = int((states.end_of(now.date()) - now).total_seconds()) + 1
        raise TooMany(f"This key has opened {most} requests today, which is as many as it may. Go on tomorrow.", left)


def _impossible(state: State, to: State, parts: frozenset[Part]) -> str:
    if left := states.possible(state, parts):
        may = f"you may note: {', '.join(left)}"
    elif state is State.EXPIRED:
        may = "nothing more can be noted; open another request"
    else:
        may = "only who decides on it, or a steward, may note something"
    return f"The request is {state}, so it cannot be noted as {to} by you; {may}."


__all__ = ["Asked", "NoRequest", "Noted", "Opened", "TooMany", "Unfit", "note", "notes", "open_request"]
