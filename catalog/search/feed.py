"""What the indexes read of the database: the change feed and the disclosures, nothing else."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from catalog.tables import Change, Dataset, Disclosure
from catalog.vocabulary import Audience

BATCH = 500
"""Changes followed at once, and ids in one statement (SQLite allows a limited number of variables)."""

AT_ONCE = 50
"""Rows with documents that are fetched together where all are read: more only need more memory."""

_ROWS = select(Disclosure.dataset_id, Disclosure.seq, Disclosure.document, Disclosure.etag)


class ReadsCatalog(Protocol):
    """What the indexes need of the catalog."""

    def reading(self) -> AbstractContextManager[Session]:
        """A session to read with."""


def position(session: Session) -> int:
    """Number of the newest change, 0 if there is none."""
    return session.scalar(select(func.max(Change.seq))) or 0


def changed_since(session: Session, seq: int, limit: int) -> list[tuple[int, UUID]]:
    """The next changes after one: their numbers and datasets, oldest first."""
    dataset = Dataset.seq == Change.dataset_seq
    found = (
        select(Change.seq, Dataset.id).join(Dataset, dataset).where(Change.seq > seq).order_by(Change.seq).limit(limit)
    )
    return [(number, dataset_id) for number, dataset_id in session.execute(found)]


def disclosures(session: Session, audience: Audience, ids: Sequence[UUID]) -> list[tuple[UUID, int, bytes, str]]:
    """Id, number, document and etag of those datasets that the audience may know of."""
    if not ids:
        return []
    wanted = _ROWS.where(Disclosure.audience == audience, _of(ids))
    return [(dataset_id, seq, document, etag) for dataset_id, seq, document, etag in session.execute(wanted)]


def some_disclosures(
    session: Session, audience: Audience, ids: Sequence[UUID]
) -> Iterator[tuple[UUID, int, bytes, str]]:
    """As :func:`disclosures`, for any number of datasets, a few at a time."""
    for start in range(0, len(ids), AT_ONCE):
        yield from disclosures(session, audience, ids[start : start + AT_ONCE])


def unlike(session: Session, audience: Audience, other: Audience) -> list[tuple[int, UUID]]:
    """Number and id of what an audience may know and another may not, or not in the same words, by number."""
    return _lacking(session, audience, other, same_words=True)


def unknown(session: Session, audience: Audience, other: Audience) -> list[tuple[int, UUID]]:
    """Number and id of what an audience may know and another may not, by number."""
    return _lacking(session, audience, other, same_words=False)


def _lacking(session: Session, audience: Audience, other: Audience, *, same_words: bool) -> list[tuple[int, UUID]]:
    theirs = aliased(Disclosure)
    known = select(theirs.seq).where(theirs.seq == Disclosure.seq, theirs.audience == other)
    if same_words:
        known = known.where(theirs.etag == Disclosure.etag)
    wanted = select(Disclosure.seq, Disclosure.dataset_id).where(Disclosure.audience == audience, ~known.exists())
    return [(seq, dataset_id) for seq, dataset_id in session.execute(wanted.order_by(Disclosure.seq))]


def all_disclosures(session: Session, audience: Audience) -> Iterator[tuple[UUID, int, bytes, str]]:
    """Everything the audience may know of, by number, a few at a time."""
    wanted = _ROWS.where(Disclosure.audience == audience).order_by(Disclosure.seq)
    for row in session.execute(wanted.execution_options(yield_per=AT_ONCE)):
        yield row[0], row[1], row[2], row[3]


def etags(session: Session, audience: Audience, ids: Sequence[UUID] | None = None) -> dict[str, str]:
    """Etag per dataset id of what the audience may know of: of everything, or of some datasets."""
    wanted = select(Disclosure.dataset_id, Disclosure.etag).where(Disclosure.audience == audience)
    if ids is not None:
        wanted = wanted.where(_of(ids))
    return {str(dataset_id): etag for dataset_id, etag in session.execute(wanted.execution_options(yield_per=BATCH))}


def _of(ids: Sequence[UUID]) -> ColumnElement[bool]:
    return Disclosure.seq.in_(select(Dataset.seq).where(Dataset.id.in_(ids)))
