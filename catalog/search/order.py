"""Orders of an answer and the cursors that go on in them. Equal places are told apart by the catalog's own number."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import orjson
from tantivy import DocAddress, FieldType, Occur, Order, Query, Searcher

from catalog.query import QueryError
from catalog.search.schema import SEPARATOR, schema

ORDERS = ("relevance", "modified", "title")
DEEPEST = 10_000
"""Records after which there is no next page by relevance or by title: each page costs as much as all before it."""
_SLACK = 64
_MORE = 16
"""Times as many are looked at where records of one score go beyond those: another search costs as much as the first."""
_LONGEST_CURSOR = 4_000
_BEGUN = 100
"""Letters of a title that a cursor has: a whole one may be longer than an address should be."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ended: the order it was of, its last place, and how many came before."""

    order: str
    place: Any
    offset: int


@dataclass(frozen=True, slots=True)
class Slice:
    """A page's documents in order, where the next begins, how many there are in all; ``deep`` if more are not shown."""

    addresses: tuple[DocAddress, ...]
    next: str
    total: int
    deep: bool = False


def read_cursor(text: str, order: str) -> Cursor | None:
    """The cursor of an ``after``; raises QueryError if it is none or of another order.

    It goes on after the same place in whatever generation there is by then, and on whatever day.
    """
    if not text:
        return None
    try:
        if len(text) > _LONGEST_CURSOR:
            raise ValueError("too long")
        said = orjson.loads(base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)))
        cursor = Cursor(*said)
        sound = (
            isinstance(cursor.offset, int)
            and 0 <= cursor.offset < (1 << 24 if cursor.order == "modified" else DEEPEST)
            and _SOUND[cursor.order](cursor.place)
        )
    except (ValueError, TypeError, KeyError):
        sound = False
    if not sound:
        raise QueryError("after", 'this is not a "next" that an answer gave; leave "after" out to begin again')
    if cursor.order != order:
        raise QueryError("after", f'this "next" is of the order "{cursor.order}"; begin again or sort by it')
    return cursor


def cut(searcher: Searcher, query: Query, order: str, limit: int, cursor: Cursor | None) -> Slice:
    """The page after the cursor; the total counts every match of the query, the pages before among them."""
    found, total = _PAGES[order](searcher, query, limit + 1, cursor)
    addresses = tuple(address for _, address in found[:limit])
    if len(found) <= limit:
        return Slice(addresses, "", total)
    offset = (cursor.offset if cursor else 0) + limit
    if offset >= DEEPEST and order != "modified":
        return Slice(addresses, "", total, deep=True)
    place = found[limit - 1][0]
    if order == "title":
        place = (place[:_BEGUN], SEPARATOR + place.rpartition(SEPARATOR)[2])
    said = orjson.dumps([order, place, offset])
    return Slice(addresses, base64.urlsafe_b64encode(said).rstrip(b"=").decode(), total)


def count(searcher: Searcher, query: Query) -> int:
    """Exact number of matches."""
    return _total(searcher.search(query, limit=1, order_by_field="seq"))


def _total(result: Any) -> int:  # noqa: ANN401 - the stub leaves "count" out
    return int(result.count)


Found = tuple[list[tuple[Any, DocAddress]], int]


def _by_modified(searcher: Searcher, query: Query, wanted: int, cursor: Cursor | None) -> Found:
    if cursor is None:
        result = searcher.search(query, limit=wanted, order_by_field="key")
        total = _total(result)
    else:
        total = count(searcher, query)
        older = Query.range_query(schema(), "key", FieldType.Unsigned, upper_bound=cursor.place, include_upper=False)
        query = Query.boolean_query([(Occur.Must, query), (Occur.Must, older)])
        result = searcher.search(query, limit=wanted, count=False, order_by_field="key")
    return [(key, address) for key, address in result.hits if key is not None], total


def _by_title(searcher: Searcher, query: Query, wanted: int, cursor: Cursor | None) -> Found:
    # How many came before is no rank: records of the pages before may be gone, or left out today.
    asked = wanted + (cursor.offset + _SLACK if cursor else 0)
    while True:
        result = searcher.search(query, limit=asked, order_by_field="title_key", order=Order.Asc)
        hits = result.hits
        found = _after_title(
            [(key, address) for key, address in hits if key is not None], cursor.place if cursor else None
        )
        if len(found) >= wanted or len(hits) < asked:
            return found[:wanted], _total(result)
        asked *= 2


def _by_relevance(searcher: Searcher, query: Query, wanted: int, cursor: Cursor | None) -> Found:
    asked = (cursor.offset if cursor else 0) + wanted + _SLACK
    after = tuple(cursor.place) if cursor else None
    while True:
        result = searcher.search(query, limit=asked)
        hits = result.hits
        numbers = searcher.fast_field_values("seq", [address for _, address in hits])
        # The last digits of a score depend on the order of addition.
        placed = [
            ((-float(f"{score:.5g}"), number), address)
            for (score, address), number in zip(hits, numbers, strict=True)
            if number is not None
        ]
        if len(hits) == asked:
            # Further records may share the last score; those at a score are all there when a lower one is seen.
            lowest = placed[-1][0][0]
            placed = [hit for hit in placed if hit[0][0] < lowest]
        found = _after(sorted(placed, key=itemgetter(0)), after)
        if len(found) >= wanted or len(hits) < asked:
            return found[:wanted], _total(result)
        asked *= _MORE


def _after_title(placed: list[tuple[str, DocAddress]], last: tuple[str, str] | None) -> list[tuple[str, DocAddress]]:
    """What comes after the last title of a page, of which the cursor has the beginning and the record's number.

    Where that record is gone, titles that begin as it did may come twice; none is left out.
    """
    if last is None:
        return placed
    begun, number = last
    for rank, (key, _) in enumerate(placed):
        if key.endswith(number) and key.startswith(begun):
            return placed[rank + 1 :]
    return [hit for hit in placed if hit[0] > begun]


def _after(placed: list[tuple[Any, DocAddress]], last: tuple[float, int] | None) -> list[tuple[Any, DocAddress]]:
    """What comes after the last record of a page; its score may be another by now, so it is looked for by number."""
    if last is None:
        return placed
    for rank, (place, _) in enumerate(placed):
        if place[1] == last[1]:
            return placed[rank + 1 :]
    return [hit for hit in placed if hit[0] > last]


_PAGES = {"relevance": _by_relevance, "modified": _by_modified, "title": _by_title}


def _number(place: object) -> bool:
    return isinstance(place, int) and not isinstance(place, bool) and 0 <= place < 1 << 64


def _score(place: object) -> bool:
    return (
        isinstance(place, list)
        and len(place) == len(("score", "number"))
        and all(isinstance(part, int | float) for part in place)
    )


def _title(place: object) -> bool:
    return isinstance(place, list) and len(place) == 2 and all(isinstance(part, str) for part in place)  # noqa: PLR2004


_SOUND: dict[str, Callable[[object], bool]] = {
    "relevance": _score,
    "modified": _number,
    "title": _title,
}
