"""Headers as words, and phrases found in them: what the rules for hashtags are looked up with.

``admin1Pcode``, ``ADM1_PCODE`` and ``Admin 1 P-code`` are the same words; so are plurals that only add an ``s``, and
Arabic words with and without the article. Phrases stand together and in order; a word of one may end in ``*``.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from catalog.text import tokens

LONGEST = 160
"""Characters of a header that count."""
_BREAK = re.compile(r"(?<=[a-z0-9à-ÿ])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
_NUMBERED = re.compile(
    r"\s*(?:[A-Za-z]?\d{1,2}[a-z]?(?:\.[A-Za-z0-9]{1,2})*[.:)]|[A-Za-z]\d{1,2}[.)_]|Q\d{1,3})[\s_.:]+(?=\S)"
)
_SIGNS = (
    ("%", " percent "), ("<", " under "), (">", " over "), ("≥", " over "), ("≤", " under "), ("$", " usd "),
    ("№", " number "), ("#", " number "), ("ʼ", ""), ("’", "'"),
)  # fmt: skip
_SIGNED = frozenset("%<>≥≤$№#ʼ’+")
_PLUS = re.compile(r"(?<=\d)\s*\+")
_APOSTROPHE = re.compile(r"(?<=[\u0400-\u04ff])'(?=[\u0400-\u04ff])")
_ARTICLES = ("وال", "بال", "ال", "لل")
_SHORTEST = 3
_ENDINGS = ("pcode", "code", "name", "type", "year")


class Match(NamedTuple):
    """The words from ``start`` to before ``end`` are a phrase of the entry ``number``."""

    start: int
    end: int
    number: int


_Entry = tuple[tuple[str, ...], tuple[bool, ...], int]
"""Words of a phrase, whether each stands for all that begin so, and what the phrase stands for."""


class Phrases:
    """Phrases, each standing for a number, found in words in order."""

    def __init__(self, phrases: Iterable[tuple[int, str]], filler: Collection[str] = ()) -> None:
        """Take numbers with their phrases; ``filler`` words are passed over. Raises ValueError for an empty phrase."""
        self._single: dict[str, list[int]] = {}
        self._made: dict[tuple[str, int], list[Match]] = {}
        self._by_pair: dict[tuple[str, str], list[_Entry]] = {}
        self._by_word: dict[str, list[_Entry]] = {}
        self._by_start: dict[str, list[_Entry]] = {}
        self._words = set[str]()
        self._begins: tuple[str, ...] = ()
        for number, text in phrases:
            pieces = [(word, piece.endswith("*")) for piece in text.split() for word in _piece(piece, filler)]
            if not pieces:
                raise ValueError(f'"{text}" has no word in it. Remove it, or write it out.')
            entry = tuple(word for word, _ in pieces), tuple(opened for _, opened in pieces), number
            words, opened, _ = entry
            self._words.update(words)
            self._begins += tuple(word for word, begins in pieces if begins)
            if opened[0]:
                self._by_start.setdefault(words[0][:_SHORTEST], []).append(entry)
            elif len(words) == 1:
                self._single.setdefault(words[0], []).append(number)
            elif opened[1]:
                self._by_word.setdefault(words[0], []).append(entry)
            else:
                self._by_pair.setdefault((words[0], words[1]), []).append(entry)

    def knows(self, word: str) -> bool:
        """Whether any phrase has the word, or the beginning of it."""
        return word in self._words or word.startswith(self._begins)

    def within(self, words: Sequence[str]) -> list[Match]:
        """Every phrase in the words, by its first word."""
        found: list[Match] = []
        last = len(words) - 1
        for start, word in enumerate(words):
            if word in self._single:
                made = self._made.get((word, start))
                if made is None:
                    made = self._made[word, start] = [Match(start, start + 1, number) for number in self._single[word]]
                found += made
            near = [*self._by_word.get(word, ()), *self._by_start.get(word[:_SHORTEST], ())]
            if start < last:
                near += self._by_pair.get((word, words[start + 1]), ())
            for phrase, opened, number in near:
                end = start + len(phrase)
                if end <= last + 1 and _is(words[start:end], phrase, opened):
                    found.append(Match(start, end, number))
        return found


def _is(words: Sequence[str], phrase: Sequence[str], opened: Sequence[bool]) -> bool:
    if tuple(words) == phrase:
        return True
    return any(opened) and all(
        given == wanted or (free and given.startswith(wanted))
        for given, wanted, free in zip(words, phrase, opened, strict=True)
    )


@lru_cache(maxsize=100_000)
def header_words(header: str) -> tuple[str, ...]:
    """The folded words of a header, without the number of a question (``A5.``, ``1.1.a.1:``)."""
    text = header[:LONGEST]
    numbered = _NUMBERED.match(text)
    text = text[numbered.end() :] if numbered else text
    if not _SIGNED.isdisjoint(text):
        text = _PLUS.sub(" plus ", text)
        for sign, word in _SIGNS:
            text = text.replace(sign, word)
    if "'" in text:
        text = _APOSTROPHE.sub("", text)
    words = tokens(_BREAK.sub(" ", text))
    if any(word.endswith(_ENDINGS) for word in words):
        words = [part for word in words for part in _parted(word)]
    return tuple(map(_bare, words))


def _parted(word: str) -> tuple[str, ...]:
    """``districtcode`` as two words."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST:
            return word.removesuffix(ending), ending
    return (word,)


def _piece(piece: str, filler: Collection[str]) -> tuple[str, ...]:
    return tuple(word for word in header_words(piece.removesuffix("*")) if word not in filler)


@lru_cache(maxsize=50_000)
def _bare(word: str) -> str:
    """Without a plural's ``s`` and an Arabic article."""
    if word.isascii():
        if word.endswith("ies") and len(word) > 4:  # noqa: PLR2004
            return word[:-3] + "y"
        if word.endswith("s") and len(word) > _SHORTEST and not word.endswith("ss"):
            return word[:-1]
        return word
    if "\u0621" <= word[0] <= "\u064a":
        article = next((start for start in _ARTICLES if word.startswith(start)), "")
        if article and len(word) - len(article) >= _SHORTEST:
            return word[len(article) :]
    return word
