"""Personal data of ours: names of people who hold keys, ask, decide and steward. As little as possible, not for ever.

A name that is erased is replaced everywhere by the id under which the audit knows the person, and what leads from that
id to the name is deleted (:mod:`catalog.people`). The audit itself is not changed, and stays verifiable.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from catalog import audit, people
from catalog import tables as t
from catalog.needs.forgetting import forget
from catalog.requests import forgetting

ERASED = "erased"
"""In the place of a name that the audit does not know."""

_NAMES: tuple[InstrumentedAttribute[Any], ...] = (
    t.AccessKey.name, t.AccessKey.created_by, t.AccessKey.revoked_by, t.Grant.granted_by, t.LevelAssertion.actor,
    t.LevelAssertion.accepted_by, t.ProposedLowering.decided_by, t.CuratedValue.actor, t.CuratedValue.keeper,
    t.CuratedValue.verified_by, t.CuratedName.actor, t.CuratedName.keeper, t.CuratedName.verified_by,
    t.SourceRow.proposed_by, t.SourceRow.approved_by, t.SourceRow.paused_by, t.HarvestRun.decided_by,
    t.SameLink.decided_by,
)  # fmt: skip
"""Where a person of ours is named, and nothing else."""
_IN_ROWS = ("consent_by", "reviewer", "steward_role")
"""Columns of the register's sheet that may name a person."""


def erase(session: Session, name: str, actor: str) -> int:
    """Replace a person's name wherever we wrote it; answers in how many places it was.

    Their keys are revoked: a key is given to somebody whom we can name.

    Args:
        session: Of the catalog, writing.
        name: As it was written.
        actor: Who erases it.
    """
    clean = name.strip()
    if not clean:
        # Nobody is written as nothing: rules and portals have no name in the same columns.
        return 0
    instead = people.forget(session, clean)
    places = 1 if instead else 0
    instead = instead or ERASED
    session.execute(
        update(t.AccessKey)
        .where(t.AccessKey.name == clean, t.AccessKey.revoked.is_(None))
        .values(revoked=datetime.now(UTC)),
        execution_options={"synchronize_session": False},
    )
    for column in _NAMES:
        places += _rows(
            session.execute(
                update(column.class_).where(column == clean).values({column: instead}),
                execution_options={"synchronize_session": False},
            )
        )
    for row in session.scalars(select(t.RegisterRow)):
        named = [column for column in _IN_ROWS if row.values.get(column) == clean]
        row.values = {**row.values, **dict.fromkeys(named, instead)}
        places += len(named)
    for run in session.scalars(select(t.HarvestRun).where(t.HarvestRun.outcome.contains(clean, autoescape=True))):
        run.outcome = run.outcome.replace(f" by {clean}.", f" by {instead}.")
    places += forgetting.erase(session, clean, instead)
    places += forget(session, clean)
    if places:
        # Whoever erases their own name is not written down again; the id that stays says whose it was.
        audit.append(session, people.SYSTEM if actor.strip() == clean else actor, "erased a name", instead)
    return places


def sweep(session: Session, days: int, now: datetime) -> int:
    """Delete keys that ended more than so many days ago; answers how many."""
    before = now - timedelta(days=days)
    found = session.scalars(select(t.AccessKey).where(or_(*_ended(before)))).all()
    for row in found:
        session.delete(row)
    if found:
        forgetting.erase_keys(session, [row.id for row in found], ERASED)
        audit.append(session, "landmark", "erased ended keys", f"{len(found)} keys", f"Ended {days} days ago or more.")
    return len(found)


def _ended(before: datetime) -> Iterator[ColumnElement[bool]]:
    yield t.AccessKey.expires < before
    yield t.AccessKey.revoked < before


def _rows(result: Any) -> int:  # noqa: ANN401 - a cursor's result
    return int(result.rowcount)
