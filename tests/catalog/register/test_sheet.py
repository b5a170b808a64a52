"""The sheet: what the template is, and what is read of sheets as people return them."""

import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

import hxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from catalog.register.book import template, written
from catalog.register.files import Unreadable
from catalog.register.reading import clean, read
from catalog.register.words import LANGUAGES, Words
from config import load
from config.settings import Settings

WORDS = Words(load.register_sheet(Settings(config_dir=None)))
HEADINGS = ["Title", "Holder", "Countries", "State"]
GOOD = ["Sample: cleared areas", "Sample Office", "Ukraine", "held"]
KEPT = {"title": "Sample: cleared areas", "holder": "Sample Office", "countries": "UKR", "state": "held"}


def workbook(rows: Sequence[Sequence[Any]], change: Callable[[Workbook], object] = lambda _: None) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_template_is_read_in_every_language_and_has_no_formula(words: Words, language: str) -> None:
    body = template(words, language, "xlsx")
    book = load_workbook(io.BytesIO(body))
    assert len(book.worksheets) == 3
    for sheet in book.worksheets:
        assert sheet.sheet_state == "visible"
        assert bool(sheet.sheet_view.rightToLeft) is (language == "ar")
        assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None} == {"s"}
    holdings = book.worksheets[0]
    chosen = {str(rule.sqref).split(":")[0] for rule in holdings.data_validations.dataValidation}
    listed = [place for place, column in enumerate(words.columns.values(), 1) if words.list_of(column)]
    assert chosen == {f"{holdings.cell(3, place).column_letter}3" for place in listed}
    assert holdings["A3"].value == "sample"
    for made in (body, template(words, language, "csv")):
        read_back = read(made, words)
        assert read_back.language == language
        assert list(read_back.columns) == list(words.columns)
        assert read_back.rows == ()
        assert read_back.notes == ("The example in row 3 was left out.",)


def test_the_row_of_hashtags_is_hxl(words: Words) -> None:
    text = template(words, "en", "csv").decode("utf-8-sig").splitlines()
    rows = [line.split(",") for line in text[:2]]
    columns = hxl.data(rows).columns
    assert [column.display_tag for column in columns] == [column.hxl for column in words.columns.values()]


def test_columns_moved_renamed_merged_and_left_out_are_found(words: Words) -> None:
    def merge(book: Workbook) -> None:
        book.active.merge_cells("A6:A8")
        book.create_sheet("Notes").append(["nothing of the kind"])

    body = workbook(
        [
            ["Our holdings"],
            [],
            ["НАЗВА", None, "Pays", "Titular", "estado", "Colour", "Date de fin"],
            [],
            [None, None, "France; Suisse", "Sample Office", "planned", "red", datetime(2026, 3, 5)],
            ["Sample: one", None, "RDC", "Sample Office", "HELD", None, "2026"],
            [None, None, "Congo, Dem. Rep.", "Sample Office", "shared"],
            [None, None, "سوريا", "Sample Office", "retiré"],
        ],
        merge,
    )
    found = read(body, words)
    assert found.notes == ('The column "Colour" (F3) is not known and was left out.',)
    assert [
        (row.number, row.values.get("title"), row.values["countries"], row.values["state"]) for row in found.rows
    ] == [
        (5, None, "CHE; FRA", "planned"),
        (6, "Sample: one", "COD", "held"),
        (7, "Sample: one", "COD", "shared"),
        (8, "Sample: one", "SYR", "retired"),
    ]
    assert [row.values.get("period_end") for row in found.rows] == ["2026-03-05", "2026-12-31", None, None]
    [fault] = found.rows[0].faults
    assert (fault.cell, fault.column, fault.reason) == ("A5", "title", "it is empty")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1251"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_table_of_text_is_read_in_its_encoding_and_delimiter(words: Words, encoding: str, delimiter: str) -> None:
    lines = [
        ["Назва", "Утримувач", "Країни", "Стан"],
        ["Зразок: ділянки", "Зразкове відомство", "Україна", "заплановано"],
    ]
    body = "\r\n".join(delimiter.join(line) for line in lines).encode(encoding)
    found = read(body, words)
    assert [dict(row.values) for row in found.rows] == [
        {"title": "Зразок: ділянки", "holder": "Зразкове відомство", "countries": "UKR", "state": "planned"}
    ]
    assert found.language == "uk"


def test_days_count_from_1904_where_the_workbook_does(words: Words) -> None:
    def apple(book: Workbook) -> None:
        book.epoch = CALENDAR_MAC_1904

    rows = [[*HEADINGS, "Expected on", "Last verified"], [*GOOD, date(2026, 3, 5), 44624]]
    [row] = read(workbook(rows, apple), words).rows
    assert (row.values["expected"], row.values["last_verified"]) == ("2026-03-05", "2026-03-05")


@pytest.mark.parametrize(
    ("heading", "cell", "reason", "mend"),
    [
        ("Expected on", "03/04/2026", '"03/04/2026": it may be two days', "Write 2026-04-03 or 2026-03-04"),
        ("Unit", "parish", '"parish" cannot be chosen', "Write one of: person, household"),
        ("Countries", "Atlantis", '"Atlantis" is no country', "Write the country's name or ISO code"),
        ("Expected days", "a month", '"a month" is no whole number', "Write digits alone"),
        ("Register id", "7", '"7" is no register id', "Clear the cell"),
        ("Ask at", "jane.doe@office.example", "it may be a person's own mailbox", "Write the office's mailbox"),
        ("Conditions", "Ring +380 44 123 45 67", "it holds a telephone number", "Take it out"),
        ("Title", "x" * 201, "it has 201 characters", "Shorten it to 200."),
        ("Conditions", "=HYPERLINK(1)", "it is a formula", "Copy the cell, and paste its value"),
    ],
)
def test_what_cannot_be_taken_says_where_why_and_what_to_do(
    words: Words, heading: str, cell: str, reason: str, mend: str
) -> None:
    row = dict(zip(HEADINGS, GOOD, strict=True)) | {heading: cell}
    [found] = read(workbook([list(row), list(row.values())]), words).rows
    [fault] = found.faults
    assert fault.cell == f"{'ABCDE'[list(row).index(heading)]}2"
    assert fault.reason == reason
    assert fault.mend.startswith(mend)


def test_a_period_that_ends_before_it_begins_is_not_taken(words: Words) -> None:
    [row] = read(workbook([[*HEADINGS, "Period from", "Period to"], [*GOOD, "2026", "2025-06"]]), words).rows
    [fault] = row.faults
    assert (fault.cell, fault.reason) == ("F2", "it is before period from, 2026-01-01")


def test_hidden_sheets_are_left_out_and_told(words: Words) -> None:
    def hide(book: Workbook) -> None:
        sheet = book.create_sheet("Secret")
        sheet.append(HEADINGS)
        sheet.append(["Sample: hidden", *GOOD[1:]])
        sheet.sheet_state = "hidden"

    found = read(workbook([HEADINGS, GOOD], hide), words)
    assert [dict(row.values) for row in found.rows] == [KEPT]
    assert found.notes == ('The hidden sheet "Secret" was not read.',)


def test_what_is_too_large_or_has_macros_is_refused(words: Words) -> None:
    def with_part(name: str, content: bytes) -> bytes:
        body = io.BytesIO(workbook([HEADINGS, GOOD]))
        with zipfile.ZipFile(body, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, content)
        return body.getvalue()

    for body, said in (
        (with_part("xl/vbaProject.bin", b"x"), "The workbook has macros."),
        (with_part("xl/media/image1.png", bytes(65 << 20)), "Unpacked, the workbook has more than 64 MiB."),
        (with_part("xl/sharedStrings2.xml", bytes(17 << 20)), "The workbook's texts have more than 16 MiB."),
        (b"PK\x03\x04 broken", "The workbook cannot be read (BadZipFile)."),
        (b"\xd0\xcf\x11\xe0 old", "The file is an old Excel file or has a password."),
        (bytes(17 << 20), "The file is larger than 16 MiB."),
        (b"\0\1\2\3", "The file is neither a workbook nor a table of text."),
        (workbook([["a", "b"], ["c", "d"]]), "No sheet has a row of headings"),
        (workbook([HEADINGS[1:], GOOD[1:]]), 'There is no column "Title"'),
        (workbook([[*HEADINGS, "Name"], [*GOOD, "x"]]), 'The cells A1 and E1 are both "title".'),
    ):
        with pytest.raises(Unreadable) as raised:
            read(body, words)
        assert str(raised.value).startswith(said)


def swapped(sheet: str) -> bytes:
    """A workbook whose sheet is this XML."""
    out = io.BytesIO()
    given = zipfile.ZipFile(io.BytesIO(workbook([HEADINGS, GOOD])))
    with given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in given.namelist():
            archive.writestr(name, sheet if name.startswith("xl/worksheets/") else given.read(name))
    return out.getvalue()


def test_what_would_take_memory_or_minutes_is_refused_before_it_does(words: Words) -> None:
    begin = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    rows = "".join(f'<row r="{number}"><c r="A{number}"/></row>' for number in range(1, 500_000))
    deep = "<row>" * 100_000
    one = "<mergeCell ref='A1:A1048576'/>"
    merged = f"</sheetData><mergeCells>{one * 900_000}</mergeCells></worksheet>"
    declared = '<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">]>'
    for sheet, said in (
        (f"{begin}{rows}</sheetData></worksheet>", "A sheet has more than 5000 rows, or too much in it."),
        (f"{begin}{deep}", "A sheet has more than 5000 rows, or too much in it."),
        (f"{begin}{merged}", "A sheet has more than 5000 rows, or too much in it."),
        (f"{declared}{begin}</sheetData></worksheet>", "The workbook cannot be read (EntitiesForbidden)."),
    ):
        with pytest.raises(Unreadable) as raised:
            read(swapped(sheet), words)
        assert str(raised.value).startswith(said)


def test_a_sheet_full_of_merged_cells_is_read_in_a_moment(words: Words) -> None:
    cells = [
        f'<c r="{letter}1" t="inlineStr"><is><t>{text}</t></is></c>'
        for letter, text in zip("ABCD", HEADINGS, strict=True)
    ]
    said = [
        f'<c r="{letter}2" t="inlineStr"><is><t>{text}</t></is></c>' for letter, text in zip("ABCD", GOOD, strict=True)
    ]
    more = "".join(
        f'<row r="{number}"><c r="D{number}" t="inlineStr"><is><t>held</t></is></c></row>' for number in (3, 4)
    )
    merged = "".join(f'<mergeCell ref="{letter}2:{letter}1048576"/>' for letter in "ABC") + (
        '<mergeCell ref="A2:A1048576"/>' * 200_000
    )
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        f'<row r="1">{"".join(cells)}</row><row r="2">{"".join(said)}</row>{more}</sheetData>'
        f"<mergeCells>{merged}</mergeCells></worksheet>"
    )
    assert [dict(row.values) for row in read(swapped(sheet), words).rows] == [KEPT] * 3


def test_a_million_rows_are_refused_before_they_are_read(words: Words) -> None:
    line = (",".join(GOOD) + "\n").encode()
    body = (",".join(HEADINGS) + "\n").encode() + line * 300_000
    assert len(body) < 16 << 20
    with pytest.raises(Unreadable, match="more than 5000 rows"):
        read(body, words)


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=40).map(clean)
values: dict[str, st.SearchStrategy[str]] = {
    "text": texts,
    "date": st.dates(date(1900, 1, 1), date(2100, 12, 31)).map(date.isoformat),
    "boolean": st.sampled_from(["yes", "no"]),
    "places": st.lists(st.sampled_from(["UKR", "SYR", "COD", "WLD"]), min_size=1, unique=True).map(
        lambda found: "; ".join(sorted(found))
    ),
    "number": st.integers(0, 99_999).map(str),
}


def cell(key: str) -> st.SearchStrategy[str]:
    column = WORDS.columns[key]
    if key == "id":
        return st.from_regex(r"reg-[0-9a-f]{16}", fullmatch=True)
    if key == "ask_at":
        return st.sampled_from(["im@office.example", "https://office.example/ask"])
    if column.values:
        return st.sampled_from([WORDS.choice(column, shown) for shown in WORDS.choices(column, "en")])
    return values[column.type]


rows = st.fixed_dictionaries({key: cell(key) for key in WORDS.columns})


@settings(max_examples=60, deadline=None)
@given(
    rows, st.sampled_from(LANGUAGES), st.sampled_from(["xlsx", "csv"]), st.sampled_from(["", "=", "'", "'=", "@", "-"])
)
def test_what_is_given_back_is_read_as_it_was(row: dict[str, str], language: str, kind: str, sign: str) -> None:
    kept = {key: text for key, text in row.items() if text}
    kept |= {"title": f"{sign}Sample", "holder": f"{sign}1+1"}
    first, last = sorted((kept["period_start"], kept["period_end"]))
    kept |= {"period_start": first, "period_end": last}
    kept["consent_on"], kept["consent_until"] = sorted((kept["consent_on"], kept["consent_until"]))
    body = written(WORDS, language, kind, [kept])
    [found] = read(body, WORDS).rows
    faulty = {fault.column: fault.reason for fault in found.faults}
    assert all(reason.startswith("it holds") for reason in faulty.values())
    assert dict(found.values) == {key: text for key, text in kept.items() if key not in faulty}
    assert written(WORDS, language, kind, [found.values | {key: kept[key] for key in faulty}]) == body or kind == "xlsx"


def test_no_spreadsheet_runs_what_is_given_back(words: Words) -> None:
    kept = KEPT | {"title": "=HYPERLINK(1)", "contents": "@SUM(1)"}
    book = load_workbook(io.BytesIO(written(words, "en", "xlsx", [kept])))
    cells = book.worksheets[0]["B3"], book.worksheets[0]["C3"]
    assert [(cell.value, cell.data_type, cell.quotePrefix) for cell in cells] == [
        ("=HYPERLINK(1)", "s", True),
        ("@SUM(1)", "s", True),
    ]
    assert (
        written(words, "en", "csv", [kept]).decode("utf-8-sig").splitlines()[2].startswith(",'=HYPERLINK(1),'@SUM(1)")
    )
