"""The lists in ``vocab``: HXL's core dictionary in our words, its tags of 2014, and words that head columns."""

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

_VOCAB = Path(__file__).parent / "vocab"


@cache
def hashtags() -> Mapping[str, str]:
    """What each hashtag of HXL's core dictionary stands for, by the hashtag without attributes (``#adm1``)."""
    return _pairs("hxl-hashtags.csv")


@cache
def attributes() -> Mapping[str, str]:
    """What each attribute of HXL's core dictionary stands for, by its name without the plus sign (``killed``)."""
    return {name.removeprefix("+"): label for name, label in _pairs("hxl-attributes.csv").items()}


@cache
def legacy_hashtags() -> Mapping[str, str]:
    """The tags of HXL's draft of 2014 that are written otherwise today: ``#adm1_id`` is ``#adm1+code``."""
    return _pairs("hxl-2014.csv")


@cache
def header_words() -> Mapping[str, tuple[str, ...]]:
    """Words that head columns and seldom stand in them, by language."""
    content = yaml.safe_load((_VOCAB / "header-words.yaml").read_text(encoding="utf-8"))
    return {str(language): tuple(words.split()) for language, words in content.items()}


@cache
def neighbours() -> Mapping[str, tuple[str, ...]]:
    """Countries whose data may help where a country's own is missing, by ISO3 code; no statement on any border."""
    return {country: tuple(others.split()) for country, others in _pairs("neighbours.csv").items()}


def _pairs(name: str) -> Mapping[str, str]:
    with (_VOCAB / name).open(encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines)
        next(rows)
        return dict(rows)
