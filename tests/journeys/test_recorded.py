"""160 recorded HDX packages through the real command, and their later versions after them."""

import html
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from starlette.testclient import TestClient

from api.app import create_app
from config.settings import Settings
from tests.journeys.installation import Installation, rows
from tests.portals_served import ckan, hdx

pytestmark = pytest.mark.recorded

COUNT = 160
CHANGED = {
    "459fc96c-f196-44c1-a0a5-1b5a7b3592dd": {"distributions", "freshness", "modified", "period"},
    "56be74a0-4306-441e-97d8-8fb75aa645b2": {"distributions", "freshness", "modified", "period"},
    "823ab728-bccf-4ae1-adee-a0038c24b7dd": {"distributions", "freshness", "modified", "period"},
    "b7ce4359-768a-4857-8ad7-83216e446b23": {"distributions"},
    # A country was given another name in it too; its code stayed.
    "c87c4508-9caf-4959-bf06-6ab4855d84c6": {"period"},
}
"""The packages recorded twice, and what of each a reader is told has changed."""
QUESTIONS: tuple[Mapping[str, str], ...] = (
    {"country": "UKR"},
    {"country": "SSD", "topic": "displacement"},
    {"q": "displacement"},
    {"q": "population", "format": "XLSX"},
    {"hxl": "#adm1"},
)


def test_recorded_packages_from_the_portal_to_the_page(
    landmark: Installation, portal: ckan.Stage, shared: Path
) -> None:
    versions = hdx.versions(shared)
    assert len(versions) == COUNT
    landmark.declare("hdx", portal.address, options={"rows": 50}, expect={"min_records": 100})
    landmark.run("init")

    portal.show(found[0] for found in versions.values())
    first = landmark.harvest("hdx")
    assert (first["state"], first["seen"], first["created"]) == ("complete", COUNT, COUNT)
    assert first["issues"] == {"place-unknown": 6}
    remote = {row["dataset_id"]: row["remote_id"] for row in rows(landmark.dump(), "catalog_record")}
    assert set(remote.values()) == set(versions)

    portal.show(found[-1] for found in versions.values())
    second = landmark.harvest("hdx")
    assert (second["state"], second["updated"], second["unchanged"]) == ("complete", len(CHANGED), COUNT - len(CHANGED))
    after = landmark.dump()
    told = {
        remote[row["dataset_id"]]: {change["field"] for change in row["fields"]}
        for row in rows(after, "change")
        if row["kind"] == "updated"
    }
    assert told == CHANGED == {key: CHANGED[key] for key, found in versions.items() if len(found) > 1}

    portal.show(_noisy(found[-1]) for found in versions.values())
    third = landmark.harvest("hdx")
    assert (third["state"], third["updated"], third["unchanged"], third["issues"]) == ("complete", 0, COUNT, {})
    assert landmark.dump() == after

    settings = Settings(data_dir=landmark.data, database_url="", config_dir=None)
    with TestClient(create_app(settings)) as web:
        totals = [_answered_alike(landmark, web, question) for question in QUESTIONS]
    assert totals[0] == sum("ukr" in {group["name"] for group in found[-1]["groups"]} for found in versions.values())
    assert all(0 < total < COUNT for total in totals)


def _answered_alike(landmark: Installation, web: TestClient, question: Mapping[str, str]) -> int:
    """Ask the command, the API and the page; the total that all three give."""
    chosen = [text for name, value in question.items() if name != "q" for text in (f"--{name}", value)]
    words = [question["q"]] if "q" in question else []
    said = landmark.run("search", *words, *chosen, "--json").json()
    answer = web.get("/api/v1/datasets", params=question).json()
    page = web.get("/", params=question).text
    total = int(said["total"])

    assert answer["total"] == total
    assert answer["items"] == said["items"]
    assert f"{total} datasets found" in page
    item = said["items"][0]
    assert f'href="/dataset/{item["name"] or item["id"]}"' in page
    shown = web.get(f"/dataset/{item['name'] or item['id']}")
    assert shown.status_code == 200
    assert item["title"] in html.unescape(shown.text)
    return total


def _noisy(package: Mapping[str, Any]) -> dict[str, Any]:
    """The same package with its fields in another order, other counters, and a failed look at each file."""
    changed = dict(reversed(package.items()))
    changed |= {
        "pageviews_last_14_days": 123_456,
        "total_res_downloads": 654_321,
        "metadata_modified": "2026-01-01T00:00:00",
    }
    changed["resources"] = [_noisy_resource(resource) for resource in package["resources"]]
    return changed


def _noisy_resource(resource: Mapping[str, Any]) -> dict[str, Any]:
    failed = {"state": "failed", "timestamp": "2026-01-01T00:00:00", "message": "sample", "sheet_changes": []}
    events = resource.get("fs_check_info")
    heard = orjson.loads(events) if isinstance(events, str) and events else list(events or ())
    return {
        **dict(reversed(resource.items())),
        "fs_check_info": orjson.dumps([*heard, failed]).decode(),
        "download_count": 9,
    }
