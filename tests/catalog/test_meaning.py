"""Questions as people type them, on a real index: what is meant, what is told of that, and what is not meant."""

import time
from itertools import pairwise
from pathlib import Path

import orjson
import pycountry
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.facets import facets
from catalog.places import LANGUAGES, country_name
from catalog.query import DatasetQuery
from catalog.search import Reader, follow
from catalog.search.forms import light
from catalog.search.spelling import distance
from catalog.search.wording import LONGEST, MOST_WORDS, Phrase, read_wording
from catalog.text import tokens
from catalog.vocabulary import Audience
from tests.catalog.samples import document
from tests.catalog.test_search import TODAY, Catalog

CLEARANCE = {"key": "clearance", "title": "Clearance"}
EDUCATION = {"key": "risk-education", "title": "Risk education"}
ORDNANCE = {"key": "contamination-and-survey", "title": "Contamination and survey"}


def concept(one):
    return {"concepts": [{**one, "evidence": []}], "topics": [one]}


CORPUS = (
    document(1, title="Minefields by district", countries=["AFG"], **concept(ORDNANCE)),
    document(2, title="Україна - Заміновані сільськогосподарські землі", countries=["UKR"], **concept(ORDNANCE)),
    document(3, title="Hazardous areas in Khersonska oblast", countries=["UKR"], **concept(ORDNANCE)),
    document(4, title="Risk education, people reached", countries=["MMR"], **concept(EDUCATION)),
    document(5, title="Desminado humanitario por municipio", countries=["COL"], **concept(CLEARANCE)),
    document(6, title="Waterways and wells", notes="Water contamination, wells undermined by floods.",
             countries=["BGD"]),
    document(7, title="Energy and mining", countries=["CHL"]),
    document(8, title="Crimes by possession of arms", notes="Delitos por porte de armas.", countries=["CHL"]),
    document(9, title="DRC Displacement Data - North Kivu Province", countries=["COD"]),
    document(10, title="Displaced households, camps", countries=["YEM"]),
    document(11, title="النزوح في تعز", countries=["YEM"]),
    document(12, title="Casualties of shelling", countries=["UKR"]),
    document(13, title="Subnational administrative boundaries", countries=["SDN"]),
    document(14, title="Congo river gauges", countries=["COG"]),
    document(15, title="Schools reopened after training of teachers", countries=["COD"]),
    document(16, title="Food prices in markets", notes="Prices of food.", keywords=["food security"]),
    document(17, title="REACH map of markets", countries=["UKR"]),
    document(18, title="Train stations", countries=["EGY"]),
)  # fmt: skip
IDS = {made["id"]: made["seq"] for made in CORPUS}


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    home = tmp_path_factory.mktemp("meaning")
    return built(home, CORPUS)


def built(home: Path, documents) -> Reader:
    catalog = Catalog(home / "landmark.db")
    catalog.put(*documents)
    follow(catalog, home / "index")
    catalog.engine.dispose()
    return Reader(home / "index", Audience.PUBLIC)


def ask(reader, q, **rest):
    return reader.search(DatasetQuery(q=q, **rest), TODAY)


def found(page):
    return [IDS[orjson.loads(entry)["id"]] for entry in page.items]


@pytest.mark.parametrize(
    ("q", "seqs"),
    [
        # Six languages, one meaning.
        ("minefields", {1, 2, 3}), ("ألغام", {1, 2, 3}), ("الغام", {1, 2, 3}), ("заміновані", {1, 2, 3}),
        ("campos minados", {1, 2, 3}), ("champ de mines", {1, 2, 3}), ("мины", {1, 2, 3}), ("UXO", {1, 2, 3}),
        # Acronyms, narrower words and concepts.
        ("EORE", {4}), ("risk education", {4}), ("التوعية بمخاطر الألغام", {4}), ("навчання з ризиків", {4}),
        ("déminage", {5}), ("розмінування", {5}), ("разминирование", {5}), ("demining", {5}), ("SHA", {1, 2, 3}),
        # Places, with their parts, in any language and case; p-codes.
        ("mines Kherson", {2, 3}), ("міни Херсон", {2, 3}), ("міни України", {2, 3}), ("ERW UA65", {2, 3}),
        ("déplacés Nord-Kivu", {9}), ("IDP North Kivu", {9}), ("نازحون اليمن", {10, 11}),
        ("boundaries SD01001", {13}), ("boundaries SD-01-001", {13}), ("displaced YEM", {10, 11}),
        # Hard negatives.
        ("mines", {1, 2, 3}), ("mining", {7}), ("water contamination", {6}), ("armas", {8}), ("undermined", {6}),
        ("train", {18}), ("trains", {18}), ("training", {15}), ("cluster munitions", {1, 2, 3}), ("map", {17}),
        # Plurals, hyphens, words written together or apart.
        ("camp", {10}), ("household", {10}), ("mine-field", {1, 2, 3}), ("mine field", {1, 2, 3}), ("water ways", {6}),
        ("foodprices", {16}),
    ],
)  # fmt: skip
def test_what_is_meant_is_found(reader, q, seqs):
    page = ask(reader, q)
    assert (set(found(page)), page.total) == (seqs, len(seqs))


def test_other_words_are_told_and_can_be_switched_off(reader):
    page = ask(reader, "minefields Kherson")
    assert page.wording == {
        "parts": [
            {"said": "minefields", "kind": "meaning", "title": "landmine",
             "also": ["заміновані", "Contamination and survey"]},
            {"said": "kherson", "kind": "place", "title": "Khersonska, Ukraine",
             "also": ["khersonska", "khersonska oblast"],
             "places": [{"iso3": "UKR", "code": "UA-65", "name": "Khersonska, Ukraine"}]},
        ],
        "expand": True,
        "help": [
            {"said": "minefields", "q": "kherson", "total": 4}, {"said": "kherson", "q": "minefields", "total": 3},
        ],
    }  # fmt: skip
    literal = ask(reader, "minefields", expand=False)
    assert (found(literal), literal.wording) == (
        [1], {"parts": [{"said": "minefields", "kind": "word"}], "expand": False},
    )  # fmt: skip
    assert ask(reader, "ألغام", expand=False).total == ask(reader, "casulties", expand=False).total == 0


def test_quotes_take_words_literally(reader):
    assert found(ask(reader, '"minefields"')) == [1]
    assert found(ask(reader, '"kherson"')) == []
    assert found(ask(reader, '"food prices"')) == [16]
    assert found(ask(reader, '"prices food"')) == []


@pytest.mark.parametrize(
    ("q", "seqs"),
    [
        ("title:prices", [16]), ("notes:prices", [16]), ("title:arms", [8]), ("notes:arms", []),
        ("keyword:security", [16]), ("country:UKR -title:map", [2, 3, 12]), ('country:"Ukraine" casualties', [12]),
        ("mines -country:AFG", [2, 3]), ("-country:UKR -country:COD -country:YEM mines", [1]),
        ("topic:clearance", [5]), ("displac* country:COD", [9]), ("nonsense:prices", [16]),
    ],
)  # fmt: skip
def test_fields(reader, q, seqs):
    assert sorted(found(ask(reader, q))) == seqs


def test_a_field_that_names_no_value_is_read_as_words(reader):
    page = ask(reader, "country:zz9 mines")
    assert page.notices[0] == '"country:zz9" names no value known here; it was looked for as words.'
    assert ask(reader, "mines OR prices").notices[0] == (
        '"OR" is read as a word, not as a command; leave a word out with -word.'
    )


def test_a_chosen_facet_from_the_question_counts_like_one_from_the_page(reader):
    typed = ask(reader, "country:ukr mines", facets=("country",))
    assert typed.facets == ask(reader, "mines", selected={"country": ("UKR",)}, facets=("country",)).facets


@pytest.mark.parametrize(
    ("q", "seqs", "notices"),
    [
        ("displac Yemen", [10], ('"displac" is read as the beginning of "displaced" or "displacement".',)),
        ("casulties", [12], ('"casulties" is in no record; it is read as "casualties".',)),
        ("Ukrane shelling", [12], ('"ukrane" is in no record; it is read as "ukraine".',)),
        ("EORE sessions Myanmar", [4], ('No record has all words; left out: "sessions".',)),
        ("gauges prices", [14, 16],
         ('No record has all words. Shown are those with any of "gauges", "prices".',)),
        ("returnees Yemen", [10, 11],
         ('No record has "returnees" with the other words; searched was for displacement.',)),
        ("qqqq zzzz", [], ("No record has any of the words.",)),
    ],
)  # fmt: skip
def test_what_was_read_otherwise_is_said(reader, q, seqs, notices):
    page = ask(reader, q)
    assert (set(seqs) <= set(found(page)), page.notices) == (True, notices)
    assert bool(found(page)) == bool(seqs)


def test_a_place_that_may_be_two_is_asked_back(reader):
    page = ask(reader, "Congo")
    assert set(found(page)) == {9, 14, 15}
    assert page.notices == (
        '"congo" is more than one place: Congo or Democratic Republic of the Congo. Choose one below.',
    )
    assert page.wording["choices"] == [
        {"said": "congo", "places": [
            {"iso3": "COG", "code": "", "name": "Congo"},
            {"iso3": "COD", "code": "", "name": "Democratic Republic of the Congo"},
        ]}
    ]  # fmt: skip


def test_function_words_are_not_required_but_capitals_are_no_function_words(reader):
    assert found(ask(reader, "prices of the food")) == [16]
    assert "left out" in ask(reader, "WHO prices").notices[0] or ask(reader, "WHO prices").total == 0


def test_what_would_find_more_is_told_where_little_is_found(reader):
    page = ask(reader, "casualties", selected={"country": ("AFG",)})
    assert (page.total, page.wording["help"]) == (
        0, [{"said": "filters", "q": "casualties", "total": 1, "filters": True}],
    )  # fmt: skip


def test_why(reader):
    page = ask(reader, "minefields Afghanistan", explain=True)
    (item,) = [orjson.loads(entry) for entry in page.items]
    assert item["why"] == [
        {"said": "minefields", "found": "minefields", "in": ["title"], "because": "typed",
         "sentence": '"minefields" is in the title.'},
        {"said": "minefields", "found": "Contamination and survey", "in": [], "because": "about",
         "sentence": "It is about Contamination and survey."},
        {"said": "afghanistan", "found": "afghanistan", "in": ["keywords"], "because": "typed",
         "sentence": '"afghanistan" is in the keywords.'},
        {"said": "afghanistan", "found": "Afghanistan", "in": [], "because": "country",
         "sentence": "It is about Afghanistan."},
        {"said": "", "found": "", "in": [], "because": "raised", "sentence": "Its subject is near."},
    ]  # fmt: skip
    other = orjson.loads(ask(reader, "champ de mines", selected={"country": ("UKR",)}, explain=True).items[0])
    assert other["why"][0]["sentence"] == '"заміновані" is in the title, another word for "champ de mines".'
    assert "why" not in orjson.loads(ask(reader, "minefields").items[0])


def test_what_raises_a_record_among_equals(tmp_path):
    alike = {"title": "Wells of the district", "countries": ["TCD"]}
    fresh = {"due": "2027-01-01T00:00:00Z", "overdue": None, "delinquent": None, "always_fresh": False}
    stale = {"due": "2020-01-01T00:00:00Z", "overdue": None, "delinquent": None, "always_fresh": False}
    documents = (
        document(1, **alike, freshness=stale),
        document(2, **alike, freshness=fresh),
        document(3, **alike, freshness=stale, source={"key": "own", "title": "Its own", "own": True}),
        document(4, **alike | {"title": "Wells and more of them"}, notes="The district.", freshness=fresh),
    )
    reader = built(tmp_path, documents)
    ids = {made["id"]: made["seq"] for made in documents}
    page = ask(reader, "wells district")
    order = [ids[orjson.loads(entry)["id"]] for entry in page.items]
    assert order == [3, 2, 1, 4], "own over copies, fresh over stale, words in the title over those in the notes"


@pytest.fixture(scope="module")
def sudans(tmp_path_factory):
    return built(
        tmp_path_factory.mktemp("sudans"),
        [
            document(1, title="South Sudan - Wells", countries=["SSD"]),
            document(2, title="Refugiados sudaneses", countries=["TCD"]),
            document(3, title="Wells and roads", countries=["SDN"]),
        ],
    )


@pytest.mark.parametrize("q", ["Sudan", "sudan", "Sudán", "Soudan", "السودان", "Судан"])
def test_a_countrys_very_name_is_the_country(sudans, q):
    page = ask(sudans, q)
    (part,) = page.wording["parts"]
    assert (part["kind"], part["title"], "Wells and roads" in titles(page)) == ("place", "Sudan", True)


def titles(page):
    return [orjson.loads(entry)["title"] for entry in page.items]


def test_a_word_that_is_equal_to_a_country_in_its_light_form_alone_is_no_reason(sudans):
    assert titles(ask(sudans, "Sudanese")) == ["Refugiados sudaneses"]
    assert ask(sudans, "sudanés").wording["parts"][0]["title"] == "Sudanese"


NO_PLACE_OF_THEIR_OWN = {
    # Two countries are called so, and it is asked which is meant.
    ("en", "COG"), ("es", "COG"),
    # Three letters without their accent: "ira", "oma".
    ("pt", "IRN"), ("pt", "OMN"),
}  # fmt: skip


def test_every_country_is_read_by_its_name_in_every_language(reader):
    others = set()
    for language in LANGUAGES:
        for country in pycountry.countries:
            page = ask(reader, country_name(country.alpha_3, language), limit=0, relax=False)
            read = [(part["kind"], part.get("title")) for part in page.wording["parts"]]
            if read != [("place", country_name(country.alpha_3))]:
                others.add((language, country.alpha_3))
    assert others == NO_PLACE_OF_THEIR_OWN


@pytest.mark.parametrize(
    ("q", "seqs", "read_as", "title"),
    [
        ("yem", {10, 11}, "YEM", "Yemen"), ("sha", {1, 2, 3}, "SHA", "suspected or confirmed hazardous area"),
    ],
)  # fmt: skip
def test_capitals_are_read_in_small_letters_where_no_record_has_the_word(reader, q, seqs, read_as, title):
    page = ask(reader, q)
    (part,) = page.wording["parts"]
    assert (set(found(page)), part["read_as"], part["how"], part["title"]) == (seqs, [read_as], "spelt", title)
    assert page.notices == (f'"{q}" is in no record; it is read as "{read_as}".',)
    assert ask(reader, q, expand=False).total == 0


def test_what_a_record_has_is_not_read_as_in_capitals(reader):
    assert (found(ask(reader, "map")), set(found(ask(reader, "MAP")))) == ([17], {1, 2, 3, 17})
    assert "read_as" not in ask(reader, "prt").wording["parts"][0], "no record is about Portugal"


@pytest.mark.parametrize("q", ["CD-NK", "ERW UA-65", "YE-TA", "boundaries SD-KH"])
def test_codes_of_first_levels_are_places(reader, q):
    page = ask(reader, q)
    assert page.wording["parts"][-1]["places"][0]["code"] == q.split()[-1]
    assert page.total


def test_half_words_without_meanings(reader):
    part = ask(reader, "casual*", expand=True).wording["parts"][0]
    assert part["title"] == "casualties"
    page = ask(reader, "casual*", expand=False)
    assert (found(page), page.wording["parts"][0]) == (
        [12], {"said": "casual", "kind": "word", "also": ["casualties"], "read_as": ["casualties"], "how": "begins"},
    )  # fmt: skip
    assert found(ask(reader, "mine*", expand=False)) == [1]


def test_a_wider_word_is_not_told_as_a_kind(tmp_path):
    documents = (document(1, title="Explosive ordnance by district"), document(2, title="Cluster bombs by district"))
    reader = built(tmp_path, documents)

    def reasons(q):
        return {
            why["found"]: (why["because"], why["sentence"])
            for entry in ask(reader, q, explain=True).items
            for why in orjson.loads(entry)["why"]
            if why["found"]
        }

    asked = reasons("submunitions")
    assert asked["explosive ordnance"] == (
        "wider", '"explosive ordnance" is in the title, a wider word than "submunitions".',
    )  # fmt: skip
    assert asked["cluster bomb"][0] == "same"
    assert reasons("explosive ordnance")["cluster bomb"] == (
        "narrower", '"cluster bomb" is in the title, one kind of "explosive ordnance".',
    )  # fmt: skip


def test_words_of_a_wider_meaning_that_was_taken_are_told_so(reader):
    page = ask(reader, "returnees Yemen", explain=True)
    because = {why["found"]: why["because"] for entry in page.items for why in orjson.loads(entry)["why"]}
    assert because["displaced"] == "beside", "neither is one kind of the other"
    assert because["نزوح"] in {"wider", "beside"}


@pytest.mark.parametrize("q", ["Amazonas, Brazil", "Amazonas Brasil", "Amazonas country:BRA"])
def test_a_place_of_several_countries_is_the_one_in_the_country_beside_it(reader, q):
    page = ask(reader, q)
    assert page.wording["parts"][0]["title"] == "Amazonas, Brazil"
    assert "choices" not in page.wording


def test_a_corrected_word_is_not_told_as_typed(reader):
    (item,) = [orjson.loads(entry) for entry in ask(reader, "casulties", explain=True).items]
    why = item["why"][0]
    assert (why["because"], why["found"], why["sentence"]) == (
        "spelt", "casualties", '"casualties" is in the title, as which "casulties" is read.',
    )  # fmt: skip
    (item,) = [orjson.loads(entry) for entry in ask(reader, "foodprices", explain=True).items]
    assert [(why["because"], why["found"]) for why in item["why"]][:2] == [("parted", "food"), ("parted", "prices")]


@pytest.mark.parametrize("acronym", ["PDI", "IDP", "UXO", "EEI", "AEI", "IED", "EORE"])
def test_an_acronym_has_its_plural(reader, acronym):
    one, many = (ask(reader, q).wording["parts"][0] for q in (acronym, acronym + "s"))
    assert one["title"] == many["title"]


@pytest.mark.parametrize(
    ("words", "one"),
    [
        ("mines mine", True), ("boundaries boundary", True), ("refugees refugee", True), ("réfugiées réfugié", True),
        ("déplacées déplacé déplacés", True), ("desplazadas desplazado", True), ("municipalidades municipalidad", True),
        ("poblaciones población", True), ("populações população", True), ("límites limite", True),
        ("розмінування розмінуванню розмінувань", True), ("вибухонебезпечних вибухонебезпечні", True),
        ("Украина Украине Украину", True), ("беженцы беженцев", True), ("النازحين نازحون نازحة", True),
        ("الألغام ألغام الالغام", True), ("اليمن يمن", True),
        ("train training", False), ("mine mining", False), ("mine miner", False), ("camp campaign", False),
        ("access accessory", False), ("status state", False), ("refuge refugee", False), ("news new", False),
        ("Sudanese Sudan", False),
        ("Мали Мала", True),
    ],
)  # fmt: skip
def test_light_forms_fold_number_and_case_and_nothing_else(words, one):
    forms = {light(word) for word in tokens(words)}
    assert (len(forms) == 1) is one


@given(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=30))
def test_a_light_form_is_never_empty_and_never_longer_by_much(word):
    for token in tokens(word):
        form = light(token)
        assert form
        assert len(form) <= len(token) + 2


@given(st.text(max_size=8), st.text(max_size=8))
def test_distance_is_one_of_edits(one, other):
    far = distance(one, other, 8)
    assert far == distance(other, one, 8)
    assert (far == 0) is (one == other)
    assert far <= max(len(one), len(other))


_SIGNS = 'ab -"\'+*~^:()[]{}/\\ \x00\udc80é\u202e\u200f😀АБаб ألغام:country:UKR-"OR NOT AND * ? '


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(), max_size=80) | st.text(st.sampled_from(_SIGNS), max_size=80))
def test_any_text_is_read_and_answered(reader, text):
    wording = read_wording(text)
    assert len(wording.words) + len(wording.phrases) <= 2 * MOST_WORDS
    for expand in (True, False):
        page = ask(reader, text, expand=expand, explain=True, facets=tuple(facets()))
        assert page.total >= len(page.items)
        orjson.dumps(page.wording, default=str)
        assert all(isinstance(notice, str) for notice in page.notices)


@pytest.mark.parametrize(
    "text",
    ["a" * 100_000, "mines " * 20_000, '"' * 100_000, "-" * 100_000, "country:" * 12_500, "х" * 100_000,
     "word{} " * 15_000, "\u202e\u0000" * 50_000, "ا" * 100_000, " ".join(map(str, range(20_000)))],
    ids=["letter", "word", "quotes", "minus", "fields", "cyrillic", "braces", "bidi", "arabic", "numbers"],
)  # fmt: skip
def test_a_question_of_100_kb_is_answered_in_bounded_time(reader, text):
    begun = time.perf_counter()
    page = ask(reader, text)
    assert time.perf_counter() - begun < 5, "a machine ten times as busy as ours would still do"
    assert page.notices
    assert len(read_wording(text).words) <= MOST_WORDS


def test_what_is_read():
    read = read_wording('mines "food prices" -camps -"by camp" title:wells displac* country:ukr -country:MLI UN of')
    assert [word.text for word in read.words] == ["mines", "displac", "un", "of"]
    assert [word.text for word in read.words if word.half] == ["displac"]
    assert [word.text for word in read.words if word.helps] == ["of"]
    assert read.phrases == (Phrase(("food", "prices")), Phrase(("wells",), "title"))
    assert read.unwanted == (Phrase(("camps",)), Phrase(("by", "camp")))
    assert (read.selected, read.excluded) == ((("country", "ukr"),), (("country", "MLI"),))
    assert read_wording("x" * (LONGEST + 1)).notices == (f"Only the first {MOST_WORDS} words were looked for.",)


def test_pages_of_a_meaning_lose_and_repeat_nothing(tmp_path):
    titles = ("Minefields", "Заміновані землі", "Landmines", "حقول الألغام", "Mined areas")
    reader = built(tmp_path, [document(seq, title=f"{titles[seq % 5]} {seq}") for seq in range(1, 60)])
    seen, after = [], ""
    while True:
        page = ask(reader, "landmine", limit=7, after=after)
        seen += [orjson.loads(entry)["id"] for entry in page.items]
        after = page.next
        if not after:
            break
    assert len(seen) == len(set(seen)) == page.total == 59
    assert all(one != other for one, other in pairwise(seen))
