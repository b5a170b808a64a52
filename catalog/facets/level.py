"""How sensitive the data is."""

from catalog.facets import Document, Facet, one_of
from catalog.vocabulary import UNCLASSIFIED, Level

_LABELS = {
    Level.LOW_NO: "Low or no sensitivity",
    Level.MODERATE: "Moderate sensitivity",
    Level.HIGH: "High sensitivity",
    Level.SEVERE: "Severe sensitivity",
    UNCLASSIFIED: "Unclassified",
}


def _values(document: Document) -> tuple[str]:
    return ((document["level"] or {}).get("level") or UNCLASSIFIED,)


FACET = Facet(
    parameter="level",
    label="Sensitivity",
    description="Effective sensitivity level of the data; unclassified is the absence of any assertion.",
    values=_values,
    position=50,
    label_of=lambda value: _LABELS.get(value, value),
    check=one_of("level", (*Level, UNCLASSIFIED)),
    closed=(*Level, UNCLASSIFIED),
)
