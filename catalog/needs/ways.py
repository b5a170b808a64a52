"""Which needs a record is about, by the ways that ``config/needs`` declares; pure.

A way counts whole if the title says so, and in part where only keywords, columns or notes do: these mention much in
passing, and what counts whole may make a need *met*.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from catalog.concepts import Concepts
from catalog.hxl.tags import canonical, matches
from config.declarations import Concept, Terms
from config.needs import Need, Way, spoken

Document = Mapping[str, Any]

IN_PASSING = "Its title does not name the subject; keywords, columns or notes do."
_TITLE = "title"


@dataclass(frozen=True, slots=True)
class Counts:
    """That a record counts towards a need.

    Attributes:
        part: Which part of the question it answers, in a sentence; empty if it answers all of it.
        because: What says so: fields and words (``title: landmines``), hashtags.
    """

    part: str
    because: tuple[str, ...]


class Ways:
    """All ways of some needs, compiled once for reading many records.

    Raises:
        ValueError: A pattern that libhxl does not know, or words without a letter.
    """

    def __init__(self, needs: Iterable[tuple[str, Need]]) -> None:
        self._needs = []
        words, unless = [], []
        for name, need in needs:
            ways = []
            for place, way in enumerate(need.met_by.any):
                key = f"{name} {place}" if any(spoken(way.words)) else ""
                ways.append((key, frozenset(way.about), way))
                words += [_named(key, way.words)] if key else []
            self._needs.append((name, frozenset(need.met_by.unless.about), tuple(ways)))
            unless.append(_named(name, need.met_by.unless.words))
        self._words = Concepts(words)
        self._unless = Concepts(concept for concept in unless if any(spoken(concept.terms)))

    def counts(self, document: Document) -> dict[str, Counts]:
        """By the name that a need was given under, how a record counts towards it; those alone towards which it does.

        Args:
            document: As an audience may know it (:mod:`catalog.disclosure`).
        """
        titles = list(dict.fromkeys([document["title"], *document["titles"].values()]))
        title = "\n".join(titles)
        about = {one["key"]: tuple(one["evidence"]) for one in document["concepts"]}
        about |= {one["key"]: () for one in document["topics"] if one["key"] not in about}
        said = {
            found.key: tuple(f"{evidence.field}: {evidence.words}" for evidence in found.evidence)
            for found in self._words.found(title, document["notes"], document["keywords"])
        }
        if not about and not said and not document["tags"]:
            return {}
        barred = {found.key for found in self._unless.found(title)}
        tags = [spec for one in document["tags"] if (spec := canonical(one["tag"]))]
        found = {}
        for name, out, ways in self._needs:
            if name in barred or not about.keys().isdisjoint(out):
                continue
            best = None
            for key, concepts, way in ways:
                if (key and key not in said) or not about.keys() >= concepts:
                    continue
                counted = _counted(way, about, said.get(key, ()), tags)
                if counted is not None and (best is None or bool(best.part) > bool(counted.part)):
                    best = counted
            if best is not None:
                found[name] = best
        return found


def _counted(way: Way, about: Mapping[str, tuple[str, ...]], said: tuple[str, ...], tags: list[str]) -> Counts | None:
    columns = [tag for tag in tags if any(matches(pattern, tag) for pattern in way.hxl)] if way.hxl else []
    if way.hxl and not columns:
        return None
    grounds = [about[key] for key in way.about] + ([said] if said else []) + ([tuple(columns)] if columns else [])
    # What a redacted record is about is told without the words that it rests on.
    passing = any(ground and not any(words.startswith(_TITLE) for words in ground) for ground in grounds)
    because = tuple(dict.fromkeys(words for ground in grounds for words in ground[:2]))
    return Counts(way.part or (IN_PASSING if passing else ""), because[:4])


def _named(key: str, terms: Terms) -> Concept:
    return Concept.model_construct(key=key, title={}, terms=terms, unless=Terms(), acronyms=(), hxl=())
