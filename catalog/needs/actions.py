"""What is to be done about a need in a country: an action has an owner, who is a role, and a day.

Actions are for stewards: whom to ask for what may tell that there is something. They are written by stewards of
everything or of the country.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog import audit, people
from catalog.levels import Refused
from catalog.needs.overruling import checked
from catalog.tables import NeedAction
from catalog.viewer import STEWARD, Viewer

OPEN, DONE, DROPPED = "open", "done", "dropped"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do.

    Attributes:
        what: In a sentence.
        owner: A role, such as ``Information management officer``.
        organisation: Of the owner, empty if it is not said.
        due: By when.
        state: ``open``, ``done`` or ``dropped``.
        overdue: Open, and its day is past.
        closing: What was said when it was closed.
    """

    id: int
    country: str
    need: str
    what: str
    owner: str
    organisation: str
    due: date
    state: str
    overdue: bool
    at: datetime
    closed: datetime | None
    closing: str


def assign(
    session: Session,
    viewer: Viewer,
    country: str,
    need: str,
    what: str,
    owner: str,
    organisation: str,
    due: date,
    today: date,
) -> Action:
    """Write an action; raises Refused for a day that is past, or for words that name a person or a place."""
    checked(f"{what}\n{owner}\n{organisation}")
    if due < today:
        raise Refused("due: the day is past.")
    row = NeedAction(
        country=country, need=need, what=what.strip(), owner=owner.strip(), organisation=organisation.strip(), due=due,
        state=OPEN, by=people.pseudonym(session, viewer.name), at=datetime.now(UTC).replace(microsecond=0), closed=None,
        closed_by="", closing="",
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit.append(session, viewer.name, f"assigned an action until {due}", f"{need} {country} {row.id}", what.strip())
    return _read(row, today)


def close(session: Session, viewer: Viewer, number: int, state: str, reason: str, today: date) -> Action:
    """Close one as ``done`` or ``dropped``; raises Refused if there is none, or it is closed."""
    checked(reason)
    row = session.get(NeedAction, number)
    if row is None or not viewer.stewards("", (row.country,)):
        raise Refused("There is no such action.")
    if row.state != OPEN:
        raise Refused(f"The action is {row.state} already.")
    row.state, row.closing = state, reason.strip()
    row.closed = datetime.now(UTC).replace(microsecond=0)
    row.closed_by = people.pseudonym(session, viewer.name)
    audit.append(
        session, viewer.name, f"closed an action: {state}", f"{row.need} {row.country} {row.id}", reason.strip()
    )
    return _read(row, today)


def actions(session: Session, viewer: Viewer, today: date, countries: Collection[str] = ()) -> list[Action]:
    """Those of the countries that the viewer is steward of: open ones first, by their day; none for others."""
    rows = session.scalars(select(NeedAction).order_by(NeedAction.due, NeedAction.id))
    found = [
        _read(row, today)
        for row in rows
        if (not countries or row.country in countries) and (STEWARD in viewer.reach or _of(viewer, row.country))
    ]
    return sorted(found, key=lambda one: one.state != OPEN)


def _of(viewer: Viewer, country: str) -> bool:
    return f"country:{country}" in viewer.reach


def _read(row: NeedAction, today: date) -> Action:
    return Action(
        row.id, row.country, row.need, row.what, row.owner, row.organisation, row.due, row.state,
        row.state == OPEN and row.due < today, row.at, row.closed, row.closing,
    )  # fmt: skip
