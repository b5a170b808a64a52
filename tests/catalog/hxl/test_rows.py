"""Headers and hashtags of a sheet: what is read, and that no row of data ever comes out. All content is fictional."""

import csv
import gzip
import io
import json
import logging
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import hxl
import openpyxl
import pytest
from hxl.input import InputOptions, make_input
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.hxl.rows import HeaderRead, current, tables
from catalog.hxl.tags import base, canonical
from catalog.records import ReadingNote
from config.vocabulary import attributes, hashtags

DATA = [["Sample North", "12", "2024-01-05"], ["Sample South", "7", "2024-01-06"]]


def test_tags_under_headers() -> None:
    read = tables("3W", [["District", "Killed", "Date"], ["#adm2 +name", "#Affected+Killed", "#date"], *DATA])
    assert read == HeaderRead(
        sheet="3W",
        headers=("District", "Killed", "Date"),
        tags=("#adm2+name", "#affected+killed", "#date"),
        tag_row=1,
        header_rows=(0,),
        notes=(),
    )


@pytest.mark.parametrize("row", range(25))
def test_tags_on_any_of_25_rows(row: int) -> None:
    above: list[list[object]] = [["Sample bulletin"] if place % 2 else [] for place in range(row)]
    if row:
        above[-1] = ["District", "Killed"]
    read = tables("", [*above, ["#adm2", "#affected+killed"], ["Sample North", 3]])
    assert read.tag_row == row
    assert read.tags == ("#adm2", "#affected+killed")
    assert read.headers == (("District", "Killed") if row else ())
    assert read.notes == ()


def test_tags_below_the_25th_row_are_not_looked_for() -> None:
    assert tables("", [[]] * 25 + [["#adm2", "#affected"]]).tags == ()


def test_several_header_rows_are_joined() -> None:
    read = tables(
        "",
        [
            ["Sample survey of 2024", "", "", "", ""],
            ["Location", "", "People displaced", "", ""],
            ["Province", "District", "Male", "Female", ""],
            ["#adm1", "#adm2", "#affected+m", "#affected+f", ""],
            ["Sample North", "Sample Valley", 3, 4, 5],
        ],
    )
    assert read.headers == (
        "Location / Province",
        "Location / District",
        "People displaced / Male",
        "People displaced / Female",
        "",
    )
    assert read.tags == ("#adm1", "#adm2", "#affected+m", "#affected+f", "")
    assert read.header_rows == (1, 2)


def test_header_rows_without_tags_are_joined_too() -> None:
    read = tables(
        "",
        [
            ["Place", "", "Victims", ""],
            ["Province", "District", "Killed", "Injured"],
            ["Sample North", "Sample Valley", 3, 4],
            ["Sample South", "Sample Hill", 0, 1],
        ],
    )
    assert read.headers == ("Place / Province", "Place / District", "Victims / Killed", "Victims / Injured")
    assert (read.tags, read.tag_row, read.header_rows) == ((), None, (0, 1))


def test_who_prepared_a_sheet_is_no_header() -> None:
    read = tables(
        "",
        [
            ["Prepared by", "Sample Person", "", "", ""],
            ["Province", "District", "Killed", "Injured", "Date"],
            ["Sample North", "Sample Valley", 3, 4, date(2024, 1, 5)],
        ],
    )
    assert read.headers == ("Province", "District", "Killed", "Injured", "Date")


@pytest.mark.parametrize(
    ("cell", "tag"),
    [
        ("\t#adm3+Code ", "#adm3+code"),
        ("#adm3   +code\n+v_pcode", "#adm3+code+v_pcode"),
        ("\ufeff#adm3", "#adm3"),
        ("#adm1_id", "#adm1_id"),
        ("# adm3", ""),
        ("#adm3+", ""),
        ("#adm3 + code", ""),
        ("#adm3,#adm4", ""),
        ("#affected+2013", ""),
        ("#IDP households", ""),
        ("# of households", ""),
        ("#1", ""),
        ("adm3", ""),
        ("", ""),
        (None, ""),
        (12, ""),
    ],
)
def test_one_cell_of_a_row_of_tags(cell: object, tag: str) -> None:
    row = ["#org", "#sector", cell]
    assert tables("", [row]).tags == ("#org", "#sector", tag)
    columns = [column.display_tag for column in hxl.data([["a", "b", "c"], row]).columns]
    assert canonical(columns[2] or "") == tag


def test_a_tag_that_cannot_be_read_is_noted_without_its_text() -> None:
    read = tables("3W", [["Org", "Sector", "Households"], ["#org", "#sector", "# of households"], ["A", "B", 3]])
    assert read.notes == (
        ReadingNote("hashtag-malformed", "3W", "Column 3 begins with # and is no hashtag; it has no tag."),
    )


def test_words_after_a_hash_are_flagged() -> None:
    read = tables("Summary", [["#States", "#Localities", "#Individuals"], ["3", "12", "700"]])
    assert read.tags == ("#states", "#localities", "#individuals")
    assert read.notes == (
        ReadingNote(
            "hashtags-unknown",
            "Summary",
            "None of these is in the dictionary, they may be labels: #individuals, #localities, #states.",
        ),
    )
    some = tables("", [["#adm1", "#weapon"]])
    assert some.notes == (ReadingNote("hashtag-unknown", "", "Not in the dictionary: #weapon."),)


def test_tags_of_2014_are_known_and_have_a_tag_of_today() -> None:
    read = tables("", [["#adm1_id", "#lat_deg", "#idp_num", "#sector"]])
    assert read.notes == ()
    assert [current(tag) for tag in read.tags] == ["#adm1+code", "#geo+lat", "#affected+idps", "#sector"]
    assert current("#adm1_id+v_pcode") == "#adm1+code+v_pcode"


@pytest.mark.parametrize(
    "row",
    [
        ["Province", "Province", "Total"],
        ["Province", "12", "Total"],
        ["Province", "2024-01-05", "Total"],
        ["Province", "5 March 2024", "Total"],
        ["Province", "sample@example.org", "Total"],
        ["Province", "+00 555 010 0199", "Total"],
        ["Province", "12.3456, 65.4321", "Total"],
        ["Province", "XX010203", "Total"],
        ["Province", "https://example.org/sample", "Total"],
        ["Province", datetime(2024, 1, 5), "Total"],
        ["Province", True, "Total"],
        ["Sample North", "Sample Valley", "Sample Hill"],
    ],
)
def test_a_row_that_may_be_data_is_not_kept(row: Sequence[object]) -> None:
    read = tables("S", [row, ["Sample East", "Sample Coast", "3"]])
    assert read == HeaderRead(
        "S",
        (),
        (),
        None,
        (),
        (ReadingNote("header-not-found", "S", "No row could be told from data with certainty; none was kept."),),
    )


def test_a_value_that_stands_again_in_its_column_is_data() -> None:
    rows = [["District team", "Sample Hill"], ["Village group", "Sample Hill"]]
    assert tables("", rows).headers == ()


def test_a_header_may_stand_twice_above_tags() -> None:
    read = tables("", [["Sex", "Total", "Total"], ["#beneficiary+sex", "#affected", "#inneed"], ["x", 3, 4]])
    assert read.headers == ("Sex", "Total", "Total")


def test_data_above_the_tags_is_not_kept() -> None:
    people = [["Sample Person", "Sample Hill"], ["Another Person", "Sample Valley"]]
    assert tables("", [*people, ["#contact+name", "#adm3"], *people]).headers == ()


def test_16000_columns() -> None:
    wide = [f"column_{place // 100}_{place % 100}" for place in range(16_000)]
    read = tables("", [wide, *([place] * 16_000 for place in range(24))])
    assert read.headers == tuple(wide)


_FIRST = st.sampled_from(
    [
        "Amal",
        "Bina",
        "Cato",
        "Dov",
        "Ela",
        "Faro",
        "Gita",
        "Hugo",
        "Ines",
        "Jona",
        "Kaya",
        "Lev",
        "Mira",
        "Nuri",
        "Олена",
        "احمد",
        "نور",
    ]
)
_LAST = st.sampled_from(
    [
        "Samplova",
        "Exampli",
        "Testari",
        "Specimov",
        "Fictor",
        "Placehold",
        "Зразок",
        "المثال",
        "Dummeh-Sample",
        "O'Sample",
    ]
)
_NAME = st.builds("{} {}".format, _FIRST, _LAST)
_PLACE = st.builds(
    "{}{}".format, st.sampled_from(["Sampleton", "Exampur", "Testabad", "Пример", "نموذج"]), st.integers(1, 9_999)
)
_PHONE = st.from_regex(r"(\+|00)?[0-9]{2,3}[ -]?[0-9]{3}[ -]?[0-9]{4}", fullmatch=True)
_COORDINATE = st.one_of(
    st.floats(-90, 90, allow_nan=False).map(lambda value: f"{value:.5f}"),
    st.floats(-90, 90, allow_nan=False),
    st.builds("{}°{}'{}\"N".format, st.integers(0, 89), st.integers(0, 59), st.integers(0, 59)),
    st.builds("{:.4f}, {:.4f}".format, st.floats(-90, 90), st.floats(-180, 180)),
)
_DAY = st.dates(date(1950, 1, 1), date(2030, 1, 1))
_DATE = st.one_of(
    _DAY,
    _DAY.map(lambda day: day.strftime("%d/%m/%Y")),
    _DAY.map(lambda day: day.strftime("%d %B %Y")),
    _DAY.map(lambda day: day.strftime("%b %d, %Y")),
    _DAY.map(date.isoformat),
)
_MAIL = st.builds("{}.{}@example.org".format, _FIRST, st.integers(0, 999))
_KINDS = st.sampled_from([_NAME, _PLACE, _PHONE, _COORDINATE, _DATE, _MAIL])
_TAGS = st.lists(
    st.sampled_from(["#contact+name", "#adm3", "#contact+phone", "#geo", "#date", "", "#x_code"]),
    min_size=6,
    max_size=6,
)


@st.composite
def _persons(draw: st.DrawFn) -> list[list[Any]]:
    kinds = [_NAME, *draw(st.lists(_KINDS, max_size=5))]
    rows = [[draw(kind) for kind in kinds] for _ in range(draw(st.integers(1, 8)))]
    for row in rows:
        for place in range(len(row)):
            if draw(st.integers(0, 5)) == 0:
                row[place] = draw(st.sampled_from(["", None, "unknown", "n/a"]))
    if draw(st.booleans()):
        tags = draw(_TAGS)[: len(kinds)]
        rows.insert(draw(st.integers(0, len(rows))), tags)
    return rows


@settings(max_examples=600, deadline=None)
@given(_persons())
def test_nothing_of_a_row_of_data_comes_out(rows: list[list[Any]]) -> None:
    read = tables("", rows)
    assert read.headers == ()
    assert read.header_rows == ()
    told = " ".join((*read.tags, *(note.message for note in read.notes)))
    for row in rows:
        for cell in row:
            assert not (cell and not str(cell).startswith("#") and str(cell) != "n/a" and str(cell) in told)


@settings(max_examples=150, deadline=None)
@given(_persons())
def test_under_real_headers_they_alone_come_out(rows: list[list[Any]]) -> None:
    width = max(len(row) for row in rows)
    headers = ["Contact name", "District", "Phone number", "Latitude", "Date of visit", "Remarks"][:width]
    people = [row for row in rows if not any(str(cell).startswith("#") for cell in row)]
    read = tables("", [headers, *people])
    assert read.headers in {tuple(headers), ()}


# --- against libhxl ---------------------------------------------------------------------------------------------------


def _libhxl(rows: Sequence[Sequence[object]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The canonical tags and the headers that libhxl finds in rows; nothing if it finds no row of tags."""
    try:
        columns = hxl.data([list(row) for row in rows]).columns
    except hxl.HXLException:
        return (), ()
    tags = tuple(canonical(column.display_tag) if column.tag else "" for column in columns)
    return tags, tuple(" ".join(str(column.header or "").split()) for column in columns)


def _sheets(path: Path) -> Iterator[tuple[str, list[list[object]]]]:
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    if path.suffix in {".xlsx", ".NOEXT"}:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        for sheet in book.worksheets:
            yield sheet.title, [list(row) for _, row in zip(range(60), sheet.iter_rows(values_only=True), strict=False)]
        return
    with make_input(io.BytesIO(content), InputOptions(encoding="latin1" if "latin1" in path.name else None)) as rows:
        yield "", [list(row) for _, row in zip(range(60), rows, strict=False)]


_UNREADABLE = {
    "libhxl__test_io__input-broken.xlsx",
    "libhxl__test_io__input-invalid.png",
    "libhxl__test_io__input-notag1.html",
    "libhxl__test_io__input-notag2.html",
    "libhxl__test_io__input-zip-invalid.zip",
}
"""No table at all: libhxl has no rows of them either."""


def _agrees(sheet: str, rows: Sequence[Sequence[object]]) -> bool:
    """Whether libhxl's tags and, where we keep any, its headers are ours; True if there were tags."""
    read, (tags, headers) = tables(sheet, rows), _libhxl(rows)
    assert read.tags[: len(tags)] == tags
    assert not any(read.tags[len(tags) :])
    if tags and read.headers:
        last = rows[read.header_rows[-1]]
        assert tuple(" ".join(str(cell or "").split()) for cell in last)[: len(tags)] == headers[: len(last)]
        assert all(ours.endswith(theirs) for ours, theirs in zip(read.headers, headers, strict=False))
    return bool(tags)


@pytest.mark.recorded
def test_recorded_tables_are_read_as_libhxl_reads_them(shared: Path) -> None:
    logging.getLogger("hxl").setLevel(logging.CRITICAL)
    files = [*(shared / "hxl/odd_shapes").iterdir(), *(shared / "hxl/samples").iterdir()]
    tagged, sheets = 0, 0
    for path in sorted(files):
        if path.name in _UNREADABLE:
            with pytest.raises(Exception):  # noqa: B017 - whatever the readers raise for no table
                list(_sheets(path))
            continue
        for sheet, rows in _sheets(path):
            tagged += _agrees(sheet, rows)
            sheets += 1
    assert (len(files), sheets, tagged) == (74, 76, 60)


@pytest.mark.recorded
def test_recorded_dtm_header_rows_are_read_as_libhxl_reads_them(shared: Path) -> None:
    books = json.loads((shared / "portals/dtm/hxl-header-rows-of-dtm-workbooks.json").read_text(encoding="utf-8"))
    found = [
        (_agrees(sheet["title"], sheet["header_rows"]), bool(tables("", sheet["header_rows"]).headers))
        for book in books
        for sheet in book["sheets"]
        if sheet.get("header_rows")
    ]
    assert (len(found), sum(tagged for tagged, _ in found), sum(headed for _, headed in found)) == (11, 11, 10)


@pytest.mark.recorded
def test_recorded_file_structure_checks_are_read_as_libhxl_reads_them(shared: Path) -> None:
    path = shared / "hxl/hdx_sheet_headers_from_fs_check_info.csv.gz"
    sheets: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            place = row["dataset_name"], row["resource_id"], row["sheet"]
            sheets.setdefault(place, []).append((row["header"], row["hxl_header"]))
    tagged, headed = 0, 0
    for (_, _, sheet), columns in sheets.items():
        headers, tags = [header for header, _ in columns], [tag for _, tag in columns]
        rows = [headers, tags] if any(tags) else [headers]
        tagged += _agrees(sheet, rows)
        headed += bool(tables(sheet, rows).headers)
    assert (len(sheets), tagged, headed) == (327, 97, 297)


@pytest.mark.recorded
def test_every_hashtag_of_2014_has_one_of_the_dictionary(shared: Path) -> None:
    with (shared / "hxl/hxl_tags_2014_alpha.csv").open(encoding="utf-8", newline="") as lines:
        listed = [row["tag"] for row in csv.DictReader(lines)]
    assert len(listed) == 89
    assert [tag for tag in listed if base(current(tag)) not in hashtags()] == []
    with (shared / "hxl/hxl_core_schema_hashtags.csv").open(encoding="utf-8", newline="") as lines:
        assert sorted(row["#valid_tag"] for row in csv.DictReader(lines)) == sorted(hashtags())
    with (shared / "hxl/hxl_core_schema_attributes.csv").open(encoding="utf-8", newline="") as lines:
        assert sorted(row["#valid_attribute"][1:] for row in csv.DictReader(lines)) == sorted(attributes())
    for told in (*hashtags().values(), *attributes().values()):
        assert told
