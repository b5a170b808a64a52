"""The needs that are kept: what a new version of a plan would change of them, and what becomes a record."""

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from catalog.plans.reading import TITLE, Need, Plan, identity
from catalog.register.acts import Rows
from catalog.register.reading import Fault
from catalog.tables import PlanNeed, PlanRound

SOURCE = "plans"
"""Key of the source whose records are the needs."""
NEEDS = Rows(
    SOURCE,
    PlanNeed,
    "The data analysis plan says so.",
    "Its dissemination category says nothing of sensitivity: fill it in.",
)
NEW, CHANGED, UNCHANGED, REMOVED, REJECTED = "new", "changed", "unchanged", "removed", "rejected"
OUTCOMES = (NEW, CHANGED, UNCHANGED, REMOVED, REJECTED)
PLANNED, DROPPED = "planned", "dropped"
STATE = "state"
_FOLLOWING = frozenset({STATE, "urgent", "level", "visibility", "access", "agreement", "sharing"})
"""What follows from a need's category."""
Round = tuple[str, str]
"""Operation, and what the round is called in it; one that has no rounds has one without a name."""
Kept = Mapping[str, Mapping[str, str]]
"""Values of the needs of one round that are kept, by their ids."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What a need would become.

    Attributes:
        number: The row's; 0 of a need that the new version no longer has.
        outcome: One of :data:`OUTCOMES`.
        id: Of the need; of a new one empty before it is kept.
        title: The need in words.
        values: What would be kept.
        changes: Field, old and new value.
        faults: Why it is rejected.
        remarks: As in :class:`catalog.plans.reading.Need`.
    """

    number: int
    outcome: str
    id: str
    title: str
    values: Mapping[str, str] = field(default_factory=dict)
    changes: tuple[tuple[str, str, str], ...] = ()
    faults: tuple[Fault, ...] = ()
    remarks: tuple[str, ...] = ()


def needs(session: Session, of: Round) -> dict[str, dict[str, str]]:
    """The needs of a round by id, those that were dropped too, in the order in which they came."""
    rows = session.execute(
        select(PlanNeed.id, PlanNeed.values)
        .where(PlanNeed.operation == of[0], PlanNeed.round == of[1])
        .order_by(PlanNeed.added, PlanNeed.id)
    )
    return {id_: dict(values) for id_, values in rows}


def facts(session: Session, of: Round) -> dict[str, str]:
    """What is kept of a round itself; empty if there is none."""
    return dict(
        session.scalar(select(PlanRound.values).where(PlanRound.operation == of[0], PlanRound.round == of[1])) or {}
    )


def plan(read: Plan, known: Kept) -> tuple[Planned, ...]:
    """What each need would become, in the order of the sheet, then those that it no longer has; pure.

    A need is the one of the same words and question; else the one of the same words, else of the same question, where
    there is one alone. While any row is rejected nothing is removed: it may be that row's.
    """
    matched = _matched([need for need in read.needs if not need.faults], known)
    found = [_planned(need, matched.get(need.number, ""), known, read.columns) for need in read.needs]
    if not any(one.outcome == REJECTED for one in found):
        left = [id_ for id_, values in known.items() if id_ not in matched.values() and values.get(STATE) != DROPPED]
        left.sort(key=lambda id_: (known[id_][TITLE], id_))
        found += [Planned(0, REMOVED, id_, known[id_][TITLE], {**known[id_], STATE: DROPPED}) for id_ in left]
    return tuple(found)


def save(session: Session, of: Round, told: Mapping[str, str], planned: Iterable[Planned], now: datetime) -> set[str]:
    """Keep the round's facts and what is new, changed or removed; answers the ids of the needs that were taken."""
    before = facts(session, of)
    row = {"values": dict(told), "changed": now}
    if not before:
        session.execute(insert(PlanRound).values(operation=of[0], round=of[1], **row))
    elif before != told:
        session.execute(
            update(PlanRound).where(PlanRound.operation == of[0], PlanRound.round == of[1]).values(**row),
            execution_options={"synchronize_session": False},
        )
    ids = set()
    new = []
    for one in planned:
        if one.outcome == REJECTED:
            continue
        id_ = one.id or f"need-{secrets.token_hex(8)}"
        ids.add(id_)
        if one.outcome == NEW:
            new.append(
                {"id": id_, "operation": of[0], "round": of[1], "values": dict(one.values), "acted": {}}
                | {"added": now, "changed": now}
            )
        elif one.outcome in {CHANGED, REMOVED}:
            session.execute(
                update(PlanNeed).where(PlanNeed.id == id_).values(values=dict(one.values), changed=now),
                execution_options={"synchronize_session": False},
            )
    if new:
        session.execute(insert(PlanNeed), new)
    return ids


def listed(session: Session) -> list[tuple[str, dict[str, Any]]]:
    """Id and payload of each need that is still planned: what it says, and what its round does."""
    rounds = {
        (operation, name): values
        for operation, name, values in session.execute(select(PlanRound.operation, PlanRound.round, PlanRound.values))
    }
    rows = session.execute(select(PlanNeed.id, PlanNeed.operation, PlanNeed.round, PlanNeed.values))
    return [
        (id_, {**rounds[operation, name], **values, "operation": operation, "round": name})
        for id_, operation, name, values in rows
        if values.get(STATE) != DROPPED
    ]


def counts(planned: Sequence[Planned]) -> dict[str, int]:
    """How many needs have which outcome."""
    return {outcome: sum(one.outcome == outcome for one in planned) for outcome in OUTCOMES}


def _planned(need: Need, id_: str, known: Kept, columns: Collection[str]) -> Planned:
    if need.faults:
        return Planned(need.number, REJECTED, "", need.title, need.values, faults=need.faults)
    values = {**need.values, STATE: PLANNED}
    if not id_:
        return Planned(need.number, NEW, "", need.title, values, remarks=need.remarks)
    before = known[id_]
    # What the new version has no column for stays as it was.
    values = {name: told for name, told in before.items() if name not in columns and name not in _FOLLOWING} | values
    names = dict.fromkeys([*before, *values])
    changes = tuple(
        (name, before.get(name, ""), values.get(name, "")) for name in names if before.get(name) != values.get(name)
    )
    outcome = CHANGED if changes else UNCHANGED
    return Planned(need.number, outcome, id_, need.title, values, changes, remarks=need.remarks)


def _matched(given: Sequence[Need], known: Kept) -> dict[int, str]:
    """Ids of the needs that are kept already, by row."""
    found: dict[int, str] = {}
    for parts in ((0, 1), (0,), (1,)):
        theirs: dict[tuple[str, ...], list[str]] = {}
        ours: dict[tuple[str, ...], list[int]] = {}
        for id_, values in known.items():
            if id_ not in found.values():
                theirs.setdefault(tuple(identity(values)[part] for part in parts), []).append(id_)
        for need in given:
            if need.number not in found:
                ours.setdefault(tuple(identity(need.values)[part] for part in parts), []).append(need.number)
        for key, rows in ours.items():
            if any(key) and len(rows) == 1 and len(theirs.get(key, ())) == 1:
                found[rows[0]] = theirs[key][0]
    return found
