"""The rows that are kept: what a sheet would change of them, what it changes, and what becomes a record."""

import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from catalog.disclosure import SEES
from catalog.register.reading import Fault, Reading, Row, address
from catalog.rows import dataset_id
from catalog.tables import Dataset, RegisterRow
from catalog.text import normalize
from catalog.vocabulary import Audience, Visibility

SOURCE = "register"
"""Key of the source whose records are the rows."""
KEY = "key"
"""In ``acted``: the id of the key under which a row was written last."""
LEFT = "left"
"""In ``acted``: that whoever wrote a row last was not told all that is kept in its columns about people."""
SAFE_OF = "safe_of"
"""In ``acted``: ids of the closed holdings that whoever wrote the row meant, of those that were theirs to see."""
NEW, CHANGED, UNCHANGED, REJECTED = "new", "changed", "unchanged", "rejected"
OUTCOMES = (NEW, CHANGED, UNCHANGED, REJECTED)
Kept = Mapping[str, Mapping[str, str]]
"""Values of the rows that are kept, by register id."""
Barred = Callable[[Mapping[str, str]], str]
"""Why somebody may not list a row of these values, in words; empty if they may."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What a row of a sheet would become.

    Attributes:
        row: As it was read.
        outcome: ``new``, ``changed``, ``unchanged`` or ``rejected``.
        id: Its register id; of a new one empty before it is kept.
        values: What would be kept: what its sheet has no column for stays as it was.
        changes: Column, old and new value.
        faults: Why it is rejected.
        safe_of: Ids of the kept holdings that it is a safe product of, of those that whoever brings it is shown.
    """

    row: Row
    outcome: str
    id: str
    values: Mapping[str, str]
    changes: tuple[tuple[str, str, str], ...] = ()
    faults: tuple[Fault, ...] = ()
    safe_of: tuple[str, ...] = ()


def kept(session: Session) -> dict[str, dict[str, str]]:
    """All rows by id, in the order in which they came."""
    rows = session.execute(select(RegisterRow.id, RegisterRow.values).order_by(RegisterRow.added, RegisterRow.id))
    return {id_: dict(values) for id_, values in rows}


def plan(reading: Reading, known: Kept, barred: Barred = lambda _: "") -> tuple[Planned, ...]:
    """What each row would become; pure.

    A row is the one whose id it has; without an id, the one with its title, holder and countries. Two rows of a sheet
    that are the same holding, an id that nothing has, and what somebody may not list, are rejected.

    Args:
        reading: The sheet.
        known: The rows that whoever brings it is shown; there are no others for them.
        barred: Why they may not list a row of these values; empty if they may.
    """
    named = {_name(values): id_ for id_, values in known.items()}
    titles: dict[str, list[str]] = {}
    for id_, values in known.items():
        titles.setdefault(normalize(values["title"]), []).append(id_)
    for row in reading.rows:
        if not row.faults and "title" in row.values:
            titles.setdefault(normalize(row.values["title"]), [])
    taken: dict[str | tuple[str, ...], int] = {}
    planned = (_planned(row, reading, known, named, titles, taken) for row in reading.rows)
    return tuple(_barred(one, reading, barred) for one in planned)


def save(
    session: Session, planned: Iterable[Planned], now: datetime, key: str = "", untold: Collection[str] = ()
) -> dict[int, str]:
    """Keep what is new or changed; answers register ids by the numbers of the sheet's rows.

    Args:
        session: Writing.
        planned: The rows.
        now: When.
        key: Id of the key under which it is written, empty on the machine itself: whoever wrote a row last is shown it.
        untold: Ids of rows of which something about people is kept that whoever writes them was not told.
    """
    accepted = [one for one in planned if one.outcome != REJECTED]
    ids = {one.row.number: one.id or f"reg-{secrets.token_hex(8)}" for one in accepted}
    by_title: dict[str, list[str]] = {}
    for one in accepted:
        by_title.setdefault(normalize(one.values["title"]), []).append(ids[one.row.number])
    new: list[dict[str, Any]] = []
    for one in accepted:
        acted: dict[str, Any] = {KEY: key} if key else {}
        if of := one.row.values.get("safe_product_of", ""):
            acted[SAFE_OF] = sorted({*one.safe_of, *by_title.get(normalize(of), ())})
        if one.outcome == NEW:
            values = {**one.values, "id": ids[one.row.number]}
            # Rows are given back in the order in which they came.
            added = now + timedelta(microseconds=len(new))
            new.append({"id": values["id"], "values": values, "acted": acted, "added": added, "changed": now})
        elif one.outcome == CHANGED:
            before = session.scalar(select(RegisterRow.acted).where(RegisterRow.id == one.id)) or {}
            over = {KEY, LEFT} if one.values.get("safe_product_of") else {KEY, LEFT, SAFE_OF}
            acted = {name: value for name, value in before.items() if name not in over} | acted
            acted |= {LEFT: True} if key and one.id in untold else {}
            session.execute(
                update(RegisterRow)
                .where(RegisterRow.id == one.id)
                .values(values=dict(one.values), acted=acted, changed=now),
                execution_options={"synchronize_session": False},
            )
    if new:
        session.execute(insert(RegisterRow), new)
    return ids


def listed(session: Session, personal: frozenset[str], today: date) -> list[tuple[str, dict[str, Any]]]:
    """Id and payload of each row: what may become part of a record.

    Nothing personal is among it. ``safe_of`` has the ids of closed holdings of which the public may know: else it
    would tell that they exist. ``consent_over`` is there once the owner's consent has ended.
    """
    rows = kept(session)
    acted = session.execute(select(RegisterRow.id, RegisterRow.acted))
    meant = {id_: done[SAFE_OF] for id_, done in acted if SAFE_OF in done}
    open_to = SEES[Audience.PUBLIC]
    shown = {
        id_
        for id_, visibility in session.execute(
            select(Dataset.id, Dataset.visibility).where(Dataset.source_key == SOURCE)
        )
        if visibility in open_to
    }
    by_title: dict[str, list[str]] = {}
    for id_, values in rows.items():
        by_title.setdefault(normalize(values["title"]), []).append(id_)
    found = []
    for id_, values in rows.items():
        left = personal | {"safe_product_of", "visibility", "level"}
        payload: dict[str, Any] = {key: value for key, value in values.items() if key not in left}
        of = values.get("safe_product_of", "")
        # By title only where which are meant was not kept: it would tell whether somebody else has such a row.
        closed = meant.get(id_, [of] if of in rows else by_title.get(normalize(of), [])) if of else []
        safe = sorted(one for one in closed if one != id_ and dataset_id(SOURCE, one) in shown)
        payload |= {"safe_of": safe} if safe else {}
        payload |= {"consent_over": True} if consent_over(values, today) else {}
        found.append((id_, payload))
    return found


def consent_over(values: Mapping[str, str], today: date) -> bool:
    """Whether the owner's consent to list the holding has ended."""
    return bool(values.get("consent_until")) and values["consent_until"] < today.isoformat()


def consented(values: Mapping[str, str], today: date) -> bool:
    """Whether whoever owns the holding agreed that it is listed: whoever holds and owns it does so by the sheet."""
    owner = normalize(values.get("owner", ""))
    own = not owner or owner == normalize(values["holder"])
    given = bool(values.get("consent_by")) and "" < values.get("consent_on", "") <= today.isoformat()
    return (own or given) and not consent_over(values, today)


def asked_visibility(values: Mapping[str, str]) -> Visibility:
    """As whom its sheet wants it to be known."""
    return Visibility(values.get("visibility") or Visibility.OWNER)


def _name(values: Mapping[str, str]) -> tuple[str, ...]:
    """What a holding is known by where it has no id."""
    return tuple(normalize(values.get(key, "")) for key in ("title", "holder", "countries"))


def _planned(
    row: Row,
    reading: Reading,
    known: Kept,
    named: Mapping[tuple[str, ...], str],
    titles: Mapping[str, Sequence[str]],
    taken: dict[str | tuple[str, ...], int],
) -> Planned:
    id_ = row.values.get("id", "")
    faults = list(row.faults)
    if id_ and id_ not in known:
        mend = "Clear the cell to list the holding as new, or import where it was exported."
        faults.append(_fault(row, reading, "id", f'no holding here has the id "{id_}"', mend))
    id_ = id_ or ("" if faults else named.get(_name(row.values), ""))
    of = row.values.get("safe_product_of", "")
    if of and of not in known and normalize(of) not in titles:
        mend = "Write the closed holding's register id, or its title as it stands in its row."
        faults.append(_fault(row, reading, "safe_product_of", f'there is no holding "{of[:60]}"', mend))
    if not faults:
        same = id_ or _name(row.values)
        if (other := taken.setdefault(same, row.number)) != row.number:
            mend = "Remove one of the rows, or give it another title."
            faults.append(_fault(row, reading, "title", f"it is the same holding as row {other}", mend))
    if faults:
        return Planned(row, REJECTED, id_, row.values, faults=tuple(faults))
    safe_of = (of,) if of in known else tuple(titles[normalize(of)]) if of else ()
    if not id_:
        return Planned(row, NEW, "", row.values, safe_of=safe_of)
    before = known[id_]
    values = {key: value for key, value in before.items() if key not in reading.columns}
    values |= {**row.values, "id": id_}
    columns = dict.fromkeys([*before, *values])
    changes = tuple(
        (key, before.get(key, ""), values.get(key, "")) for key in columns if before.get(key) != values.get(key)
    )
    return Planned(row, CHANGED if changes else UNCHANGED, id_, values, changes, safe_of=safe_of)


def _barred(planned: Planned, reading: Reading, barred: Barred) -> Planned:
    if planned.outcome not in {NEW, CHANGED} or not (reason := barred(planned.values)):
        return planned
    mend = "Leave it to a steward, or to the key of whoever holds or owns it."
    place = reading.columns.get("holder", 0)
    fault = Fault(address(place, planned.row.number), "holder", reason, mend)
    return replace(planned, outcome=REJECTED, changes=(), faults=(fault,))


def _fault(row: Row, reading: Reading, column: str, reason: str, mend: str) -> Fault:
    return Fault(address(reading.columns[column], row.number), column, reason, mend)


def counts(planned: Sequence[Planned]) -> dict[str, int]:
    """How many rows have which outcome."""
    return {outcome: sum(one.outcome == outcome for one in planned) for outcome in OUTCOMES}
