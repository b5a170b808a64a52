"""What of a plan's texts may be about persons, and is not kept.

Addresses, numbers and coordinates are told by their form; names by what stands beside them: a title, a word such as
*focal point*, an address or a number. A name that stands alone in a sentence cannot be told. Where organisations are
listed, only what reads like one is kept.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from catalog.agents import role_mailbox
from catalog.masking import masked
from catalog.places import iso3_of
from catalog.text import normalize
from config.plans import PlanPeople

NAME = "[name withheld]"
NUMBER = "[telephone number withheld]"
_WORD = re.compile(r"[^\W\d_][\w'’-]*\.?")
_LOCAL = re.compile(r"(?<![\w/=.+-])[0٠۰]\d(?:[\s().-]{0,2}\d){6,12}(?!\w)")
"""A number as it is dialled within a country."""
_DATE = re.compile(r"\d{1,2}[-./ ]\d{1,2}[-./ ]\d{4}")
_WITHHELD = re.compile(r"[\s,:;(<–-]{0,4}\[(?:telephone number|e-mail) withheld\]")
_CONNECTORS = frozenset(
    ["de", "del", "van", "von", "bin", "ben", "al", "el", "di", "da", "la", "ould", "abu", "بن", "أبو"]
)
_MOST_NAMES = 4
_ACRONYM = 12
_SIGNS = " .،()-–:,<>"
_MARK = re.compile(r"\[[\w -]+ withheld\]")
_BETWEEN = re.compile(r"[\s:.,–-]{0,4}")


class People:
    """By what names of persons are told.

    Args:
        declared: Words beside names, and words of organisations.
        agents: Organisations that are known, as ``config/vocab/agents.yaml`` has them.
    """

    def __init__(self, declared: PlanPeople, agents: Iterable[Mapping[str, Any]] = ()) -> None:
        self._titles = {normalize(word) for word in declared.titles}
        self._cues = {normalize(word) for word in declared.cues}
        self._organisations = {normalize(word) for word in declared.organisations}
        self._known = {
            normalize(str(name))
            for agent in agents
            for name in (agent["name"], agent.get("acronym") or "", *(agent.get("aliases") or ()))
        } - {""}

    def without(self, text: str) -> str:
        """The text without what tells of a person, each such place marked."""
        text = masked(text)
        text = _LOCAL.sub(lambda found: found[0] if _DATE.fullmatch(found[0]) else NUMBER, text)
        for start, end in reversed(list(self._names(text))):
            text = f"{text[:start]}{NAME}{text[end:]}"
        return text

    def organisations(self, text: str) -> tuple[tuple[str, ...], int]:
        """Organisations, clusters and roles of a list, and of how many entries what may be a person was left out."""
        kept: dict[str, None] = {}
        left = 0
        for entry in filter(None, (entry.strip(_SIGNS) for entry in re.split(r"[;\n,،؛|/]", text))):
            pieces = _pieces(_MARK.sub("", self.without(entry)))
            named = [bare for piece in pieces if self.is_organisation(piece) and (bare := self._unnamed(piece))]
            if named:
                kept[named[0] if len(named) == 1 else f"{named[0]} ({', '.join(named[1:])})"] = None
            left += named != _pieces(entry)
        return tuple(kept), left

    def _unnamed(self, text: str) -> str:
        """An entry without what may be a person's name beside an organisation: ``J. Sample UNMAS`` is ``UNMAS``.

        Capitals before a word such as *council* are the organisation's name; others are kept if they are a country's.
        """
        if normalize(text) in self._known or "@" in text:
            return text
        words = text.split()
        told = [self._tells(word) for word in words]
        kept: list[str] = []
        place = 0
        while place < len(words):
            end = place
            while end < len(words) and not told[end] and not words[end][0].islower():
                end += 1
            run = words[place:end]
            of_name = end < len(words) and told[end] and not words[end].strip(".").isupper()
            if len(run) > 1 and not of_name and iso3_of(" ".join(run)) is None:
                run = []
            kept += run or words[end : end + 1] if end == place else run
            place = max(end, place + 1)
        return " ".join(kept)

    def is_organisation(self, text: str) -> bool:
        """Whether it reads like an organisation, a cluster or a role, and not like a person."""
        if "@" in text:
            return bool(role_mailbox(text, ""))
        words = [found[0] for found in _WORD.finditer(text)]
        return normalize(text) in self._known or any(self._tells(word) for word in words)

    def _tells(self, word: str) -> bool:
        bare = word.strip(".")
        acronym = bare.isupper() and 1 < len(bare) <= _ACRONYM
        return acronym or normalize(word) in self._organisations

    def _names(self, text: str) -> Iterator[tuple[int, int]]:
        """Where names stand, from left to right."""
        words = [(found.start(), found.end(), found[0]) for found in _WORD.finditer(text)]
        marks = [(found.start(), found.end()) for found in _WITHHELD.finditer(text)]
        place = 0
        while place < len(words):
            start, _, word = words[place]
            if any(first <= start < last for first, last in marks):
                place += 1
                continue
            titled, cued = self._is_title(word), self._is_cue(words, place)
            count = self._run(text, words, place + 1, marks) if titled or cued else 0
            if count and (titled or not self._about_organisation(words[place + 1 : place + 1 + count])):
                yield words[place + 1][0], words[place + count][1]
                place += count + 1
                continue
            before = self._run(text, words, place, marks)
            if before > 1 and not self._about_organisation(words[place : place + before]):
                last = words[place + before - 1][1]
                if any(first == last for first, _ in marks):
                    yield start, last
                    place += before
                    continue
            place += 1

    def _is_title(self, word: str) -> bool:
        """A letter alone is a title with its point only: ``M. Sample``, but not ``5 m North``."""
        bare = normalize(word)
        return bare in self._titles and (len(bare) > 1 or word.endswith("."))

    def _is_cue(self, words: list[tuple[int, int, str]], place: int) -> bool:
        one = normalize(words[place][2])
        two = f"{normalize(words[place - 1][2])} {one}" if place else one
        return one in self._cues or two in self._cues

    def _run(self, text: str, words: list[tuple[int, int, str]], place: int, marks: list[tuple[int, int]]) -> int:
        """How many words from a place on may be a name: begun by capitals, or of a script without them."""
        count = last = 0
        for at in range(place, min(place + 2 * _MOST_NAMES, len(words))):
            start, _, word = words[at]
            if any(first <= start < end for first, end in marks) or "withheld" in word:
                break
            between = text[words[at - 1][1] : start] if at else ""
            if at > place and between.strip(" '’-"):
                break
            if at == place and at and not _BETWEEN.fullmatch(between):
                break
            count += 1
            if normalize(word) in _CONNECTORS and at > place:
                continue
            if not (word[0].isupper() or not (word[0].isupper() or word[0].islower())):
                break
            last = count
            if last == _MOST_NAMES:
                break
        return last

    def _about_organisation(self, words: list[tuple[int, int, str]]) -> bool:
        return any(self._tells(word) for _, _, word in words)


def _pieces(entry: str) -> list[str]:
    """What stands before, in and after parentheses."""
    return [" ".join(bare.split()) for piece in re.split(r"[()]", entry) if (bare := piece.strip(_SIGNS))]
