"""What a record is about: the concepts of ``config/rules/concepts`` found in its words and hashtags, with evidence.

A term is a phrase of whole words, case and accents aside. A word of it that ends in ``*`` stands for every word that
begins so: Ukrainian, Arabic and others inflect, and nothing is stemmed. In Arabic a word is found with or without the
article and the prefixes written onto it (``و ف ب ك ل``), so terms are written bare. An acronym is matched in the letter
case it is declared in, with or without a plural ``s``. No phrase runs over the end of a sentence or a line. A phrase
under ``unless`` cancels every match that it overlaps.

A title or a keyword that names a concept is enough. Notes mention much in passing: there a concept counts only if a
term of several words names it, or if it is named twice.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from catalog.hxl.tags import canonical, matches
from catalog.text import normalize
from config.declarations import Concept

T = TypeVar("T")

_WORD = re.compile(r"[\w\u0300-\u036f\u064b-\u065f\u0670]+(?:['’ʼ][\u0400-\u04ff]+)*|[.;!?\n]")
_APOSTROPHES = str.maketrans("", "", "'’ʼ")
_ARABIC_PREFIX = re.compile(r"[وف]?(?:[بك]?ال|لل)(?=\w{2})|[وف]?[بكل](?=\w{3})|[وف](?=\w{3})")
_BREAKS = ".;!?\n"
_PARTED = {point: "." if chr(point) in _BREAKS else chr(point) if chr(point).isalnum() else " " for point in range(128)}
_LARGEST_CACHE = 100_000
_EVIDENCE = 5
_MENTIONS = 2


@dataclass(frozen=True, slots=True, order=True)
class Evidence:
    """Why a concept was found.

    Attributes:
        field: ``title``, ``keyword``, ``notes`` or ``hashtag``.
        words: As they stand there.
    """

    field: str
    words: str


@dataclass(frozen=True, slots=True)
class ConceptFound:
    """A concept that a record is about, with at most five pieces of evidence in reading order."""

    key: str
    evidence: tuple[Evidence, ...]


class _Match(NamedTuple):
    """Words ``start`` to before ``end`` of a text name a concept, or cancel what does."""

    start: int
    end: int
    concept: str
    cancels: bool


class Concepts:
    """All concepts, compiled once for reading many records.

    Raises:
        ValueError: A term without a word in it; the message names the concept.
    """

    def __init__(self, concepts: Iterable[Concept]) -> None:
        self._concepts = tuple(concepts)
        self._trie = _Trie()
        for concept in self._concepts:
            for terms, cancels in ((concept.terms, False), (concept.unless, True)):
                for term in (*terms.en, *terms.fr, *terms.es, *terms.ar, *terms.uk):
                    self._trie.add(concept.key, _words(term), cancels=cancels)
            for acronym in concept.acronyms:
                self._trie.add(concept.key, acronym.split() and _WORD.findall(acronym), cancels=False, cased=True)
        # The same few keywords and hashtags stand on most records.
        self._in_keyword = _Known(self._keyword_names)
        self._keys_of = _Known(self._matching)

    def found(self, title: str, notes: str = "", keywords: Sequence[str] = ()) -> tuple[ConceptFound, ...]:
        """The concepts that a record's words name, by key.

        Args:
            title: All its titles, joined.
            notes: All its notes, joined; plain text.
            keywords: One string each; a phrase never runs over from one to the next.
        """
        evidence: dict[str, dict[Evidence, None]] = {}
        for key, words in self._named_in(title):
            evidence.setdefault(key, {})[Evidence("title", words)] = None
        for keyword in keywords:
            for key, found in self._in_keyword[keyword]:
                evidence.setdefault(key, {})[found] = None
        text = _plain(notes)
        tokens = _tokens(text)
        mentions: dict[str, list[_Match]] = {}
        for match in self._matches(tokens):
            mentions.setdefault(match.concept, []).append(match)
        shown: list[_Match] = []
        for key, mentioned in mentions.items():
            if key in evidence or len(mentioned) >= _MENTIONS or any(m.end - m.start > 1 for m in mentioned):
                shown += mentioned[: max(_EVIDENCE - len(evidence.get(key, ())), 0)]
        for match, words in zip(shown, _as_written(text, tokens, shown), strict=True):
            evidence.setdefault(match.concept, {})[Evidence("notes", words)] = None
        return tuple(ConceptFound(key, tuple(evidence[key])[:_EVIDENCE]) for key in sorted(evidence))

    def by_hashtags(self, tags: Iterable[str]) -> tuple[ConceptFound, ...]:
        """The concepts whose tag patterns match one of these hashtags (``#affected+f+killed``), by key.

        What is no hashtag matches nothing. A malformed pattern raises ValueError.
        """
        evidence: dict[str, list[Evidence]] = {}
        for tag in sorted(set(tags)):
            for key in self._keys_of[tag]:
                evidence.setdefault(key, []).append(Evidence("hashtag", tag))
        return tuple(ConceptFound(key, tuple(evidence[key][:_EVIDENCE])) for key in sorted(evidence))

    def _matches(self, tokens: Sequence[str]) -> list[_Match]:
        """Matches that nothing cancels, in reading order, none inside another of the same concept."""
        matches = self._trie.matches(tokens)
        if len(matches) > 1:
            matches.sort(key=lambda match: (match.start, -match.end, match.concept))
        cancelled = [match for match in matches if match.cancels]
        reached: dict[str, int] = {}
        kept = []
        for match in matches:
            if match.cancels or match.start < reached.get(match.concept, 0):
                continue
            if cancelled and any(
                other.concept == match.concept and other.start < match.end and match.start < other.end
                for other in cancelled
            ):
                continue
            reached[match.concept] = match.end
            kept.append(match)
        return kept

    def keys_in(self, given: str) -> dict[str, None]:
        """The keys of the concepts that a line names, in reading order."""
        return {match.concept: None for match in self._matches(_tokens(_plain(given)))}

    def _named_in(self, given: str) -> tuple[tuple[str, str], ...]:
        text = _plain(given)
        tokens = _tokens(text)
        matches = self._matches(tokens)
        return tuple(zip((match.concept for match in matches), _as_written(text, tokens, matches), strict=True))

    def _keyword_names(self, keyword: str) -> tuple[tuple[str, Evidence], ...]:
        return tuple((key, Evidence("keyword", words)) for key, words in self._named_in(keyword))

    def _matching(self, tag: str) -> tuple[str, ...]:
        spec = canonical(tag)
        return tuple(
            concept.key for concept in self._concepts if spec and any(matches(pattern, spec) for pattern in concept.hxl)
        )


class _Trie:
    """Phrases by their first word; each word of a text is looked up once and kept as the symbols it can stand for."""

    def __init__(self) -> None:
        self._root: dict[str, Any] = {}
        self._symbols: set[str] = set()
        self._prefix_lengths: set[int] = set()
        self._known = _Known(self._looked_up)

    def add(self, concept: str, words: Sequence[str], *, cancels: bool, cased: bool = False) -> None:
        if not words or "*" in words:
            raise ValueError(f'concept "{concept}": a term has no word in it. Remove it, or write it out.')
        node = self._root
        for word in words:
            symbol = f"={word}" if cased else word
            self._symbols.add(symbol)
            if word.endswith("*"):
                self._prefix_lengths.add(len(word) - 1)
            node = node.setdefault(symbol, {})
        node.setdefault("", {})[concept, cancels] = None

    def matches(self, tokens: Sequence[str]) -> list[_Match]:
        """Every phrase in the text, those inside others included."""
        known = list(map(self._known.__getitem__, tokens))
        found: list[_Match] = []
        for start, word in [(place, word) for place, word in enumerate(known) if word]:
            nodes, end = word[1], start
            while nodes:
                end += 1
                for node in nodes:
                    if "" in node:
                        found += [_Match(start, end, concept, cancels) for concept, cancels in node[""]]
                following = known[end] if end < len(known) else None
                symbols = following[0] if following else ()
                nodes = [node[symbol] for node in nodes for symbol in symbols if symbol in node]
        return found

    def _looked_up(self, token: str) -> tuple[tuple[str, ...], list[dict[str, Any]]] | None:
        """The symbols of a word, and where phrases that begin with it go on; None for one that is in no phrase."""
        spellings = _spellings(_folded(token))
        symbols = [spelling for spelling in spellings if spelling in self._symbols]
        symbols += [
            f"{spelling[:length]}*"
            for spelling in spellings
            for length in self._prefix_lengths
            if f"{spelling[:length]}*" in self._symbols and len(spelling) >= length
        ]
        symbols += [f"={form}" for form in {token, token.removesuffix("s")} if f"={form}" in self._symbols]
        symbols = list(dict.fromkeys(symbols))
        return (tuple(symbols), [self._root[symbol] for symbol in symbols if symbol in self._root]) if symbols else None


class _Known(dict[str, T]):
    """What has been looked up already, bounded."""

    def __init__(self, look_up: Callable[[str], T]) -> None:
        super().__init__()
        self._look_up = look_up

    def __missing__(self, key: str) -> T:
        if len(self) >= _LARGEST_CACHE:
            self.clear()
        found = self[key] = self._look_up(key)
        return found


def _plain(text: str) -> str:
    return (text if text.isascii() else unicodedata.normalize("NFC", text)).replace("_", " ")


def _tokens(text: str) -> list[str]:
    """A text's words and the marks that end its sentences and lines; in ASCII all these marks are a full stop."""
    return text.translate(_PARTED).replace(".", " . ").split() if text.isascii() else _WORD.findall(text)


def _as_written(text: str, tokens: Sequence[str], matches: Sequence[_Match]) -> list[str]:
    """The words of each match as they stand in the text; the text is walked once and only as far as needed."""
    last = max((match.end for match in matches if match.end - match.start > 1), default=0)
    spans, start, place = [], 0, 0
    for token in tokens[:last]:
        if token not in _BREAKS:
            start = text.index(token, place)  # between two words stands nothing of either
            place = start + len(token)
        spans.append((start, place))
    return [
        text[spans[match.start][0] : spans[match.end - 1][1]] if match.end - match.start > 1 else tokens[match.start]
        for match in matches
    ]


def _words(term: str) -> list[str]:
    """A term's folded words, each with its ``*`` if it has one."""
    text = unicodedata.normalize("NFC", term)
    return [
        _folded(word.group()) + ("*" if text[word.end() : word.end() + 1] == "*" else "")
        for word in _WORD.finditer(text)
        if word.group() not in _BREAKS
    ]


def _folded(token: str) -> str:
    # An apostrophe stands inside a Ukrainian word, where text folding would part it.
    return normalize(token.translate(_APOSTROPHES))


def _spellings(word: str) -> tuple[str, ...]:
    """The word, and without what Arabic writes onto it."""
    if not "\u0621" <= word[:1] <= "\u064a":
        return (word,)
    bare = [word[match.end() :] for match in [_ARABIC_PREFIX.match(word)] if match]
    single = [word[1:]] if word[0] in "وفبكل" and len(word) > 3 else []  # noqa: PLR2004
    return tuple(dict.fromkeys([word, *bare, *single]))
