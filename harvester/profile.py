"""What a file calls its columns: read from as little of it as tells, and never a cell of its data kept.

A file is what it begins as, whatever its name says. Of CSV the first 64 KiB are read; of workbooks and zips the list of
parts and the first rows of each sheet, by range requests; of GeoJSON the first feature's names. A server that knows no
ranges is asked for the whole, up to a bound, and few of these are held at a time.
"""

import io
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import BinaryIO

from catalog.hxl.rows import tables
from catalog.profiles import FileProfile, Remark, SheetProfile
from harvester.http import Client
from harvester.part import Part, Validators
from harvester.portal import PortalError
from harvester.profiling import delimited, geojson, packed, xls
from harvester.profiling.pieces import Pieces, Span, Unread, Wanted
from harvester.profiling.table import Found, Sheet

HEAD = 1 << 16
"""Bytes that are read of a CSV file, and first of any other."""
WHOLE = 8 << 20
"""Bytes up to which a file is read whole where parts of it are no use."""
SMALL = 1 << 19
"""Bytes up to which reading the rest of a workbook is less trouble than asking for its parts."""
IN_PARTS = 2 << 20
"""Bytes that are read of a larger one in parts."""
REQUESTS = 16
LONGEST = 90.0
"""Seconds for one file, pauses for politeness aside that are taken before each request."""
_GAP = 1 << 16
"""Bytes between two wanted parts that are read along rather than asking twice."""
_ROUNDS = 24
_LONGEST_TEXT = 500
_DOCUMENTS = (
    (b"%PDF", "a PDF document"), (b"PAR1", "a Parquet file"), (b"SQLite format 3", "a database"),
    (b"\x89PNG", "a picture"), (b"\xff\xd8\xff", "a picture"), (b"GIF8", "a picture"), (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"), (b"{\\rtf", "a document"),
)  # fmt: skip
_PARSING = threading.Lock()
_WHOLE_AT_ONCE = threading.BoundedSemaphore(2)


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of looking at a file.

    Attributes:
        profile: None where the file is as it was.
        fault: Why it could not be had now, if it could not; another day it may.
    """

    profile: FileProfile | None
    fault: PortalError | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Told:
    """A profile for whoever asked for this very file, with its first rows in memory; nothing of them is kept."""

    profile: FileProfile
    found: Found | None = None

    def first_row(self, sheet: str) -> tuple[str, ...]:
        """The first row of a sheet that is filled by half, as text: where no row is surely headers, it may be."""
        rows = next((entry.rows for entry in self.found.sheets if entry.name == sheet), ()) if self.found else ()
        texts = [tuple("" if cell is None else str(cell).strip() for cell in row) for row in rows]
        width = max(map(len, texts), default=0)
        return next((row for row in texts if sum(map(bool, row)) * 2 >= width > 0), ())


def profile(client: Client, address: str, before: Validators | None = None) -> Seen:
    """Look at a file's columns; whatever it holds, nothing is raised but what stops the reading."""
    begun = time.monotonic()
    try:
        head = client.get_part(address, most=HEAD, unless=before)
        if head.unchanged:
            return Seen(None)
        return Seen(_told(address, head, _Reading(client, address, head, begun)).profile)
    except PortalError as error:
        if error.code == "http-416":
            return Seen(FileProfile(address, remarks=(Remark("empty", "The file is empty."),)))
        return Seen(None, error)


def of_address(client: Client, address: str) -> Told:
    """The same of a file that a person asks for; raises PortalError."""
    begun = time.monotonic()
    head = client.get_part(address, most=HEAD)
    return _told(address, head, _Reading(client, address, head, begun))


def of_file(file: BinaryIO) -> Told:
    """The same of a file that is at hand and can be read anywhere."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    head = file.read(HEAD)
    part = Part(head, 0, size, size <= len(head), Validators())
    return _told("", part, _AtHand(file, size))


class _AtHand:
    """A file that need not be asked for."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._size = file, size

    def read(self, reader: Callable[[Pieces], Found]) -> Found:
        """What a format's reader finds; raises Unread."""
        pieces = Pieces(self._size)
        for _ in range(_ROUNDS):
            try:
                return _parsed(reader, pieces)
            except Wanted as wanted:
                for first, end in wanted.spans:
                    self._file.seek(first)
                    pieces.add(first, self._file.read(end - first))
        raise _too_far_apart()


class _Reading:
    """One file while it is read piece by piece."""

    def __init__(self, client: Client, address: str, head: Part, begun: float) -> None:
        self._client, self._address, self._head, self._begun = client, address, head, begun
        self._requests = 1

    def read(self, reader: Callable[[Pieces], Found]) -> Found:
        """What a format's reader finds; raises Unread, PortalError."""
        head = self._head
        if head.ended:
            pieces = Pieces(len(head.body))
            pieces.add(0, head.body)
            return self._pieced(reader, pieces)
        if head.size is None:
            return self._whole(reader)
        pieces = Pieces(head.size)
        pieces.add(0, head.body)
        try:
            return self._pieced(reader, pieces)
        except _NoRanges:
            return self._whole(reader)

    def _pieced(self, reader: Callable[[Pieces], Found], pieces: Pieces) -> Found:
        for _ in range(_ROUNDS):
            try:
                return _parsed(reader, pieces)
            except Wanted as wanted:
                spans = wanted.spans
            if pieces.size <= SMALL:
                spans = tuple(pieces.missing([(0, pieces.size)]))
            elif spans == tuple(pieces.missing([(0, pieces.size)])):
                return self._whole(reader)
            for first, end in _merged(spans):
                if pieces.held + end - first > IN_PARTS:
                    raise _too_far_apart()
                part = self._part(first, end - first)
                if part.first != first:
                    raise _NoRanges
                if not part.body:
                    raise Unread("broken", "The file is shorter than its server says.")
                pieces.add(first, part.body)
        raise _too_far_apart()

    def _whole(self, reader: Callable[[Pieces], Found]) -> Found:
        if self._head.size is not None and self._head.size > WHOLE:
            raise _too_large()
        with _WHOLE_AT_ONCE:
            part = self._part(0, WHOLE + 1)
            if not part.ended or len(part.body) > WHOLE:
                raise _too_large()
            pieces = Pieces(len(part.body))
            pieces.add(0, part.body)
            return _parsed(reader, pieces)

    def _part(self, first: int, most: int) -> Part:
        self._requests += 1
        if self._requests > REQUESTS or time.monotonic() - self._begun > LONGEST:
            raise Unread("too-slow", "The file could not be read within the time and number of requests for one file.")
        try:
            part = self._client.get_part(self._address, first, most)
        except PortalError as error:
            if error.code == "http-416":
                raise Unread("broken", "The file is shorter than its server says.") from None
            raise
        if _is_another(part, self._head):
            raise Unread("changed-while-read", "The file changed while it was read.")
        return part


def _is_another(part: Part, head: Part) -> bool:
    """Whether the file changed meanwhile; servers that share the work may differ in their marks, not in its day."""
    if part.size != head.size and None not in {part.size, head.size}:
        return True
    now, before = part.validators, head.validators
    return now.modified != before.modified if now.modified and before.modified else now.etag != before.etag


class _NoRanges(Exception):  # noqa: N818
    """The server gave the file's beginning in the place of a part."""


def _too_far_apart() -> Unread:
    return Unread("too-large", "What tells of its columns lies too far apart in the file.")


def _too_large() -> Unread:
    return Unread("too-large", f"The file is larger than {WHOLE >> 20} MiB and must be read whole.")


def _merged(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, those together that lie near each other."""
    found: list[Span] = []
    for first, end in sorted(spans):
        if found and first - found[-1][1] <= _GAP:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((first, end))
    return found


def _found(reading: _Reading | _AtHand, head: Part) -> Found:
    """By what the file begins with."""
    body = head.body
    if not body:
        raise Unread("empty", "The file is empty.")
    if body.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return reading.read(packed.sheets)
    if body.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return reading.read(xls.sheets)
    ended = head.ended
    if body.startswith(b"\x1f\x8b"):
        body, ended = packed.unzipped(body, ended=ended)
    for mark, what in _DOCUMENTS:
        if body.startswith(mark):
            raise Unread("format-not-read", f"The file is {what}.")
    start = body[:1_000].removeprefix(b"\xef\xbb\xbf").lstrip()[:300].lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")) or (
        start.startswith((b"<!--", b"<?xml")) and b"<html" in body[:4_000].lower()
    ):
        raise Unread("html", "The address answers with a web page, not with the file.")
    if start.startswith(b"<"):
        raise Unread("format-not-read", "The file is XML, which is not read.")
    if start.startswith((b"{", b"[")) and not head.body.startswith(b"\x1f\x8b"):
        return reading.read(geojson.sheets)
    return delimited.sheet(body, ended=ended, charset=head.charset)


def _parsed(reader: Callable[[Pieces], Found], pieces: Pieces) -> Found:
    """What a reader finds, one at a time: parsing takes memory, and threads that parse would only wait for each other.

    Whatever a library says of a file that it cannot read may quote it, so only the kind of error is told.
    """
    with _PARSING:
        return reader(pieces)


def _told(address: str, head: Part, reading: "_Reading | _AtHand") -> Told:
    told = head.validators
    bare = FileProfile(address, told.etag, told.modified, head.size)
    try:
        found = _found(reading, head)
        sheets = tuple(_sheet(sheet) for sheet in found.sheets)
    except PortalError:
        raise
    except Unread as error:
        return Told(replace(bare, remarks=(Remark(error.code, str(error)),)))
    except Exception as error:  # noqa: BLE001 - a file that breaks a library is a broken file
        return Told(replace(bare, remarks=(Remark("broken", f"The file is broken ({type(error).__name__})."),)))
    remarks = tuple(Remark(remark.code, remark.message, remark.sheet[:_LONGEST_TEXT]) for remark in found.remarks)
    return Told(replace(bare, format=found.format, sheets=sheets, remarks=remarks), found)


def _sheet(sheet: Sheet) -> SheetProfile:
    read = tables(sheet.name, sheet.rows)
    return SheetProfile(
        name=sheet.name[:_LONGEST_TEXT],
        headers=read.headers,
        tags=read.tags,
        tag_row=read.tag_row,
        header_rows=read.header_rows,
        rows=sheet.row_count,
        columns=sheet.column_count,
        notes=tuple(Remark(note.code, note.message, note.field[:_LONGEST_TEXT]) for note in read.notes),
    )
