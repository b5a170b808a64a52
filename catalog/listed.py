"""The documents of a source's listed records, as one audience is shown them, some at a time."""

from collections.abc import Iterator, Sequence

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.disclosure import Document
from catalog.tables import CatalogRecord, Disclosure
from catalog.vocabulary import Audience, RecordState

_PAGE = 200


def listed(
    session: Session, source_key: str, audience: Audience, numbers: Sequence[int] | None = None
) -> Iterator[dict[int, Document]]:
    """Documents by the records' numbers, in their order; of some records, if their ``numbers`` are given."""
    after = -1
    while True:
        wanted = (
            select(CatalogRecord.dataset_seq, Disclosure.document)
            .join(Disclosure, Disclosure.seq == CatalogRecord.dataset_seq)
            .where(CatalogRecord.source_key == source_key, CatalogRecord.state == RecordState.LISTED)
            .where(Disclosure.audience == audience, CatalogRecord.dataset_seq > after)
        )
        if numbers is not None:
            wanted = wanted.where(CatalogRecord.dataset_seq.in_(numbers))
        rows = session.execute(wanted.order_by(CatalogRecord.dataset_seq).limit(_PAGE)).all()
        if not rows:
            return
        after = rows[-1][0]
        yield {seq: orjson.loads(document) for seq, document in rows}
