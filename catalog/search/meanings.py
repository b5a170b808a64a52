"""The thesaurus made ready: which meaning a run of words has, and by which words it is looked for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from catalog.search.forms import light_forms
from catalog.text import tokens
from config.load import shipped_thesaurus
from config.thesaurus import Meaning

LONGEST = 8
"""Words of a term."""
_NOTHING: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Term:
    """A term: as it is written in the thesaurus, and its light forms in order."""

    written: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sense:
    """A meaning made ready.

    Attributes:
        key: As in the thesaurus.
        title: What it is called.
        concept: The concept that is the same, if one is.
        terms: What is searched for.
        narrower: What meanings within this one, and beside it, are searched by.
        beside: Concepts of the meanings beside it.
        wider: Keys of the meanings that hold this one.
    """

    key: str
    title: str
    concept: str
    terms: tuple[Term, ...]
    narrower: tuple[Term, ...]
    beside: tuple[str, ...]
    wider: tuple[str, ...]


class Meanings:
    """All meanings; looked up by light forms."""

    def __init__(self, declared: Iterable[Meaning]) -> None:
        known = {one.key: one for one in declared}
        terms = {key: _terms((*one.same.all(), *one.acronyms)) for key, one in known.items()}
        within = {key: [other.key for other in known.values() if key in other.wider] for key in known}
        self.senses = {
            key: Sense(
                key,
                one.title,
                one.concept,
                terms[key],
                _narrower(key, terms, within, one.beside),
                tuple(known[other].concept for other in one.beside if known[other].concept),
                one.wider,
            )
            for key, one in known.items()
        }
        self._root: dict[str, Any] = {}
        for key, one in known.items():
            for term in (*terms[key], *_terms(one.said.all())):
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


def _narrower(
    key: str, terms: dict[str, tuple[Term, ...]], within: dict[str, list[str]], beside: Iterable[str]
) -> tuple[Term, ...]:
    own = {term.words for term in terms[key]}
    seen, waiting = {key}, [*within[key], *beside]
    found: dict[tuple[str, ...], Term] = {}
    while waiting:
        one = waiting.pop(0)
        if one in seen:
            continue
        seen.add(one)
        if one not in beside:
            waiting += within[one]
        for term in terms[one]:
            if term.words not in own:
                found.setdefault(term.words, term)
    return tuple(found.values())
