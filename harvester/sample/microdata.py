"""The fictional microdata library: a NADA."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from harvester.sample.content import Entry, entries, labelled, organisation

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def studies(base: str) -> list[dict[str, Any]]:
    """All studies as rows of the library's search, with addresses below ``base``."""
    return sorted((_row(entry, base) for entry in entries("microdata")), key=lambda row: (row["title"], row["id"]))


def search(listed: list[dict[str, Any]], asked: Mapping[str, Any]) -> dict[str, Any]:
    """One page of studies; ``ps`` is the page's size, ``page`` counts from 1."""
    size, page = _whole(asked.get("ps"), 15), _whole(asked.get("page"), 1)
    rows = listed[(page - 1) * size : page * size]
    if not rows:
        return {"found": 0, "rows": []}
    counts = {"found": str(len(listed)), "total": str(len(listed)), "limit": size, "offset": (page - 1) * size}
    return {"result": {"rows": rows, **counts, "page": page}, "params": dict(asked)}


def _whole(value: object, otherwise: int) -> int:
    return max(1, int(value)) if isinstance(value, str) and value.isdigit() else otherwise


def _row(entry: Entry, base: str) -> dict[str, Any]:
    first, last = entry["years"]
    return {
        "abstract": labelled(entry),
        "authoring_entity": organisation(entry["organisation"])["title"],
        "changed": _day(entry["changed"]),
        "created": _day(entry["created"]),
        "form_model": entry["access"],
        "id": str(entry["id"]),
        "idno": entry["idno"],
        "nation": entry["nation"],
        "rank": 1,
        "repo_title": "Sample microdata",
        "repositoryid": "sample",
        "thumbnail": None,
        "title": entry["title"],
        "total_downloads": str(entry["id"] * 3),
        "total_views": str(entry["id"] * 41),
        "type": "survey",
        "url": f"{base}/index.php/catalog/{entry['id']}",
        "varcount": "120",
        "year_end": str(last),
        "year_start": str(first),
    }


def _day(day: date) -> str:
    return f"{_MONTHS[day.month - 1]}-{day.day:02}-{day.year}"
