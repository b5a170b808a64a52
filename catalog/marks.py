"""Marks of a document that people corrected: which field, by what role, when. Pure.

The full document's marks also have ``source``: what the portal says of places and organisations, by which it is still
judged who may be told of the record, and by whose names texts are blacked out.
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
"""The document's field in which a corrected one is read. That a column's hashtag is a person's its tag says itself."""
_OPEN = frozenset({"field", "by", "at"})


def before(full: Document, fields: frozenset[str]) -> frozenset[str]:
    """What the portal says of corrected places or organisations."""
    return frozenset(told for mark in full.get("curated", ()) if mark["field"] in fields for told in mark["source"])


def redacted(full: Document, profile: Profile, *, asking: bool) -> Document:
    """What a profile leaves of a document (:func:`catalog.redaction.redact`), with the marks of fields that are left."""
    given = full.get("curated")
    if not given:
        return redact(full, profile, asking=asking)
    bare = {name: value for name, value in full.items() if name != "curated"}
    document = redact(bare, profile, asking=asking)
    if asking:
        return document
    if profile.holder == "type" and (names := before(full, AGENTS)):
        document = unnamed(document, sorted(names))
    gone = {*document["withheld"], *document["masked"]}
    left = [
        {name: value for name, value in mark.items() if name in _OPEN}
        for mark in given
        if (part := SHOWN_IN.get(mark["field"])) is not None and part not in gone
    ]
    return {**document, "curated": left} if left else document
