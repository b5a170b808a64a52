"""The words of a plan, ready to be looked up: headings, categories and choices, however people write them."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from catalog.text import normalize, tokens
from config.plans import PlanCategory, PlanLayout

LANGUAGES = ("en", "fr", "es", "ar")
_CLOSE_HEADING, _CLOSE_WORD = 0.9, 0.8
_SHORTEST_SLIP = 5
"""Letters from which on a word may be known with a slip of the pen."""
_PREFIXES = ("وال", "لل", "ال", "و")
_STRICTNESS = ("", "low_no", "moderate", "high", "severe")
_NARROWEST = ("public", "described", "listed", "community", "restricted", "owner")
_CLOSEST = (
    "open", "register", "unknown", "on_request", "under_agreement", "bilateral", "on_site", "not_shared",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Classified:
    """What a cell says of how data may be shared; the four facts are apart.

    Attributes:
        categories: Keys of those that were named.
        unknown: Words that stand for none; with any of them, or without a category, the need is not classified.
        level: Of sensitivity; empty where nothing is said of it.
        visibility: Who may know of the need; empty for its owner alone.
        access: How the data can be had.
        agreement: What has to be signed, or nothing.
        urgent: Whether recipients need it at once.
        steps: How it is shared, in sentences.
    """

    categories: tuple[str, ...]
    unknown: tuple[str, ...]
    level: str
    visibility: str
    access: str
    agreement: str
    urgent: bool
    steps: tuple[str, ...]

    @property
    def is_classified(self) -> bool:
        """Whether it says how sensitive the data is, and all of it was understood."""
        return bool(self.level) and not self.unknown


class PlanWords:
    """The columns, categories and choices of a layout.

    Attributes:
        layout: As declared.
        columns: By key, in the order of the template.

    Raises:
        ValueError: A heading, a choice or a category's word means two things; the message names it.
    """

    def __init__(self, layout: PlanLayout) -> None:
        self.layout = layout
        self.columns = {column.key: column for column in layout.columns}
        self.categories = {category.key: category for category in layout.categories}
        self._headings: dict[str, str] = {}
        self._choices: dict[str, str] = {}
        self._words: dict[str, str] = {}
        for column in layout.columns:
            spelt = (*(column.title.of(language) for language in LANGUAGES), *column.aliases)
            _put(self._headings, spelt, column.key)
        for choice in layout.choices:
            spelt = (*(choice.title.of(language) for language in LANGUAGES), *choice.aliases)
            _put(self._choices, spelt, choice.key)
        for category in layout.categories:
            _put(self._words, category.words, category.key)
        self._fillers = {word for filler in layout.fillers for word in tokens(filler)} - set(self._words)

    def column(self, heading: str) -> str:
        """Key of the column that a heading stands for; empty if it stands for none."""
        text = normalize(heading)
        if not text or len(text) > 100:  # noqa: PLR2004 - a sentence is no heading
            return ""
        near = difflib.get_close_matches(text, self._headings, 1, _CLOSE_HEADING)
        return self._headings.get(text) or (self._headings[near[0]] if near else "")

    def choice(self, text: str) -> str:
        """Key of what was chosen; empty if it is not among what may be."""
        said = normalize(text)
        near = difflib.get_close_matches(said, self._choices, 1, _CLOSE_HEADING) if said else []
        return self._choices.get(said) or (self._choices[near[0]] if near else "")

    def shown_choice(self, key: str) -> str:
        """A choice in English."""
        return next((choice.title.en for choice in self.layout.choices if choice.key == key), key)

    def shown_categories(self, keys: Iterable[str]) -> str:
        """Categories by their English names."""
        return "; ".join(self.categories[key].title.en for key in keys if key in self.categories)

    def classified(self, text: str) -> Classified:
        """What a cell says. Of several categories each fact is the strictest; *public* is believed only alone.

        A word that is neither a category's nor says nothing (``TBD``, ``not``, ``internal``) leaves it unclassified.
        """
        found: dict[str, None] = {}
        unknown: list[str] = []
        for word in tokens(text):
            key = self._category(word)
            if key:
                found[key] = None
            elif not self._is_filler(word):
                unknown.append(word)
        named = [category for category in self.layout.categories if category.key in found]
        return self._facts(named, tuple(unknown))

    def _facts(self, named: list[PlanCategory], unknown: tuple[str, ...]) -> Classified:
        said = [category for category in named if category.level]
        strictest = max((category.level for category in said), key=_STRICTNESS.index, default="")
        doubted = bool(unknown) and strictest == _STRICTNESS[1]
        believed = [] if doubted else [category for category in said if category.level == strictest]
        certain = bool(believed) and not unknown
        urgent = [category for category in named if category.urgent]
        told = said if believed else urgent
        narrowest = max((category.visibility or "owner" for category in told), key=_NARROWEST.index, default="")
        return Classified(
            categories=tuple(category.key for category in named),
            unknown=unknown,
            level=strictest if believed else "",
            visibility=narrowest if certain else "",
            access=max((category.access for category in told), key=_CLOSEST.index, default="unknown"),
            agreement=next((category.agreement for category in believed if category.agreement), ""),
            urgent=bool(urgent),
            steps=(
                *(category.step for category in (*urgent, *(one for one in believed if not one.urgent))),
                *(() if certain else (self.layout.unclassified,)),
            ),
        )

    def _category(self, word: str) -> str:
        return next((key for bare in _bare(word) if (key := _near(bare, self._words))), "")

    def _is_filler(self, word: str) -> bool:
        return any(
            bare in self._fillers or _near(bare, {filler: filler for filler in self._fillers}) for bare in _bare(word)
        )


def _put(into: dict[str, str], spelt: Iterable[str], key: str) -> None:
    for spelling in map(normalize, spelt):
        if spelling and into.setdefault(spelling, key) != key:
            raise ValueError(f'"{spelling}" stands for both "{into[spelling]}" and "{key}"')


def _bare(word: str) -> Iterable[str]:
    """The word, and without what Arabic writes together with it."""
    yield word
    for prefix in _PREFIXES:
        if word.startswith(prefix) and len(word) > len(prefix) + 1:
            yield word[len(prefix) :]


def _near(word: str, known: Mapping[str, str]) -> str:
    """What a word stands for, with a slip of the pen; never by what stands before it: ``unpublic`` is not public."""
    if word in known:
        return known[word]
    if len(word) < _SHORTEST_SLIP:
        return ""
    near = difflib.get_close_matches(word, [one for one in known if one[0] == word[0]], 1, _CLOSE_WORD)
    return known[near[0]] if near else ""
