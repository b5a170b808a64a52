"""Lists as CSV and XLSX for information managers, through pandas.

Cells are text. One that a spreadsheet would run as a formula gets a leading apostrophe.
"""

import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson

from catalog.query import DatasetQuery, Page

if TYPE_CHECKING:
    from pandas import DataFrame

MAX_ROWS = 10_000
PAGE_ROWS = 1_000
CELL_CHARACTERS = 32_767
"""What a spreadsheet cell holds."""

HASHTAGS: Mapping[str, str] = {
    "title": "#meta+dataset+title",
    "holders": "#org+holder+list",
    "countries": "#country+code+list",
    "topics": "#subject+list",
    "access": "#status+access",
    "how to get it": "#description+access",
    "level": "#severity+sensitivity",
    "level basis": "#description+sensitivity",
    "formats": "#meta+format+list",
    "hashtags": "#meta+hxl+list",
    "modified": "#date+modified",
    "period": "#date+period",
    "update frequency": "#frequency",
    "freshness": "#status+freshness",
    "licence": "#meta+licence",
    "source": "#meta+source",
    "link": "#meta+url",
    "id": "#meta+id",
}
"""Columns in order, with the HXL hashtag of each."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def pages(search: Callable[[DatasetQuery], Page], query: DatasetQuery, rows: int = MAX_ROWS) -> Iterator[Page]:
    """Page after page until a number of rows is reached; at least one, so that a bad question fails before a line.

    Raises:
        QueryError: From the search.
    """
    left = min(rows, MAX_ROWS)
    after = query.after
    while True:
        page = search(replace(query, limit=min(left, PAGE_ROWS), after=after, facets=()))
        yield page
        left -= len(page.items)
        after = page.next
        if not after or left <= 0:
            return


def csv(found: Iterable[Page], *, hashtags: bool = False) -> Iterator[bytes]:
    """UTF-8 with a byte order mark (spreadsheets guess wrong without), page by page.

    Args:
        found: Pages of items as stored.
        hashtags: Whether a row of HXL hashtags follows the headers.
    """
    for position, page in enumerate(found):
        first = position == 0
        frame = table(page.items, hashtags=hashtags and first)
        text = frame.to_csv(index=False, header=first, lineterminator="\r\n")
        yield (b"\xef\xbb\xbf" if first else b"") + text.encode()


def xlsx(found: Iterable[Page], *, hashtags: bool = False) -> bytes:
    """A workbook with one sheet, ``Datasets``, its headers frozen."""
    import pandas as pd

    frames = [table(page.items, hashtags=hashtags and position == 0) for position, page in enumerate(found)]
    held = io.BytesIO()
    with pd.ExcelWriter(held, engine="openpyxl") as book:
        pd.concat(frames).to_excel(book, sheet_name="Datasets", index=False, freeze_panes=(1 + hashtags, 1))
    return held.getvalue()


def table(items: Sequence[bytes], *, hashtags: bool = False) -> "DataFrame":
    """Items as a table of text with the columns of :data:`HASHTAGS`."""
    import pandas as pd

    rows = [list(HASHTAGS.values())] if hashtags else []
    rows += [[cell(value) for value in row(orjson.loads(item)).values()] for item in items]
    return pd.DataFrame(rows, columns=list(HASHTAGS), dtype=object)


def row(item: Mapping[str, Any]) -> dict[str, str]:
    """One item as words per column; several values are joined with ``; ``."""
    access, level, period = item["access"], item["level"], item["period"]
    end = period["end"] or ("ongoing" if period["open"] else "")
    values = (
        item["title"],
        item["holders"],
        item["countries"],
        [topic["title"] for topic in item["topics"]],
        access["modality"],
        " ".join([*access["steps"], access["address"]]).strip(),
        level["level"],
        level["reason"] or level["basis"],
        item["formats"],
        [tag["tag"] for tag in item["tags"]],
        item["modified"],
        f"{period['start'] or ''}..{end}" if period["start"] or end else "",
        item["update_frequency"]["words"],
        item["freshness_state"],
        item["licence"],
        item["source"]["title"],
        item["link"],
        item["id"],
    )
    texts = ("; ".join(value) if isinstance(value, list) else str(value or "") for value in values)
    return dict(zip(HASHTAGS, texts, strict=True))


def cell(text: str) -> str:
    """The text as it may stand in a cell: no control characters, no formula, not too long."""
    clean = _NOT_IN_XML.sub("", text)
    return ("'" + clean if clean.startswith(_FORMULA_STARTS) else clean)[:CELL_CHARACTERS]
