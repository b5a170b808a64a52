"""What a run did to levels and visibility, as one line of the audit: nobody decided it, and it must not go unseen."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from catalog import audit
from catalog.tables import Change, Dataset
from catalog.vocabulary import UNCLASSIFIED, Level, Visibility

BY = "landmark"
"""Who changes what a run changes."""
ACTION = "changed levels or visibility in a run"
JUDGED = "changed levels or visibility by judging again"
FEW = 10
"""Records of one kind of change that are named."""
_KINDS = ("levels raised", "levels lowered", "levels changed", "closed", "opened")
_OPEN = tuple(reversed(Visibility))


def write(session: Session, source: str, run: UUID) -> None:
    """Append what changed of records that were known before; nothing if nothing did.

    The reason says ``levels raised: 2 (<id> <id>)``, with ids only where they are few. A run that went on after it was
    stopped is told of as a whole at its end.
    """
    _append(session, ACTION, f"{source} {run}", Change.run_id == run, Change.kind != "created")


def write_judged(session: Session, source: str, before: int) -> None:
    """Append what judging a source's records again changed, in the transaction that has just done it.

    Args:
        session: Holding the feed's counter, so that every change since is of that transaction.
        source: Key.
        before: Number of the newest change before it.
    """
    of_judging = Change.source_key == source, Change.seq > before
    _append(session, JUDGED, f"{source} judged again", *of_judging)


def _append(session: Session, action: str, subject: str, *of: ColumnElement[bool]) -> None:
    found: dict[str, list[int]] = {kind: [] for kind in _KINDS}
    lines = select(Change.dataset_seq, Change.fields).where(*of)
    for seq, fields in session.execute(lines.order_by(Change.seq)):
        for kind in filter(None, map(_kind, fields)):
            found[kind].append(seq)
    told = [f"{kind}: {_records(session, numbers)}" for kind, numbers in found.items() if numbers]
    if told:
        audit.append(session, BY, action, subject, "; ".join(told))


def _kind(field: Mapping[str, Any]) -> str:
    """What a field of a change means to who is shown the record; empty for what means nothing."""
    old, new = field.get("old"), field.get("new")
    if field["field"] == "visibility" and old and new:
        return "opened" if _OPEN.index(Visibility(new)) > _OPEN.index(Visibility(old)) else "closed"
    if field["field"] != "level":
        return ""
    if not old or not new:
        return "levels changed"
    before, after = _rank(old["level"]), _rank(new["level"])
    return "" if before == after else "levels raised" if after > before else "levels lowered"


def _rank(level: str) -> int:
    return -1 if level == UNCLASSIFIED else Level(level).rank


def _records(session: Session, numbers: list[int]) -> str:
    if len(numbers) > FEW:
        return str(len(numbers))
    ids = session.scalars(select(Dataset.id).where(Dataset.seq.in_(numbers)).order_by(Dataset.seq))
    return f"{len(numbers)} ({' '.join(map(str, ids))})"
