"""What a person says of a need in a country in the place of what is judged: with reason and day, and for a time.

Both stay to be seen, by everybody: a state without its reason could not be checked, so a reason names no person and no
place, and is refused where it does. Who said it is told to stewards. It is said by stewards of everything or of the
country.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from catalog import audit, people
from catalog.levels import Refused
from catalog.masking import personal
from catalog.needs.judging import State
from catalog.tables import NeedOverrule
from catalog.viewer import Viewer

LONGEST = 366
"""Days that an overrule stands at the most."""


@dataclass(frozen=True, slots=True)
class Overrule:
    """What a person says.

    Attributes:
        id: Its number.
        state: What they say in the place of what is judged.
        reason: Why.
        at: When.
        expires: The last day that it stands.
        by: The id under which the audit knows them.
    """

    id: int
    country: str
    need: str
    state: State
    reason: str
    at: datetime
    expires: date
    by: str


def overrule(
    session: Session, viewer: Viewer, country: str, need: str, state: State, reason: str, expires: date, today: date
) -> Overrule:
    """Say it; what was said of the cell before ends.

    Args:
        session: Of the catalog, writing.
        viewer: A steward of everything or of the country; who may, is asked by whoever calls this.
        country: ISO3.
        need: Id of a need that is asked there.
        state: What is said.
        reason: Why, in a sentence.
        expires: The last day that it stands.
        today: UTC.

    Raises:
        Refused: The reason names somebody or a place, or the day is no day within a year.
    """
    checked(reason)
    if not today <= expires <= today + timedelta(days=LONGEST):
        raise Refused(f"expires: it must be a day from today to {today + timedelta(days=LONGEST)}.")
    now = datetime.now(UTC).replace(microsecond=0)
    by = people.pseudonym(session, viewer.name)
    for row in session.scalars(_standing(today, (country,)).where(NeedOverrule.need == need)):
        row.ended, row.ended_by = now, by
    row = NeedOverrule(
        country=country, need=need, state=state.value, reason=reason.strip(), by=by, at=now, expires=expires,
        ended=None, ended_by="",
    )  # fmt: skip
    session.add(row)
    session.flush()
    action = f"overruled how far a need is met: {state.value} until {expires}"
    audit.append(session, viewer.name, action, f"{need} {country}", reason.strip())
    return _read(row)


def withdraw(session: Session, viewer: Viewer, country: str, need: str, reason: str, today: date) -> Overrule:
    """End what is said of a cell, so that what is judged stands again; raises Refused if nothing is."""
    checked(reason)
    row = session.scalars(_standing(today, (country,)).where(NeedOverrule.need == need)).first()
    if row is None:
        raise Refused("Nobody overrules this: what is judged stands.")
    row.ended = datetime.now(UTC).replace(microsecond=0)
    row.ended_by = people.pseudonym(session, viewer.name)
    audit.append(session, viewer.name, "ended an overrule of a need", f"{need} {country}", reason.strip())
    return _read(row)


def standing(session: Session, today: date, countries: Collection[str] = ()) -> dict[tuple[str, str], Overrule]:
    """What stands today, by country and need."""
    return {(row.country, row.need): _read(row) for row in session.scalars(_standing(today, countries))}


def ended(session: Session, today: date, country: str) -> Iterator[Overrule]:
    """What no longer stands in a country, newest first."""
    past = or_(NeedOverrule.ended.is_not(None), NeedOverrule.expires < today)
    rows = select(NeedOverrule).where(NeedOverrule.country == country, past).order_by(NeedOverrule.id.desc())
    yield from map(_read, session.scalars(rows))


def checked(text: str) -> None:
    """Raise Refused for a text that names a person's address or number, or a coordinate."""
    if found := personal(text):
        raise Refused(f"It holds {' and '.join(found)}. Everybody reads it: name no person and no place.")


def _standing(today: date, countries: Collection[str]) -> Select[NeedOverrule]:
    rows = select(NeedOverrule).where(NeedOverrule.ended.is_(None), NeedOverrule.expires >= today)
    rows = rows.where(NeedOverrule.country.in_(sorted(countries))) if countries else rows
    return rows.order_by(NeedOverrule.id)


def _read(row: NeedOverrule) -> Overrule:
    return Overrule(row.id, row.country, row.need, State(row.state), row.reason, row.at, row.expires, row.by)
