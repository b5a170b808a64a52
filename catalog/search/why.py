"""Why a record was found, in words: which word in which field, and by what it was raised.

Answered by the index itself, so nothing is told of a word that the viewer's index does not hold.
"""

from collections.abc import Sequence
from typing import Any

import orjson
from tantivy import DocAddress, Occur, Query

from catalog.search.loosening import Asked
from catalog.search.matching import TYPED, Part
from catalog.search.schema import schema
from catalog.search.snapshot import Snapshot

FIELDS = {"title": "the title", "keywords": "the keywords", "organizations": "an organisation", "notes": "the notes"}
_BECAUSE = {
    "same": 'another word for "{said}"',
    "narrower": 'one kind of "{said}"',
    "wider": 'a wider word than "{said}"',
    "beside": 'something near to "{said}"',
    "place": 'another spelling of "{said}"',
    "begins": 'begins with "{said}"',
    "spelt": 'as which "{said}" is read',
    "joined": 'as which "{said}" is read',
    "parted": 'as part of which "{said}" is read',
}
Why = list[dict[str, Any]]
Place = tuple[int, int]
"""A document's segment and number."""


def why(
    asked: Asked, raising: Sequence[tuple[str, Query]], snapshot: Snapshot, addresses: Sequence[DocAddress]
) -> list[Why]:
    """Per record, each reason as ``{said, found, in [..], because, sentence}``, in the order of the question."""
    if not addresses:
        return []
    searcher = snapshot.opened.searcher
    ids = [searcher.doc(address)["id"][0] for address in addresses]
    these = Query.term_set_query(schema(), "id", ids)

    def having(query: Query) -> frozenset[Place]:
        both = Query.boolean_query([(Occur.Must, these), (Occur.Must, query)])
        # The index of everything holds some records twice.
        hits = searcher.search(both, limit=len(ids) * 2, count=False).hits
        return frozenset(_place(address) for _, address in hits)

    numbers = [_place(address) for address in addresses]
    found: dict[Place, Why] = {number: [] for number in numbers}
    # What was widened has its own reasons.
    parts = {(part.said, part.instead): part for part in (*asked.matching.parts, *asked.required)}
    for part in parts.values():
        for reason in part.reasons:
            places = {name: having(query) for name, query in reason.fields.items()}
            for number in numbers:
                where = [name for name, some in places.items() if number in some]
                if where:
                    found[number].append(_said(part, reason.because, reason.words, where))
    for sentence, query in raising:
        for number in having(query).intersection(found):
            found[number].append({"said": "", "found": "", "in": [], "because": "raised", "sentence": sentence})
    return [found[number] for number in numbers]


def _place(address: DocAddress) -> Place:
    return address.segment_ord, address.doc


def _said(part: Part, because: str, words: str, where: Sequence[str]) -> dict[str, Any]:
    told = part.said if because == TYPED else words
    if because == TYPED and part.instead:
        told, because = part.instead[0], part.how
    fields = _listed([FIELDS[name] for name in where if name])
    if because in {"country", "about"}:
        sentence = f"It is about {words}."
    else:
        reason = _BECAUSE.get(because, "").format(said=part.said)
        sentence = f'"{told.strip(chr(34))}" is in {fields}{", " + reason if reason else ""}.'
    return {"said": part.said, "found": told, "in": [name for name in where if name], "because": because,
            "sentence": sentence}  # fmt: skip


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def with_why(items: Sequence[bytes], reasons: Sequence[Why]) -> tuple[bytes, ...]:
    """The items, each with its reasons as ``why``."""
    return tuple(item[:-1] + b',"why":' + orjson.dumps(one) + b"}" for item, one in zip(items, reasons, strict=True))
