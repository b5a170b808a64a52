"""How the data itself can be had."""

from catalog.facets import Document, Facet, one_of
from catalog.vocabulary import AccessModality

_LABELS = {
    AccessModality.OPEN: "Open",
    AccessModality.REGISTER: "After registration",
    AccessModality.ON_REQUEST: "On request",
    AccessModality.UNDER_AGREEMENT: "Under an agreement",
    AccessModality.BILATERAL: "Bilaterally",
    AccessModality.ON_SITE: "On site only",
    AccessModality.NOT_SHARED: "Not shared",
    AccessModality.UNKNOWN: "Not known",
}


def _values(document: Document) -> tuple[str]:
    return ((document["access"] or {}).get("modality") or AccessModality.UNKNOWN.value,)


FACET = Facet(
    parameter="access",
    label="Access",
    description="How the data can be had.",
    values=_values,
    position=60,
    label_of=lambda value: _LABELS[AccessModality(value)],
    check=one_of("access", AccessModality),
    closed=tuple(AccessModality),
)
