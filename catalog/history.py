"""A change of a record as whoever is shown the record today may know it.

What was corrected must not live on in what is told of the correction. So of most fields the old value is not told, and
the new one only as far as the record shows it today: not if it was changed once more, or is shown in part since.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from catalog.disclosure import BY_PERSONS, Document
from catalog.masking import masked
from catalog.sentences import UNTOLD
from catalog.vocabulary import AccessModality, AgentKind, Artefact, RelationKind, Role, TagOrigin

Entry = Mapping[str, Any]
BOTH = frozenset({"level", "links_withheld", "state", "update_frequency", "urgent", "visibility"})
"""Fields whose old value is told: what they can be is this register's own closed list."""
_PARTLY = frozenset({"distributions", "tags"})
_FOR_STEWARDS = frozenset({"attention", "visibility_of"})
_OUR_WORDS = frozenset(
    word.value for words in (AccessModality, AgentKind, Artefact, RelationKind, Role, TagOrigin) for word in words
)


@dataclass(frozen=True, slots=True)
class Told:
    """A field's change.

    Attributes:
        entry: ``{field, old, new}``, with ``hidden`` where not even the new value is told.
        spoken: The same to make sentences from: what may not be said is a mark (:data:`catalog.sentences.UNTOLD`).
    """

    entry: Entry
    spoken: Entry


def told(entry: Entry, document: Document, *, links_gone: bool, severe: bool) -> Told | None:
    """A field's change as whoever is shown ``document`` now may know it; None if they may not, or if nothing is left.

    Args:
        entry: ``{field, old, new}`` of the full document.
        document: The record as it is rendered for them today.
        links_gone: Whether the record's links were ever withheld: then its history has none either.
        severe: Whether the data was ever severe: then its history has no columns.
    """
    left = _left(entry, document, links_gone=links_gone, severe=severe)
    if left is None or entry.get("hidden") or entry["field"] in BOTH:
        return None if left is None else Told(left, left)
    name, old, new = left["field"], left["old"], left["new"]
    marks = _Marks(document)
    spoken = {**left, "old": marks.on(old), "new": marks.on(new)}
    if new == document.get(name):
        return Told({**left, "old": None}, spoken)
    return Told({**left, "old": None, "new": None, "hidden": True}, spoken)


class _Marks:
    """Puts a mark in the place of each text that stands nowhere in a document; the same one for the same text."""

    def __init__(self, document: Document) -> None:
        self._shown = _OUR_WORDS.union(_texts(document), {""})

    def on(self, value: Any) -> Any:  # noqa: ANN401 - JSON
        if isinstance(value, str):
            return value if value in self._shown else UNTOLD + sha256(value.encode()).hexdigest()
        if isinstance(value, list):
            return [self.on(one) for one in value]
        return {key: self.on(one) for key, one in value.items()} if isinstance(value, dict) else value


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)


def _left(entry: Entry, document: Document, *, links_gone: bool, severe: bool) -> dict[str, Any] | None:
    """Without what the record's rendering leaves out; None where nothing is left that differs."""
    name, withheld = entry["field"], document["withheld"]
    if name in _FOR_STEWARDS:
        return None
    if name == "curated":
        return _left_of_marks(entry, document)
    if name in _PARTLY:
        if {"title", "organizations"} & set(withheld):
            return None
        if not links_gone:
            return dict(entry)
        sides = {side: _without_links({name: entry[side]}, severe=severe)[name] for side in ("old", "new")}
    elif name == "level":
        sides = {side: _told_level(entry[side], bare="level" in withheld) for side in ("old", "new")}
    elif name in withheld:
        return None
    else:
        sides = {side: _blacked_out(entry[side]) for side in ("old", "new")}
    unlike = sides["old"] != sides["new"]
    return {**entry, **sides} if unlike or entry["old"] == entry["new"] else None


def _left_of_marks(entry: Entry, document: Document) -> dict[str, Any] | None:
    """Corrections by people are told where the record shows all that there are today."""
    sides: dict[str, Any] = {
        side: [{name: told for name, told in mark.items() if name != "source"} for mark in entry[side] or []]
        for side in ("old", "new")
    }
    same = sides["old"] == sides["new"] or sides["new"] != document.get("curated")
    return None if same else {**entry, **sides}


def _told_level(level: Mapping[str, Any] | None, *, bare: bool) -> Mapping[str, Any] | None:
    if level is None or not (bare or level["asserted_by"] in BY_PERSONS):
        return level
    return {**level, "evidence": "", "reason": ""} | ({"rule": "", "statement": ""} if bare else {})


def _blacked_out(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Without personal addresses and the like, wherever a text stands."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, list):
        return [_blacked_out(one) for one in value]
    return {key: _blacked_out(one) for key, one in value.items()} if isinstance(value, dict) else value


def _without_links(document: Document, *, severe: bool) -> dict[str, Any]:
    """A part of a document without links of files, without columns under review, of severe data without any."""
    left = dict(document)
    if severe and "tags" in left:
        left["tags"] = []
    if left.get("distributions"):
        left["distributions"] = [
            {
                **entry,
                "url": "",
                "withheld": True,
                "columns": [] if severe or entry["under_review"] else entry["columns"],
            }
            for entry in left["distributions"]
        ]
    return left
