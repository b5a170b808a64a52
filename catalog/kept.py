"""What is kept of what portals said: each record's newest native payload, page by page, and the lease to read it by."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from catalog.runs import Run
from catalog.tables import CatalogRecord, HarvestRun, PayloadVersion
from catalog.vocabulary import RecordState


@dataclass(frozen=True, slots=True)
class Payload:
    """What a portal said last of a record that is not withdrawn; ``seq`` is its dataset's number."""

    seq: int
    remote_id: str
    address: str
    essence: bytes


def payloads(
    session: Session, source_key: str, after: int, limit: int, numbers: Sequence[int] | None = None
) -> Sequence[Payload]:
    """The newest payloads of a source's records, in the order of their numbers; of some, if these are given."""
    newest = (
        select(PayloadVersion.dataset_seq, func.max(PayloadVersion.version).label("version"))
        .join(CatalogRecord, CatalogRecord.dataset_seq == PayloadVersion.dataset_seq)
        .where(CatalogRecord.source_key == source_key, CatalogRecord.state != RecordState.WITHDRAWN)
        .where(PayloadVersion.dataset_seq > after)
        .where(*([] if numbers is None else [PayloadVersion.dataset_seq.in_(numbers)]))
        .group_by(PayloadVersion.dataset_seq)
        .order_by(PayloadVersion.dataset_seq)
        .limit(limit)
        .subquery()
    )
    rows = session.execute(
        select(CatalogRecord.dataset_seq, CatalogRecord.remote_id, PayloadVersion.address, PayloadVersion.payload)
        .join(newest, newest.c.dataset_seq == CatalogRecord.dataset_seq)
        .join(
            PayloadVersion,
            (PayloadVersion.dataset_seq == newest.c.dataset_seq) & (PayloadVersion.version == newest.c.version),
        )
        .order_by(CatalogRecord.dataset_seq)
    )
    return [Payload(*row) for row in rows]


def counted(session: Session, source_key: str) -> tuple[int, int]:
    """How many records of a source that are not withdrawn have a payload, and how many have none."""
    row = session.execute(
        select(
            func.count(),
            func.count().filter(
                select(PayloadVersion.version).where(PayloadVersion.dataset_seq == CatalogRecord.dataset_seq).exists()
            ),
        )
        .select_from(CatalogRecord)
        .where(CatalogRecord.source_key == source_key, CatalogRecord.state != RecordState.WITHDRAWN)
    ).one()
    return row[1], row[0] - row[1]


def release(session: Session, run: Run) -> None:
    """Give back the lease; no run is left behind, for nothing was harvested."""
    session.execute(delete(HarvestRun).where(HarvestRun.id == run.id))
