"""A13 to A17: a spreadsheet evaluates nothing of ours, and an export holds what its reader may see."""

import csv
import io
import re
from typing import Any

import openpyxl
import pytest

from tests.attacks.conftest import Attacked
from tests.journeys.packages import package

STARTS = ("=", "+", "-", "@", "\t=", "\r=", "\n=", "\x00=", "＝", "＋", "－", "＠", " =", "\u200b=", "'=")


def rows(attacked: Attacked) -> dict[str, list[dict[str, Any]]]:
    """The export as both formats, read with the libraries that readers use; without lines that only mark it."""
    text = attacked.client.get("/api/v1/datasets.csv", params={"sort": "title"}).content.decode("utf-8-sig")
    book = openpyxl.load_workbook(
        io.BytesIO(attacked.client.get("/api/v1/datasets.xlsx", params={"sort": "title"}).content)
    )
    found = {
        "csv": list(csv.reader(io.StringIO(text, newline=""), strict=True)),
        "xlsx": [[cell or "" for cell in row] for row in book["Datasets"].iter_rows(values_only=True)],
    }
    tables = {}
    for name, lines in found.items():
        first = next(at for at, line in enumerate(lines) if line[0] == "title")
        tables[name] = [dict(zip(lines[first], line, strict=True)) for line in lines[first + 1 :]]
    return tables


def test_a13_no_cell_begins_as_a_formula_does(attacked: Attacked):
    titles = {f"{start}SUM(1+{at})": at for at, start in enumerate(STARTS)}
    attacked.read(*(package(at, title=title) for title, at in titles.items()))
    for name, table in rows(attacked).items():
        assert len(table) == len(STARTS)
        for cells in table:
            for cell in cells.values():
                assert not re.match(r"[\s\x00\u200b]*[=+\-@＝＋－＠]", str(cell)), (name, cell)
    book = openpyxl.load_workbook(io.BytesIO(attacked.client.get("/api/v1/datasets.xlsx").content))
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert kinds <= {"s", "n", "inlineStr"}


def test_a14_a_cell_comes_back_as_it_was_whatever_stands_in_it(attacked: Attacked):
    title = 'Sample "quoted", semicolon; comma,\ufeff and\r\nnext line'
    contact = 'Sample; said, "it\'s"'
    attacked.read(package(0, title=title, organization={"title": contact}))
    for table in rows(attacked).values():
        (cells,) = table
        assert cells["title"] == 'Sample "quoted", semicolon; comma, and next line'
        assert cells["holders"] == contact
        assert cells["countries"] == "SSD"


def test_a15_a_workbook_has_words_and_no_links(attacked: Attacked):
    attacked.read(package(0, title="https://bad.example/a"), package(1, title="=cmd|' /C calc'!A0"))
    book = openpyxl.load_workbook(io.BytesIO(attacked.client.get("/api/v1/datasets.xlsx").content))
    cells = [cell for row in book["Datasets"].iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n", "inlineStr"}
    assert [cell.hyperlink for cell in cells if cell.hyperlink] == []
    assert {"https://bad.example/a", "'=cmd|' /C calc'!A0"} <= {cell.value for cell in cells}


def test_a16_an_export_has_the_rows_and_fields_of_the_answer(attacked: Attacked):
    attacked.read(package(0), package(1, private=True, title="Sample quietcanary"), package(2))
    items = {item["id"]: item for item in attacked.client.get("/api/v1/datasets").json()["items"]}
    assert len(items) == 2
    for table in rows(attacked).values():
        assert [(cells["id"], cells["title"], cells["level"], cells["link"]) for cells in table] == sorted(
            ((item["id"], item["title"], item["level"]["level"], item["link"]) for item in items.values()),
            key=lambda cells: cells[1],
        )
    for path in ("/api/v1/datasets.csv", "/api/v1/datasets.xlsx"):
        answer = attacked.client.get(path)
        assert b"quietcanary" not in answer.content + str(answer.headers).encode()


@pytest.mark.parametrize("title", ['a"; filename="bad.exe', "a\r\nX-Bad: 1", "../../etc/passwd", "a\x00b"])
def test_a17_a_files_name_is_ours_whatever_a_record_is_called(title: str, attacked: Attacked):
    attacked.read(package(0, title=title, name=title))
    for ending in ("csv", "xlsx"):
        answer = attacked.client.get(f"/api/v1/datasets.{ending}", params={"q": title.replace("\x00", "")})
        assert answer.status_code == 200
        name = rf'attachment; filename="landmark-datasets[A-Za-z0-9-]*\.{ending}"'
        assert re.fullmatch(name, answer.headers["content-disposition"])
        assert "x-bad" not in answer.headers
