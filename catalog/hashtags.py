"""What is told about HXL hashtags: which there are, where they come from, and how that changes; from an index."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from catalog.hxl.tags import base, canonical
from catalog.query import DatasetQuery, FacetCount, Page, QueryError
from catalog.vocabulary import TagOrigin
from config.vocabulary import attributes, hashtags

FIRST_ITEMS = 10
MOST_ATTRIBUTES = 60
GROUPS = ("country", "organization", "month")
"""Facets by which the origins are told."""
KNOWN: Mapping[str, tuple[str, ...]] = {"columns": ("known",)}

Search = Callable[[DatasetQuery], Page]
Counted = Mapping[str, Mapping[str, int]]
"""Datasets per tag (``#adm1+code``, and ``#adm1+*`` for any attributes) and origin; ``""`` for any origin."""


@dataclass(frozen=True, slots=True)
class TagCount:
    """A hashtag without attributes, and how many datasets have it on a column, by origin too."""

    tag: str
    label: str
    datasets: int
    origins: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Tags:
    """A page of hashtags, most datasets first; ``next`` is what to pass as ``after``."""

    total: int
    counts: tuple[TagCount, ...]
    next: str


def tags(counted: Counted, words: str = "", limit: int = 100, after: str = "") -> Tags:
    """Those whose name or meaning has all the words; raises QueryError for an ``after`` of another list."""
    if after and not (after.isascii() and after.isdigit() and len(after) < 10):  # noqa: PLR2004
        raise QueryError("after", 'after: it must be the "next" of the page before.')
    wanted = words.casefold().split()
    found = [one for one in _bases(counted) if all(word in f"{one.tag} {one.label}".casefold() for word in wanted)]
    found.sort(key=lambda one: (-one.datasets, one.tag))
    start = int(after or 0)
    end = start + limit
    return Tags(len(found), tuple(found[start:end]), str(end) if limit and end < len(found) else "")


def tag_json(search: Search, counted: Counted, name: str) -> tuple[bytes, str] | None:
    """One hashtag, with attributes or without, and the generation it is told of.

    ``{"tag", "label", "in_dictionary", "datasets", "origins", "attributes": [{"attribute", "label", "datasets"}],
    "tags": [{"tag", "datasets", "origins"}], "items"}``: ``attributes`` are those seen beside, ``tags`` the full ones
    that it matches. None for what is neither in the dictionary nor in a record disclosed to who asks.
    """
    tag = canonical("#" + name.strip().removeprefix("#"))
    if not tag:
        return None
    page = search(DatasetQuery(hxl=(tag,), limit=FIRST_ITEMS))
    told = hashtags().get(base(tag), "")
    if not page.total and not (told and base(tag) == tag):
        return None
    of = set(tag.split("+")[1:])
    full = sorted(one for one in counted if base(one) == base(tag) and "*" not in one and of <= set(one.split("+")[1:]))
    beside = sorted({attribute for one in full for attribute in one.split("+")[1:]} - of)
    said = {
        "tag": tag,
        "label": told,
        "in_dictionary": bool(told),
        "datasets": page.total,
        "origins": {
            origin.value: search(DatasetQuery(hxl=(tag,), hxl_origin=(origin.value,), limit=0)).total
            for origin in TagOrigin
        },
        "attributes": _most(
            {
                "attribute": f"+{attribute}",
                "label": attributes().get(attribute, ""),
                "datasets": search(DatasetQuery(hxl=(f"{tag}+{attribute}",), limit=0)).total,
            }
            for attribute in beside[:MOST_ATTRIBUTES]
        ),
        "tags": _most({"tag": one, "datasets": counted[one][""], "origins": _origins(counted[one])} for one in full),
    }
    return b"".join((orjson.dumps(said)[:-1], b',"items":[', b",".join(page.items), b"]}")), page.generation


def origins_json(search: Search, limit: int = 100) -> tuple[bytes, str]:
    """How many datasets of known columns have tags of each origin, in all and by country, organisation and month.

    ``{"datasets", "columns_known", "origins": {origin: {"datasets", "share"}}, "by": {"country": [{"value", "label",
    "columns_known", "origins"}], "organization": [..], "month": [..]}}``. A share is of the datasets whose columns are
    known; a dataset may have tags of several origins. Countries and organisations are the ``limit`` that have most,
    months all there are, the earliest first; a month is that in which the data last changed.
    """
    every = search(DatasetQuery(limit=0))
    known = search(DatasetQuery(selected=KNOWN, limit=0, facets=GROUPS))
    by_origin = {
        origin.value: search(DatasetQuery(selected=KNOWN, hxl_origin=(origin.value,), limit=0, facets=GROUPS))
        for origin in TagOrigin
    }
    said = {
        "datasets": every.total,
        "columns_known": known.total,
        "origins": {origin: _share(page.total, known.total) for origin, page in by_origin.items()},
        "by": {group: _grouped(group, known, by_origin, limit) for group in GROUPS},
    }
    return orjson.dumps(said), known.generation


def _grouped(group: str, known: Page, by_origin: Mapping[str, Page], limit: int) -> list[dict[str, Any]]:
    counts: list[FacetCount] = list(known.facets[group])
    counts = sorted(counts, key=lambda one: one.value) if group == "month" else counts[:limit]
    having = {origin: {one.value: one.count for one in page.facets[group]} for origin, page in by_origin.items()}
    return [
        {
            "value": one.value,
            "label": one.label,
            "columns_known": one.count,
            "origins": {origin: _share(having[origin].get(one.value, 0), one.count) for origin in having},
        }
        for one in counts
        if one.count
    ]


def _share(part: int, whole: int) -> dict[str, Any]:
    return {"datasets": part, "share": round(part / whole, 3) if whole else 0.0}


def _bases(counted: Counted) -> Iterator[TagCount]:
    for name, by_origin in counted.items():
        if name.endswith("+*"):
            tag = name[:-2]
            yield TagCount(tag, hashtags().get(tag, ""), by_origin[""], _origins(by_origin))


def _origins(by_origin: Mapping[str, int]) -> dict[str, int]:
    return {origin.value: by_origin.get(origin.value, 0) for origin in TagOrigin}


def _most(entries: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(entries, key=lambda entry: -entry["datasets"])
