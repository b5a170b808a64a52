"""What people searched for and did not find, where they asked us to keep it: for stewards, who may act on it.

Nothing is kept of who asked, nor as what audience, nor at what hour; of the words neither addresses, numbers and
coordinates nor a name after a title. The same words in the same country, however they are written, count up. Stewards
of everything are told all of it, stewards of countries what was asked of these, nobody else any of it.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

from catalog import audit, people
from catalog.levels import Refused
from catalog.needs.overruling import checked
from catalog.requests.texts import clean
from catalog.store import take
from catalog.tables import UnmetNeed
from catalog.text import normalize
from catalog.viewer import STEWARD, Viewer

LONGEST_ASKED, LONGEST = 500, 200
"""Characters that may be sent, and that are kept."""
MOST = 10_000
"""Needs kept; of those asked for once the ones that are longest ago go first."""
OPEN, CLOSED = "open", "closed"
NO_WORDS = "Say in words what was looked for: there is nothing in this that could be kept."
NONE = "There is no such logged need."
_COUNTER = "unmet_need"
_COUNTRY = "country:"
_TAKEN_OUT = re.compile(r"\[[^\[\]]{1,30} withheld\]")


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of one wording.

    Attributes:
        words: As they were typed first.
        country: ISO3, empty if the question had none.
        withheld: What was taken out of the words, in words.
    """

    words: str
    country: str
    withheld: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unmet:
    """A need that was logged.

    Attributes:
        words: As they were typed first.
        country: ISO3, empty if no country was asked for.
        count: How often it was logged.
        first: Day, UTC.
        last: Day, UTC.
        state: ``open`` or ``closed``; what was closed is open again when it is logged anew.
        closed: When it was closed, None while it is open.
        closing: Why it was closed last, empty if it never was.
    """

    id: int
    words: str
    country: str
    count: int
    first: date
    last: date
    state: str
    closed: datetime | None
    closing: str


def log(session: Session, words: str, country: str, today: date) -> Kept:
    """Keep what somebody looked for; answers what is kept, which tells nothing of what was there before.

    Args:
        session: Of the catalog, writing.
        words: As typed.
        country: ISO3 or empty.
        today: UTC.

    Raises:
        Refused: There are no words in it.
    """
    # Half a letter can be sent, and no database takes it.
    kept, withheld = clean(words.encode("utf-8", "replace").decode())
    kept = kept[:LONGEST].rstrip()
    folded = normalize(_TAKEN_OUT.sub(" ", kept))[:LONGEST].rstrip()
    if not folded:
        raise Refused(NO_WORDS)
    # One at a time, so that the same words sent twice at once are one need.
    take(session, _COUNTER, 0)
    row = session.scalars(select(UnmetNeed).where(UnmetNeed.folded == folded, UnmetNeed.country == country)).first()
    if row is None:
        row = UnmetNeed(
            folded=folded, country=country, words=kept, count=0, first=today, last=today, closed=None, closed_by="",
            closing="",
        )  # fmt: skip
        session.add(row)
    row.count, row.last, row.closed, row.closed_by = row.count + 1, max(row.last, today), None, ""
    session.flush()
    _bound(session, row.id)
    return Kept(kept, country, withheld)


def logged(
    session: Session,
    viewer: Viewer,
    countries: Collection[str] = (),
    state: str = "",
    limit: int = 50,
    start: int = 0,
) -> tuple[list[Unmet], int]:
    """A page of what was logged, most often asked for first, and how many there are; none for who is no steward.

    Args:
        session: Of the catalog.
        viewer: Who asks.
        countries: Only what was asked of these.
        state: ``open`` or ``closed``; either if empty.
        limit: At the most.
        start: How many to leave out.
    """
    rows = _of(viewer)
    if countries:
        rows = rows.where(UnmetNeed.country.in_(sorted(countries)))
    if state:
        rows = rows.where(UnmetNeed.closed.is_(None) if state == OPEN else UnmetNeed.closed.is_not(None))
    total = session.scalar(select(func.count()).select_from(rows.subquery())) or 0
    rows = rows.order_by(UnmetNeed.count.desc(), UnmetNeed.last.desc(), UnmetNeed.id).limit(limit).offset(start)
    return [_read(row) for row in session.scalars(rows)], total


def close(session: Session, viewer: Viewer, number: int, reason: str) -> Unmet:
    """Close one; raises Refused if there is none of the viewer's, it is closed, or the reason names somebody."""
    checked(reason)
    row = session.scalars(_of(viewer).where(UnmetNeed.id == number)).first()
    if row is None:
        raise Refused(NONE)
    if row.closed is not None:
        raise Refused("It is closed already.")
    row.closed, row.closing = datetime.now(UTC).replace(microsecond=0), reason.strip()
    row.closed_by = people.pseudonym(session, viewer.name)
    audit.append(session, viewer.name, "closed a logged need", f"{row.country or '*'} {row.id}", reason.strip())
    return _read(row)


def unmet_json(one: Unmet) -> dict[str, Any]:
    """A logged need as stewards are told it; not who closed it."""
    return {
        "id": one.id,
        "words": one.words,
        "country": one.country,
        "count": one.count,
        "first": one.first.isoformat(),
        "last": one.last.isoformat(),
        "state": one.state,
        "closed": one.closed.date().isoformat() if one.closed else None,
        "closing": one.closing,
    }


def kept_json(kept: Kept) -> dict[str, Any]:
    """What whoever logged a need is told of it."""
    return {"words": kept.words, "country": kept.country, "withheld": list(kept.withheld)}


def _of(viewer: Viewer) -> Select[UnmetNeed]:
    rows = select(UnmetNeed)
    if STEWARD in viewer.reach:
        return rows
    mine = sorted(term.removeprefix(_COUNTRY) for term in viewer.reach if term.startswith(_COUNTRY))
    # What was asked of no country is for stewards of everything, whatever an appointment may be written as.
    return rows.where(UnmetNeed.country.in_(mine), UnmetNeed.country != "")


def _bound(session: Session, newest: int) -> None:
    over = (session.scalar(select(func.count()).select_from(UnmetNeed)) or 0) - MOST
    if over <= 0:
        return
    order = (UnmetNeed.count > 1, UnmetNeed.last, UnmetNeed.id)
    going = session.scalars(select(UnmetNeed.id).where(UnmetNeed.id != newest).order_by(*order).limit(over)).all()
    session.execute(delete(UnmetNeed).where(UnmetNeed.id.in_(going)), execution_options={"synchronize_session": False})


def _read(row: UnmetNeed) -> Unmet:
    state = OPEN if row.closed is None else CLOSED
    return Unmet(row.id, row.words, row.country, row.count, row.first, row.last, state, row.closed, row.closing)
