"""Safe products: what was made of a closed holding and may be shared, such as totals by district.

A product names the holding that it is made of by the id that its source has for it. Whoever is shown the holding is
told of the products that they are shown, and that tell them what they are made of.
"""

from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import literal_column, select
from sqlalchemy.orm import Session

from catalog.tables import IS_SAFE, CatalogRecord, Dataset, Disclosure, Relation
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
    of = session.execute(
        select(CatalogRecord.remote_id, CatalogRecord.source_key)
        .join(Dataset, Dataset.seq == CatalogRecord.dataset_seq)
        .where(Dataset.id == UUID(dataset_id))
    ).first()
    if of is None:
        return []
    target, source = of
    # In these very words there is an index of such relations alone.
    numbers = session.scalars(
        select(Relation.dataset_seq).where(literal_column(f"relation.{IS_SAFE}"), Relation.target == target)
    ).all()
    if not numbers:
        return []
    bodies = session.scalars(
        select(Disclosure.document)
        .join(CatalogRecord, CatalogRecord.dataset_seq == Disclosure.seq)
        .where(Disclosure.seq.in_(numbers), CatalogRecord.source_key == source, shown_to(viewer))
    )
    found = []
    for body in bodies:
        document = orjson.loads(body)
        if {"kind": RelationKind.SAFE_PRODUCT_OF.value, "target": target} in document["relations"]:
            found.append(
                {name: document[name] for name in ("id", "name", "title")} | {"access": document["access"]["modality"]}
            )
    return sorted(found, key=lambda one: (one["title"], one["id"]))[:MOST]
