"""How sharing stood on a day, kept for good: every day for 60 days, every week for two years, every month for ever.

Three are taken of each day: of what the public is shown, of what the community is, and of what stewards are, owners'
own records aside. Each counts nothing that its readers could not have counted themselves on that day.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import orjson
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from catalog.database import Catalog
from catalog.needs.coverage import coverage
from catalog.needs.records import Book
from catalog.requests import told
from catalog.requests.outcomes import ALL as ALL_REQUESTS
from catalog.requests.outcomes import Figures
from catalog.requests.states import State
from catalog.sharing.cells import ALL, ORGANIZATION, Cell, Cells, cells
from catalog.tables import SharingSnapshot
from catalog.viewer import Viewer, community, steward
from catalog.vocabulary import Audience
from config import load
from config.settings import Settings

DAILY, WEEKLY = 60, 730
"""Days for which a snapshot of every day, and of every week, is kept."""
VIEWERS: Mapping[Audience, Viewer] = {
    Audience.PUBLIC: Viewer(),
    Audience.COMMUNITY: community("the community"),
    Audience.FULL: steward(""),
}
"""As whom each snapshot is counted."""
_ANSWERED = (State.GRANTED, State.PARTLY, State.REFUSED)
_SOME = 200


@dataclass(frozen=True, slots=True)
class Taken:
    """What was written: the day, how many datasets the public was shown, and the days that were thinned out."""

    day: date
    datasets: int
    thinned: tuple[date, ...]


def keep(catalog: Catalog, settings: Settings, now: datetime, *, again: bool = False) -> Taken | None:
    """Keep how sharing stands today; None if that was done already and is not to be done ``again``.

    Counting takes seconds, so it is done before anything is written and holds nobody up.
    """
    with catalog.reading() as session:
        if not (again or due(session, now)):
            return None
        made = count(session, Book(load.needs(settings)), now)
    with catalog.writing() as session:
        return write(session, made, now)


def count(session: Session, book: Book, now: datetime) -> Mapping[Audience, Cells]:
    """What each sort of reader could count at this moment."""
    return {audience: _counted(session, viewer, book, now) for audience, viewer in VIEWERS.items()}


def write(session: Session, made: Mapping[Audience, Cells], now: datetime) -> Taken:
    """Write the snapshots of today, in place of those taken before on the same day (UTC), and thin out the old ones."""
    today = now.astimezone(UTC).date()
    session.execute(delete(SharingSnapshot).where(SharingSnapshot.day == today))
    rows = [
        {"day": today, "audience": audience, "country": country, "cells": orjson.dumps(there)}
        for audience, counted in made.items()
        for country, there in counted.items()
        if audience is not Audience.COMMUNITY or there != made[Audience.PUBLIC].get(country)
    ]
    for start in range(0, len(rows), _SOME):
        session.execute(insert(SharingSnapshot), rows[start : start + _SOME])
    known = days(session)
    old = sorted(set(known) - kept(known, today))
    for start in range(0, len(old), _SOME):
        session.execute(delete(SharingSnapshot).where(SharingSnapshot.day.in_(old[start : start + _SOME])))
    return Taken(today, made[Audience.PUBLIC][ALL][ALL]["n"], tuple(old))


def days(session: Session) -> tuple[date, ...]:
    """The days of which there is a snapshot, the oldest first."""
    return tuple(session.scalars(select(SharingSnapshot.day).distinct().order_by(SharingSnapshot.day)))


def kept(taken: Collection[date], today: date) -> set[date]:
    """Which days stay: all of the last 60, the first of each week of two years, the first of each month before."""
    stay: set[date] = set()
    weeks: set[tuple[int, int]] = set()
    months: set[tuple[int, int]] = set()
    for day in sorted(taken):
        age = (today - day).days
        week, month = day.isocalendar()[:2], (day.year, day.month)
        if age <= DAILY or month not in months or (age <= WEEKLY and week not in weeks):
            stay.add(day)
        weeks.add(week)
        months.add(month)
    return stay


def due(session: Session, now: datetime) -> bool:
    """Whether today has no snapshot yet."""
    newest = session.scalar(select(func.max(SharingSnapshot.day)))
    return newest is None or newest < now.astimezone(UTC).date()


def history(session: Session, viewer: Viewer, country: str = ALL, cut: str = ALL) -> Iterator[tuple[date, Cell]]:
    """The cell of a country and a cut on each day, the oldest first, as far as a viewer may know of it.

    A day on which the cell had no dataset has a cell of none: ``{"n": 0}``.
    """
    audience = _audience(viewer, country)
    if cut.startswith(ORGANIZATION) and audience is not Audience.FULL:
        return
    wanted = (Audience.PUBLIC, audience)
    rows = session.execute(
        select(SharingSnapshot.day, SharingSnapshot.audience, SharingSnapshot.cells).where(
            SharingSnapshot.audience.in_(wanted), SharingSnapshot.country == country
        )
    )
    found: dict[date, dict[Audience, bytes]] = {}
    for day, of, body in rows:
        found.setdefault(day, {})[of] = body
    for day in days(session):
        yield day, _cells(found.get(day, {}), audience).get(cut) or {"n": 0}


def newest(session: Session, viewer: Viewer, country: str = ALL) -> dict[str, Cell]:
    """The cells of a country on the last day, as far as a viewer may know of them; empty before the first day."""
    day = session.scalar(select(func.max(SharingSnapshot.day)))
    rows = session.execute(
        select(SharingSnapshot.audience, SharingSnapshot.cells).where(
            SharingSnapshot.day == day, SharingSnapshot.country == country
        )
    )
    return _cells(dict(rows.all()), _audience(viewer, country))


def countries(session: Session, viewer: Viewer) -> tuple[str, ...]:
    """The countries of which there has ever been a cell that a viewer may know of."""
    rows = session.execute(select(SharingSnapshot.country, SharingSnapshot.audience).distinct())
    return tuple(sorted({one for one, of in rows if one and of in {Audience.PUBLIC, _audience(viewer, one)}}))


def _cells(there: Mapping[Audience, bytes], audience: Audience) -> dict[str, Cell]:
    """What is told of a country on a day, from the rows of that day."""
    body = there.get(audience)
    if body is None and audience is Audience.COMMUNITY:
        body = there.get(Audience.PUBLIC)
    return dict(orjson.loads(body)) if body is not None else {}


def _audience(viewer: Viewer, country: str) -> Audience:
    """Whose counts of a country a viewer is told."""
    if viewer.sees_all or viewer.stewards("", [country] if country else []):
        return Audience.FULL
    return viewer.audience


def _counted(session: Session, viewer: Viewer, book: Book, now: datetime) -> Cells:
    today = now.astimezone(UTC).date()
    made = cells(session, viewer, today)
    covered = coverage(session, viewer, book, today)
    together: Counter[str] = Counter()
    for country in sorted(set(made) - {ALL}):
        states = {cell.need.id: cell.state.value for cell in covered.country(country).cells}
        counted = Counter(states.values())
        together.update(counted)
        made[country][ALL] |= {"needs": dict(sorted(counted.items())), "states": states}
    made[ALL][ALL]["needs"] = dict(sorted(together.items()))
    exact = bool(viewer.reach)
    for row in told.outcomes(session, viewer, now):
        country = ALL if row.iso3 == ALL_REQUESTS else row.iso3
        if country in made:
            made[country][ALL]["requests"] = _requests(row, exact=exact)
    return made


def _requests(row: Figures, *, exact: bool) -> dict[str, Any] | None:
    if exact:
        answered = sum(row.states.get(state, 0) for state in _ANSWERED)
        return {"n": row.requests, "answered": answered, "days": row.median_days}
    if row.all_requests is None:
        return None
    of_all = [row.all_states.get(state) for state in _ANSWERED]
    told_of = sum(count for count in of_all if count is not None)
    return {"n": row.all_requests, "answered": None if None in of_all else told_of, "days": row.all_median_days}
