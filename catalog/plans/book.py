"""The template of a data analysis plan: a blank workbook with drop-downs, in a layout of our own and labelled so."""

import io
from typing import Any

from catalog.plans.words import PlanWords
from config.plans import PlanColumn, PlanLanguage

HEADER_ROW = 2
CHOOSABLE_ROWS = 500
"""Rows of the sheet that have drop-downs."""
_RIGHT_TO_LEFT = frozenset({"ar"})
_WIDE, _NARROW = 40, 22
_BETWEEN = "; "


def template(words: PlanWords, language: PlanLanguage) -> bytes:
    """A blank plan as XLSX: its own sheet, what can be chosen, and instructions."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    texts = words.layout.texts
    book = Workbook()
    sheet = book.active
    sheet.title = texts.plan.of(language)
    _put(sheet, 1, 1, texts.ours.of(language)).font = Font(italic=True, color="606060")
    columns = [column for column in _ordered(words) if column.kept]
    for place, column in enumerate(columns, 1):
        cell = _put(sheet, HEADER_ROW, place, column.title.of(language))
        cell.font, cell.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
        sheet.column_dimensions[get_column_letter(place)].width = _WIDE if column.type == "text" else _NARROW
    sheet.freeze_panes = sheet.cell(HEADER_ROW + 1, 1)
    pages = [sheet, _choices(book, sheet, columns, words, language), _instructions(book, columns, words, language)]
    for page in pages:
        page.sheet_view.rightToLeft = language in _RIGHT_TO_LEFT
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _ordered(words: PlanWords) -> list[PlanColumn]:
    """The columns with the category's where the plan has it."""
    category = words.columns["category"]
    others = [column for column in words.layout.columns if column is not category]
    place = words.layout.category_column
    return [*others[:place], category, *others[place:]]


def _choices(book: Any, sheet: Any, columns: list[PlanColumn], words: PlanWords, language: PlanLanguage) -> Any:  # noqa: ANN401
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    page = book.create_sheet(words.layout.texts.choices.of(language))
    lists = 0
    for place, column in enumerate(columns, 1):
        listed = _listed(column, words, language)
        if not listed:
            continue
        lists += 1
        letter = get_column_letter(lists)
        for number, text in enumerate([column.title.of(language), *listed], 1):
            _put(page, number, lists, text)
        page.column_dimensions[letter].width = _WIDE
        # Another combination may be written: the drop-down helps, and the import says what it does not understand.
        rule = DataValidation(
            type="list",
            formula1=f"'{page.title}'!${letter}$2:${letter}${len(listed) + 1}",
            allow_blank=True,
            showErrorMessage=True,
            errorStyle="warning",
        )
        rule.errorTitle, rule.error = column.title.of(language)[:32], column.help.of(language)[:255]
        of = get_column_letter(place)
        rule.add(f"{of}{HEADER_ROW + 1}:{of}{CHOOSABLE_ROWS}")
        sheet.add_data_validation(rule)
    return page


def _listed(column: PlanColumn, words: PlanWords, language: PlanLanguage) -> list[str]:
    """What can be chosen: categories alone, and urgency beside each of the others."""
    if column.type == "choice":
        return [choice.title.of(language) for choice in words.layout.choices]
    if column.type != "category":
        return []
    categories = words.layout.categories
    urgent = [category.title.of(language) for category in categories if category.urgent]
    others = [category.title.of(language) for category in categories if not category.urgent]
    return [*urgent, *others, *(f"{one}{_BETWEEN}{other}" for one in urgent for other in others)]


def _instructions(book: Any, columns: list[PlanColumn], words: PlanWords, language: PlanLanguage) -> Any:  # noqa: ANN401
    from openpyxl.styles import Alignment, Font

    page = book.create_sheet(words.layout.texts.instructions.of(language))
    steps = [words.layout.texts.ours, *words.layout.steps]
    for number, step in enumerate(steps, 1):
        _put(page, number, 1, step.of(language))
    for number, column in enumerate(columns, len(steps) + 2):
        _put(page, number, 1, column.title.of(language)).font = Font(bold=True)
        _put(page, number, 2, column.help.of(language)).alignment = Alignment(wrap_text=True, vertical="top")
    page.column_dimensions["A"].width, page.column_dimensions["B"].width = _WIDE, 3 * _WIDE
    return page


def _put(page: Any, number: int, place: int, text: str) -> Any:  # noqa: ANN401 - openpyxl has no types
    cell = page.cell(number, place)
    cell.value = text
    cell.data_type = "s"
    return cell
