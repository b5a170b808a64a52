"""Whether the columns of the dataset's tables are known."""

from catalog.facets import Document, Facet, one_of

STATES = ("known", "unknown")


def _values(document: Document) -> list[str]:
    """Columns or hashtags that the source names count alike: they say what the tables hold."""
    known = document["tags"] or any(entry["columns"] for entry in document["distributions"])
    return ["known" if known else "unknown"]


FACET = Facet(
    parameter="columns",
    label="Columns",
    description="Whether the columns of the dataset's tables are known: known or unknown.",
    values=_values,
    position=120,
    label_of=str.capitalize,
    check=one_of("columns", STATES),
    shown=False,
    closed=STATES,
)
