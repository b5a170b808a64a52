"""Coverage as files: CSV with a row of HXL hashtags, and a workbook with one sheet for each question.

They are made from what :mod:`catalog.needs.telling` tells and are marked as every export is.
"""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from catalog.export import Marking, cell
from catalog.needs.judging import State
from catalog.needs.telling import symbol
from catalog.vocabulary import UNCLASSIFIED, Audience, Level
from config.disclosure import TLP, Disclosing

Told = Mapping[str, Any]

HASHTAGS: Mapping[str, str] = {
    "country": "#country+code",
    "country name": "#country+name",
    "need": "#indicator+code",
    "theme": "#indicator+type",
    "question": "#indicator+name",
    "state": "#status+coverage",
    "judged": "#status+coverage+judged",
    "overruled because": "#description+overrule",
    "overruled on": "#date+overrule",
    "overrule expires": "#date+expiry",
    "rule": "#description+rule",
    "missing": "#description+missing",
    "datasets counting": "#meta+datasets+num",
    "nearest dataset": "#meta+dataset+title",
    "dataset id": "#meta+id",
    "held by": "#org+holder+list",
    "access": "#status+access",
    "ask": "#org+contact+name",
    "day": "#date+judged",
    "marking": "#meta+marking",
}
"""Columns in order, with the HXL hashtag of each."""
_COLOURS: Mapping[State, str] = {
    State.MET: "D7EDDF",
    State.PARTLY: "FBEFD3",
    State.RESTRICTED: "E4DDF3",
    State.PLANNED: "D9E8F5",
    State.GAP: "F8D9D3",
    State.UNKNOWN: "EDEDED",
    State.NOT_APPLICABLE: "FFFFFF",
}
_WIDTHS: Mapping[str, int] = {"question": 48, "rule": 40, "missing": 60, "nearest dataset": 48, "held by": 32}
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", "-"))
_LONGEST_NAME = 31


def marking(levels: Iterable[str], audience: Audience, at: datetime, table: Disclosing) -> Marking:
    """How a file is marked that rests on records of these levels: made for whom, and how far it may go."""
    found = set(levels) or {Level.LOW_NO.value}
    labels = table.marking[audience.value]
    strictest = max(found, key=_STRICTER.index)
    return Marking(audience, at, strictest, max((labels[level] for level in found), key=TLP.index))


_STRICTER = (Level.LOW_NO.value, UNCLASSIFIED, Level.MODERATE.value, Level.HIGH.value, Level.SEVERE.value)


def rows(countries: Sequence[Told], marked: Marking) -> Iterator[dict[str, str]]:
    """A row for each country and need, in the order told; cells are text."""
    for told in countries:
        for one in told["cells"]:
            yield {name: cell(value) for name, value in _row(told, one, marked).items()}


def _row(told: Told, one: Told, marked: Marking) -> dict[str, str]:
    overrule = one["overrule"] or {"reason": "", "on": "", "expires": ""}
    nearest = one["datasets"][0] if one["datasets"] else None
    asked = one["lead"]["nearest"] if one["lead"] else []
    values = (
        told["country"], told["name"], one["need"], one["theme"], question(one), one["state"], one["judged"]["state"],
        overrule["reason"], overrule["on"], overrule["expires"], one["judged"]["rule"], " ".join(one["missing"]),
        str(one["counting"]), nearest["title"] if nearest else "", nearest["id"] if nearest else "",
        "; ".join(nearest["holders"]) if nearest else "", nearest["access"] if nearest else "",
        "; ".join(entry["name"] for entry in asked), told["day"], marked.of(marked.level),
    )  # fmt: skip
    return dict(zip(HASHTAGS, values, strict=True))


def question(one: Told, language: str = "en") -> str:
    """A told need's question."""
    said = one["question"]
    return str(said.get(language) or said.get("en") or next(iter(said.values())))


def csv(countries: Sequence[Told], marked: Marking) -> bytes:
    """UTF-8 with a byte order mark, a row of hashtags below the headers."""
    import pandas as pd

    frame = pd.DataFrame([dict(HASHTAGS), *rows(countries, marked)], columns=list(HASHTAGS), dtype=object)
    return b"\xef\xbb\xbf" + frame.to_csv(index=False, lineterminator="\r\n").encode()


def xlsx(countries: Sequence[Told], marked: Marking) -> bytes:
    """A workbook: countries by questions, then a sheet for each question, then the marking.

    Headers are frozen and can be filtered; states have their words beside their colours.
    """
    import pandas as pd

    found = list(rows(countries, marked))
    questions = dict.fromkeys((row["need"], row["question"]) for row in found)
    held = io.BytesIO()
    with pd.ExcelWriter(held, engine="openpyxl") as book:
        _overview(countries, found).to_excel(book, sheet_name="Coverage", index=False)
        for need, asked in questions:
            name = need.translate(_FORBIDDEN)[:_LONGEST_NAME]
            of_need = [row for row in found if row["need"] == need and row["question"] == asked]
            pd.DataFrame(of_need, columns=list(HASHTAGS)).to_excel(book, sheet_name=name, index=False)
        pd.DataFrame(marked.lines).to_excel(book, sheet_name="Marking", index=False, header=False)
        for sheet in book.book.worksheets[:-1]:
            _formatted(sheet)
    return held.getvalue()


def _overview(countries: Sequence[Told], found: Sequence[Mapping[str, str]]) -> Any:  # noqa: ANN401 - a DataFrame
    import pandas as pd

    needs = list(dict.fromkeys(row["need"] for row in found))
    states = {(row["country"], row["need"]): row["state"] for row in found}
    table = [
        {"country": told["country"], "country name": cell(told["name"])}
        | {need: states.get((told["country"], need), "") for need in needs}
        for told in countries
    ]
    return pd.DataFrame(table, columns=["country", "country name", *needs])


def _formatted(sheet: Any) -> None:  # noqa: ANN401 - openpyxl is untyped
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    sheet.freeze_panes = "C2"
    sheet.auto_filter.ref = sheet.dimensions
    sheet.page_setup.orientation, sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = "landscape", 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    fills = {state.value: PatternFill("solid", fgColor=colour) for state, colour in _COLOURS.items()}
    for number, header in enumerate(sheet[1], 1):
        header.font = Font(bold=True)
        header.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.column_dimensions[get_column_letter(number)].width = _WIDTHS.get(header.value, 18)
    for line in sheet.iter_rows(min_row=2):
        for place in line:
            place.alignment = Alignment(wrap_text=True, vertical="top")
            if place.value in fills:
                place.fill = fills[place.value]


def legend() -> Iterator[tuple[str, str, str]]:
    """Shape, word and meaning of each state."""
    from catalog.needs.judging import RULES

    for state in State:
        yield symbol(state.value), state.value, RULES[state]
