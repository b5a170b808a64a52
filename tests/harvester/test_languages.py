"""Languages as BCP 47 tags, and file formats under the one list."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.records import ReadingNote
from harvester.reading.fields import Fields
from harvester.reading.formats import FORMATS, format_name
from harvester.reading.languages import language, languages


@pytest.mark.parametrize(
    ("written", "tag"),
    [
        ("en", "en"), ("EN", "en"), ("en-us", "en"), ("pt_BR.UTF-8", "pt"), ("zh-Hans-CN", "zh"), ("fre", "fr"),
        ("ukr", "uk"), ("prs", "prs"), ("kmr", "ku"), ("rhg", "rhg"), ("French", "fr"), ("français", "fr"),
        ("Castellano", "es"), ("العربية", "ar"), ("українська", "uk"), ("Ukrainian", "uk"), ("Dari", "prs"),
        ("Farsi", "fa"), ("Pashto", "ps"), ("Tigrinya", "ti"), ("Burmese", "my"), ("English (United States)", "en"),
        ("http://publications.europa.eu/resource/authority/language/FRA", "fr"),
        ("http://id.loc.gov/vocabulary/iso639-1/en", "en"), ("ot", "und"), ("Other", "und"), ("", "und"), (None, "und"),
    ],
)  # fmt: skip
def test_one_language(written: object, tag: str) -> None:
    assert language(written) == tag


@pytest.mark.parametrize("written", ["xx", "Tapirish", 5, ["en"], "http://purl.org/dc/terms/language"])
def test_what_is_no_language(written: object) -> None:
    with pytest.raises(ValueError, match=r"language"):
        language(written)


def test_lists_of_languages() -> None:
    assert languages("en, fr; Tapirish / العربية") == (("en", "fr", "ar"), ("Tapirish",))
    assert languages(["en", "en-US", "ot", None]) == (("en",), ())
    fields = Fields({"language": ["fr", "Tapirish"]})
    assert fields.languages("language") == ("fr",)
    assert fields.notes == [ReadingNote("language-unknown", "language", 'no language is called "Tapirish"')]


@given(st.one_of(st.text(max_size=60), st.lists(st.text(max_size=9), max_size=4), st.integers(), st.none()))
def test_any_value_is_read_or_named(written: object) -> None:
    tags, unknown = languages(written)
    assert all(tag.isascii() and tag.islower() and 2 <= len(tag) <= 3 for tag in tags)
    assert all(unknown)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Feature Service", "GEOSERVICE"), ("Map Service", "GEOSERVICE"), ("Feature Layer", "GEOSERVICE"),
        ("Web Map", "WEB APP"), ("Web Mapping Application", "WEB APP"), ("Dashboard", "WEB APP"), ("Form", "FORM"),
        ("StoryMap", "WEB APP"), ("File Geodatabase", "GDB"), ("Shapefile", "SHP"), ("CSV Collection", "CSV"),
        ("Microsoft Excel", "XLSX"), ("Layer Package", "ARCGIS PACKAGE"), ("text/html", "WEB APP"),
        ("application/pdf", "PDF"), ("application/vnd.geo+json; charset=utf-8", "GEOJSON"),
        ("application/rdf+xml", "RDF"), ("application/problem+json", "JSON"),
        ("http://publications.europa.eu/resource/authority/file-type/CSV", "CSV"),
        ("https://www.iana.org/assignments/media-types/application/gzip", "GZ"), ("IATI-XML", "XML"), ("API", "API"),
        ("application/octet-stream", ""), ("N/A", ""), (".e00", "E00"), ("PDF", "PDF"), ("zipped csc", "CSV"),
    ],
)  # fmt: skip
def test_formats(written: str, name: str) -> None:
    assert format_name(written) == name


@given(st.text(max_size=60), st.text(max_size=30))
def test_any_word_has_a_short_name(word: str, media_type: str) -> None:
    name = format_name(word, media_type)
    assert name in FORMATS or (len(name) <= 30 and name == name.strip())
