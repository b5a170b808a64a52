"""The field's thesaurus: what it holds, what it must not be taken for, and mistakes in it."""

import csv
import gzip
from pathlib import Path
from typing import Any

import pytest
import yaml

from catalog.search import gazetteer
from catalog.search.forms import light_forms
from catalog.search.gazetteer import coded, named
from catalog.search.meanings import shipped_meanings
from catalog.text import tokens
from config.load import SHIPPED, ConfigurationError, shipped_thesaurus, thesaurus
from config.settings import Settings


def meant(text: str) -> str | None:
    words = tokens(text)
    found = shipped_meanings().longest(light_forms(words), [text.isupper()] * len(words), 0)
    return found[1].key if found and found[0] == len(words) else None


def test_every_meaning_says_what_it_is_not_and_speaks_languages():
    for one in shipped_thesaurus():
        assert one.note.startswith(("Not ", "The field", "Mines and", '"Mine"', "Services to")), one.key
        assert one.same.all(), one.key
    mine_action = [
        one
        for one in shipped_thesaurus()
        if one.key
        in {
            "mine-action",
            "explosive-ordnance",
            "landmine",
            "unexploded-ordnance",
            "cluster-munition",
            "improvised-device",
            "hazardous-area",
            "mine-survey",
            "mine-clearance",
            "ordnance-disposal",
            "risk-education",
            "victim-assistance",
            "prosthetics",
            "mine-victim",
            "explosive-weapons",
            "idp",
            "returnee",
            "refugee",
            "displacement",
            "presence",
            "administrative-boundaries",
            "needs-overview",
            "msna",
            "casualties",
        }
    ]
    assert len(mine_action) == 24
    for one in mine_action:
        spoken = {language for language, terms in one.same.model_dump().items() if terms}
        assert spoken == {"en", "fr", "es", "pt", "ar", "uk", "ru"}, one.key


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("EORE", "risk-education"),
        ("mre", "risk-education"),
        ("UXO", "unexploded-ordnance"),
        ("axo", "unexploded-ordnance"),
        ("ERW", "unexploded-ordnance"),
        ("IED", "improvised-device"),
        ("SHA", "hazardous-area"),
        ("CHA", "hazardous-area"),
        ("NTS", "mine-survey"),
        ("EOD", "ordnance-disposal"),
        ("IDPs", "idp"),
        ("ВПО", "idp"),
        ("PDI", "idp"),
        ("HNO", "needs-overview"),
        ("HNRP", "needs-overview"),
        ("MSNA", "msna"),
        ("3W", "presence"),
        ("5Ws", "presence"),
        ("COD", "coordinator-cod"),
        ("PRO-MIN", "mine-action"),
        ("minefields", "landmine"),
        ("clearance", "mine-clearance"),
        ("вибухонебезпечними предметами", "explosive-ordnance"),
        ("внутрішньо переміщених осіб", "idp"),
        ("беженцев", "refugee"),
        ("العائدين", "returnee"),
        ("víctimas de minas", "mine-victim"),
        # What is not meant.
        ("sha", None),
        ("cha", None),
        ("map", None),
        ("cod", None),
        ("ts", None),
        ("waterways", None),
        ("undermine", None),
        ("mining", None),
        ("armas", None),
        ("cluster", None),
        ("education", None),
        ("assistance", None),
        ("miner", None),
        ("campaign", None),
        ("bridging", None),
        ("disposal", None),
    ],
)
def test_what_words_mean(said: str, key: str | None):
    assert meant(said) == key


@pytest.mark.parametrize(
    ("said", "labels"),
    [
        ("Kherson", ["Khersonska, Ukraine"]),
        ("Херсоні", ["Khersonska, Ukraine"]),
        ("Україною", ["Ukraine"]),
        ("Сирии", ["Syria"]),
        ("اليمن", ["Yemen"]),
        ("Côte d'Ivoire", ["Côte d’Ivoire"]),
        ("Niger", ["Niger"]),
        ("Nigeria", ["Nigeria"]),
        ("South Sudan", ["South Sudan"]),
        ("Sudan", ["Sudan"]),
        ("Alep", ["Aleppo, Syria"]),
        ("Amazonas", ["Amazonas, Brazil", "Amazonas, Colombia", "Amazonas, Peru", "Amazonas, Venezuela"]),
        ("per", []),
        ("and", []),
        ("central", []),
        ("rivers", []),
        ("mines", []),
        ("world", []),
    ],
)
def test_places(said: str, labels: list[str]):
    assert [place.label for place in named(tokens(said))] == labels


@pytest.mark.parametrize(
    ("said", "label"),
    [
        ("UA65", "Khersonska, Ukraine"),
        ("ua6512", "Khersonska, Ukraine"),
        ("SD01001", "Khartoum, Sudan"),
        ("SD-01-001", "Khartoum, Sudan"),
        ("SD99", "Sudan"),
        ("SSD0101", "South Sudan"),
        ("SS0307", "Jonglei, South Sudan"),
        ("CD61", "North Kivu, Democratic Republic of the Congo"),
        ("IQG11", "Erbil, Iraq"),
        ("IQG11Q02", "Erbil, Iraq"),
        ("NG008", "Borno, Nigeria"),
        ("LB1", "Beirut, Lebanon"),
        ("TZ-01", "Arusha, Tanzania"),
        ("TZ01", "Dodoma, Tanzania"),
        ("ML-10", "Taoudénit, Mali"),
        ("NP-P1", "Koshi, Nepal"),
        ("CD-NK", "North Kivu, Democratic Republic of the Congo"),
        ("AT4", None),
        ("GP5", None),
        ("DE12B3", None),
        ("MAR2023", None),
        ("COVID19", None),
        ("ADM2", None),
        ("XX99", None),
        ("UA", None),
        ("65", None),
        ("U", None),
    ],
)
def test_p_codes(said: str, label: str | None):
    found = coded(said)
    assert (found.label if found else None) == label


@pytest.mark.recorded
def test_p_codes_are_those_of_first_levels_in_the_same_country(shared: Path):
    recorded = shared / "hxl" / "samples" / "global_pcodes_adm1_2.csv.gz"
    with gzip.open(recorded, "rt", encoding="utf-8", newline="") as file:
        countries = {row["P-Code"]: row["Location"] for row in csv.DictReader(file) if row["Admin Level"] == "1"}
    with (SHIPPED / "vocab" / "p-codes.csv").open(encoding="utf-8", newline="") as file:
        ours = [row["p_code"] for row in csv.DictReader(file)]
    assert len(ours) == len(set(ours)) == 890
    assert {code: coded(code).iso3 for code in ours} == {code: countries[code] for code in ours}


def test_no_common_word_is_a_place():
    words = [
        "mines",
        "camps",
        "water",
        "roads",
        "schools",
        "health",
        "food",
        "data",
        "survey",
        "needs",
        "people",
        "access",
        "health",
        "security",
        "damage",
    ]
    assert [word for word in words if named([word])] == []
    gazetteer.warm()


GIVEN: dict[str, Any] = {"key": "sample", "title": "sample", "note": "Not real.", "same": {"en": ["sample words"]}}


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([GIVEN, GIVEN], '"sample" is there twice. Remove one of them.'),
        (
            [{**GIVEN, "wider": ["samples"]}],
            'the key "wider" of "sample": there is no "samples". Did you mean "sample"?',
        ),
        ([{**GIVEN, "besides": []}], 'unknown key "besides". Did you mean "beside"?'),
        ([{key: value for key, value in GIVEN.items() if key != "note"}], 'the key "note" is missing'),
    ],
)
def test_a_mistake_names_file_key_and_mend(tmp_path: Path, entries: list[dict[str, Any]], said: str):
    folder = tmp_path / "rules" / "thesaurus"
    folder.mkdir(parents=True)
    (folder / "own.yaml").write_text(yaml.safe_dump(entries), encoding="utf-8")
    with pytest.raises(ConfigurationError) as error:
        thesaurus(Settings(config_dir=tmp_path))
    assert str(folder / "own.yaml") in str(error.value)
    assert said in str(error.value)


def test_an_operators_words_are_added(tmp_path: Path):
    folder = tmp_path / "rules" / "thesaurus"
    folder.mkdir(parents=True)
    (folder / "own.yaml").write_text(yaml.safe_dump([GIVEN]), encoding="utf-8")
    assert [one.key for one in thesaurus(Settings(config_dir=tmp_path))].count("sample") == 1
