"""What the indexes read of the database: the change feed and the disclosures, nothing else."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, aliased

from catalog import reach
from catalog.search.schema import Rendered
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


def disclosures(session: Session, audience: Audience, ids: Sequence[UUID]) -> Iterator[tuple[Rendered, ...]]:
    """What the audience's index holds of some datasets: a document each, of some two; a few datasets at a time."""
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        wanted = _ROWS.where(Disclosure.audience == audience, _of(some)).order_by(Disclosure.seq)
        yield from _rendered(session, audience, _rows(session, wanted))


def all_disclosures(session: Session, audience: Audience) -> Iterator[tuple[Rendered, ...]]:
    """What the audience's index holds of everything, by number, a few at a time."""
    last = -1
    while True:
        wanted = _ROWS.where(Disclosure.audience == audience, Disclosure.seq > last)
        rows = _rows(session, wanted.order_by(Disclosure.seq).limit(AT_ONCE))
        if not rows:
            return
        yield from _rendered(session, audience, rows)
        last = rows[-1][1]


_Row = tuple[UUID, int, bytes, str]


def _rows(session: Session, wanted: Select[UUID, int, bytes, str]) -> list[_Row]:
    return [(id_, seq, document, etag) for id_, seq, document, etag in session.execute(wanted)]


def _rendered(session: Session, audience: Audience, rows: Sequence[_Row]) -> Iterator[tuple[Rendered, ...]]:
    if audience is not Audience.FULL:
        for id_, seq, document, etag in rows:
            yield (Rendered(str(id_), seq, document, etag, etag),)
        return
    ids = [id_ for id_, *_ in rows]
    whole = _combined(session, {str(id_): etag for id_, _, _, etag in rows}, ids)
    closed = [id_ for id_, _, _, etag in rows if whole[str(id_)] != etag]
    terms = reach.of(session, closed, datetime.now(UTC)) if closed else {}
    lesser = {
        id_: (document, etag)
        for id_, _, document, etag in session.execute(
            _ROWS.where(Disclosure.audience == Audience.COMMUNITY, _of(closed))
        )
    }
    for id_, seq, document, etag in rows:
        key, of_both = str(id_), whole[str(id_)]
        if of_both == etag:
            yield (Rendered(key, seq, document, etag, etag),)
            continue
        reached = terms.get(key, frozenset())
        full = Rendered(key, seq, document, of_both, etag, Audience.FULL, reached)
        if id_ in lesser:
            other, own = lesser[id_]
            yield full, Rendered(key, seq, other, of_both, own, Audience.COMMUNITY, reached)
        else:
            yield (full,)


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


def etags(session: Session, audience: Audience, ids: Sequence[UUID] | None = None) -> dict[str, str]:
    """Etag per dataset id of what the audience's index holds: of everything, or of some datasets."""
    found = _own(session, audience, ids)
    return _combined(session, found, ids) if audience is Audience.FULL else found


def documents(etag: str) -> int:
    """How many documents an index holds of a record."""
    return int(etag.rpartition("+")[2]) if "+" in etag else 1


def _own(session: Session, audience: Audience, ids: Sequence[UUID] | None) -> dict[str, str]:
    wanted = select(Disclosure.dataset_id, Disclosure.etag).where(Disclosure.audience == audience)
    if ids is not None:
        wanted = wanted.where(_of(ids))
    return {str(dataset_id): etag for dataset_id, etag in session.execute(wanted.execution_options(yield_per=BATCH))}


def _combined(session: Session, full: Mapping[str, str], ids: Sequence[UUID] | None) -> dict[str, str]:
    """For the index of everything: an etag of both renderings and of who is shown which, where they differ."""
    lesser = _own(session, Audience.COMMUNITY, ids)
    closed = [key for key, etag in full.items() if lesser.get(key) != etag]
    if not closed:
        return dict(full)
    terms = reach.of(session, [UUID(key) for key in closed], datetime.now(UTC))
    found = dict(full)
    for key in closed:
        parts = "\n".join([full[key], lesser.get(key, ""), *sorted(terms.get(key, ()))])
        found[key] = f"{blake2b(parts.encode(), digest_size=12).hexdigest()}+{2 if key in lesser else 1}"
    return found


def _of(ids: Sequence[UUID]) -> ColumnElement[bool]:
    return Disclosure.seq.in_(select(Dataset.seq).where(Dataset.id.in_(ids)))
