"""Any concept found in the dataset, topics among them."""

from catalog.facets import Document, Facet


def _names(document: Document) -> list[tuple[str, ...]]:
    return [(concept["key"], concept["title"]) for concept in document["concepts"]]


def _values(document: Document) -> list[str]:
    return [concept["key"] for concept in document["concepts"]]


FACET = Facet(
    parameter="concept",
    label="Concept",
    description="A concept that the record mentions or its columns carry: its key or title.",
    values=_values,
    position=110,
    names=_names,
    shown=False,
)
