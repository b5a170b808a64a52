import csv
import io
import re
from datetime import UTC, datetime

import openpyxl
import orjson
import pytest
from starlette.testclient import TestClient

from api.examples import ITEM
from catalog.export import Marking, cell, marking
from catalog.export import csv as export_csv
from catalog.query import DatasetQuery, FacetCount, Page
from catalog.vocabulary import Audience
from config.load import shipped_disclosing
from tests.api.conftest import Shelf

COLUMNS = [
    "title", "holders", "countries", "topics", "access", "how to get it", "whom to ask", "where to ask",
    "level", "level basis", "formats", "hashtags", "modified", "period", "update frequency", "freshness", "licence",
    "source", "link", "id", "harm if withheld", "shown", "marking",
]  # fmt: skip


MARKED = (
    "TLP:CLEAR; level moderate; for the public; (time); Metadata only. "
    "Levels are as of this time and may have risen since."
)


def _untimed(row: list[str]) -> list[str]:
    """The row with the marking's time taken out."""
    return [*row[:-1], re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "(time)", row[-1])]


def _row(shelf: Shelf) -> list[str]:
    return [
        "Sample: Displacement in South Sudan", "Sample Relief", "SSD", "Displacement", "on_request",
        "Write to the data desk. https://data.example.org/ask",
        "Sample Relief (holder of the data)", "https://data.example.org/ask", "moderate",
        "Counts of displaced people per settlement.", "XLSX", "#adm1+name; #affected+idps", "2024-07-01T00:00:00Z",
        "2024-01-01..2024-06-30", "every month", "delinquent", "cc-by", "Sample: data exchange",
        "https://data.example.org/dataset/displacement", shelf.id("displacement"), "", "whole", MARKED,
    ]  # fmt: skip


def test_csv_opens_in_a_spreadsheet_without_running_anything(client: TestClient, shelf: Shelf):
    answer = client.get("/api/v1/datasets.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="landmark-datasets-TLP-CLEAR.csv"'
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert [rows[0], _untimed(rows[1])] == [COLUMNS, _row(shelf)]
    assert [row[0] for row in rows[2:]] == [
        "Sample: إزالة الألغام",
        '\'=HYPERLINK("https://bad.example.org")',
        "Sample: Schools <script>",
        "Sample: Clinics",
    ]


def test_a_hashtag_row_and_a_limit(client: TestClient):
    answer = client.get("/api/v1/datasets.csv", params={"hashtags": "true", "limit": 1, "country": "UKR"})
    assert 'filename="landmark-datasets-first-1-of-3-TLP-CLEAR.csv"' in answer.headers["content-disposition"]
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert len(rows) == 3
    assert rows[1][:3] == ["#meta+dataset+title", "#org+holder+list", "#country+code+list"]


def test_xlsx_has_the_same_rows_as_text(client: TestClient, shelf: Shelf):
    answer = client.get("/api/v1/datasets.xlsx")
    assert answer.headers["content-disposition"] == 'attachment; filename="landmark-datasets-TLP-CLEAR.xlsx"'
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == ["Datasets", "Marking"]
    said = {name.value: what.value for name, what in book["Marking"].iter_rows()}
    assert (said["TLP 2.0 label"], said["Strictest level in this file"], said["Made for"]) == (
        "TLP:CLEAR", "moderate", "the public",
    )  # fmt: skip
    sheet = book["Datasets"]
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.hyperlink]
    rows = [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)]
    assert (len(rows), rows[0], _untimed(rows[1])) == (6, COLUMNS, _row(shelf))
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "inlineStr"}
    assert '\'=HYPERLINK("https://bad.example.org")' in [row[0] for row in rows]


def test_an_export_of_nothing_has_its_headers(client: TestClient):
    answer = client.get("/api/v1/datasets.csv", params={"country": "FRA"})
    assert answer.content.decode("utf-8-sig") == ",".join(COLUMNS) + "\r\n"


@pytest.mark.parametrize(
    "start",
    ["=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n", "\0=", " =", "\ufeff=", "\u200b="],
)
def test_no_cell_begins_what_a_spreadsheet_would_run(start: str):
    text = cell(f'{start}HYPERLINK("https://bad.example.org")')
    assert text.startswith("'")
    assert "\0" not in text
    book = openpyxl.Workbook()
    book.active["A1"] = text
    assert book.active["A1"].data_type == "s"


def test_newlines_quotes_commas_and_semicolons_come_back_as_they_were():
    title = 'Line one\r\nline "two", three; \ufefffour'
    item = orjson.dumps(ITEM | {"title": title, "source": ITEM["source"]})
    page = Page(total=1, items=[item], facets={}, next="", notices=(), generation="")
    marked = Marking(Audience.COMMUNITY, datetime(2026, 11, 22, 8, 30, tzinfo=UTC), "high", "TLP:AMBER")
    text = b"".join(export_csv([page], marked)).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert (len(rows), rows[1][0]) == (2, title)
    assert rows[1][-1] == (
        "TLP:AMBER; level moderate; for the community; 2026-11-22T08:30:00Z; Metadata only. "
        "Levels are as of this time and may have risen since."
    )


def test_a_file_of_one_level_is_marked_by_that_level_alone(client: TestClient):
    answer = client.get("/api/v1/datasets.xlsx", params={"level": "unclassified"})
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert book["Marking"]["B2"].value == "unclassified"


@pytest.mark.parametrize(
    ("audience", "levels", "strictest", "tlp", "in_name"),
    [
        (Audience.PUBLIC, ("severe", "low_no"), "severe", "TLP:CLEAR", "TLP-CLEAR"),
        (Audience.COMMUNITY, ("low_no", "moderate"), "moderate", "TLP:GREEN", "TLP-GREEN"),
        (Audience.COMMUNITY, ("low_no", "unclassified"), "unclassified", "TLP:AMBER", "TLP-AMBER"),
        (Audience.COMMUNITY, ("high", "severe"), "severe", "TLP:AMBER+STRICT", "TLP-AMBER-STRICT"),
        (Audience.FULL, ("low_no", "severe"), "severe", "TLP:RED", "TLP-RED"),
        (Audience.FULL, (), "low_no", "TLP:GREEN", "TLP-GREEN"),
    ],
)
def test_a_file_is_marked_by_the_strictest_that_is_in_it(
    audience: Audience, levels: tuple[str, ...], strictest: str, tlp: str, in_name: str
):
    counts = [FacetCount(level, level, 1, selected=False) for level in levels]
    page = Page(total=1, items=(), facets={"level": counts}, next="", notices=(), generation="")
    marked = marking(lambda _: page, DatasetQuery(), audience, datetime(2026, 11, 22, tzinfo=UTC), shipped_disclosing())
    assert (marked.level, marked.tlp, marked.in_name) == (strictest, tlp, in_name)
