"""The page of one dataset."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api.datasets import read_document
from api.deps import Answering, Asking, today
from api.pages import words
from api.pages.render import render
from catalog import levels
from catalog.curation.fields import FIELDS
from catalog.guidance import guidance
from catalog.hxl.evidence import certainty, evidence
from catalog.hxl.tags import matches
from catalog.links import LinkState
from catalog.route import LABELS

router = APIRouter()

SHOWN_FILES = 25
SHOWN_COLUMNS = 80
SHOWN_COUNTRIES = 60
"""A page stays under 50 kB; the JSON has all."""


def _pattern(value: str) -> str:
    matches(value, "#affected")
    return value


class Marked(BaseModel):
    """Which columns the page of a dataset marks: those whose hashtag matches one of the patterns."""

    model_config = ConfigDict(extra="forbid")

    hxl: list[Annotated[str, AfterValidator(_pattern)]] = Field(default_factory=list, max_length=40)


@router.get("/dataset/{key}")
def dataset_page(request: Request, register: Answering, key: str, asked: Annotated[Marked, Query()]) -> Response:
    """How to get it first, then sensitivity, files and columns, where it comes from. An id leads to the name."""
    found = read_document(register, key)
    if found is None:
        raise HTTPException(404)
    document: dict[str, Any] = orjson.loads(found[0])
    name = document["name"] or document["id"]
    if key != name:
        # A name goes with its title: nobody may be led to it from memory.
        there = f"/dataset/{name}?{request.url.query}".removesuffix("?")
        return RedirectResponse(there, status_code=307, headers={"Cache-Control": "no-store"})
    badge, how = words.ACCESS[document["access"]["modality"]]
    level_name, level_means = words.LEVELS[document["level"]["level"]]
    files = document["distributions"]
    explained = _explained(register, document)
    return render(
        request,
        "dataset.html",
        f"{found[1]} {explained['newest']} {len(explained['proposals'])}",
        dataset=document,
        badge=badge,
        how=how,
        level_name=level_name,
        level_means=level_means,
        explained=explained,
        guidance=guidance(document),
        route={line["line"]: line for line in document["access_route"]["lines"]},
        labels=LABELS,
        gone={entry["address"]: entry["on"] for entry in document["reached"] if entry["state"] == LinkState.DEAD},
        fresh=words.FRESHNESS[document["freshness_state"]],
        files=[entry for entry in files if entry["key"] or entry["url"]][:SHOWN_FILES],
        more_files=max(0, len(files) - SHOWN_FILES),
        tables=_tables(files, asked.hxl),
        patterns=asked.hxl,
        evidence=evidence,
        certainty=certainty,
        more_columns=max(0, sum(len(entry["columns"]) for entry in files) - SHOWN_COLUMNS),
        countries=[place["name"] for place in document["locations"]][:SHOWN_COUNTRIES],
        corrections=list(_corrections(document.get("curated", ()))),
        edits=_may_correct(register, document),
    )


def _corrections(marks: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """What people corrected, by what role and when, as far as the record tells it."""
    for mark in marks:
        if (field := FIELDS.get(mark["field"])) is not None:
            too = f", and the source says so too since {words.day(mark['caught_up'])}" if "caught_up" in mark else ""
            yield f"{field.label} (by a {mark['by']}, {words.day(mark['at'])}{too})"
    of_columns = sum(mark["field"] not in FIELDS for mark in marks)
    if of_columns:
        yield f"hashtags of {of_columns} columns" if of_columns > 1 else "the hashtag of a column"


def _may_correct(asking: Asking, document: Mapping[str, Any]) -> bool:
    if asking.register.access.public_only or not asking.viewer.is_steward:
        return False
    with asking.catalog.reading() as session:
        return bool(levels.stewarded(session, asking.viewer, [UUID(document["id"])]))


def _explained(asking: Asking, document: dict[str, Any]) -> dict[str, Any]:
    """Why the record has its level, as far as it may be told; people are named to its stewards.

    A process for the public alone reads no assertions: what the level rests on stands in the document.
    """
    if asking.register.access.public_only:
        late = document["level"]["review_by"] or ""
        overdue = bool(late) and late < today().isoformat()
        nothing: dict[str, Any] = {name: [] for name in ("assertions", "proposals", "would_change", "attention")}
        return nothing | {"newest": 0, "overdue": overdue}
    with asking.catalog.reading() as session:
        named = bool(levels.stewarded(session, asking.viewer, [UUID(document["id"])]))
        return levels.explanation(session, document, today(), named=named)


def _tables(files: list[dict[str, Any]], patterns: Sequence[str]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Columns by file and sheet, as many as are shown; those that are asked for before others, and marked."""
    columns = [(entry, column | {"asked": _fits(column, patterns)}) for entry in files for column in entry["columns"]]
    shown = sorted(range(len(columns)), key=lambda place: not columns[place][1]["asked"])[:SHOWN_COLUMNS]
    tables: dict[str, list[dict[str, Any]]] = {}
    for entry, column in (columns[place] for place in sorted(shown)):
        title = " · ".join(part for part in (entry["name"], column["sheet"]) if part)
        tables.setdefault(title or "Columns", []).append(column)
    return list(tables.items())


def _fits(column: Mapping[str, Any], patterns: Sequence[str]) -> bool:
    return any(matches(pattern, tag["tag"]) for tag in column["tags"] for pattern in patterns)
