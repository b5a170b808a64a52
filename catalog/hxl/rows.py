"""Headers and hashtags from the first rows of a sheet. Pure; a row of data is never given back.

Tags are read as libhxl reads them when it is handed the same rows. Headers are looked for with more suspicion than
libhxl has, which takes whatever stands above the tags: a row is taken for headers only if its cells differ from each
other, are text, hold no number, date, e-mail, phone or coordinate, do not stand in their column again, and if words,
spelling or the values below say that it heads columns. What is in doubt is left out.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from catalog.hxl.tags import base, canonical
from catalog.records import ReadingNote
from catalog.text import tokens
from config.vocabulary import hashtags, header_words, legacy_hashtags

LOOKED_AT = 25
"""Rows among which libhxl looks for hashtags."""
LONGEST = 500
"""Characters of a header; longer text is prose."""
JOINED = " / "
"""Between the headers of several rows."""
_MOST_HEADER_ROWS = 4
_MOST_TAG = 2_000
_HALF = 2
_SHORTEST = 3
_LEXICAL, _CONTRAST = 3, 2

_NUMBER = re.compile(r"[-+]?[$€£]?\s?\d[\d\s.,'\u00a0]*(?:[eE][-+]?\d+)?\s?[%$€£]?")
_DAY = re.compile(r"(?<!\d)(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2}))(?!\d)")
_WRITTEN_DAY = re.compile(
    r"(?<!\d)\d{1,2}(?:st|nd|rd|th|er)?[-/.\s]+(?:de\s+|of\s+)?[^\W\d]{3,}[-/.,\s]+(?:de\s+)?\d{2,4}(?!\d)"
)
_MONTH_FIRST = re.compile(r"^[^\W\d]{3,9}\.?\s+\d{1,2}(?:st|nd|rd|th)?,?\s+\d{4}$")
_YEAR_MONTH = re.compile(r"\d{4}[-/.]\d{1,2}|\d{1,2}[-/.]\d{4}")
_TIME = re.compile(r"(?<!\d)\d{1,2}:\d{2}(?::\d{2})?(?!\d)")
_EMAIL = re.compile(r"\S@\S")
_ADDRESS = re.compile(r"(?:https?|ftp)://|www\.", re.IGNORECASE)
_PHONE = re.compile(r"(?:\d[\s().\-/\u00a0]{0,2}){6,}\d")
_YEARS = re.compile(r"(?<!\d)(?:19|20)\d\d\s*[-/–_]\s*(?:19|20)\d\d(?!\d)")
_LONG_RUN = re.compile(r"\d{5,}")
_DEGREES = re.compile(r"\d\s*[°º]|\d['′]\s*\d|\d+\.\d{3,}")
_CODE = re.compile(r"[^\W\d_]{1,4}[-/ ]?(?!(?:19|20)\d\d$)\d{4,}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-|\b[0-9a-f]{16,}\b", re.IGNORECASE)
_VALUES = frozenset(
    "unknown|n/a|na|nd|none|null|nil|nan|yes|no|true|false|oui|non|si|sí|نعم|لا|так|ні|да|нет".split("|")  # noqa: SIM905
)
_SIGNS = frozenset({"#", "№", "%", "N°", "Nº"})
_IDENTIFIER = re.compile(r"[^\W_]+(?:_[^\W_]+)+|_*[a-z]+\d*[A-Z][A-Za-z0-9]*|adm(?:in)?\d\w*", re.ASCII)
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class HeaderRead:
    """What a sheet calls its columns.

    Attributes:
        sheet: The sheet's name as it was given.
        headers: By position, empty where a column has none; ``()`` if no row could be taken for headers.
        tags: By position, canonical as written there (:func:`catalog.hxl.tags.canonical`), empty where a column has
            none; ``()`` if there is no row of hashtags. Tags of 2014 stand as they are, see :func:`current`.
        tag_row: Index of the row of hashtags, 0 for the first row given.
        header_rows: Indexes of the rows from which the headers were joined.
        notes: ``header-not-found``, ``hashtag-malformed``, ``hashtag-unknown``, ``hashtags-unknown``.
    """

    sheet: str
    headers: tuple[str, ...]
    tags: tuple[str, ...]
    tag_row: int | None
    header_rows: tuple[int, ...]
    notes: tuple[ReadingNote, ...]


def tables(sheet: str, rows: Sequence[Sequence[object]]) -> HeaderRead:
    """Headers and hashtags of one sheet from its first rows; rows after the 25th serve as data to compare with."""
    texts = [[_text(cell) for cell in row] for row in rows]
    tag_row = next((place for place, row in enumerate(texts[:LOOKED_AT]) if _is_tag_row(row)), None)
    tags: tuple[str, ...] = ()
    notes: list[ReadingNote] = []
    if tag_row is not None:
        tags = tuple(hashtag(cell) for cell in texts[tag_row])
        notes += _tag_notes(sheet, texts[tag_row], tags)
    header_rows = _header_rows(texts, tag_row, tags)
    headers = _joined([texts[place] for place in header_rows])
    # Above tags a header may stand twice ("Total"), if the row otherwise says that it is one.
    if headers and not _distinct(headers) and not (tags and _mostly_says_so(texts, header_rows[-1], tag_row, tags)):
        header_rows, headers = (), ()
    if headers and tags:
        longest = max(len(headers), len(tags))
        headers += ("",) * (longest - len(headers))
        tags += ("",) * (longest - len(tags))
    if not headers and any(any(row) for row in texts[:tag_row]):
        notes.append(
            ReadingNote("header-not-found", sheet, "No row could be told from data with certainty; none was kept.")
        )
    return HeaderRead(sheet, headers, tags, tag_row, header_rows, tuple(notes))


def hashtag(cell: str) -> str:
    """The canonical hashtag that libhxl reads in a cell of a row of tags; empty if it reads none."""
    if not cell or (cell[0].isascii() and cell[0] not in "# \t\r\n") or len(cell) > _MOST_TAG:
        return ""
    return _hashtag(cell)


def current(tag: str) -> str:
    """A canonical tag as it is written today: ``#adm1_id`` becomes ``#adm1+code``, others stay as they are."""
    name, plus, rest = tag.partition("+")
    known = legacy_hashtags().get(name)
    return tag if known is None else canonical(known + plus + rest)


@lru_cache(maxsize=20_000)
def _hashtag(cell: str) -> str:
    from hxl.datatypes import normalise_string

    return canonical(normalise_string(cell))


def _text(cell: object) -> str:
    if cell is None:
        return ""
    text = cell if isinstance(cell, str) else str(cell)
    return text.strip()


def _is_tag_row(row: Sequence[str]) -> bool:
    """By libhxl's own rule: at least half of the cells that are not empty are hashtags."""
    filled = sum(1 for cell in row if cell)
    return filled > 0 and sum(1 for cell in row if hashtag(cell)) * 2 >= filled


def _tag_notes(sheet: str, row: Sequence[str], tags: Sequence[str]) -> Iterator[ReadingNote]:
    for place, (cell, tag) in enumerate(zip(row, tags, strict=True)):
        if cell.startswith("#") and not tag:
            # The cell is not quoted: whatever it is, it is no hashtag.
            yield ReadingNote(
                "hashtag-malformed", sheet, f"Column {place + 1} begins with # and is no hashtag; it has no tag."
            )
    named = {base(tag) for tag in tags if tag}
    unknown = sorted(name for name in named if name not in hashtags() and name not in legacy_hashtags())
    if unknown and len(unknown) == len(named):
        yield ReadingNote(
            "hashtags-unknown", sheet, f"None of these is in the dictionary, they may be labels: {', '.join(unknown)}."
        )
    elif unknown:
        yield ReadingNote("hashtag-unknown", sheet, f"Not in the dictionary: {', '.join(unknown)}.")


def _header_rows(texts: Sequence[Sequence[str]], tag_row: int | None, tags: Sequence[str]) -> tuple[int, ...]:
    """The rows that head the columns, first to last; none if that is in doubt."""
    width = max((_width(row) for row in texts), default=0)
    if tag_row is not None:
        lowest = tag_row - 1
        if lowest < 0 or not any(texts[lowest]) or _run_above(texts, tag_row, width) > _MOST_HEADER_ROWS:
            return ()
        if not _heads(texts, lowest, tag_row + 1, tags):
            return ()
    else:
        lowest = next((place for place, row in enumerate(texts[:LOOKED_AT]) if _is_full(row, width)), -1)
        if lowest < 0:
            return ()
        heads = _heads(texts, lowest, lowest + 1, ())
        if _is_continued(texts, lowest) and (not heads or _groups(texts, lowest, lowest + 2, width)):
            lowest += 1
        elif not heads:
            return ()
    rows = [lowest]
    while rows[0] and len(rows) < _MOST_HEADER_ROWS and _groups(texts, rows[0] - 1, lowest + 1, width):
        rows.insert(0, rows[0] - 1)
    return tuple(rows)


def _run_above(texts: Sequence[Sequence[str]], row: int, width: int) -> int:
    """How many rows in a row above this one are full: many are data."""
    count = 0
    while count < row and _is_full(texts[row - 1 - count], width):
        count += 1
    return count


def _is_continued(texts: Sequence[Sequence[str]], row: int) -> bool:
    """Whether the row below heads columns too, among them some for which this one has nothing."""
    below = texts[row + 1] if row + 1 < len(texts) else ()
    opened = any(cell and not _cell(texts[row], place) for place, cell in enumerate(below))
    return opened and _heads(texts, row + 1, row + 2, ())


def _heads(texts: Sequence[Sequence[str]], row: int, first: int, tags: Sequence[str]) -> bool:
    """Whether a row heads the columns whose values begin at row ``first``."""
    cells = {place: cell for place, cell in enumerate(texts[row]) if cell}
    if not cells or not all(_is_label(cell) for cell in cells.values()):
        return False
    below = _columns(texts, first, cells)
    if any(_recurs(cell, below[place]) for place, cell in cells.items()):
        return False
    if any(_recurs(cell, [_cell(above, place) for above in texts[:row]]) for place, cell in cells.items()):
        return False
    lexical = sum(1 for place, cell in cells.items() if _says_so(cell, below[place], _cell(tags, place)))
    contrast = sum(1 for place in cells if _is_measured(below[place]))
    if tags:
        return lexical + contrast > 0
    return _LEXICAL * lexical >= len(cells) or (lexical > 0 and _CONTRAST * contrast >= len(cells))


def _mostly_says_so(texts: Sequence[Sequence[str]], row: int, tag_row: int | None, tags: Sequence[str]) -> bool:
    cells = {place: cell for place, cell in enumerate(texts[row]) if cell}
    below = _columns(texts, (tag_row or row) + 1, cells)
    said = sum(1 for place, cell in cells.items() if _says_so(cell, below[place], _cell(tags, place)))
    return _HALF * said >= len(cells)


def _groups(texts: Sequence[Sequence[str]], row: int, first: int, width: int) -> bool:
    """Whether a row above the headers groups them, rather than being a title or a line about the sheet."""
    cells = {place: cell for place, cell in enumerate(texts[row]) if cell}
    if len(cells) < _HALF or _HALF * (max(cells) + 1) < width or not all(_is_label(cell) for cell in cells.values()):
        return False
    below = _columns(texts, first, cells)
    if any(_recurs(cell, below[place]) for place, cell in cells.items()):
        return False
    return _HALF * sum(1 for place, cell in cells.items() if _says_so(cell, below[place], "")) >= len(cells)


def _columns(texts: Sequence[Sequence[str]], first: int, places: Mapping[int, str]) -> Mapping[int, list[str]]:
    below = texts[first:]
    return {place: [cell for row in below if (cell := _cell(row, place))] for place in places}


def _recurs(cell: str, below: Sequence[str]) -> bool:
    return len(cell) >= _SHORTEST and cell.casefold() in {value.casefold() for value in below}


def _says_so(cell: str, below: Sequence[str], tag: str) -> bool:
    """Whether a cell has a word or the spelling of a header, and the values below it have not."""
    words = frozenset(tokens(" ".join(_WORD.findall(cell))))
    heading = words & _heading_words()
    if heading and not any(heading & frozenset(tokens(value[:LONGEST])) for value in below):
        return True
    if _IDENTIFIER.fullmatch(cell) and not any(_IDENTIFIER.fullmatch(value) for value in below):
        return True
    parts = [part for part in re.split(r"[#+_]", tag) if len(part) >= _SHORTEST]
    return any(word.startswith(part) for part in parts for word in words)


def _is_measured(below: Sequence[str]) -> bool:
    """Whether most values of a column are numbers, days, coordinates or phones."""
    told = [value for value in below if value.casefold() not in _VALUES]
    return bool(told) and sum(1 for value in told if not _is_label(value)) * 3 >= len(told) * 2


@lru_cache(maxsize=50_000)
def _is_label(cell: str) -> bool:
    """Whether a text may stand above a column: no number, day, time, address, phone, coordinate or code in it."""
    if cell in _SIGNS:
        return True
    if len(cell) > LONGEST or cell.casefold() in _VALUES or not any(character.isalpha() for character in cell):
        return False
    plain = "".join(str(int(character)) if character.isdecimal() else character for character in cell)
    if not any(character.isdigit() for character in plain):
        return not (_EMAIL.search(plain) or _ADDRESS.search(plain))
    plain = _YEARS.sub(" ", plain)
    return not any(sign.search(plain) for sign in _DATA) and not any(sign.fullmatch(plain) for sign in _WHOLLY)


_DATA = (_DAY, _WRITTEN_DAY, _MONTH_FIRST, _TIME, _EMAIL, _ADDRESS, _PHONE, _LONG_RUN, _DEGREES, _UUID)
_WHOLLY = (_NUMBER, _YEAR_MONTH, _CODE)


@cache
def _heading_words() -> frozenset[str]:
    return frozenset(folded for words in header_words().values() for word in words for folded in tokens(word))


def _joined(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """One header per column; a group's name counts for the empty cells to its right."""
    if not rows:
        return ()
    width = max(_width(row) for row in rows)
    parts: list[list[str]] = [[] for _ in range(width)]
    for row in rows[:-1]:
        group = ""
        for place in range(width):
            group = _cell(row, place) or group
            if group and (_cell(rows[-1], place) or _cell(row, place)):
                parts[place].append(group)
    for place in range(width):
        if cell := _cell(rows[-1], place):
            parts[place].append(cell)
    return tuple(JOINED.join(dict.fromkeys(_clean(part) for part in column)) for column in parts)


def _clean(text: str) -> str:
    return " ".join(text.split())


def _distinct(headers: Sequence[str]) -> bool:
    given = [header.casefold() for header in headers if header]
    return len(given) == len(set(given))


def _is_full(row: Sequence[str], width: int) -> bool:
    filled = sum(1 for cell in row if cell)
    return filled > 0 and filled * _HALF >= width


def _width(row: Sequence[str]) -> int:
    return next((place for place in range(len(row), 0, -1) if row[place - 1]), 0)


def _cell(row: Sequence[str], place: int) -> str:
    return row[place] if place < len(row) else ""
