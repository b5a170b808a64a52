"""Fields of an index, and the document that a disclosure becomes in it."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from importlib.metadata import metadata
from typing import Any

import orjson
import tantivy

from catalog.disclosure import item
from catalog.facets import Facet, facets
from catalog.hxl.tags import base
from catalog.places import country_name
from catalog.search.forms import FORMS, light_forms
from catalog.text import FOLDING, tokens

LAYOUT = 4
"""Raised by hand when the fields or what is put in them change."""

WEIGHTS = {"title": 4.0, "keywords": 2.0, "organizations": 2.0, "notes": 1.0}
"""Text fields and what a word found in them is worth."""

SEPARATOR = "\x1f"
MOST_TABLES = 100
"""Tables of a record that are told apart; patterns on one table are not looked for in further ones."""
SEQ_BITS = 26
MAX_SEQ = (1 << SEQ_BITS) - 1
ANY = "+*"
"""After a hashtag: with whatever attributes."""
TAG_FIELDS = ("tag", "mark", "tagged", "simple", "on_table")
"""Full tags; tags with origin and confidence (marks); what is counted by origin; simple patterns by origin; marks and
simple patterns by the record's own table."""
NO_DAYS = 0
"""Stands in a threshold field of a document that has no days; every real ordinal is greater."""
OPEN_END = date.max.toordinal()
NAME_LENGTH = 500
OWN = "own"
KEPT = 8_192
"""Names and keywords kept folded: records share most of them."""


@cache
def version() -> str:
    """Names the layout: an index of another version is built anew, never opened."""
    parts = (LAYOUT, FOLDING, FORMS, metadata("tantivy")["version"], *facets())
    return hashlib.blake2b(repr(parts).encode(), digest_size=6).hexdigest()


def facet_field(facet: Facet) -> str:
    """Field of a facet's exact values."""
    return f"facet_{facet.parameter}"


def names_field(facet: Facet) -> str:
    """Field of what a facet's values are called."""
    return f"names_{facet.parameter}"


def day_fields(facet: Facet) -> tuple[str, ...]:
    """Fields of the days from which a facet's states hold."""
    return tuple(f"days_{facet.parameter}_{state}" for state in facet.thresholds.states) if facet.thresholds else ()


@cache
def schema() -> tantivy.Schema:
    """The fields. Text is folded to light forms before it gets here, so the index merely splits it at spaces.

    ``said`` has the words of titles, keywords and organisations as they are written, for what is told and not for what
    is found; ``own`` marks records of which the source's publisher is an organisation.
    """
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("kind", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("marker", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("etag", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("closed", tokenizer_name="raw", index_option="basic")
    builder.add_bytes_field("item", stored=True)
    for name in WEIGHTS:
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="position")
    builder.add_text_field("said", tokenizer_name="whitespace", index_option="basic")
    builder.add_text_field("own", tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("seq", fast=True)
    builder.add_unsigned_field("stamp", fast=True)
    builder.add_unsigned_field("key", fast=True)
    builder.add_text_field("title_key", fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("start", fast=True)
    builder.add_integer_field("end", fast=True)
    for name in TAG_FIELDS:
        builder.add_text_field(
            name, fast=name not in {"simple", "on_table"}, tokenizer_name="raw", index_option="basic"
        )
    builder.add_unsigned_field("tables", fast=True)
    for facet in facets().values():
        if facet.thresholds:
            for name in day_fields(facet):
                builder.add_integer_field(name, fast=True)
        else:
            builder.add_text_field(facet_field(facet), fast=True, tokenizer_name="raw", index_option="basic")
            if facet.names:
                builder.add_text_field(names_field(facet), fast=True, tokenizer_name="raw", index_option="basic")
    return builder.build()


def sort_key(seconds: int, seq: int) -> int:
    """One number that orders by time, newest first, then by the catalog's own number, lowest first."""
    if not 0 <= seq <= MAX_SEQ:
        raise ValueError(f"dataset number {seq} is beyond {MAX_SEQ}")
    return (max(seconds, 0) << SEQ_BITS) | (MAX_SEQ - seq)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A record as an index holds it once; the index of everything holds some twice.

    Attributes:
        seq: The catalog's own number.
        document: JSON, see :mod:`catalog.disclosure`.
        etag: Of all that the index holds of the record.
        own: Etag of this document.
        rendering: ``full`` or ``community`` where the two differ; empty where everybody of both is shown the same.
        reach: Terms by which the record is shown in full (:mod:`catalog.viewer`).
    """

    id: str
    seq: int
    document: bytes
    etag: str
    own: str
    rendering: str = ""
    reach: frozenset[str] = frozenset()


def entry(given: Rendered) -> tantivy.Document:
    """The index's document for a rendered disclosure."""
    document, seq = orjson.loads(given.document), given.seq
    made = tantivy.Document()
    made.add_text("id", given.id)
    made.add_text("kind", "dataset")
    made.add_text("etag", given.etag)
    made.add_unsigned("stamp", _stamp(given))
    if given.rendering:
        for value in (given.rendering, *(closed(given.rendering, term) for term in sorted(given.reach))):
            made.add_text("closed", value)
    made.add_bytes("item", orjson.dumps(item(document)))
    for name, text in _texts(document).items():
        made.add_text(name, text)
    if document["source"].get("own"):
        made.add_text("own", OWN)
    modified = document["modified"]
    made.add_unsigned("seq", seq)
    made.add_unsigned("key", sort_key(int(datetime.fromisoformat(modified).timestamp()) if modified else 0, seq))
    made.add_text("title_key", f"{' '.join(tokens(document['title']))[:NAME_LENGTH]}{SEPARATOR}{seq:010}")
    period = document["period"] or {}
    if start := period.get("start") or period.get("end"):
        made.add_integer("start", date.fromisoformat(start).toordinal())
        end = OPEN_END if period.get("open") else date.fromisoformat(period.get("end") or start).toordinal()
        made.add_integer("end", end)
    _add_tags(made, document)
    for facet, values_in, names_in, days_in in _facet_fields():
        if facet.thresholds:
            days = facet.thresholds.days(document) or (NO_DAYS, *(OPEN_END for _ in days_in[1:]))
            for name, day in zip(days_in, days, strict=True):
                made.add_integer(name, day)
            continue
        for value in dict.fromkeys(facet.values(document)):
            made.add_text(values_in, value[:NAME_LENGTH])
        if facet.names:
            for names in dict.fromkeys(facet.names(document)):
                made.add_text(names_in, _joined(names))
    return made


def _add_tags(made: tantivy.Document, document: dict[str, Any]) -> None:
    tagged = {entry["tag"]: entry["origin"] for entry in document["tags"]}
    for tag in tagged:
        made.add_text("tag", tag)
    tables = tables_of(document)
    marks = {mark for table in tables for mark in table}
    counted = {read_mark(mark)[:2] for mark in marks}
    # Where a source names tags and no columns.
    bare = {(tag, origin) for tag, origin in tagged.items() if tag not in {known for known, _ in counted}}
    for value in marks.union(mark_of(tag, origin, 1.0) for tag, origin in bare):
        made.add_text("mark", value)
    for value in {value for pair in counted | bare for value in _counted(*pair)}:
        made.add_text("tagged", value)
    for tag, origin in counted | bare:
        for value in _of_origins(tag, origin):
            made.add_text("simple", value)
    for number, table in enumerate(tables):
        start = on_table("", number)
        for value in table.union(*map(_simple_of, table)):
            made.add_text("on_table", start + value)
    made.add_unsigned("tables", len(tables))


@lru_cache(maxsize=KEPT)
def _counted(tag: str, origin: str) -> tuple[str, ...]:
    return tuple(SEPARATOR.join((name, by)) for name in (tag, f"{base(tag)}{ANY}") for by in (origin, ""))


@lru_cache(maxsize=KEPT)
def _of_origins(tag: str, origin: str) -> tuple[str, ...]:
    return tuple(of_origin(one, by) for one in simple(tag) for by in (origin, ""))


@lru_cache(maxsize=KEPT)
def _simple_of(mark: str) -> tuple[str, ...]:
    return simple(read_mark(mark)[0])


@lru_cache(maxsize=KEPT)
def simple(tag: str) -> tuple[str, ...]:
    """The patterns that a canonical tag matches and that name one attribute at most: these are asked for most."""
    name, *attributes = tag.split("+")
    return ("#*", name, *(f"{start}+{one}" for one in attributes for start in ("#*", name)))


def of_origin(pattern: str, origin: str) -> str:
    """A simple pattern as far as tags of one origin match it, of any if that is empty."""
    return f"{origin}{SEPARATOR}{pattern}"


@lru_cache(maxsize=KEPT)
def mark_of(tag: str, origin: str, confidence: float) -> str:
    """A tag with where it comes from and how certain it is, in hundredths rounded down."""
    return SEPARATOR.join((tag, origin, str(int(confidence * 100 + 1e-9))))


@lru_cache(maxsize=KEPT)
def read_mark(mark: str) -> tuple[str, str, float]:
    """Tag, origin and confidence of a mark."""
    tag, origin, hundredths = mark.split(SEPARATOR)
    return tag, origin, int(hundredths) / 100


def on_table(value: str, number: int) -> str:
    """A mark or a simple pattern on one of a record's tables."""
    return f"{number}{SEPARATOR}{value}"


def tables_of(document: dict[str, Any]) -> list[frozenset[str]]:
    """The marks of each table of a record, those with most first; a table that has nothing of its own is left out."""
    by_table: dict[tuple[int, str], set[str]] = {}
    for number, entry in enumerate(document["distributions"]):
        for column in entry["columns"]:
            for found in column["tags"]:
                mark = mark_of(found["tag"], found["origin"], found["confidence"])
                by_table.setdefault((number, column["sheet"]), set()).add(mark)
    kept: list[frozenset[str]] = []
    for table in sorted(set(map(frozenset, by_table.values())), key=lambda marks: (-len(marks), sorted(marks))):
        if len(kept) < MOST_TABLES and not any(table <= larger for larger in kept):
            kept.append(table)
    return kept


def closed(rendering: str, term: str) -> str:
    """The value of a rendering of the records that have a term.

    One value for both, for a filter is cheapest where it asks for single values of one field.
    """
    return f"{rendering} {term}"


def _stamp(given: Rendered) -> int:
    said = f"{given.id} {given.own}".encode()
    return int.from_bytes(hashlib.blake2b(said, digest_size=8).digest(), "big")


@cache
def _facet_fields() -> tuple[tuple[Facet, str, str, tuple[str, ...]], ...]:
    """Each facet with the fields of its values, its names and its days."""
    return tuple((facet, facet_field(facet), names_field(facet), day_fields(facet)) for facet in facets().values())


@lru_cache(maxsize=KEPT)
def _joined(names: tuple[str, ...]) -> str:
    return SEPARATOR.join(name[:NAME_LENGTH] for name in names)


@lru_cache(maxsize=KEPT)
def _folded(part: str) -> tuple[str, ...]:
    return tuple(tokens(part))


@lru_cache(maxsize=KEPT)
def _light(part: str) -> str:
    return " ".join(light_forms(_folded(part)))


def _texts(document: dict[str, Any]) -> dict[str, str]:
    keywords = dict.fromkeys(
        (
            *document["keywords"],
            *(topic["title"] for topic in document["topics"]),
            *(concept["title"] for concept in document["concepts"]),
            *(column["tag"] for column in document["tags"]),
            *(country_name(iso3) for iso3 in document["countries"]),
            *(place["name"] for place in document["locations"] if place.get("name")),
            document["series"] or "",
        )
    )
    organizations = dict.fromkeys(
        (
            *(name for agent in document["organizations"] for name in (agent["name"], agent.get("acronym") or "")),
            *document["holders"],
        )
    )
    titles = dict.fromkeys((document["title"], *(document["titles"] or {}).values()))
    words = [word for part in titles for word in tokens(part)]
    said = dict.fromkeys(words)
    for part in (*keywords, *organizations):
        said |= dict.fromkeys(_folded(part))
    return {
        "title": " ".join(light_forms(words)),
        "keywords": " ".join(map(_light, keywords)),
        "organizations": " ".join(map(_light, organizations)),
        "notes": " ".join(light_forms(tokens(document["notes"] or ""))),
        "said": " ".join(said),
    }
