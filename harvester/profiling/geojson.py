"""GeoJSON and tables in JSON: the names of the first feature's properties, or the first rows."""

from collections.abc import Iterator
from typing import Any

from harvester.profiling.pieces import Pieces, Unread
from harvester.profiling.table import MOST_COLUMNS, ROWS, Found, Sheet, too_wide

_STEP = 1 << 16
_MOST = 1 << 20
"""Bytes among which the first feature must begin; an outline may come before it."""
_MOST_EVENTS = 400_000
_FEATURES = 3
"""Features whose values are compared with the names."""
_SCALARS = {"string", "number", "boolean", "null"}
_OPENING, _CLOSING = {"start_map", "start_array"}, {"end_map", "end_array"}


class _Short(Exception):  # noqa: N818
    """More of the file is needed."""


def sheets(pieces: Pieces) -> Found:
    """Names and first rows; raises Unread, Wanted."""
    import ijson

    there = min(pieces.size, _MOST)
    pieces.need([(0, min(_STEP, there))])
    known = there - sum(end - first for first, end in pieces.missing([(0, there)]))
    pieces.seek(0)
    beginning = _Beginning(pieces.read(known).removeprefix(b"\xef\xbb\xbf"), ended=known >= pieces.size)
    try:
        return _read(ijson.basic_parse(beginning, use_float=True))
    except _Short:
        if known < there:
            # Each time twice as much: few requests, and little for what stands in front.
            pieces.need([(0, min(there, known * 4))])
        raise Unread("no-table", "No table begins near the beginning of the file.") from None
    except ijson.JSONError as error:
        raise Unread("broken", "The file begins as JSON and is broken.") from error


class _Beginning:
    """The first bytes of a file; reading beyond them raises _Short, if it goes on."""

    def __init__(self, content: bytes, *, ended: bool) -> None:
        self._content, self._ended, self._at = content, ended, 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        if size == 0:
            return b""
        end = len(self._content) if size < 0 else self._at + size
        data = self._content[self._at : end]
        self._at += len(data)
        if not data and not self._ended:
            raise _Short
        return data


def _read(events: Iterator[tuple[str, Any]]) -> Found:
    events = _bounded(events)
    event, _ = next(events)
    if event == "start_array":
        return _found("JSON", list(_rows(events)))
    if event != "start_map":
        raise Unread("no-table", "The file is JSON, and no table.")
    for event, value in events:
        if event == "end_map":
            break
        name = value
        event, _ = next(events)  # noqa: PLW2901
        if name == "features" and event == "start_array":
            return _found("GEOJSON", list(_features(events)))
        _skip(event, events)
    raise Unread("no-table", "The file is JSON, and no table.")


def _found(kind: str, rows: list[list[object]]) -> Found:
    widest = max(map(len, rows), default=0)
    if widest > MOST_COLUMNS:
        return Found(kind, remarks=(too_wide("", widest),))
    return Found(kind, (Sheet("", rows),))


def _features(events: Iterator[tuple[str, Any]]) -> Iterator[list[object]]:
    """The names of the first feature's properties as the first row, then values."""
    names: list[str] = []
    for _ in range(_FEATURES):
        try:
            event, _value = next(events)
            if event != "start_map":
                return
            properties = _properties(events)
        except (_Short, StopIteration):
            if not names:
                raise
            return
        if not names:
            names = list(properties)
            yield list(names)
        yield [properties.get(name) for name in names]


def _properties(events: Iterator[tuple[str, Any]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for event, name in events:
        if event == "end_map":
            break
        event, _ = next(events)  # noqa: PLW2901
        if name == "properties" and event == "start_map":
            found = _object(events)
        else:
            _skip(event, events)
    return found


def _object(events: Iterator[tuple[str, Any]]) -> dict[str, object]:
    """The scalar members of the object that has just begun; others by name alone."""
    found: dict[str, object] = {}
    for event, name in events:
        if event == "end_map":
            break
        event, value = next(events)  # noqa: PLW2901
        if len(found) <= MOST_COLUMNS:
            found[name] = value if event in _SCALARS else None
        _skip(event, events)
    return found


def _rows(events: Iterator[tuple[str, Any]]) -> Iterator[list[object]]:
    """Rows of an array of arrays, or of an array of objects whose first names the columns."""
    names: list[str] = []
    try:
        for _ in range(ROWS):
            event, _value = next(events)
            if event == "start_map":
                found = _object(events)
                if not names:
                    names = list(found)
                    yield list(names)
                yield [found.get(name) for name in names]
            elif event == "start_array":
                yield _array(events)
            else:
                return
    except (_Short, StopIteration):
        if not names:
            raise


def _array(events: Iterator[tuple[str, Any]]) -> list[object]:
    found: list[object] = []
    for event, value in events:
        if event == "end_array":
            break
        if len(found) <= MOST_COLUMNS:
            found.append(value if event in _SCALARS else None)
        _skip(event, events)
    return found


def _skip(event: str, events: Iterator[tuple[str, Any]]) -> None:
    """Go to the end of what has just begun."""
    depth = int(event in _OPENING)
    while depth:
        event, _ = next(events)
        depth += (event in _OPENING) - (event in _CLOSING)


def _bounded(events: Iterator[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    for number, event in enumerate(events):
        if number > _MOST_EVENTS:
            raise Unread("too-large", "No table begins near the beginning of the file.")
        yield event
