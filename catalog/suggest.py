"""What somebody may mean who has begun to type: organisations, places, topics, HXL concepts, hashtags and titles.

Everything is read through the same search that answers them, so nothing is suggested that they could not find, and no
count tells of more.
"""

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from threading import Lock

import orjson

from catalog.query import DatasetQuery, Page
from catalog.text import tokens

Search = Callable[[DatasetQuery], Page]

MOST = 20
LONGEST = 100
"""Characters of what was typed that count."""
HASHTAG = "hashtag"
KINDS = ("country", "topic", "concept", "organization", HASHTAG)
"""Facets whose values are suggested, in the order in which equal ones are; hashtags to who begins with ``#``."""
VIEWS = 8
"""Viewers whose names are kept at once."""
_TITLES = 5
_WORDS = 8
_LOOKED_AT = 20
"""Datasets looked at for titles: a word that is begun may stand elsewhere in them."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One thing that may be meant.

    Attributes:
        kind: One of :data:`KINDS`, by whose parameter ``value`` is asked for; or ``dataset``, whose name or id it is.
        label: As people read it.
        count: How many records there are of it.
    """

    kind: str
    value: str
    label: str
    count: int


class Names:
    """What things are called that a viewer may know of, in one generation of their index."""

    def __init__(self, search: Search) -> None:
        page = search(DatasetQuery(limit=0, facets=KINDS))
        self.generation = page.generation
        topics = {count.value for count in page.facets["topic"]}
        self._known = [
            Suggestion(kind, count.value, count.label, count.count)
            for kind in KINDS
            for count in page.facets[kind]
            if count.count and not (kind == "concept" and count.value in topics)
        ]
        words: list[tuple[str, int, bool]] = []
        for place, one in enumerate(self._known):
            said = list(dict.fromkeys([*tokens(one.label), *tokens(one.value)]))
            words += [(word, place, at == 0) for at, word in enumerate(said)]
        self._words = sorted(words)

    def begin(self, typed: Sequence[str]) -> Iterator[Suggestion]:
        """Those that have a word beginning with each of these, the likeliest first."""
        found: dict[int, bool] | None = None
        for word in typed:
            here: dict[int, bool] = {}
            for other, place, leads in self._from(word):
                if not other.startswith(word):
                    break
                here[place] = here.get(place, False) or leads
            found = here if found is None else {place: found[place] for place in found.keys() & here.keys()}
        ranked = sorted((found or {}).items(), key=lambda one: self._rank(one[0], leads=one[1]))
        return (self._known[place] for place, _ in ranked)

    def _from(self, word: str) -> Iterator[tuple[str, int, bool]]:
        start = bisect_left(self._words, (word, -1, False))
        return iter(self._words[start:])

    def _rank(self, place: int, *, leads: bool) -> tuple[bool, int, int, str]:
        one = self._known[place]
        return not leads, -one.count, KINDS.index(one.kind), one.label


class Kept:
    """Names of the viewers that asked last, for the life of a process; several threads may ask."""

    def __init__(self) -> None:
        self._names: OrderedDict[str, Names] = OrderedDict()
        self._lock = Lock()

    def of(self, generation: str, search: Search) -> Names:
        """What things are called for whoever has this generation of an index."""
        with self._lock:
            found = self._names.get(generation)
            if found is not None:
                self._names.move_to_end(generation)
        if found is None:
            found = Names(search)
            with self._lock:
                self._names[found.generation] = found
                while len(self._names) > VIEWS:
                    self._names.popitem(last=False)
        return found


def suggest(search: Search, names: Names, text: str, limit: int = 10) -> list[Suggestion]:
    """What may be meant, things before titles; nothing for nothing.

    Args:
        search: As the viewer.
        names: Of the same viewer.
        text: What was typed so far; the last word may be half of one.
        limit: Suggestions at most, up to 20.
    """
    typed = tokens(text[:LONGEST])[:_WORDS]
    if not typed or limit <= 0:
        return []
    of_titles = list(_titles(search, typed, min(limit, _TITLES)))
    room = min(limit, MOST) - len(of_titles)
    found: list[Suggestion] = []
    of_tags = text.lstrip().startswith("#")
    for one in names.begin(typed):
        if len(found) >= room:
            break
        if (one.kind == HASHTAG) == of_tags:
            found.append(one)
    return [*found, *of_titles]


def _titles(search: Search, typed: Sequence[str], limit: int) -> Iterator[Suggestion]:
    """Datasets whose title has these words, the last one begun."""
    words = " ".join([*(f"title:{word}" for word in typed[:-1]), f"{typed[-1]}*"])
    page = search(DatasetQuery(q=words, limit=_LOOKED_AT, relax=False))
    left = limit
    for item in page.items:
        told = orjson.loads(item)
        said = tokens(told["title"])
        # A half word may be begun in the notes; what the title does not say is no suggestion.
        if left and all(any(word.startswith(begun) for word in said) for begun in typed):
            left -= 1
            yield Suggestion("dataset", told["name"] or told["id"], told["title"], 1)
