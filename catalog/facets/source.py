"""The portal the record was read from."""

from catalog.facets import Document, Facet


def _values(document: Document) -> tuple[str]:
    return (document["source"]["key"],)


def _names(document: Document) -> list[tuple[str, ...]]:
    return [(document["source"]["key"], document["source"]["title"])]


FACET = Facet(
    parameter="source",
    label="Source",
    description="The portal that lists the dataset: its key or title.",
    values=_values,
    position=70,
    names=_names,
)
