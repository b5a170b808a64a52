"""What is told of a search that found little: each promise is held against what its question finds."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from catalog.query import DatasetQuery
from catalog.search import Reader, follow
from catalog.search.wording import Wording, read_wording, written
from catalog.text import tokens
from catalog.vocabulary import Audience
from tests.catalog.samples import document
from tests.catalog.test_search import TODAY, Catalog

CORPUS = [
    document(
        seq,
        title="Clearance roads" if seq <= 3 else "Clearance schools" if seq < 60 else "Roads and bridges",
        countries=["UKR" if seq % 2 else "SSD"],
        notes="camps" if seq % 5 == 0 else "",
    )
    for seq in range(1, 100)
]


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    home = tmp_path_factory.mktemp("help")
    catalog = Catalog(home / "landmark.db")
    catalog.put(*CORPUS)
    follow(catalog, home / "index", audiences=(Audience.PUBLIC,))
    yield Reader(home / "index", Audience.PUBLIC)
    catalog.engine.dispose()


def helped(reader, query):
    return reader.search(query, TODAY).wording.get("help", [])


@pytest.mark.parametrize(
    ("q", "selected", "help_"),
    [
        ("clearance country:YEM", {}, [("filters", "clearance", 59)]),
        ("clearance roads", {"country": ("YEM",)}, [("filters", "clearance roads", 3)]),
        (
            "clearance roads zebra -camps",
            {},
            [("clearance", 'roads -"camps"', 35), ("roads", 'clearance -"camps"', 48)],
        ),
        ("title:roads clearance bridges", {}, []),
        ("clearence schools country:SSD", {}, []),
        ("raods bridges", {"country": ("YEM",)}, [("filters", "raods bridges", 40)]),
    ],
)
def test_each_promise_names_what_to_ask(reader, q, selected, help_):
    told = [(one["said"], one["q"], one["total"]) for one in helped(reader, DatasetQuery(q=q, selected=selected))]
    assert told == help_


WORDS = st.sampled_from(
    ("clearance", "roads", "schools", "bridges", "camps", "zebra", "clearence", "SSD", "ssd", "-camps", "title:roads",
     '"roads and"', "country:UKR", "-country:SSD", "of", "Khartoum", "UA65", "brid*", "road-bridges", "WHO"),
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=6).map(" ".join), st.sampled_from([{}, {"country": ("UKR",)}]))
def test_every_promise_is_kept(reader, q, selected):
    query = DatasetQuery(q=q, selected=selected)
    for one in helped(reader, query):
        there = replace(query, q=one["q"], selected={} if one.get("filters") else selected)
        assert reader.search(there, TODAY).total == one["total"], one


def alike(wording: Wording) -> tuple[object, ...]:
    words = [(word.text, word.half, word.helps) for word in wording.words]
    return words, wording.phrases, wording.unwanted, wording.selected, wording.excluded


@given(st.text(max_size=80))
@example('UN-2020 "food prices" -camps title:roads -country:"South Sudan" displac* WHO of')
@example("SD-01-001 UA65 ua65")
def test_a_wording_is_written_as_it_is_read(text):
    assume(len(set(tokens(text))) == len(tokens(text)))  # a word that is typed twice is asked for once
    wording = read_wording(text)
    assert alike(read_wording(written(wording))) == alike(wording)


def test_codes_and_capitals_are_written_as_such():
    assert written(read_wording('UN-2020 SD-01-001 UA65 -title:"a b" ssd')) == 'UN-2020 SD-01-001 UA65 ssd -title:"a b"'
