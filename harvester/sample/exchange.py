"""The fictional exchange: a CKAN that answers as HDX does."""

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from catalog.places import country_name
from harvester.sample.content import Entry, entries, labelled, organisation

Answer = tuple[int, Mapping[str, Any]]

_MOST_ROWS = 1000
_SORTABLE = {"id", "name", "metadata_created", "metadata_modified"}
_CHANGED_SINCE = re.compile(r"\+?metadata_modified:\[(\S+) TO (?:\*|NOW)\]")
_IGNORED = re.compile(r"\+?dataset_type:dataset|\*:\*")
_TOPICS_VOCABULARY = uuid5(NAMESPACE_URL, "https://exchange.example/vocabulary/topics")


def packages(base: str) -> list[dict[str, Any]]:
    """All datasets as CKAN packages, with addresses below ``base``."""
    return [_package(entry, base) for entry in entries("exchange")]


def answer(listed: list[dict[str, Any]], action: str, asked: Mapping[str, Any]) -> Answer:
    """Status and envelope of one action: ``package_search`` or ``package_show``."""
    if action == "package_search":
        return _search(listed, asked)
    if action == "package_show":
        wanted = asked.get("id")
        for package in listed:
            if wanted in (package["id"], package["name"]):
                return 200, {"help": action, "success": True, "result": package}
        return 404, _error(action, "Not Found Error", "Not found")
    return 400, _error(action, "Bad Request", f"Action name not known: {action}")


def _search(listed: list[dict[str, Any]], asked: Mapping[str, Any]) -> Answer:
    name = "package_search"
    wanted = str(asked.get("fq") or "")
    bounds = _CHANGED_SINCE.findall(wanted)
    if _IGNORED.sub("", _CHANGED_SINCE.sub("", wanted)).strip():
        return 409, _error(name, "Validation Error", f"this sample cannot filter by: {wanted}")
    try:
        start = max(0, int(asked.get("start") or 0))
        rows = 10 if asked.get("rows") is None else min(max(0, int(asked["rows"])), _MOST_ROWS)
    except (TypeError, ValueError):
        return 409, _error(name, "Validation Error", "start and rows are whole numbers")
    field, _, direction = str(asked.get("sort") or "").partition(",")[0].strip().partition(" ")
    found = sorted(
        listed, key=lambda package: (package[field if field in _SORTABLE else "metadata_created"], package["id"])
    )
    if direction.strip().lower() == "desc":
        found.reverse()
    for bound in bounds:
        found = [package for package in found if package["metadata_modified"] >= bound.rstrip("Z")]
    page = found[start : start + rows]
    result: dict[str, Any] = {"count": len(found), "sort": asked.get("sort"), "results": page}
    result |= {"facets": {}, "search_facets": {}}
    return 200, {"help": name, "success": True, "result": result}


def _error(action: str, kind: str, message: str) -> dict[str, Any]:
    return {"help": action, "success": False, "error": {"__type": kind, "message": message}}


def _id(*parts: str) -> str:
    return str(uuid5(NAMESPACE_URL, "https://exchange.example/" + "/".join(parts)))


def _package(entry: Entry, base: str) -> dict[str, Any]:
    name, key = entry["name"], entry["organisation"]
    modified = _moment(entry["modified"], "09:41:27.318264")
    owner = _id("organisation", key)
    package: dict[str, Any] = {
        "archived": False,
        "batch": _id("batch", name),
        "caveats": entry.get("caveats", ""),
        "creator_user_id": _id("user", key),
        "data_update_frequency": str(entry["frequency"]),
        "dataset_date": _period(entry["period"]),
        "dataset_preview": "first_resource",
        "dataset_source": organisation(key)["title"],
        "groups": [_group(code) for code in entry["countries"]],
        "has_geodata": False,
        "has_quickcharts": False,
        "has_showcases": False,
        "id": _id("dataset", name),
        "is_requestdata_type": "request" in entry,
        "isopen": True,
        "last_modified": modified,
        "license_id": "cc-by-igo",
        "license_title": "Creative Commons Attribution for Intergovernmental Organisations",
        "license_url": "https://creativecommons.org/licenses/by/3.0/igo/",
        "maintainer": _id("user", key),
        "metadata_created": _moment(entry["created"], "08:00:00.000001"),
        "metadata_modified": _moment(entry["modified"], "11:05:02.500417"),
        "methodology": entry.get("method", "Other"),
        "methodology_other": "" if "method" in entry else "Reports of partners, compiled by the publisher.",
        "name": name,
        "notes": labelled(entry),
        "num_resources": len(entry.get("resources", ())),
        "num_tags": len(entry["tags"]),
        "organization": _organization(key, owner),
        "owner_org": owner,
        "package_creator": f"{key}-data",
        "private": False,
        "qa_completed": True,
        "relationships_as_object": [],
        "relationships_as_subject": [],
        "resources": [_resource(entry, at, modified, base) for at in range(len(entry.get("resources", ())))],
        "review_date": modified,
        "solr_additions": json.dumps({"countries": [country_name(code) for code in entry["countries"]]}),
        "state": "active",
        "subnational": "1" if entry.get("subnational", True) else "0",
        "tags": [_tag(tag) for tag in entry["tags"]],
        "title": entry["title"],
        "type": "dataset",
        "url": None,
        "version": None,
    }
    if "cod" in entry:
        package["cod_level"] = entry["cod"]
        package["dataseries_name"] = "Sample - Common operational datasets"
    if "request" in entry:
        request = entry["request"]
        package["field_names"] = ", ".join(request["fields"])
        package["file_types"] = request["file_types"]
        package["num_of_rows"] = str(request["rows"])
    return package | _counters(name, entry["modified"])


def _counters(name: str, modified: date) -> dict[str, Any]:
    """What moves without meaning on a real exchange; here it stands still."""
    views = len(name) * 7 % 90
    return {
        "due_date": _moment(modified, "00:00:00"),
        "is_fresh": True,
        "overdue_date": _moment(modified, "00:00:00"),
        "pageviews_last_14_days": views,
        "total_res_downloads": views * 31,
        "update_status": "fresh",
    }


def _organization(key: str, owner: str) -> dict[str, Any]:
    return {
        "approval_status": "approved",
        "created": "2016-01-01T00:00:00.000000",
        "description": "A fictional organisation of Landmark's sample portals.",
        "id": owner,
        "image_url": "",
        "is_organization": True,
        "name": f"sample-{key}",
        "state": "active",
        "title": organisation(key)["title"],
        "type": "organization",
    }


def _group(code: str) -> dict[str, Any]:
    name = country_name(code)
    return {"description": "", "display_name": name, "id": code, "image_display_url": "", "name": code, "title": name}


def _tag(name: str) -> dict[str, Any]:
    return {
        "display_name": name,
        "id": _id("tag", name),
        "name": name,
        "state": "active",
        "vocabulary_id": str(_TOPICS_VOCABULARY),
    }


def _resource(entry: Entry, position: int, modified: str, base: str) -> dict[str, Any]:
    written = entry["resources"][position]
    package_id, resource_id = _id("dataset", entry["name"]), _id("resource", entry["name"], str(position))
    path = f"/dataset/{package_id}/resource/{resource_id}/download/{written['name']}"
    resource: dict[str, Any] = {
        "cache_last_updated": None,
        "cache_url": None,
        "created": _moment(entry["created"], "08:00:00.000002"),
        "datastore_active": False,
        "description": "",
        "format": written["format"],
        "hash": "",
        "id": resource_id,
        "in_quarantine": bool(written.get("quarantined", False)),
        "last_modified": modified,
        "metadata_modified": modified,
        "mimetype": None,
        "mimetype_inner": None,
        "name": written["name"],
        "package_id": package_id,
        "position": position,
        "resource_type": "file.upload",
        "size": written.get("size"),
        "state": "active",
        "tracking_summary[recent]": "0",
        "tracking_summary[total]": "0",
        "url_type": "upload",
    }
    resource |= {
        name: written[name]
        for name in ("microdata", "p_coded", "pii", "pii_is_sensitive", "pii_report_flag")
        if name in written
    }
    if written.get("quarantined"):
        return resource
    resource |= {"download_url": base + path, "hdx_rel_url": path, "url": base + path}
    if "sheets" in written:
        resource["fs_check_info"] = json.dumps(_file_check(written["sheets"], modified), ensure_ascii=False)
    return resource


def _file_check(sheets: Mapping[str, list[str]], modified: str) -> list[dict[str, Any]]:
    found = []
    for name, columns in sheets.items():
        pairs = [column.partition("|") for column in columns]
        hashtags = [hashtag for _, _, hashtag in pairs]
        found.append(
            {
                "has_merged_cells": False,
                "header_hash": _id("headers", *columns),
                "headers": [header for header, _, _ in pairs],
                "hxl_headers": hashtags if any(hashtags) else None,
                "is_hidden": False,
                "is_hxlated": any(hashtags),
                "name": name,
                "ncols": len(columns),
                "nrows": 100,
            }
        )
    return [
        {"message": "File structure check started", "state": "processing", "timestamp": modified},
        {
            "hxl_proxy_response": {"sheets": found, "status": 200},
            "message": "File structure check finished",
            "sheet_changes": [],
            "state": "success",
            "timestamp": modified,
        },
    ]


def _moment(day: date, clock: str) -> str:
    return f"{day.isoformat()}T{clock}"


def _period(written: str) -> str:
    start, _, end = written.partition(" to ")
    return f"[{start}T00:00:00 TO {end if end == '*' else end + 'T23:59:59'}]"
