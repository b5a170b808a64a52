"""What stewards are told of unasked: who looked at everything, when, at what and why."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog import people
from catalog.asker import BROKE
from catalog.tables import Audit


def notices(session: Session, limit: int = 50, start: int = 0) -> tuple[Sequence[Mapping[str, Any]], int]:
    """Times the glass was broken, newest first: ``{at, who, what, reason}``; and how many there are in all."""
    broken = Audit.action == BROKE
    rows = session.scalars(select(Audit).where(broken).order_by(Audit.seq.desc()).offset(start).limit(limit)).all()
    names = people.names(session, {row.actor for row in rows})
    total = session.scalar(select(func.count()).select_from(Audit).where(broken)) or 0
    return [
        {
            "at": f"{row.at:%Y-%m-%dT%H:%M:%SZ}",
            "who": names.get(row.actor, row.actor),
            "what": row.subject,
            "reason": row.reason,
        }
        for row in rows
    ], total
