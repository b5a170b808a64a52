"""CSV and its kin: encodings, byte order marks and delimiters as people's programs write them."""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from harvester.profiling.pieces import Unread
from harvester.profiling.table import MOST_COLUMNS, ROWS, Found, Sheet, too_wide

DELIMITERS = ",;\t|"
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SEPARATOR_LINE = 6
_SHARE_OF_NULS = 0.3


def sheet(head: bytes, *, ended: bool, charset: str = "", name: str = "") -> Found:
    """The first rows of a CSV file from its beginning; ``ended`` if that is all of it. Raises Unread."""
    text = decoded(head, ended=ended, charset=charset)
    if not text.strip():
        raise Unread("empty", "The file is empty.")
    text, delimiter = _told(text)
    delimiter = delimiter or _delimiter(text)
    reading = _rows(text, delimiter, ended=ended)
    first = list(islice(reading, ROWS))
    widest = max(map(len, first), default=0)
    if widest > MOST_COLUMNS:
        return Found("CSV", remarks=(too_wide(name, widest),))
    return Found("CSV", (Sheet(name, first, len(first) + sum(1 for _ in reading) if ended else None, widest),))


def decoded(head: bytes, *, ended: bool, charset: str = "") -> str:
    """The text of a file's beginning: what its mark says, else UTF-8, else what was declared, else Latin."""
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return codecs.getincrementaldecoder(encoding)("replace").decode(head[len(mark) :], final=ended)
    if head[:2_000].count(0) > len(head[:2_000]) * _SHARE_OF_NULS:
        wide = "utf-16-le" if head[:2_000:2].count(0) < head[1:2_000:2].count(0) else "utf-16-be"
        return codecs.getincrementaldecoder(wide)("replace").decode(head, final=ended)
    if b"\0" in head:
        raise Unread("not-text", "The file is no text, and of no format that is read.")
    for encoding in ("utf-8", charset, "cp1252"):
        try:
            if encoding:
                return codecs.getincrementaldecoder(encoding)("strict").decode(head, final=ended)
        except (LookupError, UnicodeError, ValueError):
            continue
    return head.decode("latin-1")


def _told(text: str) -> tuple[str, str]:
    """Excel's own first line ``sep=;``, if there is one."""
    line, _, rest = text.partition("\n")
    line = line.strip()
    if line.lower().startswith("sep=") and len(line) < _SEPARATOR_LINE and line[4:] in DELIMITERS:
        return rest, line[4:] or "\t"
    return text, ""


def _delimiter(text: str) -> str:
    """The one by which most rows have the same, largest number of cells."""
    sample = text[:20_000]

    def worth(delimiter: str) -> tuple[float, int]:
        widths = [len(row) for row in islice(_rows(sample, delimiter, ended=len(text) <= len(sample)), ROWS)]
        widths = [width for width in widths if width]
        if not widths:
            return 0.0, 0
        width, times = max(Counter(widths).items(), key=lambda pair: (pair[1] if pair[0] > 1 else 0, pair[0]))
        return (times / len(widths) if width > 1 else 0.0), width

    return max(DELIMITERS, key=worth)


def _rows(text: str, delimiter: str, *, ended: bool) -> Iterator[Sequence[str]]:
    """The rows that are whole."""
    before: list[str] | None = None
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if before is not None:
                yield before
            before = row
    except csv.Error:
        return
    if before is not None and ended:
        yield before
