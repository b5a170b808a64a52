"""What a record is about: in five languages, and not what merely sounds like it."""

import csv
import gzip
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.concepts import ConceptFound, Concepts, Evidence
from config.declarations import Concept
from config.load import rules
from config.settings import Settings

DECLARED = rules(Settings()).concepts
CONCEPTS = Concepts(DECLARED)
LABELS = Path(__file__).parent.parent / "relevance" / "mine_action_titles.csv"
MINE_ACTION = (
    "clearance",
    "contamination-and-survey",
    "explosive-incidents",
    "mine-action",
    "risk-education",
    "victim-assistance",
)


def keys(title: str, notes: str = "", *keywords: str) -> list[str]:
    return [found.key for found in CONCEPTS.found(title, notes, keywords)]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Sample: Suspected hazardous areas in Tapirland", ["contamination-and-survey"]),
        ("Sample: LANDMINES AND UXOs", ["contamination-and-survey"]),
        ("Échantillon : champs de mines et engins non explosés", ["contamination-and-survey"]),
        ("Muestra: Áreas minadas, restos explosivos de guerra", ["contamination-and-survey"]),
        ("عينة: حقول الألغام والذخائر غير المنفجرة", ["contamination-and-survey"]),
        ("Зразок: заміновані території та вибухонебезпечні предмети", ["contamination-and-survey"]),
        ("Sample: Landmine clearance and land release", ["clearance"]),
        ("Échantillon : opérations de déminage", ["clearance"]),
        ("Muestra: municipios con desminado humanitario", ["clearance"]),
        ("عينة: عمليات نزع الألغام", ["clearance"]),
        ("Зразок: гуманітарне розмінування", ["clearance"]),
        ("Sample: EORE sessions", ["risk-education"]),
        ("Échantillon : éducation aux risques liés aux mines", ["risk-education"]),
        ("Muestra: Educación en el Riesgo de Minas Antipersonal", ["risk-education"]),
        ("عينة: التوعية بمخاطر الألغام", ["risk-education"]),
        ("Зразок: навчання з ризиків вибухонебезпечних предметів", ["risk-education"]),
        ("Sample: Prosthetic centres", ["victim-assistance"]),
        ("Échantillon : personnes déplacées internes", ["displacement"]),
        ("Muestra: población desplazada", ["displacement"]),
        ("عينة: النازحون داخليا", ["displacement"]),
        ("Зразок: внутрішньо переміщені особи", ["displacement"]),
        ("Зразок: заклади охорони здоров’я", ["health"]),
        ("Зразок: заклади охорони здоров'я", ["health"]),
        ("Sample: Who does what where (3W)", ["presence"]),
        ("Sample: 2024 humanitarian access constraints", ["access-and-security"]),
    ],
)
def test_a_title_says_what_it_is_about(title: str, expected: list[str]):
    assert keys(title) == expected


@pytest.mark.parametrize(
    "title",
    [
        "Sample: Tapirland Waterways",
        "Sample: WATERWAYS",
        "Sample: Corruption that undermines recovery",
        "Sample: Artisanal mining sites",
        "Sample: Gold and coal mines",
        "Sample: The mine",
        "Sample: Minerals and mine output",
        "Sample: Explosive volcano eruptions",
        "Muestra: delitos por porte de armas",
        "Muestra: Minas de carbón",
        "Sample: Customs clearance times",
        "Sample: Forest clearance",
        "Sample: Disaster risk education in schools",
        "Sample: erw and uxo in lower case are no short forms",
        "Зразок: мінімальна заробітна плата міністерства",
    ],
)
def test_what_merely_sounds_like_mine_action_is_not(title: str):
    assert [key for key in keys(title) if key in MINE_ACTION] == []


def test_contaminated_water_is_about_water():
    assert keys("Sample: Water contamination by district") == ["water-and-sanitation"]


def test_a_phrase_that_means_something_else_cancels_only_what_it_overlaps():
    assert keys("Sample: Food insecurity") == ["food-security"]
    assert keys("Sample: Food insecurity and insecurity") == ["access-and-security", "food-security"]


def test_evidence_is_the_words_as_they_stand():
    assert CONCEPTS.found(
        "Sample: Anti-Personnel Mines",
        "The Land_mines register. Of land-mines, and once of schools.",
        ["unexploded ordnance-uxo"],
    ) == (
        ConceptFound(
            "contamination-and-survey",
            (
                Evidence("title", "Anti-Personnel Mines"),
                Evidence("keyword", "unexploded ordnance"),
                Evidence("notes", "Land mines"),
                Evidence("notes", "land-mines"),
            ),
        ),
    )


@pytest.mark.parametrize("first", ["Summer", "Été"])
def test_evidence_stands_after_lines_and_sentences(first: str):
    assert CONCEPTS.found("Sample", f"{first};\nwhere? UXO, and land  mines!\nUXO again") == (
        ConceptFound("contamination-and-survey", (Evidence("notes", "UXO"), Evidence("notes", "land  mines"))),
    )


def test_notes_that_mention_a_thing_in_passing_are_not_about_it():
    assert keys("Sample", "It lists hospitals.") == []
    assert keys("Sample", "It lists hospitals and clinics.") == ["health"]
    assert keys("Sample", "It lists medical personnel.") == ["health"]
    assert keys("Sample", "", "hospitals") == ["health"]


def test_no_phrase_runs_over_a_sentence_a_line_or_a_keyword():
    assert keys("Sample", "Output of the mine. Action follows.") == []
    assert keys("Sample", "Output of the mine\nAction follows") == []
    assert keys("Sample", "", "mine", "action") == []
    assert keys("Sample", "Mine action follows") == ["mine-action"]


def test_hashtags_say_it_too():
    assert CONCEPTS.by_hashtags(["#affected+f+killed", "#adm1+code", "no hashtag", "#affected + killed", ""]) == (
        ConceptFound("casualties", (Evidence("hashtag", "#affected+f+killed"),)),
        ConceptFound("p-codes", (Evidence("hashtag", "#adm1+code"),)),
        ConceptFound("people-killed", (Evidence("hashtag", "#affected+f+killed"),)),
        ConceptFound("sex-and-age", (Evidence("hashtag", "#affected+f+killed"),)),
    )


def test_every_topic_speaks_five_languages_and_every_pattern_parses():
    languages = ["en", "fr", "es", "ar", "uk"]
    assert {concept.key: list(concept.title) for concept in DECLARED if list(concept.title) != languages} == {}
    silent = [
        (concept.key, language)
        for concept in DECLARED
        for language in languages
        if concept.topic and not getattr(concept.terms, language)
    ]
    assert silent == []
    assert [concept.key for concept in DECLARED if not concept.topic] == [
        "coordinates",
        "district-codes",
        "p-codes",
        "people-injured",
        "people-killed",
        "sex-and-age",
    ]
    assert CONCEPTS.by_hashtags(["#nothing"]) == ()


def test_no_term_is_cancelled_by_its_own_concept():
    missed = [
        (concept.key, term)
        for concept in DECLARED
        for terms in (concept.terms.en, concept.terms.fr, concept.terms.es, concept.terms.ar, concept.terms.uk)
        for term in (*terms, *concept.acronyms)
        if concept.key not in keys(term.replace("*", ""))
    ]
    assert missed == []


def test_a_term_without_a_word_is_refused():
    with pytest.raises(ValueError, match='concept "tapirs": a term has no word in it'):
        Concepts([Concept(key="tapirs", title={"en": "Tapirs"}, acronyms=("—",))])


@given(st.text(), st.text(), st.lists(st.text()))
def test_any_text_can_be_read(title: str, notes: str, keywords: list[str]):
    found = CONCEPTS.found(title, notes, keywords)
    assert [entry.key for entry in found] == sorted({entry.key for entry in found})
    assert all(1 <= len(entry.evidence) <= 5 for entry in found)


@pytest.mark.recorded
def test_mine_action_among_all_titles_of_hdx(shared: Path, capsys: pytest.CaptureFixture[str]):
    """All 26,246 titles against the labels of tests/relevance: pairs of a title and a topic."""
    labelled = set()
    with LABELS.open(encoding="utf-8", newline="") as labels:
        for row in csv.DictReader(labels):
            labelled |= {(row["id"], topic) for topic in row["topics"].split(";") if topic}
    listing = shared / "portals" / "hdx" / "hdx_catalogue_2026-02_id_title_org.csv.gz"
    with gzip.open(listing, "rt", encoding="utf-8", newline="") as titles:
        rows = list(csv.DictReader(titles))
    given = {(row["id"], key) for row in rows for key in keys(row["title"]) if key in MINE_ACTION}

    figures = {
        topic: (sum(t == topic for _, t in given & labelled), sum(t == topic for _, t in given), n)
        for topic, n in sorted(Counter(topic for _, topic in labelled).items())
    }
    with capsys.disabled():
        for topic, (right, assigned, yes) in figures.items():
            print(f"\n{topic}: precision {right}/{assigned}, recall {right}/{yes}", end="")
    assert len(rows) == 26_246
    assert figures == {
        "contamination-and-survey": (3, 3, 3),
        "explosive-incidents": (33, 33, 33),
        "risk-education": (2, 2, 2),
    }
    assert given - labelled == set()
