"""What portals write, read: markup, dates, frequencies, licences, formats and addresses."""

import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.reading.addresses import web_address
from harvester.reading.dates import Period, moment, period
from harvester.reading.fields import Fields
from harvester.reading.formats import format_name
from harvester.reading.frequencies import days
from harvester.reading.licences import licence
from harvester.reading.markup import label, line, plain


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("<p>Who &amp; where</p><p>When</p>", "Who & where\n\nWhen"),
        ("one<br/>two\r\nthree", "one\ntwo\nthree"),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
        (
            'See <a href="https://x.example/?a=1&amp;b=2" onclick="x()">this</a>',
            "See this (https://x.example/?a=1&b=2)",
        ),
        ('<a href="https://x.example/">https://x.example</a>', "https://x.example/"),
        ('<a href="javascript:alert(1)">this</a> and [that](javascript:alert(1))', "this and that"),
        ("[the guide](https://x.example/a_(b)) and ![map](m.png)", "the guide (https://x.example/a_(b)) and map"),
        ("<https://x.example/a>", "https://x.example/a"),
        (
            "# Title\n**bold** and _it_, but snake_case_name and #adm1+name",
            "Title\nbold and it, but snake_case_name and #adm1+name",
        ),
        ("a < b and c > d; 5 * 3 * 2", "a < b and c > d; 5 * 3 * 2"),
        ("<script>alert(1)</script>x<style>y</style>", "x"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;x", "x"),
        ("&amp;lt;img src=x onerror=alert(1)&amp;gt;x", "x"),
        ("\\<b>x\\</b>", "\\x\\"),
        ("a\x00b\u202ec\u2066d\ud800e\u200f", "ab[U+202E]cde"),
        ("نص عربي و<b>غامق</b>", "نص عربي وغامق"),
        ("", ""),
    ],
)
def test_markup_becomes_plain_text(written: str, read: str) -> None:
    assert plain(written) == (read, False)


@given(st.text(st.sampled_from("<>&;ltgamp/bscript\\[]()*_`# \n\"'=!\u202e\x00"), max_size=120))
def test_no_tag_survives(written: str) -> None:
    for text in (plain(written)[0], label(written)):
        assert not re.search(r"</?[a-zA-Z!?]", text)
        assert not re.search("[\x00\u202e]", text)


@pytest.mark.parametrize("piece", ["<div>", "[a](", "&lt;", "**a", "<a href='http://x.example'>", "`", "\\", "# "])
def test_five_megabytes_are_cut(piece: str) -> None:
    text, cut = plain(piece * (5_000_000 // len(piece)))
    assert (len(text) <= 100_000, cut) == (True, True)


def test_a_line_is_one_line() -> None:
    assert line(" a \n\t b\x07\u2066  c ") == "a b c"
    assert line("Z" + "\u0301" * 50 + "algo") == "Z" + "\u0301" * 4 + "algo"
    assert line("abcdef", 3) == "abc"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Mines  &amp; ERW &#8211; 2024", "Mines & ERW – 2024"),
        ("<b>Survey</b> of <script>x</script>a", "Survey of a"),
        ("&amp;lt;img src=x&amp;gt;Map", "Map"),
        ("5 < 6 & more", "5 < 6 & more"),
        ("snake_case_*name*", "snake_case_*name*"),
    ],
)
def test_labels(written: str, read: str) -> None:
    assert label(written) == read
    assert Fields({"title": written}).label("title") == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2024-05-01T10:00:00.5", datetime(2024, 5, 1, 10, 0, 0, 500_000, tzinfo=UTC)),
        ("2024-05-01T10:00:00+02:00", datetime(2024, 5, 1, 8, tzinfo=UTC)),
        ("2024-05-01T10:00:00Z", datetime(2024, 5, 1, 10, tzinfo=UTC)),
        ("05/31/2019", datetime(2019, 5, 31, tzinfo=UTC)),
        ("2019-05", datetime(2019, 5, 1, tzinfo=UTC)),
        ("2019", datetime(2019, 1, 1, tzinfo=UTC)),
        (" ", None),
        (None, None),
    ],
)
def test_moments(written: object, read: datetime | None) -> None:
    assert moment(written) == read


@pytest.mark.parametrize(
    "written", ["n/a", "2021-13-45", "13/13/2020", "0001-01-01T00:00:00+10:00", 2021, ["2021"], "9" * 500]
)
def test_what_is_no_moment(written: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        moment(written)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("[2020-12-31T00:00:00 TO 2024-03-31T23:59:59]", Period(date(2020, 12, 31), date(2024, 3, 31))),
        ("[2020-12-31T00:00:00 TO *]", Period(date(2020, 12, 31), None, open=True)),
        ("12/31/2020-03/31/2024", Period(date(2020, 12, 31), date(2024, 3, 31))),
        ("2020-12-31/2024-03-31", Period(date(2020, 12, 31), date(2024, 3, 31))),
        ("2020-12-31/..", Period(date(2020, 12, 31), None, open=True)),
        ("2020-12-31", Period(date(2020, 12, 31), date(2020, 12, 31))),
        ("", None),
    ],
)
def test_periods(written: str, read: Period | None) -> None:
    assert period(written) == read


@pytest.mark.parametrize("written", ["[2024-01-01 TO 2020-01-01]", "[* TO *]", "last summer", {"start": 1}])
def test_what_is_no_period(written: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        period(written)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("-2", -2),
        (0, 0),
        ("Every three months", 90),
        ("asNeeded", -2),
        ("http://publications.europa.eu/resource/authority/frequency/ANNUAL", 365),
        ("R/P1M", 30),
        ("P1Y6M", 545),
        ("unknown", None),
        (None, None),
    ],
)
def test_frequencies(written: object, read: int | None) -> None:
    assert days(written) == read


@pytest.mark.parametrize("written", ["whenever", "-3", "99999", True, [], "P"])
def test_unknown_frequencies(written: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        days(written)


def test_licences_by_address() -> None:
    assert licence("https://creativecommons.org/licenses/by/4.0/deed.fr") == "CC BY 4.0"
    assert licence("https://creativecommons.org/licenses/by/3.0/igo/") == "CC BY-IGO"
    assert licence("notspecified") == ""
    assert licence("our-own", "Our own licence") == "Our own licence"


@pytest.mark.parametrize(
    ("word", "media_type", "address", "read"),
    [
        ("xlsx", "", "", "XLSX"),
        (".csv", "", "", "CSV"),
        ("zipped shapefiles", "", "", "SHP"),
        ("CSV, XLSX", "", "", "CSV"),
        ("GeoJSON", "", "", "GEOJSON"),
        ("", "application/vnd.geo+json; charset=utf-8", "", "GEOJSON"),
        ("", "", "https://x.example/a/b.GPKG?x=1", "GPKG"),
        ("Hologram", "", "", "HOLOGRAM"),
        ("", "", "http://[", ""),
    ],
)
def test_formats(word: str, media_type: str, address: str, read: str) -> None:
    assert format_name(word, media_type, address) == read


def test_addresses() -> None:
    assert web_address("https://x.example/a b") == "https://x.example/a%20b"
    assert web_address("HTTPS://user:secret@x.example/a") == "https://x.example/a"
    assert web_address("/files/a.csv", "https://x.example") == "https://x.example/files/a.csv"
    assert web_address(None) == web_address("  ") == ""
    for written in (
        "javascript:alert(1)",
        "file:///etc/passwd",
        "//",
        "http://[",
        "C:\\data.csv",
        "https://x.example/" + "a" * 9000,
        5,
    ):
        with pytest.raises(ValueError, match=r"."):
            web_address(written)


def test_fields_note_what_they_cannot_read() -> None:
    read = Fields(
        {"when": "soon", "yes": "TRUE", "no": "0", "size": "12", "odd": {}, "list": "[a, 'b'; c]"}, where="part."
    )
    values = (
        read.moment("when"),
        read.flag("yes"),
        read.flag("no"),
        read.whole("size"),
        read.line("odd"),
        read.words("list"),
    )
    assert values == (None, True, False, 12, "", ["a", "b", "c"])
    assert [(note.code, note.field, note.message) for note in read.notes] == [
        ("date-unreadable", "part.when", 'no date: "soon"'),
        ("field-unreadable", "part.odd", "a text was expected, not an object"),
    ]


def test_what_a_portal_left_unfilled_is_blank() -> None:
    fields = Fields({"description": "{{description}}", "title": "{{name}}", "spatial": "{{extent}} of {{it}}"})
    assert (fields.prose("description"), fields.line("title"), fields.label("title")) == ("", "", "")
    assert fields.notes == []
