"""What each audience may know of a record: the one choke point.

The store calls :func:`disclose` in the record's own transaction; indexes are built from what it renders and every
answer, count, facet, export and page is served from it. Nothing else reads datasets for an answer.

The document of a record (JSON object; absent facts are empty strings, lists or null)::

    id, name, source {key, title}, link, title, titles {language: text}, notes,
    organizations [{id, name, acronym, kind, roles [..]}], holders [name],
    countries [ISO3], locations [{iso3, name, admin_level, p_coded}],
    topics [{key, title}], concepts [{key, title, evidence [..]}], keywords [..], languages [..],
    access {modality, steps [..], address, contacts [..], artefacts [{artefact, modality, steps, address}]},
    level {level, basis, evidence, reason, rule, asserted_by, review_by}, visibility, urgent, urgency_recipients [..],
    tags [{tag, origin}],
    issued, modified, period {start, end, open}, update_frequency {days, words},
    freshness {due, overdue, delinquent, always_fresh},
    licence, methodology, caveats, cod_level, series, relations [{kind, target}],
    distributions [{key, name, description, url, format, declared_format, media_type, size, modified, under_review,
                    withheld, columns [{sheet, position, header, tags [{tag, origin, rule, confidence}]}]}]

The full audience's document of a withdrawn record also has ``state``, which is ``withdrawn``; others have none of it.
Times are ISO 8601 with ``Z``; days are ISO dates.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from catalog.assess import Assessment
from catalog.freshness import in_words
from catalog.hxl.tags import base
from catalog.places import country_name
from catalog.records import ColumnRecord, DatasetRecord
from catalog.sensitivity import EffectiveLevel
from catalog.vocabulary import Artefact, Audience, Level, Role, Visibility

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


@dataclass(frozen=True, slots=True)
class Holding:
    """Everything the catalog knows of one record, ready to be rendered.

    Attributes:
        name: The record's readable address, empty if it never was public.
        titles: Of concepts, by key; those in ``topics`` are topics.
    """

    id: UUID
    name: str
    source_key: str
    source_title: str
    record: DatasetRecord
    assessment: Assessment
    level: EffectiveLevel
    titles: Mapping[str, str]
    topics: frozenset[str]


def disclose(holding: Holding) -> Iterator[tuple[Audience, Document]]:
    """The document of each audience that may know of the record; no pair for an audience that may not."""
    yield from renderings(_document(holding), holding.level, holding.assessment.visibility)


def renderings(full: Document, level: EffectiveLevel, visibility: Visibility) -> Iterator[tuple[Audience, Document]]:
    """The documents made from a record's full one; whoever may know the same is given the same object.

    Pure: what a steward's act changes is rendered anew without the portal's payload. ``full`` is as this module makes
    it, with its ``level`` and ``visibility`` already those that are given.
    """
    for audience, seen in SEES.items():
        if visibility in seen:
            yield audience, full if audience is Audience.FULL else _redacted(full, level)


def redacted(document: Document, *, severe: bool) -> dict[str, Any]:
    """What is left of a document, or of some fields of one, where links are withheld.

    A list of columns of a victim register shows what it could incriminate, so of severe data it goes with the links,
    and so it does of files that the portal holds back.
    """
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
    if left.get("tags") and "distributions" in left:
        columns = [column for entry in left["distributions"] for column in entry["columns"]]
        shown = {tag["tag"] for column in columns for tag in column["tags"]}
        left["tags"] = [tag for tag in left["tags"] if tag["tag"] in shown]
    return left


def _redacted(full: Document, level: EffectiveLevel) -> Document:
    """Without file links where the level or a signal asks for it, without columns where the data is severe."""
    if level.withhold_links or level.level in {Level.HIGH, Level.SEVERE}:
        return redacted(full, severe=level.level is Level.SEVERE)
    return full


def _document(holding: Holding) -> Document:
    record, assessment = holding.record, holding.assessment
    origins: dict[str, str] = {}
    by_column: dict[tuple[str, str, int], list[dict[str, Any]]] = {}
    for tag in assessment.tags:
        origins.setdefault(tag.tagspec, tag.origin.value)
        by_column.setdefault((tag.distribution, tag.sheet, tag.position), []).append(
            {"tag": tag.tagspec, "origin": tag.origin.value, "rule": tag.rule, "confidence": tag.confidence}
        )
    return {
        "id": str(holding.id),
        "name": holding.name,
        "source": {"key": holding.source_key, "title": holding.source_title},
        "link": record.landing_page,
        "title": record.display_title,
        "titles": dict(record.title),
        "notes": record.notes.get("en") or next(iter(record.notes.values()), ""),
        "organizations": list(_organizations(assessment)),
        "holders": _holders(assessment),
        "countries": sorted({place.iso3 for place in record.locations}),
        "locations": [
            {
                "iso3": place.iso3,
                "name": country_name(place.iso3),
                "admin_level": place.admin_level,
                "p_coded": place.p_coded,
            }
            for place in record.locations
        ],
        "topics": [
            {"key": found.key, "title": holding.titles[found.key]}
            for found in assessment.concepts
            if found.key in holding.topics
        ],
        "concepts": [
            {
                "key": found.key,
                "title": holding.titles[found.key],
                "evidence": [f"{evidence.field}: {evidence.words}" for evidence in found.evidence],
            }
            for found in assessment.concepts
        ],
        "keywords": list(record.keywords),
        "languages": list(record.languages),
        "access": _access(assessment),
        "level": _level(holding.level),
        "visibility": assessment.visibility.value,
        "urgent": record.urgent,
        "urgency_recipients": list(record.urgency_recipients),
        "tags": [{"tag": tag, "origin": origins[tag]} for tag in sorted(origins, key=lambda tag: (base(tag), tag))],
        "issued": _time(record.issued),
        "modified": _time(record.modified),
        "period": {"start": _day(record.period_start), "end": _day(record.period_end), "open": record.period_open},
        "update_frequency": {"days": record.update_frequency, "words": in_words(record.update_frequency)},
        "freshness": {
            "due": _time(assessment.freshness.due),
            "overdue": _time(assessment.freshness.overdue),
            "delinquent": _time(assessment.freshness.delinquent),
            "always_fresh": assessment.freshness.always_fresh,
        },
        "licence": record.licence,
        "methodology": record.methodology,
        "caveats": record.caveats,
        "cod_level": record.cod_level,
        "series": record.series,
        "relations": [{"kind": relation.kind.value, "target": relation.target} for relation in record.relations],
        "distributions": list(_distributions(record, by_column)),
    }


def _organizations(assessment: Assessment) -> Iterator[dict[str, Any]]:
    roles: dict[UUID, list[str]] = {}
    for entry in assessment.agents:
        roles.setdefault(entry.agent.id, []).append(entry.role.value)
    shown = set()
    for entry in assessment.agents:
        if entry.agent.id not in shown:
            shown.add(entry.agent.id)
            agent = entry.agent
            yield {
                "id": str(agent.id),
                "name": agent.name,
                "acronym": agent.acronym,
                "kind": agent.kind.value,
                "roles": roles[agent.id],
            }


def _holders(assessment: Assessment) -> list[str]:
    """Who has it: the holders, else the publishers."""
    for role in (Role.HOLDER, Role.PUBLISHER):
        names = [entry.agent.name for entry in assessment.agents if entry.role is role]
        if names:
            return names
    return []


def _access(assessment: Assessment) -> dict[str, Any]:
    artefacts = [
        {
            "artefact": entry.artefact.value,
            "modality": entry.modality.value,
            "steps": list(entry.steps),
            "address": entry.address,
        }
        for entry in assessment.access
    ]
    first = next((entry for entry in artefacts if entry["artefact"] == Artefact.DATA.value), artefacts[0])
    contacts = [entry.contact for entry in assessment.agents if entry.contact]
    return {name: first[name] for name in ("modality", "steps", "address")} | {
        "contacts": contacts,
        "artefacts": artefacts,
    }


def _level(level: EffectiveLevel) -> dict[str, Any]:
    basis = level.basis
    if basis is None:
        return {
            "level": level.name, "basis": "not assessed", "evidence": "", "reason": "", "rule": "", "asserted_by": "",
            "review_by": None,
        }  # fmt: skip
    return {
        "level": level.name,
        "basis": basis.basis,
        "evidence": basis.evidence,
        "reason": basis.reason,
        "rule": basis.rule,
        "asserted_by": basis.asserted_by,
        "review_by": _day(basis.review_by),
    }


def _distributions(
    record: DatasetRecord, tags: Mapping[tuple[str, str, int], list[dict[str, Any]]]
) -> Iterator[dict[str, Any]]:
    def columns(key: str, given: tuple[ColumnRecord, ...]) -> list[dict[str, Any]]:
        return [
            {
                "sheet": column.sheet,
                "position": column.position,
                "header": column.header,
                "tags": tags.get((key, column.sheet, column.position), []) if tags else [],
            }
            for column in given
        ]

    for entry in record.distributions:
        yield {
            "key": entry.key,
            "name": entry.name,
            "description": entry.description,
            "url": entry.url,
            "format": entry.format,
            "declared_format": entry.declared_format,
            "media_type": entry.media_type,
            "size": entry.size,
            "modified": _time(entry.modified),
            "under_review": entry.under_review,
            "withheld": False,
            "columns": columns(entry.key, entry.columns) if entry.columns else [],
        }
    if record.columns:
        yield {
            "key": "", "name": "Columns as listed by the portal", "description": "", "url": "", "format": "",
            "declared_format": "", "media_type": "", "size": None, "modified": None, "under_review": False,
            "withheld": False, "columns": columns("", record.columns),
        }  # fmt: skip


@lru_cache(4096)
def _time(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment.isoformat()[:19]}Z"


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
