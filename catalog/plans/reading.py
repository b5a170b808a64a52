"""A data analysis plan as somebody filled it, read into needs that can be kept, or into what is wrong with them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from catalog.plans.people import People
from catalog.plans.words import Classified, PlanWords
from catalog.register.files import Formula, Line, Page, Unreadable, Value, opened
from catalog.register.reading import Fault, address, clean
from catalog.text import normalize
from config.plans import PlanColumn

CATEGORY, TITLE = "category", "title"
_LEAST_ASSUMED = 2
"""Headings that a row must have to be the header where the category's is not among them."""


@dataclass(frozen=True, slots=True)
class Need:
    """An information need: a row of the plan.

    Attributes:
        number: The row's, from 1.
        title: The need as it is kept; empty if the row has none.
        values: What would be kept of it, by name; what is empty is left out.
        faults: Why it cannot be taken; empty if it can.
        remarks: What should be looked at, in sentences that begin with the cell.
        classified: Whether it is said how the data may be shared, and all of it was understood.
    """

    number: int
    title: str
    values: Mapping[str, str]
    faults: tuple[Fault, ...] = ()
    remarks: tuple[str, ...] = ()
    classified: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file said.

    Attributes:
        sheet: Name of the sheet that was read; empty if it has none.
        columns: Which columns it has, by their place from 0.
        notes: What was left out and what should be looked at, in sentences.
    """

    sheet: str
    columns: Mapping[str, int]
    needs: tuple[Need, ...]
    notes: tuple[str, ...] = ()


def read(body: bytes, words: PlanWords, people: People, *, assume_category: bool = False) -> Plan:
    """Read a filled plan.

    Args:
        body: An XLSX, ODS or CSV file.
        words: Of the layout.
        people: By what names are told, which are not kept.
        assume_category: Whether the category's column may be where it belongs without its heading.

    Raises:
        Unreadable: No sheet has a plan's header, or the file is none that is taken.
    """
    file = opened(body, lambda cells: len(_columns(cells, words)))
    headers = [(page, found) for page in file.pages if (found := _header(page, words, assumed=False))]
    if not headers and assume_category:
        headers = [(page, found) for page in file.pages if (found := _header(page, words, assumed=True))]
    if not headers:
        raise Unreadable(_no_header(file.pages, words))
    page, (place, columns) = max(headers, key=lambda one: (TITLE in one[1][1], len(one[1][1])))
    header = page.lines[place]
    notes = [*file.notes, *page.notes]
    others = [other.name for other, (_, told) in headers if other != page and TITLE in told]
    notes += [f'The sheet "{name}" has such a header too and was not read.' for name in others]
    notes += _of_header(header, columns, words)
    if TITLE not in columns:
        raise Unreadable(_no_needs(header, words))
    needs = tuple(_need(line, columns, words, people) for line in page.lines[place + 1 :])
    return Plan(page.name, columns, _apart(tuple(need for need in needs if need.values or need.faults)), tuple(notes))


def _header(page: Page, words: PlanWords, *, assumed: bool) -> tuple[int, dict[str, int]] | None:
    """Place and columns of the header: the first row that has the category's heading, or else enough others."""
    for place, line in enumerate(page.lines[: words.layout.header_within]):
        columns = _columns(line.cells, words)
        if CATEGORY in columns and len(columns) > 1:
            return place, columns
        if assumed and TITLE in columns and len(columns) >= _LEAST_ASSUMED:
            wanted = words.layout.category_column
            if wanted not in columns.values():
                return place, {**columns, CATEGORY: wanted}
    return None


def _columns(cells: Iterable[Value], words: PlanWords) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, cell in enumerate(cells):
        if isinstance(cell, str) and (key := words.column(cell)):
            found.setdefault(key, place)
    return found


def _no_header(pages: Iterable[Page], words: PlanWords) -> str:
    wanted = words.columns[CATEGORY].title.en
    letter = address(words.layout.category_column, 1)[:-1]
    within = words.layout.header_within
    alone = any(
        CATEGORY in _columns(line.cells, words) for page in pages for line in page.lines[: words.layout.header_within]
    )
    if alone:
        return (
            f'A cell says "{wanted}", but no other heading of that row is known. Rename the column of the needs to '
            f'"{words.columns[TITLE].title.en}", or add its heading to vocab/plan.yaml of LANDMARK_CONFIG_DIR.'
        )
    return (
        f'No cell of the first {within} rows says "{wanted}". Add the heading to column {letter}, '
        f"or say --assume-column-b if that column is it without its heading."
    )


def _no_needs(header: Line, words: PlanWords) -> str:
    given = [
        f'{address(place, header.number)} "{_text(cell)[:40]}"'
        for place, cell in enumerate(header.cells)
        if _text(cell)
    ]
    return (
        f'No heading is known as "{words.columns[TITLE].title.en}". There are: {", ".join(given[:20])}. Rename the '
        "column of the needs, or add its heading to vocab/plan.yaml of LANDMARK_CONFIG_DIR."
    )


def _of_header(header: Line, columns: Mapping[str, int], words: PlanWords) -> Iterable[str]:
    wanted = words.layout.category_column
    cell = address(columns[CATEGORY], header.number)
    heading = _text(_at(header, columns[CATEGORY]))
    if columns[CATEGORY] != wanted:
        yield (
            f'"{heading[:60]}" stands in {cell}, not in column {address(wanted, 1)[:-1]}, where the plan has it: '
            "see that it is the right column."
        )
    elif not words.column(heading):
        yield f'{cell} is taken for "{words.columns[CATEGORY].title.en}", as was asked for.'
    for place, value in enumerate(header.cells):
        text = _text(value)
        if not text or place == columns[CATEGORY]:
            continue
        key = words.column(text)
        if not key:
            yield f'The column "{text[:60]}" ({address(place, header.number)}) is not known and is not kept.'
        elif columns.get(key) != place:
            yield f'The column "{text[:60]}" ({address(place, header.number)}) is there twice; the first one was read.'
        elif not words.columns[key].kept:
            yield f'The column "{text[:60]}" ({address(place, header.number)}) is not kept.'


def _need(line: Line, columns: Mapping[str, int], words: PlanWords, people: People) -> Need:
    values: dict[str, str] = {}
    faults: list[Fault] = []
    remarks: list[str] = []
    filled = False
    for key, column in words.columns.items():
        if key not in columns or not column.kept or column.type == "category":
            continue
        cell = address(columns[key], line.number)
        given = _at(line, columns[key])
        text = _text(given)
        if not text:
            continue
        filled = True
        if isinstance(given, Formula):
            faults.append(Fault(cell, key, "it is a formula", "Copy the cell, and paste its value in its place."))
        elif len(text) > column.most:
            faults.append(Fault(cell, key, f"it has {len(text)} characters", f"Shorten it to {column.most}."))
        else:
            kept, remark = _kept(column, text, words, people)
            values |= {key: kept} if kept else {}
            remarks += [f"{cell}: {remark}"] if remark else []
    given = _at(line, columns[CATEGORY])
    cell = address(columns[CATEGORY], line.number)
    said = _text(given)
    if not filled and not said:
        return Need(line.number, "", {})
    if isinstance(given, Formula):
        faults.append(Fault(cell, CATEGORY, "it is a formula", "Copy the cell, and paste its value in its place."))
    if not values.get(TITLE) and not any(fault.column == TITLE for fault in faults):
        mend = f"Fill it in: {words.columns[TITLE].help.en}"
        faults.append(Fault(address(columns[TITLE], line.number), TITLE, "it is empty", mend))
    classified = words.classified("" if isinstance(given, Formula) else said)
    if not classified.is_classified and not faults:
        remarks.append(_unclassified(cell, said, classified.unknown, words))
    values |= {name: told for name, told in _facts(classified).items() if told}
    return Need(line.number, values.get(TITLE, ""), values, tuple(faults), tuple(remarks), classified.is_classified)


def _kept(column: PlanColumn, text: str, words: PlanWords, people: People) -> tuple[str, str]:
    """What is kept of a cell, and what should be said of the rest."""
    if column.type == "organisations":
        named, left = people.organisations(text)
        told = "what may be a person was left out. Write organisations, clusters or roles."
        return "; ".join(named), told if left else ""
    if column.type == "choice":
        chosen = words.choice(text)
        choices = ", ".join(choice.title.en for choice in words.layout.choices)
        return chosen, "" if chosen else f"it is none of {choices}; it was left out."
    kept = people.without(text)
    told = "names, addresses, numbers or coordinates were left out. Write none: plans are read by many."
    return kept, told if kept != text else ""


def _unclassified(cell: str, said: str, unknown: tuple[str, ...], words: PlanWords) -> str:
    urgent = [category.title.en for category in words.layout.categories if category.urgent]
    others = [category.title.en for category in words.layout.categories if not category.urgent]
    mend = f"Write: {', '.join((*urgent, *others))}."
    if not normalize(said):
        reason = "no category"
    elif unknown:
        reason = f'"{said[:60]}" is not understood'
    else:
        reason = f'"{said[:60]}" says nothing of sensitivity'
        mend = f"Add {' or '.join(others)} beside it."
    return f"{cell}: {reason}, so it is not classified and for its owner alone. {mend}"


def _facts(said: Classified) -> dict[str, str]:
    return {
        "category": "; ".join(said.categories),
        "urgent": "yes" if said.urgent else "",
        "level": said.level,
        "visibility": said.visibility,
        "access": said.access,
        "agreement": said.agreement,
        "sharing": "\n".join(said.steps),
    }


def _apart(needs: tuple[Need, ...]) -> tuple[Need, ...]:
    """The same need asked with the same question twice is rejected the second time."""
    seen: dict[tuple[str, str], int] = {}
    found = []
    for need in needs:
        key = identity(need.values)
        first = seen.setdefault(key, need.number) if not need.faults else need.number
        if first != need.number:
            fault = Fault(f"row {need.number}", TITLE, f"it is the same need as row {first}", "Remove one of the rows.")
            found.append(Need(need.number, need.title, need.values, (fault,)))
        else:
            found.append(need)
    return tuple(found)


def identity(values: Mapping[str, str]) -> tuple[str, str]:
    """What a need is known by within its round: its words, and those of its question."""
    return normalize(values.get(TITLE, "")), normalize(values.get("question", ""))


def _at(line: Line, place: int) -> Value:
    return line.cells[place] if 0 <= place < len(line.cells) else None


def _text(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, Formula):
        return clean(value.text)
    return clean(value.isoformat() if isinstance(value, date) else str(value))
