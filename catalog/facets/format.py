"""The format of a file or service of the dataset."""

from catalog.facets import Document, Facet


def _values(document: Document) -> set[str]:
    return {entry["format"].upper() for entry in document["distributions"] if entry["format"]}


FACET = Facet(
    parameter="format",
    label="Format",
    description="Format of a file or service, such as XLSX or GEOJSON.",
    values=_values,
    position=80,
    check=lambda value: value.strip().upper(),
)
