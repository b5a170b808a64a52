"""What each portal kind says of itself, for those who choose one."""

import inspect
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from config.declarations import Source
from harvester.portal import portals

_LABEL = re.compile(r"^(Publisher|API(?: documentation)?|Terms|Unit): (.+)")


@dataclass(frozen=True, slots=True)
class Kind:
    """A portal kind, from the docstring of its module.

    Attributes:
        kind: The word a source's YAML names it by.
        title: The docstring's first line.
        publisher: Whose software or portal it is.
        api: Where its interface is documented.
        terms: Under which its metadata is had.
        unit: What becomes a Dataset.
        sources: Keys of the declared sources of this kind.
    """

    kind: str
    title: str
    publisher: str
    api: str
    terms: str
    unit: str
    sources: tuple[str, ...] = ()


def kinds(declared: Iterable[Source] = ()) -> tuple[Kind, ...]:
    """Every kind by name, with the sources that are of it."""
    known = list(declared)
    return tuple(
        _kind(name, inspect.cleandoc(portals()[name].__doc__ or ""), [one.key for one in known if one.kind == name])
        for name in sorted(portals())
    )


def _kind(name: str, words: str, sources: Iterable[str]) -> Kind:
    title, _, rest = words.partition("\n")
    said = dict(_labelled(rest))
    api = said.get("API documentation") or said.get("API", "")
    return Kind(
        kind=name,
        title=title.rstrip(".").replace("``", ""),
        publisher=said.get("Publisher", ""),
        api=api,
        terms=said.get("Terms", ""),
        unit=said.get("Unit", ""),
        sources=tuple(sources),
    )


def _labelled(text: str) -> Iterable[tuple[str, str]]:
    """The paragraphs that begin with a label, their lines joined."""
    label, words = "", ""
    for line in [*text.splitlines(), ""]:
        found = _LABEL.match(line)
        if found or not line.strip() or re.match(r"[A-Z][A-Za-z ]{1,30}:", line):
            if label:
                yield label, " ".join(words.replace("``", "").split())
            label, words = (found[1], found[2]) if found else ("", "")
        elif label:
            words += f" {line.strip()}"


def as_json(found: Iterable[Kind]) -> list[Mapping[str, object]]:
    """For ``landmark sources --json``."""
    return [{name: getattr(one, name) for name in Kind.__slots__} for one in found]
