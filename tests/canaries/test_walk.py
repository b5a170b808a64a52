"""Every address, asked as every reader in every way: nobody meets another's words, and everybody meets their own."""

import io
import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import openpyxl
import orjson
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from catalog.database import Catalog
from catalog.facets import facets
from catalog.records import ColumnRecord
from catalog.search import follow
from catalog.vocabulary import Level, Visibility
from tests.canaries.planted import (
    COUNTRIES,
    KINDS,
    OTHER,
    OWNERS,
    SOURCE,
    STEWARDS,
    Planted,
    Viewer,
    canary,
    planted,
    record,
    words,
)

VIEWERS = ("public", "community", "first owner", "second owner", "signed in", *STEWARDS)
ASK_IN_EVERY_WAY = ("public", "first owner", "steward of a source")
"""The others ask each address in the ways that find most, for the time that it takes."""
SORTS = ("", "relevance", "modified", "title")
ERRORS = ("contry=x", "limit=x", "sort=x", "after=x", "covers=x", "facets=x", "level=x", "q=%00%22", "hxl=!", "since=x")
TAGGED = ("hxl.same=%23adm1", "hxl.origin=declared", "hxl.min_confidence=0.5")
FIRST = {"/", "/runs", "/docs", "/organizations"} | {
    f"/api/v1/{name}" for name in ("datasets", "datasets.csv", "datasets.xlsx", "organizations", "runs", "changes")
}
"""Asked with every error; the address of each single record with one."""
Place = tuple[Planted, Catalog, TestClient]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with planted(tmp_path_factory.mktemp("canaries")) as made:
        yield made


def routes(found: Any) -> Iterator[APIRoute]:
    """Every route of an app, those of its routers' routers too."""
    for route in found:
        if isinstance(route, APIRoute):
            yield route
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from routes(inner.routes)


def templates(app: FastAPI) -> set[tuple[str, str]]:
    """Method and address of every operation: those described, and all that there are, pages among them."""
    described = {(method.upper(), path) for path, methods in app.openapi()["paths"].items() for method in methods}
    return described | {(method, route.path) for route in routes(app.routes) for method in route.methods}


def filled(made: Planted, stored: Any, path: str) -> list[str]:
    """The addresses of a template: with each record's id and name, each organisation, the source, the run.

    Raises KeyError for a parameter that nobody has taught the walk to fill in.
    """
    documents = [stored[number, "full"] for number in made.numbers]
    datasets = [one[name] for one in documents for name in ("id", "name") if one[name]]
    known = {
        "/api/v1/datasets/{key}": datasets,
        "/dataset/{key}": datasets,
        "/api/v1/organizations/{key}": [agent["id"] for one in documents for agent in one["organizations"]],
        "/api/v1/sources/{key}": [SOURCE.key, OTHER.key],
        "/api/v1/runs/{run_id}": made.runs,
        "/runs/{run_id}": made.runs,
        "/api/v1/proposals/{batch}": ["sample"],
        "/api/v1/hxl/tags/{tag}": ["adm1", *(tag["tag"] for one in documents for tag in one["tags"])],
        "/api/v1/keys/{key_id}": ["0123456789ab"],
        "/api/v1/requests/{request_id}": made.requests,
        "/request/{request_id}": made.requests,
        "/api/v1/sharing/{indicator}": ["holdings", "hidden-share"],
    }
    known["/organizations/{key}"] = known["/api/v1/organizations/{key}"]
    countries = sorted({iso3 for one in documents for iso3 in one["countries"]})
    known["/api/v1/needs/logged/{number}"] = ["1"]
    places = ("/api/v1/coverage/{iso3}", "/coverage/{iso3}", "/country/{iso3}", "/api/v1/actions/{number}")
    known |= dict.fromkeys(places[:3], countries) | {places[3]: ["1"]}
    if path == "/coverage/{iso3}":
        return [
            f"/coverage/{iso3}{more}"
            for iso3 in countries
            for more in ("", "?set=protection", "?need=displaced-people")
        ]
    path = path.replace("{need}", "displaced-people")
    if path == "/request/new":
        return [path, *(f"{path}?dataset={key}" for key in datasets)]
    path = path.replace("{field:path}", "caveats").replace("{field}", "caveats")
    if "{" not in path:
        return [path]
    head, _, tail = path.partition("}")
    return [head.partition("{")[0] + quote(value, safe="") + tail for value in known[head + "}"]]


def asked(method: str, path: str, *, most: bool = False) -> Iterator[str]:
    """The ways in which an address is asked: sorts, facets, filters, errors; formats are addresses of their own."""
    yield path
    if method != "GET":
        return
    if path == "/api/v1/datasets":
        yield from (f"{path}?{more}" for more in TAGGED)
    yield from (f"{path}?{error}" for error in (ERRORS if path in FIRST and not most else ERRORS[: not most]))
    if path in {"/", "/api/v1/datasets", "/api/v1/datasets.csv", "/api/v1/datasets.xlsx"}:
        yield from (f"{path}?sort={sort}&q=sample" for sort in SORTS)
        yield from (f"{path}?facets={facet}&limit=0" for facet in facets())
        yield from (f"{path}?level={level}" for level in (*Level, "unclassified"))
        yield from (
            f"{path}?{more}" for more in ("limit=1000", "country=SSD", "access=on_request", "hxl=%23adm1", "limit=1")
        )
    if path in {"/feed.atom", "/feed.json", "/api/v1/sharing", "/metrics"}:
        yield f"{path}?country={COUNTRIES[0]}"
    if path == "/api/v1/suggest":
        yield from (f"{path}?q={typed}" for typed in ("q", "qx", "sample", "s"))
    if path in {
        "/api/v1/changes",
        "/api/v1/runs",
        "/api/v1/organizations",
        "/organizations",
        "/api/v1/notices",
        "/api/v1/hxl/tags",
        "/api/v1/requests",
    }:
        yield from (f"{path}?{more}" for more in ("limit=1000", "limit=1", f"source={SOURCE.key}", "q=sample"))


def told(answer: Any) -> frozenset[str]:
    """The canaries of an answer: its headers, its body, the cells of a workbook."""
    # A calendar folds its lines wherever they are long.
    found = words(str(dict(answer.headers))) | words(answer.content.replace(b"\r\n ", b""))
    if "spreadsheetml" in answer.headers.get("content-type", ""):
        book = openpyxl.load_workbook(io.BytesIO(answer.content))
        found |= words(str([list(sheet.iter_rows(values_only=True)) for sheet in book]))
    return found


@pytest.mark.parametrize("name", VIEWERS)
def test_no_viewer_meets_what_is_not_theirs(name: str, place: Place, caplog: pytest.LogCaptureFixture):
    made, catalog, client = place
    viewer = made.viewer(name)
    stored = made.renderings(catalog)
    allowed = frozenset().union(*made.allowed(viewer, stored).values()) | made.told(viewer, stored)
    mine = [number for number in made.numbers if viewer.stewards(stored[number, "full"]["visibility"], number)]
    issues = {canary(number, field) for number in mine for field in ("issue", "remote")}
    titles = {canary(number, "title") for number in made.numbers} & allowed
    met: set[str] = set()
    on_pages: set[str] = set()
    walked = 0
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.WARNING, "httpx2")
    for method, path in sorted(templates(client.app)):
        for address in filled(made, stored, path):
            for way in asked(method, address, most=name not in ASK_IN_EVERY_WAY):
                body = {"json": {}} if method != "GET" else {}
                answer = client.request(method, way, headers=viewer.headers, **body)
                walked += 1
                found = told(answer)
                assert answer.status_code < 500, (way, answer.text)
                # An address that was asked for may be repeated; what it leads to may not be told.
                assert found - allowed - issues - words(way) == frozenset(), (method, way)
                met |= found
                on_pages |= found if path == "/dataset/{key}" else set()
    logged = words("\n".join(one.getMessage() for one in caplog.records if not one.name.startswith("httpx")))
    assert logged == frozenset()
    assert walked > 200
    assert titles - on_pages == set(), "pages show them too"
    assert allowed - met == set(), "each word is met by whom it is for"


@pytest.mark.parametrize("name", VIEWERS)
def test_a_word_is_found_by_whom_it_is_for_and_by_nobody_else(name: str, place: Place):
    made, catalog, client = place
    viewer = made.viewer(name)
    allowed = made.allowed(viewer, made.renderings(catalog))
    for number in made.numbers:
        for field in ("title", "notes", "holder", "keyword", "header", "file"):
            word = canary(number, field)
            page = client.get("/api/v1/datasets", params={"q": word}, headers=viewer.headers).json()
            expected = [made.id(number)] if word in allowed[number] else []
            if field in {"title", "notes", "holder"} or not expected:
                assert [item["id"] for item in page["items"]] == expected, (word, KINDS[number])
                assert page["total"] == len(expected)
    page = client.get("/api/v1/datasets", params={"limit": 1000}, headers=viewer.headers).json()
    mine = [number for number in made.numbers if allowed[number]]
    assert page["total"] == len(page["items"]) == len(mine)
    assert {item["id"] for item in page["items"]} == {made.id(number) for number in mine}
    for facet in ("source", "access", "level", "country"):
        assert sum(count["count"] for count in page["facets"][facet]) == len(mine), facet


def test_each_viewer_is_shown_the_kinds_that_are_theirs(place: Place):
    made, catalog, client = place
    stored = made.renderings(catalog)
    shown = {
        viewer.name: {KINDS[at][0].value for at, own in made.allowed(viewer, stored).items() if own}
        for viewer in made.viewers
    }
    assert shown == {
        "public": {"public", "described", "listed"},
        "community": {"public", "described", "listed", "community"},
        "first owner": {one.value for one in Visibility},
        "second owner": {one.value for one in Visibility},
        "signed in": {one.value for one in Visibility},
        "steward": {one.value for one in Visibility} - {"owner"},
        "steward of a source": {one.value for one in Visibility} - {"owner"},
        "steward of a country": {one.value for one in Visibility} - {"owner"},
    }
    first, second = (made.allowed(made.viewer(name), stored) for name in ("first owner", "second owner"))
    closed = [at for at, kind in enumerate(KINDS) if kind[0] is Visibility.OWNER]
    assert [at for at in closed if first[at]] == [at for at in closed if at % 2 == 0]
    assert [at for at in closed if second[at]] == [at for at in closed if at % 2]
    for number, (visibility, level) in enumerate(KINDS):
        if visibility is Visibility.PUBLIC and level in {Level.HIGH, Level.SEVERE}:
            assert canary(number, "link") not in words(str(stored[number, "public"]))
        if visibility in {Visibility.DESCRIBED, Visibility.LISTED}:
            whom_to_ask = {canary(number, "holder"), canary(number, "contact")}
            assert words(orjson.dumps(stored[number, "public"])) == whom_to_ask
            assert len(words(orjson.dumps(stored[number, "community"]))) >= len(whom_to_ask)
        if (visibility, level) == (Visibility.LISTED, Level.LOW_NO):
            page = client.get(f"/dataset/{made.id(number)}")
            assert "Its holder must be asked" in page.text
            assert words(page.text) == whom_to_ask


def content(made: Planted, audience: str) -> bytes:
    files = sorted(path for path in (made.settings.index_dir / audience).rglob("*") if path.is_file())
    return b"".join(path.read_bytes() for path in files)


def test_public_files_hold_no_hidden_word(place: Place):
    made, catalog, _ = place
    stored = made.renderings(catalog)
    public, community = (made.allowed(Viewer(name, {}), stored) for name in ("public", "community"))
    everything = frozenset().union(*(words(str(document)) for document in stored.values()))
    for audience, own in (("public", public), ("community", community)):
        theirs = frozenset().union(*own.values())
        held = words(content(made, audience).decode("latin-1"))
        # Packing may put another byte in the place of a word's last one.
        begin = {word[:-2] for word in theirs}
        assert {word for word in held if word[:-2] not in begin} == set(), audience
        titles = {canary(number, "title") for number in made.numbers}
        assert titles & theirs & held, "what may be there can be seen there, where it is not packed away"
    hidden = everything - frozenset().union(*community.values())
    assert hidden & words(content(made, "full").decode("latin-1")), "and what is hidden can be seen in the full one"
    assert len(everything) > 20 * len(KINDS)


def test_a_word_leaves_the_public_files_when_the_level_rises(tmp_path: Any):
    with planted(tmp_path) as (made, catalog, client):
        number = next(at for at, kind in enumerate(KINDS) if kind == (Visibility.PUBLIC, ""))
        title = canary(number, "title")
        assert title in words(content(made, "public").decode("latin-1"))
        risen = replace(record(number, Visibility.PUBLIC, ""), columns=(ColumnRecord("", 0, "quarryword"),))
        made.write(catalog, [number], [risen])
        follow(catalog, made.settings.index_dir)
        left = words(str(made.renderings(catalog)[number, "public"]))
        own = words(str(record(number, Visibility.PUBLIC, "")))
        held = words(content(made, "public").decode("latin-1")) & own
        assert {canary(number, "link"), title}.isdisjoint(left), "the title of severe data is a template"
        assert held <= left
        assert words(client.get(f"/api/v1/datasets/{made.id(number)}").content) <= left


def test_the_walk_knows_every_address(place: Place):
    made, catalog, client = place
    stored = made.renderings(catalog)
    assert ("GET", "/dataset/{key}") in templates(client.app), "pages are walked too"
    for _, path in templates(client.app):
        assert filled(made, stored, path)
    assert {agent["name"] for agent in stored[0, "full"]["organizations"]} >= {OWNERS[0].name}
