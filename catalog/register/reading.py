"""A sheet as somebody filled it, read into rows of values that can be kept, or into what is wrong with them."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from unicodedata import category, normalize

from catalog.agents import role_mailbox
from catalog.essence import without_keys
from catalog.masking import personal
from catalog.places import iso3_of
from catalog.register.days import NoDay, day_of
from catalog.register.files import Formula, Line, Opened, Page, Unreadable, Value, opened
from catalog.register.words import Words
from config.declarations import RegisterColumn

SAMPLE = "sample"
"""What the example row has as its id."""
HEADER_WITHIN = 30
"""Rows with something in them, among which the header is looked for."""
LEAST_HEADINGS = 3
_UNSEEN = frozenset({"Cc", "Cs", "Co", "Cn"})
_UNMARKED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202c\u2066-\u2069\ufeff]")
"""Marks of direction, which writers of Arabic set in good faith, and what is not seen."""
_OVERRIDES = {0x202D: "[U+202D]", 0x202E: "[U+202E]"}
_ACCENT = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_FLOOD = re.compile(f"({_ACCENT}{{4}}){_ACCENT}+")
_EDGES = {"period_start": "first", "period_end": "last"}
_ORDERED = (("period_start", "period_end"), ("consent_on", "consent_until"))
_ID = re.compile(r"reg-[0-9a-f]{16}")
_WEB = re.compile(r"https?://[^\s<>\"]+")
_MAIL = re.compile(r"[^@\s<>\"]+@[^@\s<>\"]+\.[^@\s<>\"]+")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a cell: where, in which column, why, and what to do about it."""

    cell: str
    column: str
    reason: str
    mend: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the sheet.

    Attributes:
        number: The spreadsheet's, from 1.
        values: By column; what is empty is left out. Days are ISO days, choices their keys, countries ISO codes.
        faults: Why it cannot be taken; empty if it can.
        given: What stood in each cell, as text.
    """

    number: int
    values: Mapping[str, str]
    faults: tuple[Fault, ...] = ()
    given: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file said.

    Attributes:
        sheet: Name of the sheet that was read; empty if it has none.
        columns: Which columns it has, by their place from 0.
        language: Of most of its headings.
        notes: What was left out and what should be looked at, in sentences.
    """

    sheet: str
    columns: Mapping[str, int]
    language: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()


def read(body: bytes, words: Words) -> Reading:
    """Read a filled sheet; raises :class:`catalog.register.files.Unreadable` if no sheet of it can be used."""
    file = opened(body, lambda cells: len(_columns(cells, words)))
    found = [(page, header) for page in file.pages if (header := _header(page, words)) is not None]
    if not found:
        wanted = ", ".join(column.title.en for column in words.columns.values() if column.required)
        raise Unreadable(
            f"No sheet has a row of headings: at least {LEAST_HEADINGS} were looked for, such as {wanted}. "
            'Begin with "landmark register template".'
        )
    page, (place, columns, heading) = max(found, key=lambda one: len(one[1][1]))
    notes = [*file.notes, *page.notes]
    required = {key for key, column in words.columns.items() if column.required}
    others = [other for other, (_, told, _) in found if other != page and required.issubset(told)]
    notes += [f'The sheet "{other.name}" has such rows too and was not read.' for other in others]
    notes += _unknown(heading, columns, words)
    if missing := [key for key in words.columns if key in required and key not in columns]:
        raise Unreadable(
            f'There is no column "{words.columns[missing[0]].title.en}", which every row needs. '
            f"Add it; the headings were found in row {page.lines[place].number}."
        )
    lines = [line for line in page.lines[place + 1 :] if not _is_tags(line)]
    samples = [line for line in lines if _text(_at(line, columns.get("id", -1))).casefold() == SAMPLE]
    if samples:
        notes.append(f"The example in row {samples[0].number} was left out.")
    rows = tuple(_row(line, columns, words, file) for line in lines if line not in samples)
    language = words.language([_text(cell) for cell in heading.cells])
    return Reading(page.name, columns, language, tuple(row for row in rows if row.given), tuple(notes))


def address(column: int, row: int) -> str:
    """The name of a cell, such as ``C5``, of its column from 0 and row from 1."""
    letters, rest = "", column + 1
    while rest:
        rest, letter = divmod(rest - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return f"{letters}{row}"


def clean(text: str) -> str:
    """A text as it is kept: composed, with plain line ends and no sign that is not seen.

    What turns the order of letters round is shown as ``[U+202E]``; what only marks their direction goes.
    """
    lined = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\t", " ")
    plain = normalize("NFC", _UNMARKED.sub("", lined))
    plain = normalize("NFC", _FLOOD.sub(r"\1", plain).translate(_OVERRIDES))
    return "".join(letter for letter in plain if letter == "\n" or category(letter) not in _UNSEEN).strip()


def _header(page: Page, words: Words) -> tuple[int, dict[str, int], Line] | None:
    """The place of the row of headings or hashtags that knows most columns."""
    best: tuple[int, dict[str, int], Line] | None = None
    for place, line in enumerate(page.lines[:HEADER_WITHIN]):
        columns = _columns(line.cells, words)
        if len(columns) >= LEAST_HEADINGS and (best is None or len(columns) > len(best[1])):
            best = place, columns, line
    if best is None:
        return None
    place, columns, line = best
    after = page.lines[place + 1] if place + 1 < len(page.lines) else None
    if after is not None and _is_tags(after):
        # A renamed heading is known by the hashtag below it.
        for key, at in _columns(after.cells, words).items():
            if key not in columns and at not in columns.values():
                columns[key] = at
    for key, at in columns.items():
        again = [other for other, cell in enumerate(line.cells) if other != at and words.column(_text(cell)) == key]
        if again:
            raise Unreadable(
                f'The cells {address(at, line.number)} and {address(again[0], line.number)} are both "{key}". '
                "Rename or remove one of these columns."
            )
    return place, columns, line


def _columns(cells: Iterable[Value], words: Words) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, cell in enumerate(cells):
        if isinstance(cell, str) and (key := words.column(cell)):
            found.setdefault(key, place)
    return found


def _unknown(header: Line, columns: Mapping[str, int], words: Words) -> Iterator[str]:
    for place, cell in enumerate(header.cells):
        heading = _text(cell)
        if heading and place not in columns.values():
            near = words.near(heading)
            hint = f' Did you mean "{words.columns[near].title.en}"?' if near else ""
            yield f'The column "{heading[:60]}" ({address(place, header.number)}) is not known and was left out.{hint}'


def _is_tags(line: Line) -> bool:
    told = [cell for cell in line.cells if isinstance(cell, str) and cell.strip()]
    return bool(told) and all(cell.strip().startswith("#") for cell in told)


def _at(line: Line, place: int) -> Value:
    return line.cells[place] if 0 <= place < len(line.cells) else None


def _text(value: Value) -> str:  # noqa: PLR0911 - a cell holds what it likes
    if value is None:
        return ""
    if isinstance(value, Formula):
        return clean(value.text)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(" ", "seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:  # noqa: PLR2004 - beyond it digits are lost
        return str(int(value))
    return clean(str(value))


def _row(line: Line, columns: Mapping[str, int], words: Words, file: Opened) -> Row:
    values: dict[str, str] = {}
    given: dict[str, str] = {}
    faults: list[Fault] = []
    for key, column in words.columns.items():
        place = columns.get(key, -1)
        value = _at(line, place)
        text = _text(value)
        if not text:
            if column.required:
                mend = f"Fill it in: {column.help.en}"
                faults.append(Fault(address(max(place, 0), line.number), key, "it is empty", mend))
            continue
        given[key] = text
        try:
            values[key] = _value(column, value, text, words, from_1904=file.from_1904)
        except _Wrong as wrong:
            faults.append(Fault(address(place, line.number), key, wrong.reason, wrong.mend))
    for first, last in _ORDERED:
        if first in values and last in values and values[last] < values[first]:
            reason = f"it is before {words.columns[first].title.en.lower()}, {values[first]}"
            faults.append(Fault(address(columns[last], line.number), last, reason, "Correct one of the two days."))
    return Row(line.number, values, tuple(faults), given)


class _Wrong(Exception):  # noqa: N818
    def __init__(self, reason: str, mend: str) -> None:
        self.reason, self.mend = reason, mend


def _value(column: RegisterColumn, value: Value, text: str, words: Words, *, from_1904: bool) -> str:
    if isinstance(value, Formula):
        raise _Wrong("it is a formula", "Copy the cell, and paste its value in its place.")
    if column.type == "date":
        if isinstance(value, bool):
            raise _Wrong("it is no day", "Write the day as in 2026-03-05.")
        given = value if isinstance(value, int | float | date) else text
        try:
            return day_of(given, from_1904=from_1904, edge=_EDGES.get(column.key, "")).isoformat()
        except NoDay as error:
            raise _Wrong(f'"{text[:60]}": {error}', error.mend) from None
    if column.type in {"list", "boolean"}:
        if chosen := words.choice(column, text):
            return chosen
        raise _Wrong(f'"{text[:60]}" cannot be chosen', f"Write one of: {', '.join(words.choices(column, 'en'))}.")
    if column.type == "places":
        return _places(text)
    if column.type == "number":
        if not re.fullmatch(r"\d{1,5}", text):
            raise _Wrong(f'"{text[:60]}" is no whole number', "Write digits alone, such as 30.")
        return str(int(text))
    return _words(column, text)


def _places(text: str) -> str:
    found: dict[str, None] = {}
    for part in filter(None, (part.strip() for part in re.split(r"[;\n/|]", text))):
        names: Sequence[str] = [part]
        if iso3_of(part) is None:
            names = [name for name in (name.strip() for name in re.split("[,،]", part)) if name]
        for name in names:
            code = iso3_of(name)
            if code is None:
                raise _Wrong(f'"{name[:60]}" is no country', "Write the country's name or ISO code, such as UKR.")
            found[code] = None
    return "; ".join(sorted(found))


def _words(column: RegisterColumn, text: str) -> str:
    if len(text) > column.most:
        raise _Wrong(f"it has {len(text)} characters", f"Shorten it to {column.most}.")
    if without_keys(text.encode()) != text.encode():
        raise _Wrong("an address in it has a password or a key", "Write the address without it.")
    if column.key == "id" and not _ID.fullmatch(text):
        raise _Wrong(f'"{text[:60]}" is no register id', "Clear the cell, if the holding is new.")
    if column.key == "ask_at":
        if not (_WEB.fullmatch(text) or _MAIL.fullmatch(text)):
            raise _Wrong("it is neither an address of a mailbox nor of a page", "Write one, or say it in How to ask.")
        if _MAIL.fullmatch(text) and not role_mailbox(text, ""):
            raise _Wrong("it may be a person's own mailbox", "Write the office's mailbox, such as im@office.example.")
    elif not column.personal and (held := personal(text)):
        raise _Wrong(f"it holds {held[0]}", "Take it out: the register describes data, and is read by many.")
    return text
