"""What changed for somebody: any question as an Atom feed (RFC 4287) and as a JSON feed (version 1.1)."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import NAMESPACE_URL, UUID, uuid5
from xml.etree import ElementTree as ET

import orjson
from fastapi import APIRouter, Request, Response

from api import examples
from api.deps import Answering, Asking, conditional, today
from api.parameters import ASKED_SEARCH, RefusedError, to_query
from catalog.changes import ChangeQuery, changes
from catalog.places import country_name
from catalog.query import DatasetQuery, QueryError
from catalog.sharing.moves import moves

router = APIRouter(tags=["feeds"])

DAYS = 90
"""How far back a feed goes."""
MOST_DATASETS, MOST_CHANGES, MOST_ENTRIES = 500, 1_000, 100
ATOM, JSON = "application/atom+xml; charset=utf-8", "application/feed+json"
_ATOM = "http://www.w3.org/2005/Atom"
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML 1.0 has no place for."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened: ``title`` and ``lines`` are plain sentences, ``link`` begins with a slash."""

    id: str
    at: datetime
    title: str
    link: str
    lines: tuple[str, ...]


_JSON_FEED: examples.Responses = {200: {"content": {JSON: {"schema": {"type": "object"}}}}, **examples.REFUSED}


@router.get("/feed.atom", summary="A question as an Atom feed", response_class=Response, responses=examples.file(ATOM))
def atom_feed(request: Request, asking: Answering) -> Response:
    """What changed in the last 90 days of the datasets that a question finds; parameters as of `/api/v1/datasets`.

    Of more than 500 datasets it tells of those whose data is newest; `/api/v1/changes` tells of all.
    It has up to 100 entries, with `limit` fewer; it has no further pages, so `after` is refused.
    With `country`, how its information needs moved, too; with `need=ID` that alone, for one need.
    """
    return _feed(request, asking, "feed.atom", _atom, ATOM)


@router.get(
    "/feed.json",
    summary="A question as a JSON feed",
    response_class=Response,
    responses=_JSON_FEED,
)
def json_feed(request: Request, asking: Answering) -> Response:
    """As `/feed.atom`, in the JSON Feed format."""
    return _feed(request, asking, "feed.json", _json, JSON)


_Writer = Callable[[str, str, str, list[Entry]], bytes]


def _feed(request: Request, asking: Answering, name: str, written: _Writer, media_type: str) -> Response:
    need, rest = _need(request, asking)
    question = request.scope["query_string"].decode("latin-1")
    request.scope["query_string"] = rest.encode("latin-1")
    asked = ASKED_SEARCH.read(request)
    request.scope["query_string"] = question.encode("latin-1")
    if asked.after:
        raise QueryError("after", 'after: a feed has no further pages; leave "after" out')
    query = to_query(asked)
    most = min(asked.limit, MOST_ENTRIES) if "limit" in asked.model_fields_set else MOST_ENTRIES
    entries = list(_moved(asking, need, query))
    if not need:
        entries += _changed(asking, query)
    entries.sort(key=lambda entry: (entry.at, entry.id), reverse=True)
    base = f"{request.url.scheme}://{request.url.netloc}"
    own = f"{base}/{name}" + (f"?{question}" if question else "")
    body = written(_title(query, need), base, own, entries[:most])
    return conditional(request, body, media_type, body.decode())


def _need(request: Request, asking: Asking) -> tuple[str, str]:
    """The need that is asked for, and the other parameters."""
    given = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    named = [value for name, value in given if name == "need" and value]
    known = [need.id for need in asking.register.book().needs.asked()]
    for value in named:
        if value not in known:
            message = f'There is no need "{value[:80]}". List them at /api/v1/needs.'
            raise RefusedError([{"loc": ("query", "need"), "msg": message, "type": "value_error"}], ("need",))
    return named[-1] if named else "", urlencode([pair for pair in given if pair[0] != "need"])


def _changed(asking: Asking, query: DatasetQuery) -> Iterator[Entry]:
    """Changes of the datasets that a question finds, those that changed last first."""
    asked = replace(query, sort="modified", limit=MOST_DATASETS, after="", facets=(), explain=False)
    ids = tuple(UUID(orjson.loads(item)["id"]) for item in asking.search(asked).items)
    if not ids:
        return
    since = datetime.now(UTC) - timedelta(days=DAYS)
    with asking.catalog.reading() as session:
        page = changes(session, asking.viewer, ChangeQuery(since=since, limit=MOST_CHANGES, datasets=ids))
        newest = list(page.items[-MOST_ENTRIES:])
        while page.next:
            further = ChangeQuery(since=since, limit=MOST_CHANGES, after=page.next, datasets=ids)
            page = changes(session, asking.viewer, further)
            newest = [*newest, *page.items][-MOST_ENTRIES:]
    for item in newest:
        at = datetime.fromisoformat(item["at"])
        lines = tuple(f"{line[:1].upper()}{line[1:]}." for line in item["sentences"])
        said = item["title"] if not lines else f"{item['title']}: {lines[0][:-1]}"
        identity = uuid5(NAMESPACE_URL, f"landmark {item['dataset']} {item['at']} {' '.join(lines)}")
        yield Entry(identity.urn, at, said, f"/dataset/{item['name'] or item['dataset']}", lines)


def _moved(asking: Asking, need: str, query: DatasetQuery) -> Iterator[Entry]:
    """How needs moved, where a country or a need is asked for."""
    places = [iso3.upper() for iso3 in query.selected.get("country", ())]
    if not (need or places) or (query.q and not need):
        return
    needs = asking.register.book().needs
    with asking.catalog.reading() as session:
        found = moves(session, asking.viewer, needs, today() - timedelta(days=DAYS), places, need)
    for move in found:
        identity = uuid5(NAMESPACE_URL, f"landmark {move.day} {move.iso3} {move.need} {move.new}")
        at = datetime.combine(move.day, time(), UTC)
        yield Entry(identity.urn, at, move.sentence, f"/coverage/{move.iso3}?need={move.need}", (f"{move.sentence}.",))


def _title(query: DatasetQuery, need: str) -> str:
    parts = [f'"{query.q}"'] if query.q else []
    parts += [
        ", ".join(country_name(value) if name == "country" else value for value in values)
        for name, values in query.selected.items()
    ]
    parts += [need] if need else []
    return f"Landmark: {'; '.join(parts)}" if parts else "Landmark: all that changed"


def _atom(title: str, base: str, own: str, entries: list[Entry]) -> bytes:
    ET.register_namespace("", _ATOM)
    feed = ET.Element(f"{{{_ATOM}}}feed")

    def add(parent: ET.Element, name: str, text: str = "", **attributes: str) -> None:
        ET.SubElement(parent, f"{{{_ATOM}}}{name}", attributes).text = _UNPRINTABLE.sub(" ", text) or None

    add(feed, "title", title)
    add(feed, "id", uuid5(NAMESPACE_URL, own).urn)
    newest = entries[0].at if entries else datetime.combine(today(), time(), UTC)
    add(feed, "updated", _moment(newest))
    add(feed, "link", rel="self", href=own)
    author = ET.SubElement(feed, f"{{{_ATOM}}}author")
    add(author, "name", "Landmark")
    for one in entries:
        entry = ET.SubElement(feed, f"{{{_ATOM}}}entry")
        add(entry, "title", one.title)
        add(entry, "id", one.id)
        add(entry, "updated", _moment(one.at))
        add(entry, "link", rel="alternate", href=f"{base}{one.link}")
        add(entry, "content", "\n".join(one.lines), type="text")
    return bytes(ET.tostring(feed, encoding="utf-8", xml_declaration=True))


def _json(title: str, base: str, own: str, entries: list[Entry]) -> bytes:
    items: list[Mapping[str, Any]] = [
        {
            "id": one.id,
            "url": f"{base}{one.link}",
            "title": one.title,
            "content_text": "\n".join(one.lines),
            "date_published": _moment(one.at),
        }
        for one in entries
    ]
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": title, "feed_url": own, "home_page_url": base}
    return orjson.dumps(feed | {"items": items})


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
