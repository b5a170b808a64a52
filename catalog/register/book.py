"""The sheet as a file: the template, and rows given back. Nothing is written that a spreadsheet would run."""

import csv
import io
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from catalog.register.files import quoted
from catalog.register.reading import SAMPLE
from catalog.register.words import Words, sample
from config.declarations import RegisterColumn

RIGHT_TO_LEFT = frozenset({"ar"})
CHOOSABLE_ROWS = 2_000
"""Rows of the sheet that have drop-downs."""
TAGS_ROW = 2
WIDE, NARROW = 40, 18
Columns = Mapping[str, RegisterColumn]
_WIDE = frozenset({"title", "contents", "how_to_ask", "conditions", "columns", "harm_if_withheld"})


def template(words: Words, language: str, kind: str) -> bytes:
    """An empty sheet with an example row; ``kind`` is ``xlsx`` or ``csv``."""
    example = {key: sample(column, language) for key, column in words.columns.items()} | {"id": SAMPLE}
    return written(words, language, kind, [example])


def written(
    words: Words,
    language: str,
    kind: str,
    rows: Sequence[Mapping[str, str]],
    *,
    without: Collection[str] = frozenset(),
) -> bytes:
    """Rows as a sheet.

    Args:
        words: The sheet's words.
        language: Of headings, choices and instructions.
        kind: ``xlsx`` or ``csv``.
        rows: By column what is kept; anything else that a cell is to hold stands as it is.
        without: Columns that the sheet is not to have.
    """
    columns = {key: column for key, column in words.columns.items() if key not in without}
    table = [
        [column.title.of(language) for column in columns.values()],
        [column.hxl for column in columns.values()],
        *([words.shown(column, row.get(key, ""), language) for key, column in columns.items()] for row in rows),
    ]
    return _csv(table) if kind == "csv" else _xlsx(words, columns, language, table)


def _csv(table: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows([quoted(cell) for cell in row] for row in table)
    return out.getvalue().encode("utf-8-sig")


def _xlsx(words: Words, columns: Columns, language: str, table: Sequence[Sequence[str]]) -> bytes:
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    texts = words.sheet.texts
    book = Workbook()
    sheet = book.active
    sheet.title = texts.holdings.of(language)
    for number, row in enumerate(table, 1):
        _put(sheet, number, row)
    for place, key in enumerate(columns, 1):
        sheet.column_dimensions[get_column_letter(place)].width = WIDE if key in _WIDE else NARROW
        heading, tag = sheet.cell(1, place), sheet.cell(TAGS_ROW, place)
        heading.font, heading.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
        tag.font = Font(color="808080")
    if len(table) > TAGS_ROW and table[TAGS_ROW][0] == SAMPLE:
        for cell in sheet[TAGS_ROW + 1]:
            cell.fill = PatternFill("solid", fgColor="EEEEEE")
            cell.font = Font(italic=True, color="606060")
    sheet.freeze_panes = "C3"
    pages = [sheet, _choices(book, sheet, words, columns, language), _instructions(book, words, columns, language)]
    for page in pages:
        page.sheet_view.rightToLeft = language in RIGHT_TO_LEFT
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _put(sheet: Any, number: int, row: Sequence[str]) -> None:  # noqa: ANN401 - openpyxl has no types
    for place, text in enumerate(row, 1):
        if text:
            cell = sheet.cell(number, place)
            cell.value = text
            # A text that begins like a formula is one to the library, and to a spreadsheet that edits the cell.
            cell.data_type = "s"
            cell.number_format = "@"
            if quoted(text) != text:
                cell.quotePrefix = True


def _choices(book: Any, sheet: Any, words: Words, columns: Columns, language: str) -> Any:  # noqa: ANN401
    """What may be chosen, on a page of its own: a list within a cell's rule may have 255 characters at the most."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    page = book.create_sheet(words.sheet.texts.choices.of(language))
    listed: dict[str, str] = {}
    for place, column in enumerate(columns.values(), 1):
        key = words.list_of(column)
        if not key:
            continue
        if key not in listed:
            choices = words.choices(column, language)
            letter = get_column_letter(len(listed) + 1)
            for number, text in enumerate([column.title.of(language), *choices], 1):
                _put_at(page, number, len(listed) + 1, text)
            listed[key] = f"'{page.title}'!${letter}$2:${letter}${len(choices) + 1}"
        rule = DataValidation(type="list", formula1=listed[key], allow_blank=True, showErrorMessage=True)
        rule.errorTitle = column.title.of(language)[:32]
        rule.error = column.help.of(language)[:255]
        letter = get_column_letter(place)
        rule.add(f"{letter}{TAGS_ROW + 1}:{letter}{CHOOSABLE_ROWS}")
        sheet.add_data_validation(rule)
    return page


def _instructions(book: Any, words: Words, columns: Columns, language: str) -> Any:  # noqa: ANN401
    from openpyxl.styles import Alignment, Font

    texts = words.sheet.texts
    page = book.create_sheet(texts.instructions.of(language))
    number = 1
    for step in words.sheet.steps:
        _put_at(page, number, 1, step.of(language))
        number += 1
    number += 1
    for place, text in enumerate((texts.heading, texts.what), 1):
        _put_at(page, number, place, text.of(language)).font = Font(bold=True)
    for column in columns.values():
        number += 1
        _put_at(page, number, 1, column.title.of(language))
        _put_at(page, number, 2, _told(column, words, language)).alignment = Alignment(wrap_text=True, vertical="top")
    page.column_dimensions["A"].width, page.column_dimensions["B"].width = WIDE, 3 * WIDE
    return page


def _told(column: RegisterColumn, words: Words, language: str) -> str:
    needed = f" ({words.sheet.texts.needed.of(language)})" if column.required else ""
    choices = f" {' | '.join(words.choices(column, language))}" if words.list_of(column) else ""
    return f"{column.help.of(language)}{needed}{choices}"


def _put_at(page: Any, number: int, place: int, text: str) -> Any:  # noqa: ANN401
    cell = page.cell(number, place)
    cell.value = text
    cell.data_type = "s"
    return cell
