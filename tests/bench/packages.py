"""HDX-shaped packages, written for this project: the same for the same seed, as large as real ones are."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from catalog.places import country_name
from tests.bench.search import COUNTRIES, SUBJECTS, SYLLABLES

HOST = "https://portal.example"
FIRST_DAY = datetime(2015, 1, 1, tzinfo=UTC)
DAYS = 4_000
FORMATS = ("XLSX", "CSV", "GeoJSON", "PDF", "SHP", "XLS", "JSON")
LICENCES = ("cc-by", "cc-by-igo", "hdx-odc-odbl", "other-pd-nr", "hdx-other")
FREQUENCIES = ("-2", "-1", "0", "1", "7", "30", "90", "365")
HEADERS = (
    ("State", "#adm1+name"), ("State P-code", "#adm1+code"), ("County", "#adm2+name"), ("County P-code", "#adm2+code"),
    ("Individuals", "#affected+ind"), ("Women", "#affected+f"), ("Men", "#affected+m"), ("Date", "#date+survey"),
    ("Latitude", "#geo+lat"), ("Longitude", "#geo+lon"), ("Organisation", "#org+name"), ("Activity", "#activity"),
)  # fmt: skip


def write(path: Path, records: int, seed: int = 7) -> dict[str, float]:
    """Write packages as JSON lines; answers mean bytes and mean resources."""
    size = resources = 0
    with path.open("wb") as file:
        for package in packages(records, seed):
            line = orjson.dumps(package)
            size += len(line)
            resources += len(package["resources"])
            file.write(line + b"\n")
    return {"mean_bytes": size / records, "mean_resources": resources / records}


def change(source: Path, target: Path, count: int, word: str, now: datetime) -> None:
    """The same packages, ``count`` of them spread evenly with ``word`` in the title and modified now."""
    records = sum(1 for _ in source.open("rb"))
    every = max(1, records // count)
    with source.open("rb") as given, target.open("wb") as file:
        for place, line in enumerate(given):
            changed = line
            if place % every == 0 and place // every < count:
                package = orjson.loads(line)
                package["title"] += f" {word}"
                package["metadata_modified"] = now.strftime("%Y-%m-%dT%H:%M:%S.%f")
                changed = orjson.dumps(package) + b"\n"
            file.write(changed)


def packages(records: int, seed: int = 7) -> Iterator[dict[str, Any]]:
    """Packages in the order they were created."""
    chance = random.Random(seed)
    words = sorted({"".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))) for _ in range(8_000)})
    skew = [1 / (place + 1) for place in range(len(words))]
    heavier = words + SUBJECTS, skew + [0.02] * len(SUBJECTS)
    organizations = [_organization(chance, number) for number in range(1_400)]
    org_skew = [1 / (number + 3) for number in range(1_400)]
    for number in range(records):
        text = iter(chance.choices(*heavier, k=160))
        yield _package(
            chance,
            number,
            FIRST_DAY + timedelta(days=DAYS * number / records),
            chance.choices(organizations, org_skew)[0],
            [*chance.choices(SUBJECTS, k=2), *chance.choices(words, skew, k=5)],
            chance.choices(words, skew, k=5),
            text,
        )


def _package(
    chance: random.Random,
    number: int,
    created: datetime,
    organization: dict[str, Any],
    title: list[str],
    tags: list[str],
    text: Iterator[str],
) -> dict[str, Any]:
    id_ = _id(chance)
    country = chance.choice(COUNTRIES)
    modified = created + timedelta(days=chance.randint(0, 300))
    checked = number % 4 == 0
    resources = [
        _resource(chance, id_, place, created, modified, checked=checked) for place in range(chance.randint(3, 10))
    ]
    notes = " ".join(next(text) for _ in range(110))
    return {
        "archived": False,
        "batch": _id(chance),
        "caveats": " ".join(next(text) for _ in range(25)),
        "creator_user_id": _id(chance),
        "data_update_frequency": chance.choice(FREQUENCIES),
        "dataset_date": f"[{modified - timedelta(days=90):%Y-%m-%dT00:00:00} TO {modified:%Y-%m-%dT23:59:59}]",
        "dataset_preview": "first_resource",
        "dataset_source": organization["title"],
        "due_date": f"{modified + timedelta(days=30):%Y-%m-%dT%H:%M:%S}",
        "groups": [
            {
                "description": "",
                "display_name": country_name(country),
                "id": country.lower(),
                "image_display_url": "",
                "name": country.lower(),
                "title": country_name(country),
            }
        ],
        "has_geodata": False,
        "has_quickcharts": chance.random() < 0.1,
        "has_showcases": False,
        "id": id_,
        "is_requestdata_type": False,
        "isopen": True,
        "last_modified": _moment(modified),
        "license_id": chance.choice(LICENCES),
        "license_title": "Sample licence",
        "license_url": f"{HOST}/licences",
        "maintainer": _id(chance),
        "maintainer_email": None,
        "metadata_created": _moment(created + timedelta(microseconds=number)),
        "metadata_modified": _moment(modified),
        "methodology": "Other",
        "methodology_other": " ".join(next(text) for _ in range(25)),
        "name": f"sample-{number}-{'-'.join(title[:3])}",
        "notes": f"Sample. {notes}",
        "num_resources": len(resources),
        "num_tags": len(tags),
        "organization": organization,
        "overdue_date": f"{modified + timedelta(days=60):%Y-%m-%dT%H:%M:%S}",
        "owner_org": organization["id"],
        "package_creator": "sample",
        "pageviews_last_14_days": chance.randint(0, 400),
        "private": False,
        "qa_completed": False,
        "qa_checklist": '{"version": 1, "dataProtection": {}, "metadata": {}, "resources": []}',
        "relationships_as_object": [],
        "relationships_as_subject": [],
        "resources": resources,
        "review_date": _moment(modified),
        "solr_additions": '{"countries": ["' + country_name(country) + '"]}',
        "state": "active",
        "subnational": chance.choice(("0", "1")),
        "tags": [
            {
                "display_name": tag,
                "id": _id(chance),
                "name": tag,
                "state": "active",
                "vocabulary_id": organization["id"],
            }
            for tag in tags
        ],
        "title": " ".join([country_name(country), "-", *title]).title(),
        "total_res_downloads": chance.randint(0, 9_000),
        "type": "dataset",
        "update_status": "fresh",
        "url": None,
        "version": None,
    }


def _resource(
    chance: random.Random, package: str, place: int, created: datetime, modified: datetime, *, checked: bool
) -> dict[str, Any]:
    id_, format_ = _id(chance), chance.choice(FORMATS)
    name = f"sample-table-{place}-{id_[:8]}.{format_.lower()}"
    path = f"/dataset/{package}/resource/{id_}/download/{name}"
    resource: dict[str, Any] = {
        "alt_url": f"{HOST}/dataset/{package}/resource/{id_}/download/",
        "cache_last_updated": None,
        "cache_url": None,
        "created": _moment(created),
        "dataset_preview_enabled": "False",
        "datastore_active": False,
        "description": f"Sample table {place}: counts per administrative area, as reported by partners.",
        "download_url": HOST + path,
        "format": format_,
        "hash": id_.replace("-", ""),
        "hdx_rel_url": path,
        "id": id_,
        "last_modified": _moment(modified),
        "metadata_modified": _moment(modified),
        "microdata": False,
        "mimetype": "application/octet-stream",
        "mimetype_inner": None,
        "name": name,
        "originalHash": id_,
        "package_id": package,
        "pii": "false",
        "position": place,
        "resource_type": "file.upload",
        "size": chance.randint(2_000, 9_000_000),
        "state": "active",
        "tracking_summary": {"recent": chance.randint(0, 9), "total": chance.randint(0, 900)},
        "url": HOST + path,
        "url_type": "upload",
    }
    if checked and format_ in {"XLSX", "CSV", "XLS"}:
        resource["fs_check_info"] = orjson.dumps(_checked(chance, modified)).decode()
    return resource


def _checked(chance: random.Random, modified: datetime) -> list[dict[str, Any]]:
    columns = chance.sample(HEADERS, k=chance.randint(4, len(HEADERS)))
    tagged = chance.random() < 0.5
    sheet = {
        "has_merged_cells": False,
        "header_hash": _id(chance).replace("-", ""),
        "headers": [header for header, _ in columns],
        "hxl_headers": [tag for _, tag in columns] if tagged else None,
        "is_hidden": False,
        "is_hxlated": tagged,
        "name": "Sample",
        "ncols": len(columns),
        "nrows": chance.randint(10, 9_000),
    }
    return [
        {"message": "File structure check started", "state": "processing", "timestamp": _moment(modified)},
        {
            "hxl_proxy_response": {"sheets": [sheet], "status": 200},
            "message": "File structure check finished",
            "sheet_changes": [],
            "state": "success",
            "timestamp": _moment(modified),
        },
    ]


def _organization(chance: random.Random, number: int) -> dict[str, Any]:
    return {
        "approval_status": "approved",
        "created": "2016-01-01T00:00:00.000000",
        "description": "A fictional organisation of the bench.",
        "id": _id(chance),
        "image_url": "",
        "is_organization": True,
        "name": f"sample-organisation-{number}",
        "state": "active",
        "title": f"Sample Organisation {number}",
        "type": "organization",
    }


def _id(chance: random.Random) -> str:
    return str(UUID(int=chance.getrandbits(128), version=4))


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")
