"""Zip and gzip files that hold tables: CSV and its kin, one sheet per file."""

import zlib

from harvester.profiling import delimited, ods, xlsx
from harvester.profiling.archive import Archive
from harvester.profiling.pieces import Pieces, Unread
from harvester.profiling.table import MOST_SHEETS, Found, Remark, Sheet

_TEXTS = (".csv", ".tsv", ".tab")
_FIRST = 16_000
"""Packed bytes of a file in a zip that mostly hold its first rows."""
_MOST = 1 << 16
_GZIP = 31


def sheets(pieces: Pieces) -> Found:
    """The first rows of the tables in a zip: a workbook's sheets, else each CSV file; raises Unread, Wanted."""
    archive = Archive(pieces)
    names = archive.names
    if "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names):
        return xlsx.sheets(archive)
    if ods.CONTENT in names:
        return ods.sheets(archive)
    if "EncryptedPackage" in names:
        raise Unread("encrypted", "The file is locked with a password.")
    wanted = [name for name in names if name.lower().endswith(_TEXTS) and not name.startswith(("__MACOSX/", "."))]
    if not wanted:
        raise Unread("no-table", "There is no table in the zip that is read.")
    archive.need((wanted[:MOST_SHEETS], _FIRST))
    found: list[Sheet] = []
    remarks: list[Remark] = []
    for name in wanted[:MOST_SHEETS]:
        with archive.open(name, _MOST) as member:
            head, ended = member.beginning()
        short = name.rpartition("/")[2]
        try:
            made = delimited.sheet(head, ended=ended, name=short)
        except Unread as error:
            remarks.append(Remark(error.code, str(error), short))
            continue
        found += made.sheets
        remarks += made.remarks
    if len(wanted) > MOST_SHEETS:
        remarks.append(Remark("too-many-sheets", f"{len(wanted)} tables; the first {MOST_SHEETS} are read."))
    return Found("CSV", tuple(found), tuple(remarks))


def unzipped(head: bytes, *, ended: bool) -> tuple[bytes, bool]:
    """The first bytes of what a gzip file's beginning unpacks to, and whether that is all; raises Unread."""
    unpack = zlib.decompressobj(_GZIP)
    try:
        text = unpack.decompress(head, _MOST)
    except zlib.error:
        raise Unread("broken", "The file begins as gzip and is broken.") from None
    return text, ended and unpack.eof
