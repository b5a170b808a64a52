"""Files that say what is known of getting data: what is wrong in one is told with file, line, key and mend."""

from pathlib import Path

import pytest

from config.access import SAYS
from config.guidance import ACCESS
from config.load import ConfigurationError, access
from config.settings import Settings

GOOD = "- id: sample\n  sources: [sample]\n  steps: [Ask.]\n  evidence: a sample\n"


def settings(folder: Path, name: str, content: str) -> Settings:
    (folder / "access").mkdir(parents=True, exist_ok=True)
    (folder / "access" / name).write_text(content, encoding="utf-8")
    return Settings(config_dir=folder, database_url="")


def test_a_file_of_ones_own_adds_to_the_shipped_ones_and_one_of_the_same_name_replaces(tmp_path: Path):
    shipped = access()
    own = access(settings(tmp_path, "ours.yaml", GOOD))
    assert {way.id for way in own.ways} == {"sample", *(way.id for way in shipped.ways)}
    assert (own.roles, own.agreements) == (shipped.roles, shipped.agreements)
    assert own.digest != shipped.digest
    ranks = [way.rank for way in own.ways]
    assert ranks == sorted(ranks)
    replaced = access(settings(tmp_path / "other", "organisations.yaml", "[]\n"))
    assert not [way for way in replaced.ways if way.organisations]


FAULTS = {
    "unknown key": (
        "ours.yaml", GOOD + "  step: [x]\n", 'line 5, unknown key "step". Did you mean "steps"?',
    ),
    "no evidence": (
        "ours.yaml", "- id: a\n  sources: [b]\n  days: 3\n", 'line 1, the key "evidence" is missing. Add it.',
    ),
    "for nobody": (
        "ours.yaml", "- id: a\n  days: 3\n  evidence: x\n",
        'line 1, say what it holds for: add "organisations", "sources" or "access".',
    ),
    "says nothing": (
        "ours.yaml", "- id: a\n  sources: [b]\n  evidence: x\n",
        f"line 1, it says nothing; add one of {', '.join(SAYS)}.",
    ),
    "no such role": (
        "ours.yaml", "- id: a\n  sources: [b]\n  role: data-holdr\n  evidence: x\n",
        'line 1, the entry "a": the key "role": there is no "data-holdr". Did you mean "data-holder"?',
    ),
    "no such agreement": (
        "ours.yaml", "- id: a\n  sources: [b]\n  agreement: mo\n  evidence: x\n",
        'line 1, the entry "a": the key "agreement": there is no "mo". Did you mean "mou"?',
    ),
    "no such access": (
        "ours.yaml", "- id: a\n  access: [opn]\n  days: 3\n  evidence: x\n",
        f'line 2, the key "access.0": there is no way of access "opn"; write {", ".join(ACCESS)}.',
    ),
    "twice": ("ours.yaml", GOOD + GOOD, 'line 5, the entry "sample" is there twice. Give one another id.'),
    "open place": (
        "ours.yaml", "- id: a\n  sources: [b]\n  steps: ['Ask {name}.']\n  evidence: x\n",
        'line 3, the key "steps.0": "Ask {name}." leaves something open that is not known; write {holder} or {source}.',
    ),
    "a person's day": (
        "ours.yaml", "- id: a\n  sources: [b]\n  days: soon\n  evidence: x\n",
        'line 3, the key "days": Input should be a valid integer, unable to parse string as an integer.',
    ),
    "no list": ("ours.yaml", "id: a\n", 'expected a list of entries, each beginning with "- ".'),
    "role without languages": (
        "roles.yaml", "- key: a\n  name: {en: x}\n",
        "line 1, name: ar is missing or not known; write en, fr, es, ar, uk.",
    ),
    "agreement twice": (
        "agreements.yaml", "- key: a\n  title: x\n  what: x\n  evidence: x\n" * 2,
        'line 5, "a" is there twice. Remove one of them.',
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_wrong_is_told_with_file_line_key_and_mend(fault: str, tmp_path: Path):
    name, content, message = FAULTS[fault]
    with pytest.raises(ConfigurationError) as told:
        access(settings(tmp_path, name, content))
    assert str(told.value) == f"{tmp_path / 'access' / name}: {message}"
