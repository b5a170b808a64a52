"""What a column holds, told by its header alone: the families of ``column-names.yaml``, in seven languages.

Headers come as ``Date of birth``, ``beneficiary_dob``, ``dateOfBirth`` and ``Дата народження``. They are parted into
words at blanks, underscores and where a capital follows a small letter, then folded like all our text. A phrase is
found where all its words are, in whatever order; a word of it may end in ``*``. Nothing is a regular expression, so
no header takes longer than its length.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from catalog.text import tokens
from config.declarations import SensitivityRule

LONGEST = 300
"""Characters of a header that count."""
MOST_WORDS = 10
"""A header of more words is a question with its answer, which names a phone or a religion without holding one."""
DIRECT, INDIRECT = "direct", "indirect"
_ARABIC_ARTICLES = ("وال", "بال", "ال", "لل")
_SHORTEST = 3


class Phrases:
    """Phrases, each standing for a number, looked up in headers by their words."""

    def __init__(self, phrases: Iterable[tuple[int, str]]) -> None:
        """Take numbers with their phrases; raises ValueError for a phrase without a word."""
        self._by_word: dict[str, list[tuple[int, str, frozenset[str], tuple[str, ...]]]] = {}
        self._by_start: list[tuple[str, tuple[int, str, frozenset[str], tuple[str, ...]]]] = []
        for number, text in phrases:
            folded = [(tokens(piece), piece.endswith("*")) for piece in text.split()]
            whole = frozenset(word for words, opened in folded for word in (words[:-1] if opened else words))
            starts = tuple(words[-1] for words, opened in folded if opened and words)
            entry = number, text, whole, starts
            if whole:
                # Looked up by its rarest word, which is mostly its longest.
                self._by_word.setdefault(max(sorted(whole), key=len), []).append(entry)
            elif starts:
                self._by_start.append((starts[0], entry))
            else:
                raise ValueError(f'"{text}" has no word in it. Remove it, or write it out.')

    def within(self, words: frozenset[str]) -> list[tuple[int, str]]:
        """The numbers and phrases that a header of these words has, in the order of the numbers."""
        near = [entry for word in words for entry in self._by_word.get(word, ())]
        if self._by_start:
            near += [entry for start, entry in self._by_start if any(word.startswith(start) for word in words)]
        return sorted(
            (number, text)
            for number, text, whole, starts in near
            if whole <= words and all(any(word.startswith(start) for word in words) for start in starts)
        )


class ColumnNames:
    """The rules that look at headers, made ready once for many tables."""

    def __init__(self, rules: Iterable[SensitivityRule]) -> None:
        self._rules = tuple(rules)
        self._named = Phrases((place, phrase) for place, rule in enumerate(self._rules) for phrase in rule.header)
        self._cancelled = Phrases((place, phrase) for place, rule in enumerate(self._rules) for phrase in rule.unless)
        # The same headers stand in most tables.
        self.rules_in = lru_cache(20_000)(self._rules_in)
        self._first = lru_cache(20_000)(self._deciding)

    def family(self, header: str) -> str:
        """What a column of this header holds (``phone``); empty if that is nothing we look for."""
        rule = self._first(header)
        return rule.family if rule else ""

    def personal(self, header: str) -> str:
        """``direct`` if it tells of a person by itself, ``indirect`` if it does beside others, else empty."""
        rule = self._first(header)
        return rule.personal if rule else ""

    def sensitive(self, headers: Sequence[str]) -> tuple[bool, ...]:
        """Which columns of one table tell of persons: the direct ones, and beside one of them the indirect too."""
        kinds = [self.personal(header) for header in headers]
        return tuple(kind == DIRECT or (kind == INDIRECT and DIRECT in kinds) for kind in kinds)

    def families(self, headers: Iterable[str]) -> frozenset[str]:
        """The families of personal data, direct ones, that a table has."""
        return frozenset(
            rule.family for header in headers if (rule := self._first(header)) is not None and rule.personal == DIRECT
        )

    def _deciding(self, header: str) -> SensitivityRule | None:
        """The family's rule that decides: a direct one before an indirect one, else in the order of the file."""
        found = [self._rules[place] for place, _ in self.rules_in(header) if self._rules[place].family]
        return min(found, key=lambda rule: (rule.personal != DIRECT, rule.personal != INDIRECT), default=None)

    def _rules_in(self, header: str) -> tuple[tuple[int, str], ...]:
        """The places of the rules whose headers this is, each with the first phrase of it that was found."""
        words = frozenset(header_words(header))
        if len(header[:LONGEST].split()) > MOST_WORDS:
            return ()
        cancelled = {place for place, _ in self._cancelled.within(words)}
        found: dict[int, str] = {}
        for place, phrase in self._named.within(words):
            if place not in cancelled:
                found.setdefault(place, phrase)
        return tuple(found.items())


def header_words(header: str) -> list[str]:
    """The folded words of a header, with what a number or the Arabic article hides: ``phone1`` is also ``phone``."""
    words = tokens(_parted(header[:LONGEST]))
    more = []
    for word in words:
        bare = word.strip("0123456789")
        if bare != word and len(bare) >= _SHORTEST:
            more.append(bare)
        if "\u0621" <= word[0] <= "\u064a":
            article = next((start for start in _ARABIC_ARTICLES if word.startswith(start)), "")
            if article and len(word) - len(article) >= _SHORTEST:
                more.append(word[len(article) :])
    return words + more


def _parted(header: str) -> str:
    """With a blank where ``camelCase`` and ``GPSLat`` begin a new word."""
    if header.islower() or header.isupper() or not any(character.isupper() for character in header[1:]):
        return header
    made = []
    for place, character in enumerate(header):
        if place and character.isupper():
            before, after = header[place - 1], header[place + 1 : place + 2]
            if before.islower() or before.isdigit() or (before.isupper() and after.islower()):
                made.append(" ")
        made.append(character)
    return "".join(made)
