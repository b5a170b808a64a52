"""Countries by any spelling, one by one and in lists."""

import pycountry
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.places import ABYEI, KOSOVO, LANGUAGES, WORLD, country_name
from catalog.records import ReadingNote
from catalog.text import normalize
from harvester.reading.countries import countries, country
from harvester.reading.fields import Fields


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("ukr", "UKR"), ("bfa", "BFA"), ("wld", WORLD), ("GLBL", WORLD), ("Global", WORLD), ("Monde", WORLD),
        ("AB9", ABYEI), ("Abyei Area", ABYEI), ("أبيي", ABYEI), ("XKX", KOSOVO), ("XK", KOSOVO), ("KSV", KOSOVO),
        ("Kosovo (S/RES/1244 (1999))", KOSOVO), ("zar", "COD"), ("TMP", "TLS"), ("ROM", "ROU"), ("WBG", "PSE"),
        ("Dem. Rep. Congo", "COD"), ("Congo, Dem. Rep.", "COD"), ("democratic-republic-congo", "COD"),
        ("Congo, Rep.", "COG"), ("Rep. of Moldova", "MDA"), ("Syrian Arab Rep.", "SYR"), ("Egypt, Arab Rep.", "EGY"),
        ("Lao People's Dem. Rep.", "LAO"), ("Dem. People's Rep. of Korea", "PRK"), ("Korea, Rep.", "KOR"),
        ("Iran (Islamic Rep. of)", "IRN"), ("Bahamas (the)", "BHS"), ("cote-d-ivoire", "CIV"), ("Türkiye", "TUR"),
        ("occupied Palestinian territory", "PSE"), ("territoire palestinien occupé", "PSE"), ("OPT", "PSE"),
        ("Guadeloupe (France)", "GLP"), ("Сирия", "SYR"), ("Síria", "SYR"), ("Боснія і Герцеговина", "BIH"),
        ("جمهورية الكونغو الديمقراطية", "COD"), ("República Democrática do Congo", "COD"), ("Puntland", "SOM"),
        ("阿富汗", "AFG"), ("刚果民主共和国", "COD"), ("阿拉伯叙利亚共和国", "SYR"), ("阿卜耶伊", ABYEI),
    ],
)  # fmt: skip
def test_one_country(written: str, code: str) -> None:
    assert country(written) == code


@pytest.mark.parametrize(
    ("written", "scheme", "code"),
    [(4, "m49", "AFG"), ("004", "m49", "AFG"), (412, "m49", KOSOVO), (1, "m49", WORLD), ("na", "iso2", "NAM"),
     ("CD", "iso2", "COD"), ("xkx", "iso3", KOSOVO), ("Chad", "name", "TCD"), ("", "", ""), (None, "m49", "")],
)  # fmt: skip
def test_a_portal_can_declare_what_it_writes(written: object, scheme: str, code: str) -> None:
    assert country(written, scheme) == code  # type: ignore[arg-type] - as a table gives it


@pytest.mark.parametrize(
    ("written", "scheme"),
    [("NA", "name"), ("Chad", "iso3"), ("AFG", "iso2"), ("AF", "iso3"), (4, ""), ("4", ""), (999, "m49"), ("YUG", ""),
     ("Middle East", ""), ("stateless", ""), (True, "m49"), (["AFG"], ""), ("x" * 5000, "")],
)  # fmt: skip
def test_what_is_no_country(written: object, scheme: str) -> None:
    with pytest.raises(ValueError, match=r"country"):
        country(written, scheme)  # type: ignore[arg-type] - as a table gives it


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Congo, Dem. Rep.; Chad|Niger\nMali", (("COD", "TCD", "NER", "MLI"), ())),
        ("Chad, Niger, Tapirland", (("TCD", "NER"), ("Tapirland",))),
        ("Lebanon and Syria", (("LBN", "SYR"), ())),
        ("Lebanon and Tapirland", ((), ("Lebanon and Tapirland",))),
        ("Chad (Tapirland)", ((), ("Chad (Tapirland)",))),
        ("Bosnia and Herzegovina", (("BIH",), ())),
        ("Serbia and Kosovo: S/RES/1244 (1999)", (("SRB", "XKX"), ())),
        (["afg", "Afghanistan", "nepal-earthquake"], (("AFG",), ("nepal-earthquake",))),
        (None, ((), ())),
        ({"iso3": "AFG"}, ((), ())),
    ],
)
def test_lists(written: object, read: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
    assert countries(written) == read


@given(st.one_of(st.text(max_size=80), st.lists(st.text(max_size=20), max_size=5), st.integers(), st.none()))
def test_any_value_is_read_or_named(written: object) -> None:
    found, unknown = countries(written)
    assert all(len(code) == 3 and code == code.upper() for code in found)
    assert all(unknown)


def test_fields_take_the_first_that_names_a_country() -> None:
    fields = Fields({"iso3": ["xyz"], "country": "Chad; Tapirland", "region": "Sahel"})
    assert fields.countries("iso3", "country", "region") == ("TCD",)
    assert fields.notes == [ReadingNote("place-unknown", "country", 'no country is called "Tapirland"')]
    assert fields.countries("region", "missing") == ()
    assert fields.notes[1:] == [ReadingNote("place-unknown", "region", 'no country is called "Sahel"')]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_name_in_any_order_of_its_words_is_its_countrys(language: str) -> None:
    named = {entry.alpha_3: country_name(entry.alpha_3, language) for entry in pycountry.countries}
    read = {code: country(" ".join(reversed(normalize(name).split())), "name") for code, name in named.items()}
    assert {code: name for code, name in read.items() if name != code} == {}


def test_abyei_has_a_name() -> None:
    assert (country_name(ABYEI), country_name(ABYEI, "fr")) == ("Abyei", "Abyei")
