"""What writing records would change, without writing: the store's own difference, for one audience."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.disclosure import Document, disclose
from catalog.rows import Entry, Renderer, dataset_id
from catalog.store import _assertions, _difference, _disclosed, known
from catalog.tables import CatalogRecord, Disclosure
from catalog.vocabulary import Audience, RecordState


@dataclass(frozen=True, slots=True)
class Difference:
    """What would become of one record.

    Attributes:
        kind: ``created``, ``updated``, ``unchanged`` or ``unlisted``.
        title: Empty for what the audience may not know of.
        fields: ``field``, ``old`` and ``new`` of the document as the audience may know it; of a new record what it has.
    """

    remote_id: str
    kind: str
    title: str
    fields: tuple[Mapping[str, Any], ...] = ()

    @property
    def hidden(self) -> bool:
        """Whether the audience may not know of it."""
        return not self.title


def differences(
    session: Session, source_key: str, renderer: Renderer, entries: Sequence[Entry], audience: Audience
) -> Iterator[Difference]:
    """What writing these entries would do, in their order."""
    held = known(session, source_key, [entry.record.remote_id for entry in entries])
    numbers = [found.seq for found in held.values()]
    before = _disclosed(session, numbers)
    seen = before if audience is Audience.FULL else _seen_by(session, numbers, audience)
    asserted = _assertions(session, [dataset_id(source_key, remote_id) for remote_id in held])
    for entry in entries:
        remote_id = entry.record.remote_id
        id_ = dataset_id(source_key, remote_id)
        found = held.get(remote_id)
        name, document = before.get(found.seq, ("", None)) if found else ("", None)
        earlier = list(asserted.get(id_, ()))
        said = {(assertion.rule, assertion.rule_version, assertion.scope) for assertion in earlier}
        added = [a for a in entry.assessment.assertions if (a.rule, a.rule_version, a.scope) not in said]
        rendered = dict(disclose(renderer.holding(entry, id_, name, [*earlier, *added])))
        shown = rendered.get(audience)
        if found is None:
            kind, fields = "created", _difference({}, shown) if shown else []
            fields = [field for field in fields if field["new"] not in _EMPTY]
        else:
            kind = "updated" if _difference(document, rendered[Audience.FULL]) else "unchanged"
            was = seen.get(found.seq, ("", None))[1]
            fields = _difference(was, shown) if was is not None and shown is not None else []
            if (was is None) != (shown is None):
                fields = [{"field": "disclosed", "old": was is not None, "new": shown is not None}]
                shown = shown or was
        yield Difference(remote_id, kind, str(shown["title"]) if shown else "", tuple(fields))


def unlisted(session: Session, source_key: str, seen: Collection[str], audience: Audience) -> Iterator[Difference]:
    """Records that are listed in the catalog and were not seen."""
    rows = session.execute(
        select(CatalogRecord.remote_id, Disclosure.document)
        .outerjoin(Disclosure, (Disclosure.seq == CatalogRecord.dataset_seq) & (Disclosure.audience == audience))
        .where(CatalogRecord.source_key == source_key, CatalogRecord.state == RecordState.LISTED)
        .order_by(CatalogRecord.remote_id)
        .execution_options(yield_per=500)
    )
    state = {"field": "state", "old": RecordState.LISTED.value, "new": RecordState.MISSING.value}
    for remote_id, document in rows:
        if remote_id not in seen:
            title = str(orjson.loads(document)["title"]) if document else ""
            yield Difference(remote_id, "unlisted", title, (state,) if title else ())


_EMPTY: tuple[Any, ...] = (None, "", [], {}, False)


def _seen_by(session: Session, numbers: Sequence[int], audience: Audience) -> Mapping[int, tuple[str, Document]]:
    rows = session.execute(
        select(Disclosure.seq, Disclosure.document).where(Disclosure.audience == audience, Disclosure.seq.in_(numbers))
    )
    return {seq: ("", orjson.loads(document)) for seq, document in rows}
