"""How often datasets were downloaded and looked at, as their portals count: kept apart from what describes them.

A count changes no record: it is in no hash, no document and no line of the change feed. It is kept where a native
payload is, for it is the portal's word too, and goes where payloads go (:func:`catalog.store.purge`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from catalog.tables import PayloadVersion, ReportedUse

Use = Mapping[str, int]
"""Totals since the portal began to count, by what: some of :data:`WHAT`."""
WHAT = ("downloads", "views")
_BATCH = 500
_QUIETLY = {"synchronize_session": False}
_TABLE = ReportedUse.__table__
_SEQ, _WHAT, _COUNT, _ON = (_TABLE.c[name] for name in ("dataset_seq", "what", "count", "on"))
_NEW = insert(ReportedUse)
_OTHER = (
    update(ReportedUse)
    .where(bindparam("seq") == _SEQ, bindparam("counted") == _WHAT)
    .values(count=bindparam("count"), on=bindparam("on"))
)


def note(session: Session, told: Mapping[int, Use], day: date) -> None:
    """Write what portals count of datasets, where it is not what is kept already.

    Of a record whose payload is not kept, because its portal holds it back, nothing is written.

    Args:
        session: Writing; the records' own transaction.
        told: By the datasets' numbers.
        day: When the portal said so, UTC.
    """
    numbers = list(told)
    for start in range(0, len(numbers), _BATCH):
        some = numbers[start : start + _BATCH]
        kept = _kept(session, some)
        moved = [
            (seq, what, count) for seq in some for what, count in told[seq].items() if kept.get((seq, what)) != count
        ]
        if moved:
            _write(session, moved, kept, day)


def forget(session: Session, numbers: Sequence[int]) -> None:
    """Delete what portals count of datasets."""
    for start in range(0, len(numbers), _BATCH):
        session.execute(
            delete(ReportedUse).where(_SEQ.in_(numbers[start : start + _BATCH])), execution_options=_QUIETLY
        )


def reported(session: Session) -> dict[int, dict[str, int]]:
    """What portals count of all datasets, by the datasets' numbers."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for seq, what, count in session.connection().execute(select(_SEQ, _WHAT, _COUNT)):
        found[seq][what] = count
    return found


def _kept(session: Session, some: Sequence[int]) -> dict[tuple[int, str], int]:
    """What is kept of datasets. Those of a page mostly follow one another, and a span is asked for in half the time."""
    first, last = min(some), max(some)
    these = _SEQ.between(first, last) if last - first < 2 * len(some) else _SEQ.in_(some)
    rows = session.connection().execute(select(_SEQ, _WHAT, _COUNT).where(these))
    return {(seq, what): count for seq, what, count in rows}


def _write(
    session: Session, moved: Iterable[tuple[int, str, int]], kept: Mapping[tuple[int, str], int], day: date
) -> None:
    numbers = {seq for seq, _, _ in moved}
    payloads = select(PayloadVersion.dataset_seq).where(PayloadVersion.dataset_seq.in_(numbers)).distinct()
    ours = set(session.scalars(payloads))
    new = [
        {"dataset_seq": seq, "what": what, "count": count, "on": day}
        for seq, what, count in moved
        if seq in ours and (seq, what) not in kept
    ]
    other = [
        {"seq": seq, "counted": what, "count": count, "on": day}
        for seq, what, count in moved
        if seq in ours and (seq, what) in kept
    ]
    if new:
        session.connection().execute(_NEW, new)
    if other:
        session.connection().execute(_OTHER, other)
