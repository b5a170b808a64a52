"""What judging needs to know of a record, taken from what an audience may know of it; pure, and without its words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from catalog.freshness import Freshness
from catalog.needs.ways import Counts, Ways
from catalog.upcoming import STATES

Document = Mapping[str, Any]

WORLD = "WLD"
FINEST = 5
"""Stands for what has a place of its own, below every admin level."""
_GEOGRAPHIC = {"SHP", "GEOJSON", "GEOPACKAGE", "GPKG", "KML", "KMZ", "GEODATABASE", "TOPOJSON", "GARMIN IMG"}
_REPORTS = {"PDF", "DOC", "DOCX", "PPT", "PPTX", "HTML", "PNG", "JPEG", "JPG", "WEB APP", "TXT"}
_LEVEL = re.compile(
    r"\badm(?:in|inistrative)?[ -]?(?:levels?[ -]?)?(?:[0-4] ?(?:[-–,/]|to|and|&) ?)*([0-4])\b", re.IGNORECASE
)
_TAGGED_LEVEL = re.compile(r"#adm([1-5])")
_SEX = re.compile(r"\b(?:sex|gender)[\w ,-]{0,20}disaggregat|\bby (?:sex|gender)\b|\bsadd\b", re.IGNORECASE)
_AGE = re.compile(
    r"\bage[\w ,-]{0,20}disaggregat|\bby (?:\w+ and )?age\b|\bage and (?:sex|gender)\b|\bsadd\b", re.IGNORECASE
)
_DISABILITY = re.compile(r"\bby (?:sex, age and )?disabilit|\bdisabilit\w* disaggregat", re.IGNORECASE)
_SPLITS = {
    "sex": {"f", "m", "female", "male", "sex", "gender", "women", "men", "girls", "boys"},
    "age": {"age", "ages", "children", "adults", "elderly", "infants", "adolescents", "child", "girls", "boys"},
    "disability": {"disabled", "disability"},
}


@dataclass(frozen=True, slots=True)
class Held:
    """A record towards some need, as one audience may know it.

    Attributes:
        number: Of the dataset in the catalog.
        id: Of the record.
        countries: ISO3 codes; ``WLD`` for the world.
        levels: Lowest admin level by country, where it is said; 5 is a place of its own.
        told_by: What says the level: ``portal``, ``columns`` or ``words``.
        geographic: It has a geographic file.
        start, end: Of what the data is about; ``open`` if it goes on.
        modified: When the data changed last.
        frequency: Days between updates as promised (0 live, -1 never, -2 as needed); None is not said.
        data: Whether it is base data; None is not said.
        splits: By what it tells people apart, as far as columns or words say.
        columns: Whether its columns are known, so that what is not among them is not there.
        modality: How it can be had.
        planned: It is announced, and not there yet.
        asking: It is told that it exists and whom to ask, or part of it; the rest is not for this audience.
        counts: By need, how it counts.
    """

    number: int
    id: str
    countries: tuple[str, ...]
    levels: Mapping[str, int]
    told_by: str
    geographic: bool
    start: date | None
    end: date | None
    open: bool
    modified: date | None
    frequency: int | None
    fresh: Freshness
    data: bool | None
    splits: frozenset[str]
    columns: bool
    modality: str
    planned: bool
    asking: bool
    counts: Mapping[str, Counts]


def held(number: int, document: Document, ways: Ways) -> Held | None:
    """A record as it is judged; None if it counts towards nothing, is gone, or is of no country."""
    if document.get("emptied") or document.get("state") == "withdrawn" or not document["countries"]:
        return None
    counts = ways.counts(document)
    if not counts:
        return None
    period, fresh = document["period"], document["freshness"]
    words = f"{document['title']}\n{document['notes']}\n{' '.join(document['keywords'])}"
    tags = [one["tag"] for one in document["tags"]]
    levels, told_by = _levels(document, tags, words)
    formats = {file["format"].upper() for file in document["distributions"]} - {""}
    return Held(
        number,
        document["id"],
        tuple(document["countries"]),
        levels,
        told_by,
        not formats.isdisjoint(_GEOGRAPHIC),
        _day(period["start"]),
        _day(period["end"]),
        bool(period["open"]),
        _day(document["modified"]),
        document["update_frequency"]["days"],
        Freshness(
            _moment(fresh["due"]), _moment(fresh["overdue"]), _moment(fresh["delinquent"]), bool(fresh["always_fresh"])
        ),
        _is_data(document, formats),
        frozenset(_splits(tags, words)),
        bool(tags) or any(file["columns"] for file in document["distributions"]),
        document["access"]["modality"],
        any(fact["name"] == "state" and fact["value"] in STATES for fact in document.get("facts", ())),
        document["mode"] == "ask" or (document["mode"] == "redacted" and "title" in document["withheld"]),
        counts,
    )


def _levels(document: Document, tags: list[str], words: str) -> tuple[dict[str, int], str]:
    said = {place["iso3"]: place["admin_level"] for place in document["locations"] if place["admin_level"] is not None}
    tagged = [int(found[1]) for tag in tags if (found := _TAGGED_LEVEL.match(tag))]
    if any(tag.startswith(("#geo+lat", "#geo+coord", "#geo+lon")) for tag in tags):
        tagged.append(FINEST)
    if tagged:
        return {iso3: max(*tagged, said.get(iso3, 0)) for iso3 in document["countries"]}, "columns"
    if said:
        return said, "portal"
    if named := [int(found[1]) for found in _LEVEL.finditer(words)]:
        return dict.fromkeys(document["countries"], max(named)), "words"
    return {}, ""


def _is_data(document: Document, formats: set[str]) -> bool | None:
    if formats:
        return bool(formats - _REPORTS)
    routes = [route for route in document["access"]["artefacts"] if route["modality"] != "unknown"]
    if document["mode"] == "ask" or not routes:
        return None
    return any(route["artefact"] == "data" for route in routes) or None


def _splits(tags: list[str], words: str) -> set[str]:
    found = {name for name, marks in _SPLITS.items() for tag in tags if not marks.isdisjoint(tag.split("+")[1:])}
    said = {"sex": _SEX, "age": _AGE, "disability": _DISABILITY}
    return found | {name for name, pattern in said.items() if pattern.search(words)}


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text[:10]) if text else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
