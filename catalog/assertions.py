"""What was asserted of datasets' levels, as it is kept: appended, and read with what has ended left out."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from catalog.sensitivity import Assertion
from catalog.tables import LevelAssertion

LIFTED = "portal flag lifted"
DECLINED = "lowering declined"
ENDS = frozenset({LIFTED, DECLINED})
"""Bases of rows that say that the one they supersede holds no longer; what they end is no level in effect."""
BATCH = 500
_NAMES = tuple(Assertion.__dataclass_fields__)


def live(session: Session, ids: Sequence[UUID]) -> dict[UUID, dict[int, Assertion]]:
    """What is asserted of datasets and still holds, by number, oldest first."""
    found: dict[UUID, dict[int, Assertion]] = {}
    for start in range(0, len(ids), BATCH):
        rows = session.scalars(
            select(LevelAssertion)
            .where(LevelAssertion.dataset_id.in_(ids[start : start + BATCH]))
            .order_by(LevelAssertion.id)
            # A session may have read them before another's acceptance was waited for.
            .execution_options(populate_existing=True)
        )
        for row in rows:
            held = found.setdefault(row.dataset_id, {})
            if row.basis in ENDS:
                held.pop(row.supersedes or 0, None)
            else:
                held[row.id] = Assertion(**{name: getattr(row, name) for name in _NAMES})
    return found


def newest(session: Session, ids: Sequence[UUID]) -> dict[UUID, int]:
    """The number of the last thing asserted of each dataset, ends included; none is left out."""
    found: dict[UUID, int] = {}
    for start in range(0, len(ids), BATCH):
        rows = session.execute(
            select(LevelAssertion.dataset_id, func.max(LevelAssertion.id))
            .where(LevelAssertion.dataset_id.in_(ids[start : start + BATCH]))
            .group_by(LevelAssertion.dataset_id)
        )
        found |= dict(rows.all())
    return found


def numbers(session: Session, dataset_id: UUID) -> dict[int, int]:
    """The catalog's numbers of all that was ever asserted of a dataset, to 1, 2, 3 ...: the dataset's own.

    The catalog's tell how much is asserted of other records; they are for us alone.
    """
    ids = select(LevelAssertion.id).where(LevelAssertion.dataset_id == dataset_id).order_by(LevelAssertion.id)
    return {id_: number for number, id_ in enumerate(session.scalars(ids), 1)}


def append(session: Session, dataset_id: UUID, said: Assertion, now: datetime) -> Assertion:
    """Keep a new assertion; answers it with its number and time."""
    row = LevelAssertion(**_values(said) | {"dataset_id": dataset_id, "valid_from": now})
    session.add(row)
    session.flush()
    return replace(said, id=row.id, valid_from=now)


def accept(session: Session, said: Assertion, second: str) -> Assertion:
    """Note who agreed to a lowering: the one thing that is ever written to a row that stands."""
    session.execute(
        update(LevelAssertion).where(LevelAssertion.id == said.id).values(accepted_by=second),
        execution_options={"synchronize_session": False},
    )
    return replace(said, accepted_by=second)


def end(
    session: Session,
    ended: Iterable[tuple[UUID, Assertion]],
    basis: str,
    reason: str,
    now: datetime,
    *,
    actor: str = "",
) -> None:
    """Say that something holds no longer: what was asserted stays, and a line tells that it ended."""
    rows = [
        _values(said)
        | {
            "level": None,
            "basis": basis,
            "reason": reason,
            "actor": actor,
            "key": "",
            "withhold_links": False,
            "dataset_id": dataset_id,
            "supersedes": said.id,
            "valid_from": now,
        }
        for dataset_id, said in ended
    ]
    if rows:
        session.execute(insert(LevelAssertion), rows)


def _values(said: Assertion) -> dict[str, object]:
    return {name: getattr(said, name) for name in _NAMES if name != "id"}
