"""An ArcGIS portal on loopback. Items are fictional and a sample; errors come with status 200, as from a real one."""

import json
from pathlib import Path
from typing import Any

from tests.portals_served.served import DOCUMENTED, RECORDED_SHAPE, Answer, Asked, Mood, Served

SEARCH, SELF, SERVICES = "/sharing/rest/search", "/sharing/rest/portals/self", "/server/rest/services"
HAZARDS = f"{SERVICES}/Hazards/FeatureServer"
TOKEN = "sample-portal-token-1"
ORGANISATION = "SampleOrg0000001"
PRIVATE, SHARED, OF_ORG, PUBLIC, FILE = (f"{number:032x}" for number in range(1, 6))


SERVICE = {
    "layers": [
        {"id": 8, "name": "All", "type": "Group Layer", "subLayerIds": None},
        {"id": 9, "name": "All, as older servers list it", "subLayerIds": [0]},
        {"id": 0, "name": "Sample areas", "type": "Feature Layer", "subLayerIds": None},
    ],
    "tables": [{"id": 1, "name": "Sample visits", "type": "Table"}],
}


def item(identifier: str, access: str, title: str, noise: int = 0, **changes: Any) -> dict[str, Any]:
    """An item as a search lists it; counters, pictures and a person's user name move with the noise."""
    plain = {
        "id": identifier,
        "owner": f"sample.person{noise}",
        "orgId": ORGANISATION,
        "created": 1_700_000_000_000,
        "modified": 1_760_000_000_000,
        "name": None,
        "title": title,
        "type": "Feature Service",
        "typeKeywords": ["ArcGIS Server", "Feature Service"],
        "description": "<div>Fictional <b>sample</b> of hazard areas.</div>",
        "snippet": "A sample.",
        "tags": ["Mine action", "South Sudan"],
        "categories": ["/Categories/Clearance"],
        "extent": [[30, 4.5], [31.25, 5]],
        "thumbnail": f"thumbnail/sample{noise}.png",
        "accessInformation": "Sample Mine Action Authority",
        "licenseInfo": "<p>For <i>planning</i> only.</p>",
        "culture": "en-us",
        "url": None,
        "access": access,
        "size": 100 + noise,
        "numComments": noise,
        "numRatings": noise,
        "avgRating": noise / 2,
        "numViews": 40 + noise,
        "scoreCompleteness": 50 + noise,
    }
    return plain | changes


def items(noise: int = 0) -> list[dict[str, Any]]:
    """By creation: one for each way of sharing, and a file."""
    return [
        item(PRIVATE, "private", "Sample draft", noise, type="Web Map"),
        item(SHARED, "shared", "Sample survey forms", noise, url=f"{{base}}{SERVICES}/Gone/FeatureServer"),
        item(OF_ORG, "org", "Sample team positions", noise, url="https://elsewhere.example/rest/services/a/MapServer"),
        item(PUBLIC, "public", "Sample hazard areas", noise, url=f"{{base}}{SERVICES}/Hazards/FeatureServer/"),
        item(FILE, "public", "Sample gazetteer", noise, type="CSV", tags=[], categories=[], licenseInfo=None),
    ]


def layer(number: int, noise: int = 0) -> dict[str, Any]:
    """A layer of the hazards' service; its renderer is not worth keeping."""
    return {
        "id": number,
        "name": ("Sample areas", "Sample visits")[number],
        "type": ("Feature Layer", "Table")[number],
        "geometryType": ("esriGeometryPolygon", "")[number],
        "editingInfo": {"lastEditDate": 1_765_000_000_000 - number},
        "drawingInfo": {"renderer": {"noise": noise}},
        "fields": [
            {"name": "OBJECTID", "type": "esriFieldTypeOID", "alias": "OBJECTID"},
            {"name": "ADM2_PCODE", "type": "esriFieldTypeString", "alias": "ADM2_PCODE", "length": 12},
            {
                "name": "status",
                "type": "esriFieldTypeString",
                "alias": "Clearance status",
                "domain": {"codedValues": [{"name": "Open", "code": "1"}]},
            },
            {"name": "Shape__Area", "type": "esriFieldTypeDouble", "alias": "Shape__Area"},
        ],
    }


def answers(asked: Asked, mood: Mood) -> Answer | None:
    """The search page by page, the portal's own description, and two services of which one is gone."""
    if asked.headers.get("x-esri-authorization") != f"Bearer {TOKEN}":
        return refusal(498, "Invalid token.")
    if asked.one("f") != "json":
        return Answer("<!doctype html><title>Sample portal</title>", content_type="text/html")
    said: dict[str, Answer] = {
        SELF: Answer({"id": ORGANISATION, "name": "Sample portal", "user": {"username": "sample.person"}}),
        SEARCH: searched(asked, [] if mood.empty else items(mood.noise)),
        HAZARDS: Answer({**SERVICE, "currentVersion": mood.noise}),
        f"{HAZARDS}/0": Answer(layer(0, mood.noise)),
        f"{HAZARDS}/1": Answer(layer(1, mood.noise)),
    }
    return said.get(asked.path) or refusal(404, "Sample: Service not found")


def searched(asked: Asked, every: list[dict[str, Any]]) -> Answer:
    """A page of a search, as the portal counts it: from 1, and -1 after the last."""
    start, size = int(asked.one("start", "1")), int(asked.one("num", "10"))
    following = start + size if start + size <= len(every) else -1
    rows = every[start - 1 : start - 1 + size]
    page = {"query": asked.one("q"), "total": len(every), "start": start, "num": size, "nextStart": following}
    return Answer({**page, "results": rows})


def refusal(code: int, message: str) -> Answer:
    """An error as the portal words it."""
    return Answer({"error": {"code": code, "message": message, "details": []}})


SERVED = Served(
    kind="arcgis-portal",
    answers=answers,
    ids=(PRIVATE, SHARED, OF_ORG, PUBLIC, FILE),
    shape=DOCUMENTED,
    pages=3,
    key=TOKEN,
    path="/portal",
    declared={"options": {"page_size": 2}},
)


def RECORDED(shared: Path) -> Served:  # noqa: N802 - enrolled by this name
    """Esri's mock of a search of two pages, and a recorded service in the place of the item's own.

    The mock's two pages list the same item; the second is given another id. Layers of the service were not recorded:
    it is a portal that refuses them.
    """
    folder = shared / "portals" / "arcgis-portal"
    first, second = (
        json.loads((folder / f"esri-mock-{name}.json").read_bytes()) for name in ("BigSearchResponse", "SearchResponse")
    )
    service = json.loads((folder / "sce-drpep-featureserver.json").read_bytes())
    portal = json.loads((folder / "esri-mock-PortalResponse.json").read_bytes())
    address = "{base}/server/rest/services/Recorded/FeatureServer"
    first["results"][0] |= {"url": address}
    second["results"][0] |= {"url": address, "id": "b5b"}
    # Their total is that of a query with 10,795 items, of which these are two.
    first["total"] = second["total"] = 2
    pages = {"1": first, "2": second}

    def recorded(asked: Asked, _: Mood) -> Answer | None:
        if asked.path == SELF:
            return Answer(portal)
        if asked.path == SEARCH and asked.one("q") == f'(orgid:"{portal["id"]}")':
            return Answer(pages[asked.one("start")])
        return Answer(service) if asked.path.endswith("/FeatureServer") else refusal(499, "Token Required")

    ids = tuple(page["results"][0]["id"] for page in (first, second))
    return Served("arcgis-portal", recorded, ids, RECORDED_SHAPE, pages=2)
