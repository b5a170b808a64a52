"""An ArcGIS Hub: its feed, fictional. The shape is that of recorded feeds."""

import json
from pathlib import Path
from typing import Any

from tests.portals_served.served import RECORDED_SHAPE, Answer, Asked, Mood, Served

FEED = "/api/feed/dcat-us/1.1.json"
FIRST, SECOND = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"


def entry(item: str, layer: int | None, title: str, **more: Any) -> dict[str, Any]:
    """One entry of the feed as a hub writes it."""
    named = item if layer is None else f"{item}&sublayer={layer}"
    place = item if layer is None else f"{item}_{layer}"
    page = f"https://kaldora.hub.arcgis.example/maps/{place}"
    return {
        "@type": "dcat:Dataset",
        "identifier": f"https://www.arcgis.com/home/item.html?id={named}",
        "landingPage": page,
        "title": title,
        "description": '<div style="text-align:left"><p><span>Sample, fictional.</span></p></div>',
        "keyword": ["roads"],
        "issued": "2025-07-29T10:07:13.000Z",
        "modified": "2026-01-29T11:29:07.556Z",
        "publisher": {"name": "Sample Town of Kaldora"},
        "contactPoint": {"@type": "vcard:Contact", "fn": "A. Person"},
        "accessLevel": "public",
        "spatial": "30.1,4.2,30.9,4.9",
        "license": "",
        "distribution": [
            {"@type": "dcat:Distribution", "title": "ArcGIS Hub Dataset", "format": "Web Page",
             "mediaType": "text/html", "accessURL": page},
            {"@type": "dcat:Distribution", "title": "CSV", "format": "CSV", "mediaType": "text/csv",
             "accessURL": f"https://kaldora.hub.arcgis.example/api/download/v1/items/{item}/csv?layers={layer or 0}"},
        ],
    } | more  # fmt: skip


ENTRIES = (
    entry(FIRST, 0, "Sample: roads of Kaldora"),
    entry(FIRST, 5, "Sample: bridges of Kaldora", license="<p>Ask the town</p>", keyword=[]),
    entry(SECOND, None, "Sample: hazard map of Kaldora", spatial=""),
)


def answers(asked: Asked, mood: Mood) -> Answer | None:
    """The feed; the person who edited last changes without meaning."""
    if asked.path != FEED:
        return None
    noisy = [one | {"contactPoint": {"fn": f"Person {mood.noise}"}} for one in ENTRIES]
    return Answer(
        {"conformsTo": "https://project-open-data.cio.gov/v1.1/schema", "dataset": [] if mood.empty else noisy}
    )


SERVED = Served("arcgis-hub", answers, (f"{FIRST}_0", f"{FIRST}_5", SECOND), RECORDED_SHAPE)


def RECORDED(shared: Path) -> Served:  # noqa: N802 - enrolled by this name
    """The recorded feed of a hub with 47 entries."""
    feed = json.loads((shared / "portals" / "arcgis-hub" / "sce-drpep-dcat-us-1.1.json").read_text(encoding="utf-8"))
    ids = []
    for one in feed["dataset"]:
        query = one["identifier"].partition("?")[2].split("&")
        said = dict(part.split("=", 1) for part in query)
        ids.append(said["id"] + (f"_{said['sublayer']}" if "sublayer" in said else ""))
    return Served(
        "arcgis-hub", lambda asked, _: Answer(feed) if asked.path == FEED else None, tuple(ids), RECORDED_SHAPE
    )
