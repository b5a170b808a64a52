"""What stewards are told of unasked: who looked at everything, and who raised a level without being steward."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog import levels, people
from catalog.asker import BROKE
from catalog.reading import dataset_of
from catalog.sensitivity import PERSONS
from catalog.sensitivity import STEWARD as STEWARDS
from catalog.tables import Audit, LevelAssertion
from catalog.viewer import STEWARD, Viewer

RAISED = "raise the level"
"""What a notice says that somebody did who is no steward of the record."""


def notices(
    session: Session, viewer: Viewer, limit: int = 50, start: int = 0
) -> tuple[Sequence[Mapping[str, Any]], int]:
    """Times the glass was broken or a level raised by others, newest first; and how many there are in all.

    Each is ``{at, who, what, reason}``. Of broken glass a steward of everything is told all, one of some sources and
    countries their own records and sources only, and nobody else anything. Of levels they are told of the records that
    they are steward of.
    """
    found = sorted([*_raised(session, viewer), *_broken(session, viewer)], key=itemgetter(0), reverse=True)
    names = people.names(session, {who for _, who, *_ in found})
    return [
        {"at": f"{at:%Y-%m-%dT%H:%M:%SZ}", "who": names.get(who, who), "what": what, "reason": reason}
        for at, who, what, reason in found[start : start + limit]
    ], len(found)


_Notice = tuple[datetime, str, str, str]


def _broken(session: Session, viewer: Viewer) -> Sequence[_Notice]:
    rows = session.scalars(select(Audit).where(Audit.action == BROKE).order_by(Audit.seq.desc())).all()
    if STEWARD not in viewer.reach:
        mine = _of(session, viewer, {_key(row) for row in rows})
        rows = [row for row in rows if _key(row) in mine]
    return [(row.at, row.actor, row.subject, row.reason) for row in rows]


def _raised(session: Session, viewer: Viewer) -> Sequence[_Notice]:
    if not viewer.is_steward:
        return []
    by_others = LevelAssertion.asserted_by.in_(PERSONS - {STEWARDS})
    rows = session.scalars(select(LevelAssertion).where(by_others).order_by(LevelAssertion.id.desc())).all()
    mine = levels.stewarded(session, viewer, list({row.dataset_id for row in rows}))
    return [
        (row.valid_from, row.actor, f"{RAISED} to {row.level} {row.dataset_id}", row.reason)
        for row in rows
        if row.dataset_id in mine and row.level is not None
    ]


def _key(row: Audit) -> str:
    """Of which record or source it was, where it was of one."""
    return row.subject.rpartition(" ")[2]


def _of(session: Session, viewer: Viewer, keys: set[str]) -> set[str]:
    """Those that name a record or source that the viewer is the steward of."""
    found = {key: id_ for key in keys if (id_ := dataset_of(session, key))}
    records = levels.stewarded(session, viewer, list(found.values()))
    return {key for key in keys if found.get(key) in records or f"source:{key}" in viewer.reach}
