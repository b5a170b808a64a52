"""Marks of a document that people corrected: which field, by what role, when. Pure.

Some of the full document's marks also have ``source``: what the portal says of places and organisations and people do
not, by which it is still judged who may be told of the record, and whose names are blacked out in its texts.
"""

from collections.abc import Mapping
from typing import Any

from catalog.redaction import redact, unnamed
from config.disclosure import Profile

Document = Mapping[str, Any]

PLACES = frozenset({"places"})
AGENTS = frozenset({"holder", "owner", "publisher"})
SHOWN_IN: Mapping[str, str] = {
    "title": "title",
    "description": "notes",
    "holder": "organizations",
    "owner": "organizations",
    "publisher": "organizations",
    "contact": "access",
    "places": "locations",
    "admin_level": "locations",
    "topics": "topics",
    "period": "period",
    "update_rhythm": "update_frequency",
    "access": "access",
    "how_to_ask": "access",
    "ask_at": "access",
    "licence": "licence",
    "languages": "languages",
    "caveats": "caveats",
    "mailing_list": "facts",
}
"""The document's field in which a corrected one is read; a column's hashtag is read where its file is."""
_COLUMNS = "distributions"


def before(full: Document, fields: frozenset[str]) -> frozenset[str]:
    """What the portal says of corrected places or organisations, and people do not."""
    marks = full.get("curated", ())
    return frozenset(told for mark in marks if mark["field"] in fields for told in mark.get("source", ()))


def is_plain(full: Document) -> bool:
    """Whether who is shown the whole record may be given the full document with its marks."""
    return not any("source" in mark for mark in full.get("curated", ()))


def redacted(full: Document, profile: Profile, *, asking: bool) -> Document:
    """What a profile leaves of a document, as :func:`catalog.redaction.redact`, with the marks of what is left."""
    given = full.get("curated")
    if not given:
        return redact(full, profile, asking=asking)
    bare = {name: value for name, value in full.items() if name != "curated"}
    document = redact(bare, profile, asking=asking)
    if asking:
        return document
    if profile.holder == "type" and (names := before(full, AGENTS)):
        document = unnamed(document, sorted(names))
    left = [
        {name: value for name, value in mark.items() if name != "source"}
        for mark in given
        if SHOWN_IN.get(mark["field"], _COLUMNS) not in document["withheld"]
    ]
    return {**document, "curated": left} if left else document
