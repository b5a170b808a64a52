"""What stewards are told of unasked: who looked at everything, when, at what and why."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog import levels, people
from catalog.asker import BROKE
from catalog.reading import dataset_of
from catalog.tables import Audit
from catalog.viewer import STEWARD, Viewer


def notices(
    session: Session, viewer: Viewer, limit: int = 50, start: int = 0
) -> tuple[Sequence[Mapping[str, Any]], int]:
    """Times the glass was broken, newest first: ``{at, who, what, reason}``; and how many there are in all.

    A steward of everything is told of all; one of some sources and countries of their own records and sources only,
    and nobody else of any.
    """
    rows = session.scalars(select(Audit).where(Audit.action == BROKE).order_by(Audit.seq.desc())).all()
    if STEWARD not in viewer.reach:
        mine = _of(session, viewer, {_key(row) for row in rows})
        rows = [row for row in rows if _key(row) in mine]
    shown = rows[start : start + limit]
    names = people.names(session, {row.actor for row in shown})
    return [
        {
            "at": f"{row.at:%Y-%m-%dT%H:%M:%SZ}",
            "who": names.get(row.actor, row.actor),
            "what": row.subject,
            "reason": row.reason,
        }
        for row in shown
    ], len(rows)


def _key(row: Audit) -> str:
    """Of which record or source it was, where it was of one."""
    return row.subject.rpartition(" ")[2]


def _of(session: Session, viewer: Viewer, keys: set[str]) -> set[str]:
    """Those that name a record or source that the viewer is the steward of."""
    found = {key: id_ for key in keys if (id_ := dataset_of(session, key))}
    records = levels.stewarded(session, viewer, list(found.values()))
    return {key for key in keys if found.get(key) in records or f"source:{key}" in viewer.reach}
