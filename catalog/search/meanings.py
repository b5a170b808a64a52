"""The thesaurus made ready: which meaning a run of words has, and by which words it is looked for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from catalog.places import iso3_of
from catalog.search.forms import light, light_forms
from catalog.text import tokens
from config.load import shipped_thesaurus
from config.thesaurus import Meaning

LONGEST = 8
"""Words of a term."""
_NOTHING: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Term:
    """A term: as it is written in the thesaurus, its light forms in order, and why it is looked for.

    ``because`` is ``same``; of another meaning's term ``narrower``, ``wider`` or, where it is neither, ``beside``.
    """

    written: str
    words: tuple[str, ...]
    because: str = "same"


@dataclass(frozen=True, slots=True)
class Sense:
    """A meaning made ready.

    Attributes:
        key: As in the thesaurus.
        title: What it is called.
        concept: The concept that is the same, if one is.
        terms: What is searched for.
        others: What meanings within this one, and beside it, are searched by.
        beside: Concepts of the meanings beside it.
        wider: Keys of the meanings that hold this one.
    """

    key: str
    title: str
    concept: str
    terms: tuple[Term, ...]
    others: tuple[Term, ...]
    beside: tuple[str, ...]
    wider: tuple[str, ...]


class Meanings:
    """All meanings; looked up by light forms."""

    def __init__(self, declared: Iterable[Meaning]) -> None:
        known = {one.key: one for one in declared}
        looked_up = {key: _terms((*one.same.all(), *one.acronyms, *_plurals(one))) for key, one in known.items()}
        terms = {key: tuple(term for term in some if not _another_place(term)) for key, some in looked_up.items()}
        within = {key: [other.key for other in known.values() if key in other.wider] for key in known}
        self.senses = {
            key: Sense(
                key,
                one.title,
                one.concept,
                terms[key],
                _others(key, terms, within, known),
                tuple(known[other].concept for other in one.beside if known[other].concept),
                one.wider,
            )
            for key, one in known.items()
        }
        self._root: dict[str, Any] = {}
        self._written: set[tuple[str, ...]] = set()
        for key, one in known.items():
            spelt = (*one.same.all(), *one.said.all(), *one.acronyms, *one.cased)
            self._written.update(tuple(tokens(term)) for term in spelt)
            for term in (*looked_up[key], *_terms(one.said.all())):
                self._add(term.words, key, cased=False)
            for term in _terms(one.cased):
                self._add(term.words, key, cased=True)

    def longest(self, words: Sequence[str], capitals: Sequence[bool], start: int) -> tuple[int, Sense] | None:
        """The longest run of light forms from ``start`` that has a meaning: how many words, and which.

        What two meanings are called by has that of the file's first.
        """
        node: Any = self._root
        found = None
        for place in range(start, min(len(words), start + LONGEST)):
            node = node.get(words[place], _NOTHING)
            for cased, key in node.get("", ()):
                if not cased or all(capitals[start : place + 1]):
                    found = (place + 1 - start, self.senses[key])
                    break
        return found

    def has(self, words: Sequence[str]) -> bool:
        """Whether a term is written in these very words, folded, not only in other forms of them."""
        return tuple(words) in self._written

    def _add(self, words: tuple[str, ...], key: str, *, cased: bool) -> None:
        node = self._root
        for word in words:
            node = node.setdefault(word, {})
        node.setdefault("", {})[cased, key] = None


@cache
def shipped_meanings() -> Meanings:
    """Those of the shipped thesaurus."""
    return Meanings(shipped_thesaurus())


def _terms(written: Iterable[str]) -> tuple[Term, ...]:
    found: dict[tuple[str, ...], Term] = {}
    for term in written:
        words = tuple(light_forms(tokens(term)))
        if words:
            found.setdefault(words, Term(term, words))
    return tuple(found.values())


def _plurals(one: Meaning) -> Iterator[str]:
    """``PDIs`` of the acronym ``PDI``, where no light form is the same."""
    for acronym in one.acronyms:
        folded = acronym.casefold()
        if acronym.isascii() and acronym.isalpha() and light(folded + "s") != light(folded):
            yield acronym + "s"


def _another_place(term: Term) -> bool:
    """Whether nothing but its ending parts a word from a country that it does not name: "sudanés" from "Sudan"."""
    folded = " ".join(tokens(term.written))
    said = " ".join(term.words)
    return folded != said and iso3_of(said, "name") is not None and iso3_of(folded, "name") is None


def _others(
    key: str, terms: Mapping[str, tuple[Term, ...]], within: Mapping[str, list[str]], known: Mapping[str, Meaning]
) -> tuple[Term, ...]:
    own = {term.words for term in terms[key]}
    beside, above = known[key].beside, _above(key, known)
    seen, waiting = {key}, [*within[key], *beside]
    found: dict[tuple[str, ...], Term] = {}
    while waiting:
        one = waiting.pop(0)
        if one in seen:
            continue
        seen.add(one)
        because = "wider" if one in above else "beside" if one in beside else "narrower"
        if one not in beside:
            waiting += within[one]
        for term in terms[one]:
            if term.words not in own:
                found.setdefault(term.words, replace(term, because=because))
    return tuple(found.values())


def _above(key: str, known: Mapping[str, Meaning]) -> set[str]:
    """Keys of the wider meanings, of those that hold them, and so on."""
    found: set[str] = set()
    waiting = [*known[key].wider]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += known[one].wider
    return found
