"""What the dataset is about, from our own list of topics."""

from catalog.facets import Document, Facet


def _names(document: Document) -> list[tuple[str, ...]]:
    return [(topic["key"], topic["title"]) for topic in document["topics"]]


def _values(document: Document) -> list[str]:
    return [topic["key"] for topic in document["topics"]]


FACET = Facet(
    parameter="topic",
    label="Topic",
    description="What the data is about: a topic's key or title.",
    values=_values,
    position=30,
    names=_names,
)
