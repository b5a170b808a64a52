"""The words of the sheet, ready to be looked up: headings, hashtags and choices, however people write them."""

import difflib
from collections.abc import Iterator
from typing import get_args

from catalog.text import normalize
from config.declarations import InLanguages, RegisterColumn, RegisterLanguage, RegisterSheet, RegisterValue

LANGUAGES: tuple[str, ...] = get_args(RegisterLanguage)
BOOLEAN = "boolean"
"""Key of the list that yes and no are chosen from."""


class Words:
    """The columns and choices of a sheet.

    Attributes:
        sheet: As declared.
        columns: By key, in the order of the template.

    Raises:
        ValueError: A heading or a choice means two things, or there is no list of yes and no; the message names it.
    """

    def __init__(self, sheet: RegisterSheet) -> None:
        self.sheet = sheet
        self.columns = {column.key: column for column in sheet.columns}
        self.personal = frozenset(column.key for column in sheet.columns if column.personal)
        self._headings = _looked_up(sheet.columns)
        self._tags = {column.hxl: column.key for column in sheet.columns}
        self._values = {one.key: {value.key: value for value in one.values} for one in sheet.lists}
        self._choices = {one.key: _looked_up(one.values) for one in sheet.lists}
        if set(self._values.get(BOOLEAN, ())) != {"yes", "no"}:
            raise ValueError(f'the list "{BOOLEAN}" must have the keys "yes" and "no"')

    def column(self, heading: str) -> str:
        """Key of the column that a heading or hashtag stands for; empty if it stands for none."""
        text = heading.strip()
        if text.startswith("#"):
            tag, *attributes = text.lower().replace(" ", "").split("+")
            told = {tag, *attributes}
            return next((key for known, key in self._tags.items() if set(known.split("+")) == told), "")
        return self._headings.get(normalize(text), "")

    def near(self, heading: str) -> str:
        """Key of the column that a heading may stand for; empty if none is near."""
        found = difflib.get_close_matches(normalize(heading), self._headings, 1, 0.8)
        return self._headings[found[0]] if found else ""

    def list_of(self, column: RegisterColumn) -> str:
        """Key of the list that a column is chosen from; empty if it is not chosen."""
        return BOOLEAN if column.type == "boolean" else column.values

    def choice(self, column: RegisterColumn, text: str) -> str:
        """Key of what was chosen; empty if it is not among what may be."""
        return self._choices[self.list_of(column)].get(normalize(text), "")

    def choices(self, column: RegisterColumn, language: str) -> list[str]:
        """What may be chosen, as it is shown in a language."""
        return list(self.named(column, language).values())

    def named(self, column: RegisterColumn, language: str) -> dict[str, str]:
        """What may be chosen, by key, as it is shown in a language."""
        return {key: value.title.of(language) for key, value in self._values[self.list_of(column)].items()}

    def shown(self, column: RegisterColumn, kept: str, language: str) -> str:
        """What is kept, as a cell shows it."""
        if self.list_of(column) and kept in self._values[self.list_of(column)]:
            return self._values[self.list_of(column)][kept].title.of(language)
        return kept

    def language(self, headings: list[str]) -> str:
        """The language most of these headings are written in; English if it cannot be told."""
        told = {normalize(heading) for heading in headings}
        counts = {
            language: sum(normalize(column.title.of(language)) in told for column in self.sheet.columns)
            for language in LANGUAGES
        }
        return max(counts, key=lambda language: counts[language])


def sample(column: RegisterColumn, language: str) -> str:
    """What the example row has, in a language."""
    return column.sample.of(language) if isinstance(column.sample, InLanguages) else column.sample


def _looked_up(entries: tuple[RegisterColumn, ...] | tuple[RegisterValue, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in entries:
        for spelling in _spellings(entry):
            if found.setdefault(normalize(spelling), entry.key) != entry.key:
                raise ValueError(f'"{spelling}" stands for both "{found[normalize(spelling)]}" and "{entry.key}"')
    found.pop("", None)
    return found


def _spellings(entry: RegisterColumn | RegisterValue) -> Iterator[str]:
    yield entry.key.replace("_", " ")
    yield from (entry.title.of(language) for language in LANGUAGES)
    yield from entry.aliases
