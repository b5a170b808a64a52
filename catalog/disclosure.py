"""What each audience may know of a record: the one choke point.

The store calls :func:`disclose` in the record's own transaction; indexes are built from what it renders and every
answer, count, facet, export and page is served from it. Nothing else reads datasets for an answer.

The document of a record (JSON object; absent facts are empty strings, lists or null)::

    id, seq, name, source {key, title}, link, title, titles {language: text}, notes,
    organizations [{id, name, acronym, kind, roles [..]}], holders [name],
    countries [ISO3], locations [{iso3, name, admin_level, p_coded}],
    topics [{key, title}], concepts [{key, title, evidence [..]}], keywords [..], languages [..],
    access {modality, steps [..], address, artefacts [{artefact, modality, steps, address}]},
    level {level, basis, reason, rule, asserted_by, review_by}, visibility, urgent, urgency_recipients [..],
    tags [{tag, origin}], columns_known,
    issued, modified, period {start, end, open}, update_frequency {days, words},
    freshness {due, overdue, delinquent, always_fresh},
    licence, methodology, caveats, cod_level, series, relations [{kind, target}],
    distributions [{key, name, description, url, format, declared_format, media_type, size, modified, under_review,
                    withheld, columns [{sheet, position, header, tags [{tag, origin, rule, confidence}]}]}]

Times are ISO 8601 with ``Z``; days are ISO dates.
"""

from collections.abc import Mapping
from typing import Any

from catalog.vocabulary import Audience, Visibility

Document = Mapping[str, Any]

SEES: Mapping[Audience, frozenset[Visibility]] = {
    Audience.PUBLIC: frozenset({Visibility.PUBLIC}),
    Audience.COMMUNITY: frozenset({Visibility.PUBLIC, Visibility.COMMUNITY}),
    Audience.FULL: frozenset(Visibility),
}
"""Which visibilities of a record an audience may know of."""

ITEM_FIELDS = (
    "id", "name", "source", "link", "title", "organizations", "holders", "countries", "topics", "access", "level",
    "tags", "issued", "modified", "period", "update_frequency", "freshness", "licence", "cod_level", "urgent",
)  # fmt: skip
NOTES_IN_ITEM = 300
"""Characters of the notes that a list shows."""


def item(document: Document) -> dict[str, Any]:
    """What a list shows of a record: part of its document, with ``formats`` and the beginning of the notes."""
    short = {name: document[name] for name in ITEM_FIELDS}
    notes = document["notes"]
    short["notes"] = notes if len(notes) <= NOTES_IN_ITEM else notes[:NOTES_IN_ITEM].rsplit(" ", 1)[0] + " …"
    short["formats"] = sorted({entry["format"] for entry in document["distributions"] if entry["format"]})
    return short
