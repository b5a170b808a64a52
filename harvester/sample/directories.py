"""The fictional directory and the fictional network's list of holdings: DCAT-US documents."""

import html
from typing import Any

from harvester.sample.content import Entry, entries, labelled, language, organisation

_MEDIA_TYPES = {"csv": "text/csv", "geojson": "application/geo+json", "zip": "application/zip"}


def document(portal: str, base: str) -> dict[str, Any]:
    """The whole catalogue of ``directory`` or ``network``, with addresses below ``base``."""
    return {
        "@context": "https://project-open-data.cio.gov/v1.1/schema/catalog.jsonld",
        "@type": "dcat:Catalog",
        "conformsTo": "https://project-open-data.cio.gov/v1.1/schema",
        "describedBy": "https://project-open-data.cio.gov/v1.1/schema/catalog.json",
        "dataset": [_dataset(entry, base) for entry in entries(portal)],
    }


def _dataset(entry: Entry, base: str) -> dict[str, Any]:
    holder = organisation(entry["organisation"])
    dataset = {
        "@type": "dcat:Dataset",
        "accessLevel": entry["level"],
        "contactPoint": {"@type": "vcard:Contact", "fn": "Data desk", "hasEmail": f"mailto:{holder['mailbox']}"},
        "description": f"<p>{html.escape(labelled(entry), quote=False)}</p>",
        "distribution": [_file(entry, name, base) for name in entry.get("files", ())],
        "identifier": entry["id"],
        "issued": entry["issued"].isoformat(),
        "keyword": entry["keywords"],
        "landingPage": f"{base}/dataset/{entry['id']}",
        "language": [language(entry)],
        "modified": entry["modified"].isoformat(),
        "publisher": {"@type": "org:Organization", "name": holder["title"]},
        "spatial": entry["country"],
        "temporal": entry["period"],
        "title": entry["title"],
    }
    if entry["level"] == "public":
        dataset["license"] = "https://creativecommons.org/licenses/by/4.0/"
    if "rights" in entry:
        dataset["rights"] = entry["rights"]
    if "frequency" in entry:
        dataset["accrualPeriodicity"] = entry["frequency"]
    return dataset


def _file(entry: Entry, name: str, base: str) -> dict[str, Any]:
    return {
        "@type": "dcat:Distribution",
        "downloadURL": f"{base}/files/{entry['id']}/{name}",
        "format": name.rpartition(".")[2].upper(),
        "mediaType": _MEDIA_TYPES.get(name.rpartition(".")[2], "application/octet-stream"),
        "title": name,
    }
