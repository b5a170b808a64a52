"""Datasets: the search, one record, and the search as a file."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import chain
from typing import Annotated, Any
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi.responses import StreamingResponse

from api import examples
from api.deps import (
    Answering,
    Asking,
    answered,
    asking_now,
    conditional,
    etag_of,
    has_already,
    today,
    unchanged,
)
from api.direct import Direct
from api.lists import JSON
from api.parameters import ASKED_EXPORT, ASKED_SEARCH, Export, NoParameters, to_query
from catalog import audit, export, safe
from catalog.answer import page_json
from catalog.freshness import Freshness, state
from catalog.query import Page
from catalog.reading import document
from catalog.route import route_json, route_of
from catalog.viewer import Viewer
from catalog.vocabulary import Level

router = APIRouter(prefix="/api/v1", tags=["datasets"])

CSV = "text/csv; charset=utf-8"
RECORDED = frozenset({Level.HIGH.value, Level.SEVERE.value})
"""Of these levels each reading by key is written to the audit."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def search_datasets(request: Request) -> Response:
    """Datasets that you may know of, with holders, how to get them, level and hashtags.

    An empty search lists all. A facet's counts leave out its own selection.
    """
    register = asking_now(request)
    query = to_query(ASKED_SEARCH.read(request))
    generation = register.generation
    etag = etag_of(request, generation)
    if has_already(request, etag):
        return unchanged(etag)
    page = register.search(query)
    if page.generation != generation:
        etag = etag_of(request, page.generation)
    return answered(page_json(page), etag, JSON)


router.add_api_route(
    "/datasets",
    search_datasets,
    methods=["GET"],
    summary="Who holds what",
    responses=examples.ok(examples.DATASETS) | examples.REFUSED,
    openapi_extra=ASKED_SEARCH.described,
    route_class_override=Direct,
)


@router.get(
    "/datasets.csv",
    summary="The search as CSV",
    response_class=Response,
    responses=examples.file(CSV),
    openapi_extra=ASKED_EXPORT.described,
)
def export_csv(request: Request, register: Answering, asked: Annotated[Export, Depends(ASKED_EXPORT)]) -> Response:
    """Up to 10,000 rows, UTF-8 with byte order mark, each marked. The file's name says if more were found."""
    register.record("exported a search", _unspoken(request))
    first, found = _pages(register, asked)
    marked = _marking(register, asked)
    lines = export.csv(found, marked, hashtags=asked.hashtags, ways=register.register.ways())
    return StreamingResponse(lines, media_type=CSV, headers=_named(first, asked, marked, "csv"))


@router.get(
    "/datasets.xlsx",
    summary="The search as XLSX",
    response_class=Response,
    responses=examples.file(XLSX),
    openapi_extra=ASKED_EXPORT.described,
)
def export_xlsx(request: Request, register: Answering, asked: Annotated[Export, Depends(ASKED_EXPORT)]) -> Response:
    """Up to 10,000 rows, and a sheet with the marking. The file's name says if more were found."""
    register.record("exported a search", _unspoken(request))
    first, found = _pages(register, asked)
    marked = _marking(register, asked)
    book = export.xlsx(found, marked, hashtags=asked.hashtags, ways=register.register.ways())
    return Response(book, media_type=XLSX, headers=_named(first, asked, marked, "xlsx"))


@router.get(
    "/datasets/{key}/access",
    summary="How to get one dataset",
    responses=examples.ok(examples.ACCESS_ROUTE) | examples.NOT_FOUND,
)
def show_access(request: Request, register: Answering, key: str, _: Annotated[NoParameters, Query()]) -> Response:
    """The way to its data, line by line, each with where it comes from; what nobody knows says whom to ask.

    ``reached`` tells of the addresses that were looked at whether they were there, and on which day.
    """
    body, etag = _found(register, key)
    shown = orjson.loads(body)
    told = {"id": shown["id"], **shown["access_route"], "reached": shown["reached"]}
    return conditional(request, orjson.dumps(told), JSON, etag)


@router.get("/datasets/{key}", summary="One dataset", responses=examples.ok(examples.DATASET) | examples.NOT_FOUND)
def show_dataset(request: Request, register: Answering, key: str, _: Annotated[NoParameters, Query()]) -> Response:
    """All that you may know of a dataset, by id or name.

    A hidden record answers as one that never existed.
    """
    body, etag = _found(register, key)
    return conditional(request, body, JSON, etag)


def _found(register: Asking, key: str) -> tuple[bytes, str]:
    found = read_document(register, key)
    if found is None:
        raise HTTPException(404)
    return found


def read_document(register: Asking, key: str, others: Viewer | None = None) -> tuple[bytes, str] | None:
    """A record's document with ``freshness_state`` of today and its ``access_route``, and its etag.

    None if the viewer may not know of it.

    ``others``: as in :func:`catalog.reading.document`.
    """
    with register.catalog.reading() as session:
        found = document(session, register.viewer, key, others)
    if found is None:
        return None
    body, etag = found
    shown = orjson.loads(body)
    if shown["level"]["level"] in RECORDED:
        register.record("read a record", shown["id"])
    made = _safe_products(register, shown["id"], others or register.viewer)
    ways = register.register.ways()
    judged = {
        "freshness_state": _freshness_state(shown["freshness"]),
        "access_route": route_json(route_of(shown, ways, made), ways, made),
    }
    told = blake2b(orjson.dumps(made) + ways.digest.encode(), digest_size=8).hexdigest()
    return body[:-1] + b"," + orjson.dumps(judged)[1:], f"{etag}-{told}"


def _safe_products(register: Asking, dataset_id: str, viewer: Viewer) -> list[dict[str, Any]]:
    """What was made of a record and may be shared; a process for the public alone is given no relations to ask."""
    if register.register.access.public_only:
        return []
    with register.catalog.reading() as session:
        return safe.products(session, viewer, dataset_id)


def _freshness_state(stored: Mapping[str, Any]) -> str:
    due, overdue, delinquent = (
        datetime.fromisoformat(stored[name]) if stored[name] else None for name in ("due", "overdue", "delinquent")
    )
    return state(Freshness(due, overdue, delinquent, bool(stored["always_fresh"])), today())


def _unspoken(request: Request) -> str:
    """What was asked for, as the audit has it: by which parameters, and a digest of it all; never a word of it."""
    given = sorted((name, value) for name, value in request.query_params.multi_items() if value)
    names = dict.fromkeys(name for name, _ in given)
    return " ".join([*names, audit.unspoken(urlencode(given))])


def _pages(register: Asking, asked: Export) -> tuple[Page, Iterator[Page]]:
    found = export.pages(register.search, replace(to_query(asked), facets=()), asked.limit)
    # The first page is read before the answer begins, so that a bad question is still refused as one.
    first = next(found)
    return first, chain((first,), found)


def _marking(register: Asking, asked: Export) -> export.Marking:
    now = datetime.now(UTC)
    return export.marking(register.search, to_query(asked), register.viewer.index, now, register.register.disclosing())


def _named(first: Page, asked: Export, marked: export.Marking, ending: str) -> Mapping[str, str]:
    cut = f"-first-{asked.limit}-of-{first.total}" if first.total > asked.limit else ""
    name = f"landmark-datasets{cut}-{marked.in_name}.{ending}"
    return {"Content-Disposition": f'attachment; filename="{name}"'}
