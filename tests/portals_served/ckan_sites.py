"""A CKAN site as most run it, and a DKAN one. Content is fictional; the shapes are those of recorded packages."""

import json
from pathlib import Path
from typing import Any

from tests.portals_served.served import RECORDED_SHAPE, Answer, Asked, Mood, Served

SEARCH = "/api/action/package_search"
ORGANISATION = {"id": "o-1", "name": "kmac", "title": "Kaldoran Mine Action Centre (KMAC)", "is_organization": True}


def package(number: int, **more: Any) -> dict[str, Any]:
    """A package as CKAN answers it."""
    return {
        "id": f"{number:08d}-0000-4000-8000-000000000000",
        "name": f"sample-{number}",
        "title": f"Sample: cleared roads {number}",
        "notes": "Sample, fictional. **Roads** by district.",
        "type": "dataset",
        "state": "active",
        "private": False,
        "license_id": "cc-by",
        "license_title": "Creative Commons Attribution",
        "organization": ORGANISATION,
        "author": "A. Person",
        "author_email": "a.person@kmac.example",
        "maintainer": "Data desk",
        "maintainer_email": "data@kmac.example",
        "metadata_created": "2025-03-02T08:47:17.995815",
        "metadata_modified": "2026-03-03T14:04:57.436723",
        "num_tags": 1,
        "tags": [{"id": "t-1", "name": "roads", "display_name": "roads", "state": "active"}],
        "groups": [],
        "extras": [
            {"key": "spatial-text", "value": "South Sudan"},
            {"key": "temporal_start", "value": "2025-01-01"},
            {"key": "temporal_end", "value": "2025-12-31"},
            {"key": "harvest_object_id", "value": "h-1"},
        ],
        "resources": [
            {
                "id": f"r-{number}",
                "name": "roads.csv",
                "description": "One row for each road.",
                "url": f"{{base}}/dataset/sample-{number}/roads.csv",
                "format": "csv",
                "mimetype": "text/csv",
                "size": 4200,
                "last_modified": "2026-03-01T10:00:00",
                "state": "active",
                "position": 0,
                "revision_id": "v-1",
            },
        ],
    } | more


PACKAGES = tuple(package(number) for number in range(1, 6))


def answers(asked: Asked, mood: Mood) -> Answer | None:
    """One page of the search; revisions and counters change without meaning."""
    if asked.path != SEARCH:
        return None
    listed = (
        [] if mood.empty else [one | {"num_tags": mood.noise, "revision_id": f"v-{mood.noise}"} for one in PACKAGES]
    )
    start, rows = int(asked.one("start", "0")), int(asked.one("rows", "10"))
    return Answer({"success": True, "result": {"count": len(listed), "results": listed[start : start + rows]}})


SERVED = Served(
    "ckan",
    answers,
    tuple(one["id"] for one in PACKAGES),
    RECORDED_SHAPE,
    pages=3,
    declared={"options": {"rows": 2}},
)


def RECORDED(shared: Path) -> Served:  # noqa: N802 - enrolled by this name
    """A DKAN site's recorded package beside a CKAN site's: neither says a count, as DKAN does."""
    folder = shared / "portals" / "ckan-other"
    told = [
        json.loads((folder / name).read_text(encoding="utf-8"))["result"]
        for name in ("dkan-french-package_show.json", "demo-ckan-package_show.json")
    ]
    listed = [*told[0], told[1]]

    def replay(asked: Asked, _: Mood) -> Answer | None:
        start = int(asked.one("start", "0"))
        return Answer({"success": True, "result": [listed[start:]]}) if asked.path == SEARCH else None

    return Served("ckan", replay, tuple(one["id"] for one in listed), RECORDED_SHAPE)
