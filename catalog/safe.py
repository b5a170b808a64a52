"""Safe products: what was made of a closed holding and may be shared, such as totals by district.

A product names the holding that it is made of by the id that its source has for it. Whoever is shown the holding is
told of the products that they are shown, and that tell them what they are made of.
"""

from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from catalog.tables import CatalogRecord, Dataset, Disclosure, Relation
from catalog.viewer import Viewer, shown_to, steward
from catalog.vocabulary import RelationKind

MOST = 12


def products(session: Session, viewer: Viewer, dataset_id: str) -> list[dict[str, Any]]:
    """The safe products of a record as a viewer may know them, by title: ``{id, name, title, access}``.

    Who breaks the glass over the record is told of those that a steward is shown without.

    Args:
        session: Reading.
        viewer: Who asks; the record is shown to them.
        dataset_id: The record's, as its document has it.
    """
    viewer = steward(viewer.name) if viewer.sees_all and viewer.name else viewer
    closed = aliased(CatalogRecord)
    rows = session.execute(
        select(Disclosure.document, closed.remote_id)
        .join(Relation, Relation.dataset_seq == Disclosure.seq)
        .join(CatalogRecord, CatalogRecord.dataset_seq == Disclosure.seq)
        .join(closed, (closed.remote_id == Relation.target) & (closed.source_key == CatalogRecord.source_key))
        .join(Dataset, Dataset.seq == closed.dataset_seq)
        .where(Dataset.id == UUID(dataset_id), Relation.kind == RelationKind.SAFE_PRODUCT_OF, shown_to(viewer))
    )
    found = []
    for body, target in rows:
        document = orjson.loads(body)
        if {"kind": RelationKind.SAFE_PRODUCT_OF.value, "target": target} in document["relations"]:
            found.append(
                {name: document[name] for name in ("id", "name", "title")} | {"access": document["access"]["modality"]}
            )
    return sorted(found, key=lambda one: (one["title"], one["id"]))[:MOST]
