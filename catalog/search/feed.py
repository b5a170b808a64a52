"""What the indexes read of the database: the change feed and the disclosures, nothing else."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.tables import Change, Disclosure
from catalog.vocabulary import Audience

BATCH = 500
"""Documents in memory at once, and ids in one statement (SQLite allows a limited number of variables)."""


class ReadsCatalog(Protocol):
    """What the indexes need of the catalog."""

    def reading(self) -> AbstractContextManager[Session]:
        """A session to read with."""


def position(session: Session) -> int:
    """Number of the newest change, 0 if there is none."""
    return session.scalar(select(func.max(Change.seq))) or 0


def changed_since(session: Session, seq: int, limit: int) -> list[tuple[int, UUID]]:
    """The next changes after one: their numbers and datasets, oldest first."""
    found = select(Change.seq, Change.dataset_id).where(Change.seq > seq).order_by(Change.seq).limit(limit)
    return [(number, dataset_id) for number, dataset_id in session.execute(found)]


def disclosures(session: Session, audience: Audience, ids: Sequence[UUID]) -> list[tuple[UUID, int, bytes, str]]:
    """Id, number, document and etag of those datasets that the audience may know of."""
    wanted = select(Disclosure.dataset_id, Disclosure.seq, Disclosure.document, Disclosure.etag).where(
        Disclosure.audience == audience, Disclosure.dataset_id.in_(ids)
    )
    return [(dataset_id, seq, document, etag) for dataset_id, seq, document, etag in session.execute(wanted)]


def all_disclosures(session: Session, audience: Audience) -> Iterator[tuple[UUID, int, bytes, str]]:
    """Everything the audience may know of, by number, a batch at a time."""
    wanted = (
        select(Disclosure.dataset_id, Disclosure.seq, Disclosure.document, Disclosure.etag)
        .where(Disclosure.audience == audience)
        .order_by(Disclosure.seq)
        .execution_options(yield_per=BATCH)
    )
    for row in session.execute(wanted):
        yield row[0], row[1], row[2], row[3]


def etags(session: Session, audience: Audience) -> dict[str, str]:
    """Etag per dataset id of everything the audience may know of."""
    wanted = select(Disclosure.dataset_id, Disclosure.etag).where(Disclosure.audience == audience)
    return {str(dataset_id): etag for dataset_id, etag in session.execute(wanted.execution_options(yield_per=BATCH))}
