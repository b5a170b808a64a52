"""What writing records would change: the store writes them itself, and the transaction is then undone."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.assess import Assessor
from catalog.database import Catalog
from catalog.disclosure import Document
from catalog.rows import Entry
from catalog.runs import source_row
from catalog.store import Store, known
from catalog.tables import CatalogRecord, Change, Disclosure, SourceRow
from catalog.viewer import Viewer, shown_to
from catalog.vocabulary import RecordState
from config.declarations import Source

_EMPTY: tuple[Any, ...] = (None, "", [], {}, False)


@dataclass(frozen=True, slots=True)
class Difference:
    """What would become of one record.

    Attributes:
        kind: ``created``, ``unchanged``, ``unlisted``, or what the change feed would call it.
        counted: As what a run counts it: ``created``, ``updated``, ``unchanged``; empty for what is not listed.
        title: Empty for what the viewer may not know of.
        fields: ``field``, ``old`` and ``new`` of the document as the viewer may know it; of a new record what it has.
    """

    remote_id: str
    kind: str
    counted: str
    title: str
    fields: tuple[Mapping[str, Any], ...] = ()

    @property
    def hidden(self) -> bool:
        """Whether the viewer may not know of it."""
        return not self.title


def rehearse(
    catalog: Catalog,
    source: Source,
    assessor: Assessor,
    entries: Sequence[Entry],
    viewer: Viewer,
    now: datetime,
) -> list[Difference]:
    """What writing these entries would do, one difference each, in their order. Nothing stays written."""
    if not entries:
        return []
    remote_ids = [entry.record.remote_id for entry in entries]
    with catalog.reading() as session:
        # The store's transaction takes the lock for writing first, so that it need not fail half-way.
        session.connection(execution_options={"landmark_write": True})
        if session.get(SourceRow, source.key) is None:
            session.add(source_row(source))
            session.flush()
        newest = session.scalar(select(func.max(Change.seq))) or 0
        before = _documents(session, source.key, remote_ids, viewer)
        # One that has written before takes agents for written, which were undone.
        outcomes = Store(source, assessor, catalog.address.drivername).write(session, None, entries, now)
        after = _documents(session, source.key, remote_ids, viewer)
        numbers = {remote_id: found.seq for remote_id, found in known(session, source.key, remote_ids).items()}
        fed = {
            seq: (kind, fields)
            for seq, kind, fields in session.execute(
                select(Change.dataset_seq, Change.kind, Change.fields).where(Change.seq > newest)
            )
        }
        session.rollback()
    found = []
    for outcome in outcomes:
        kind, fields = fed.get(numbers[outcome.remote_id], (outcome.kind, []))
        old, new = before.get(outcome.remote_id), after.get(outcome.remote_id)
        shown = new or old
        if kind == "created" or not viewer.sees_all:
            fields = list(_between(old, new, is_new=kind == "created"))
        title = str(shown["title"]) if shown else ""
        found.append(Difference(outcome.remote_id, kind, outcome.kind, title, tuple(fields)))
    return found


def unlisted(session: Session, source_key: str, seen: Collection[str], viewer: Viewer) -> Iterator[Difference]:
    """Records that are listed in the catalog and were not seen."""
    rows = session.execute(
        select(CatalogRecord.remote_id, Disclosure.document)
        .outerjoin(Disclosure, (Disclosure.seq == CatalogRecord.dataset_seq) & shown_to(viewer))
        .where(CatalogRecord.source_key == source_key, CatalogRecord.state == RecordState.LISTED)
        .order_by(CatalogRecord.remote_id)
        .execution_options(yield_per=500)
    )
    state = {"field": "state", "old": RecordState.LISTED.value, "new": RecordState.MISSING.value}
    for remote_id, document in rows:
        if remote_id not in seen:
            title = str(orjson.loads(document)["title"]) if document else ""
            yield Difference(remote_id, "unlisted", "", title, (state,) if title else ())


def _between(old: Document | None, new: Document | None, *, is_new: bool) -> Iterator[Mapping[str, Any]]:
    """Fields of a viewer's document that differ; where there is none before or after, that alone is told."""
    if (old is None) != (new is None) and not is_new:
        yield {"field": "disclosed", "old": old is not None, "new": new is not None}
        return
    was, becomes = old or {}, new or {}
    for name in sorted(was.keys() | becomes.keys()):
        if was.get(name) != becomes.get(name) and not (is_new and becomes[name] in _EMPTY):
            yield {"field": name, "old": was.get(name), "new": becomes.get(name)}


def _documents(session: Session, source_key: str, remote_ids: Sequence[str], viewer: Viewer) -> Mapping[str, Document]:
    rows = session.execute(
        select(CatalogRecord.remote_id, Disclosure.document)
        .join(Disclosure, (Disclosure.seq == CatalogRecord.dataset_seq) & shown_to(viewer))
        .where(CatalogRecord.source_key == source_key, CatalogRecord.remote_id.in_(remote_ids))
    )
    return {remote_id: orjson.loads(document) for remote_id, document in rows}
