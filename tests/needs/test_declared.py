"""What is asked is declared in files: sets, a country's copy, and errors that name file, key and mend."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from config.load import ConfigurationError, needs
from config.needs import Needs
from config.settings import Settings

ENTRY: dict[str, Any] = {
    "id": "sample-question",
    "theme": "contamination",
    "question": {"en": "Which sample fields are asked for first?"},
    "why": "Sample.",
    "decisions": ["prioritise-clearance"],
    "met_by": {"any": [{"about": ["land-use"]}], "admin_level": 2},
}


def declared(folder: Path, **files: Any) -> Needs:
    (folder / "needs" / "countries").mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        place = "countries/" if name.isupper() else ""
        (folder / "needs" / f"{place}{name.replace('_', '-')}.yaml").write_text(
            content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8"
        )
    return needs(Settings(config_dir=folder))


def test_the_shipped_sets_ask_in_five_languages_and_say_why():
    shipped = needs(Settings(config_dir=None))
    assert {one.key: len(one.needs) for one in shipped.sets} == {"mine-action": 29, "protection": 17}
    asked = shipped.of()
    assert {language for need in asked for language in need.question} == {"en", "fr", "es", "ar", "uk"}
    assert [need.id for need in asked if len(need.question) != 5] == []
    assert len({need.id for need in asked}) == 46
    themes = {need.theme for need in shipped.of(within="mine-action")}
    assert themes >= {
        "contamination", "accidents", "land-release", "risk-education", "displacement", "population", "access",
        "conflict", "services", "victim-assistance", "land-use", "coordination", "needs", "funding",
    }  # fmt: skip


def test_a_country_changes_adds_and_leaves_out(tmp_path: Path):
    found = declared(
        tmp_path,
        SSD={
            "from": ["mine-action"],
            "needs": [{"id": "casualties", "met_by": {"admin_level": 3, "newest_within": 6}}, ENTRY],
            "not_applicable": {"improvised-devices": "None has ever been found there."},
        },
    )
    there = {need.id: need for need in found.of("SSD")}
    anywhere = {need.id: need for need in found.of("UKR")}
    assert list(there) == [*(need.id for need in found.of(within="mine-action")), "sample-question"]
    casualties = there["casualties"].met_by
    assert (casualties.admin_level, casualties.newest_within) == (3, 6)
    assert casualties.any == anywhere["casualties"].met_by.any, "what it does not name stays"
    assert there["casualties"].question == anywhere["casualties"].question
    assert anywhere["casualties"].met_by.admin_level == 2
    assert "sample-question" not in anywhere
    assert len(anywhere) == 46
    assert found.not_applicable("SSD") == {"improvised-devices": "None has ever been found there."}
    assert found.not_applicable("UKR") == {}


SAMPLE_SET = {"title": dict.fromkeys(("en", "fr", "es", "ar", "uk"), "Sample"), "needs": [ENTRY]}


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            {"SSD": {"from": ["mine-actoin"]}},
            'SSD.yaml: line 1, the key "from": there is no set "mine-actoin". Known: mine-action, protection.',
        ),
        (
            {"SSD": {"from": ["mine-action"], "not_applicable": {"casualtys": "None."}}},
            'SSD.yaml: line 4, the key "not_applicable": there is no need "casualtys". Did you mean "casualties"?',
        ),
        (
            {"SSD": {"from": ["mine-action"], "needs": [{"id": "casualties", "met_by": {"admin_levle": 3}}]}},
            'SSD.yaml: line 6, unknown key "needs.0.met_by.admin_levle". Did you mean "needs.0.met_by.admin_level"?',
        ),
        (
            {"SSD": {"from": ["mine-action"], "needs": [{k: v for k, v in ENTRY.items() if k != "why"}]}},
            'SSD.yaml: line 4, the key "needs.0.why" is missing. Add it.',
        ),
        (
            {"ssd_x": {"title": {"en": "Sample"}, "needs": [ENTRY]}},
            "ssd-x.yaml: title: ar is missing or not known; write en, fr, es, ar, uk.",
        ),
        (
            {"SSD": {"from": ["mine-action"], "needs": [ENTRY | {"met_by": {"any": [{"about": ["landuse"]}]}}]}},
            'The need "sample-question": about: there is no concept "landuse". Did you mean "land-use"?',
        ),
        (
            {"SSD": {"from": ["mine-action"], "needs": [ENTRY | {"met_by": {"any": [{"part": "Some."}]}}]}},
            (
                'SSD.yaml: line 9, the key "needs.0.met_by.any.0": a way names concepts (about), words or tag patterns '
                "(hxl)."
            ),
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_file_key_and_mend(tmp_path: Path, files: dict[str, Any], said: str):
    with pytest.raises(ConfigurationError) as raised:
        declared(tmp_path, **files)
    assert str(raised.value).splitlines()[0].rpartition("/")[2] == said


def test_no_two_sets_ask_the_same_id(tmp_path: Path):
    again = dict(SAMPLE_SET, needs=[ENTRY | {"id": "casualties", "question": SAMPLE_SET["title"]}])
    with pytest.raises(ConfigurationError, match='the need "casualties" is there twice, first in mine-action.yaml'):
        declared(tmp_path, sample=again)
