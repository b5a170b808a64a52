"""Lists as CSV and XLSX for information managers, through pandas.

Cells are text. One that a spreadsheet would run as a formula gets a leading apostrophe; whoever reads a file by program
takes it off again. Each file is marked, in its name, in a column of every row and, in a workbook, on a sheet: how
sensitive the data is, how far the file may be passed on, for whom it was made and when.
"""

import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson

from catalog.query import DatasetQuery, Page
from catalog.route import Ways, route_of
from catalog.vocabulary import UNCLASSIFIED, Audience, Level
from config.disclosure import TLP, Disclosing

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
    "whom to ask": "#contact+role",
    "where to ask": "#contact+url",
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
    "harm if withheld": "#description+harm",
    "shown": "#status+disclosure",
    "marking": "#meta+marking",
}
"""Columns in order, with the HXL hashtag of each."""

CAVEAT = "Metadata only. Levels are as of this time and may have risen since."
_LEVELS = (Level.LOW_NO.value, UNCLASSIFIED, Level.MODERATE.value, Level.HIGH.value, Level.SEVERE.value)
"""From the mildest; what nobody has judged is not taken for harmless."""
_FOR: Mapping[Audience, str] = {
    Audience.PUBLIC: "the public",
    Audience.COMMUNITY: "the community",
    Audience.FULL: "stewards and owners",
}
_FORMULA = re.compile("[\t\r\n]|[ \u200b\u2060\ufeff\xa0]*[=+\\-@＝＋－＠]")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Marking:
    """How a file is marked.

    Attributes:
        audience: For whom it was made.
        at: When, UTC.
        level: The strictest level in it.
        tlp: Label of the Traffic Light Protocol 2.0, of the file as a whole.
    """

    audience: Audience
    at: datetime
    level: str
    tlp: str

    def of(self, level: str) -> str:
        """The marking of a row of a level."""
        return f"{self.tlp}; level {level}; for {_FOR[self.audience]}; {self.at:%Y-%m-%dT%H:%M:%SZ}; {CAVEAT}"

    @property
    def in_name(self) -> str:
        """What of it stands in the file's name."""
        return self.tlp.replace(":", "-").replace("+", "-")

    @property
    def lines(self) -> tuple[tuple[str, str], ...]:
        """The sheet: what is said, and what it is."""
        return (
            ("TLP 2.0 label", self.tlp),
            ("Strictest level in this file", self.level),
            ("Made for", _FOR[self.audience]),
            ("Time", f"{self.at:%Y-%m-%dT%H:%M:%SZ}"),
            ("Caveat", CAVEAT),
            (
                "What the label means",
                "How far you may pass this file on; the pairing with levels is this register's own.",
            ),
        )


def marking(
    search: Callable[[DatasetQuery], Page], query: DatasetQuery, audience: Audience, at: datetime, table: Disclosing
) -> Marking:
    """How a file of everything that is found is marked; raises QueryError as the search does."""
    found = search(replace(query, limit=0, after="", facets=("level",))).facets["level"]
    # A facet's counts leave out its own selection.
    chosen = any(count.selected for count in found)
    levels = {count.value for count in found if count.count and (count.selected or not chosen)}
    level = max(levels, key=_LEVELS.index, default=Level.LOW_NO.value)
    labels = table.marking[audience.value]
    tlp = max((labels[one] for one in levels or {level}), key=TLP.index)
    return Marking(audience, at, level, tlp)


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


def csv(found: Iterable[Page], marked: Marking, *, hashtags: bool = False, ways: Ways | None = None) -> Iterator[bytes]:
    """UTF-8 with a byte order mark (spreadsheets guess wrong without), page by page.

    Args:
        found: Pages of items as stored.
        marked: How the file is marked.
        hashtags: Whether a row of HXL hashtags follows the headers.
        ways: What is known of getting data; the shipped entries, if none is given.
    """
    for position, page in enumerate(found):
        first = position == 0
        frame = table(page.items, marked, hashtags=hashtags and first, ways=ways)
        text = frame.to_csv(index=False, header=first, lineterminator="\r\n")
        yield (b"\xef\xbb\xbf" if first else b"") + text.encode()


def xlsx(found: Iterable[Page], marked: Marking, *, hashtags: bool = False, ways: Ways | None = None) -> bytes:
    """A workbook with the sheets ``Datasets``, its headers frozen, and ``Marking``. No cell is a formula or a link."""
    import pandas as pd

    frames = [
        table(page.items, marked, hashtags=hashtags and position == 0, ways=ways) for position, page in enumerate(found)
    ]
    held = io.BytesIO()
    with pd.ExcelWriter(held, engine="openpyxl") as book:
        pd.concat(frames).to_excel(book, sheet_name="Datasets", index=False, freeze_panes=(1 + hashtags, 1))
        pd.DataFrame(marked.lines).to_excel(book, sheet_name="Marking", index=False, header=False)
    return held.getvalue()


def table(items: Sequence[bytes], marked: Marking, *, hashtags: bool = False, ways: Ways | None = None) -> "DataFrame":
    """Items as a table of text with the columns of :data:`HASHTAGS`."""
    import pandas as pd

    rows = [list(HASHTAGS.values())] if hashtags else []
    rows += [[cell(value) for value in row(orjson.loads(item), marked, ways).values()] for item in items]
    return pd.DataFrame(rows, columns=list(HASHTAGS), dtype=object)


def row(item: Mapping[str, Any], marked: Marking, ways: Ways | None = None) -> dict[str, str]:
    """One item as words per column; several values are joined with ``; ``."""
    access, level, period = item["access"], item["level"], item["period"]
    route = route_of(item, ways)
    end = period["end"] or ("ongoing" if period["open"] else "")
    values = (
        item["title"],
        item["holders"],
        item["countries"],
        [topic["title"] for topic in item["topics"]],
        access["modality"],
        " ".join([*access["steps"], access["address"]]).strip(),
        route.ask.names["en"],
        route.ask.mailbox or route.address,
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
        item["harm_if_withheld"],
        _shown(item),
        marked.of(level["level"]),
    )
    texts = ("; ".join(value) if isinstance(value, list) else str(value or "") for value in values)
    return dict(zip(HASHTAGS, texts, strict=True))


def _shown(item: Mapping[str, Any]) -> str:
    if item["mode"] == "ask":
        return "that it exists: the holder must be asked"
    return f"in part, without: {', '.join(item['withheld'])}" if item["withheld"] else "whole"


def cell(text: str) -> str:
    """The text as it may stand in a cell: no control characters, no formula, not too long."""
    clean = _NOT_IN_XML.sub("", text)
    return ("'" + clean if _FORMULA.match(clean) else clean)[:CELL_CHARACTERS]
