"""Common operational datasets: the boundaries and population figures that responders agree on."""

from catalog.facets import Document, Facet, one_of

_LABELS = {
    "cod-enhanced": "Enhanced COD",
    "cod-standard": "Standard COD",
    "cod-candidate": "Candidate COD",
}


def _values(document: Document) -> tuple[str, ...]:
    return (document["cod_level"],) if document["cod_level"] else ()


FACET = Facet(
    parameter="cod",
    label="Common operational dataset",
    description="COD level as HDX sets it: cod-enhanced, cod-standard or cod-candidate.",
    values=_values,
    position=110,
    label_of=lambda value: _LABELS.get(value, value),
    check=one_of("cod", tuple(_LABELS)),
    closed=tuple(_LABELS),
    shown=False,
)
