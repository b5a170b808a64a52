"""What each audience may know of a record: the one choke point.

The store calls :func:`disclose` in the record's own transaction; indexes are built from what it renders and every
answer, count, facet, export and page is served from it. Nothing else reads datasets for an answer. What each audience
is shown says one table, ``config/rules/disclosure.yaml``; :mod:`catalog.redaction` carries it out.

The document of a record (JSON object; absent facts are empty strings, lists or null)::

    id, name, source {key, title}, link, title, titles {language: text}, notes,
    organizations [{id, name, acronym, kind, roles [..], spelling if the portal writes the name otherwise}],
    holders [name],
    countries [ISO3], locations [{iso3, name, admin_level, p_coded}],
    topics [{key, title}], concepts [{key, title, evidence [..]}], keywords [..], languages [..],
    access {modality, steps [..], address, contacts [..], artefacts [{artefact, modality, steps, address}]},
    level {level, basis, evidence, reason, rule, asserted_by, protocol, statement, isp_date, review_by},
    visibility, visibility_of {source, record, stands, by}, urgent, urgency_recipients [..], harm_if_withheld, rows,
    attention [{field, said}], mode, withheld [field], masked [field],
    tags [{tag, origin}],
    issued, modified, period {start, end, open}, update_frequency {days, words},
    freshness {due, overdue, delinquent, always_fresh},
    licence, methodology, caveats, cod_level, series, facts [{name, value}], relations [{kind, target}],
    distributions [{key, name, description, url, format, declared_format, media_type, size, modified, under_review,
                    withheld, columns [{sheet, position, header, tags [{tag, origin, rule, confidence}]}]}]

It has ``emptied`` where its portal has made the record private, and our copy of it was emptied.
It has ``curated`` where people corrected it: [{field, by, at, caught_up, source}] (:mod:`catalog.marks`); of what
is corrected the document has the corrected value.
``mode`` is ``shown``, ``redacted`` or ``ask``; ``withheld`` names the fields of which less or nothing is left,
``masked`` the texts in which something was blacked out. The source has ``own`` where its publisher is one of the
organizations. ``visibility_of`` is what the source's default and the portal ask for; where the visibility does not
follow from these and the level, ``stands`` is what it is, and ``by`` is there if a steward decided. ``attention`` is
for stewards.
The full audience's document of a withdrawn record also has ``state``, which is ``withdrawn``; to others it is added
when they are read, with ``missing_since`` (:func:`catalog.reading.document`), so that no harvest renders them anew.
Times are ISO 8601 with ``Z``; days are ISO dates.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from catalog import marks
from catalog.assess import Assessment
from catalog.freshness import in_words
from catalog.hxl.tags import base
from catalog.masking import found_in
from catalog.places import country_name
from catalog.records import ColumnRecord, DatasetRecord
from catalog.redaction import TEXTS, masked_document
from catalog.sensitivity import EffectiveLevel
from catalog.text import normalize
from catalog.visibility import declared, narrower
from catalog.vocabulary import Artefact, Audience, Role, Visibility
from config.disclosure import Disclosing, Profile
from config.load import shipped_disclosing as shipped

Document = Mapping[str, Any]

PARTLY = frozenset({Visibility.DESCRIBED, Visibility.LISTED})
"""Visibilities of which the public is shown less than the community."""
SEES: Mapping[Audience, frozenset[Visibility]] = {
    Audience.PUBLIC: frozenset({Visibility.PUBLIC, *PARTLY}),
    Audience.COMMUNITY: frozenset({Visibility.PUBLIC, *PARTLY, Visibility.COMMUNITY}),
    Audience.FULL: frozenset(Visibility),
}
"""Which visibilities of a record an audience may know of."""

ITEM_FIELDS = (
    "id", "name", "source", "link", "title", "organizations", "holders", "countries", "topics", "access", "level",
    "tags", "issued", "modified", "period", "update_frequency", "freshness", "licence", "cod_level", "urgent",
    "harm_if_withheld", "mode", "withheld", "masked",
)  # fmt: skip
UNTOLD = frozenset(
    {"dataset_source", "subnational", "archived", "file_types", "num_of_rows", "idno", "doi", "type", "spatial"}
)
"""Of a record's further facts those that readers are told otherwise, or not at all."""
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
        name: The record's readable address, empty if its title never was public; ``new_name`` is what it will be if
            it is public now.
        source_visibility: Default visibility of the source's records.
        source_publisher: Id of who runs the source, None if it is not said.
        titles: Of concepts, by key; those in ``topics`` are topics.
        table: Who is shown what.
        before: The record's full document until now, than which it is shown to no more people.
        emptied: Its portal has made it private: the record is what is left of it.
        curated: Marks of what people say in the place of what the portal says.
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
    source_visibility: Visibility = Visibility.PUBLIC
    source_publisher: UUID | None = None
    table: Disclosing = field(default_factory=shipped)
    new_name: str = ""
    before: Document | None = None
    emptied: bool = False
    curated: tuple[Mapping[str, Any], ...] = ()

    @property
    def visibility(self) -> Visibility:
        """Who may know of it, by its source, its portal and its level."""
        return decided(_visibility_of(self), self.level, self.table)


def disclose(holding: Holding) -> Iterator[tuple[Audience, Document]]:
    """The document of each audience that may know of the record; no pair for an audience that may not."""
    full = _document(holding)
    rendered = dict(renderings(full, holding.level, holding.visibility, table=holding.table))
    if holding.new_name and not rendered.get(Audience.PUBLIC, _NAMELESS)["name"]:
        # A name is made of the title's words: there is none before the title is shown in public.
        rendered = dict(renderings({**full, "name": ""}, holding.level, holding.visibility, table=holding.table))
    yield from rendered.items()


_NAMELESS: Document = {"name": ""}


def renderings(
    full: Document, level: EffectiveLevel, visibility: Visibility, *, table: Disclosing | None = None
) -> Iterator[tuple[Audience, Document]]:
    """The documents made from a record's full one; whoever may know the same is given the same object.

    Pure: what a steward's act changes is rendered anew without the portal's payload.

    Args:
        full: As this module makes it, with its ``level`` and ``visibility`` already those that are given
            (:func:`with_level`).
        level: The one in effect.
        visibility: The one decided on.
        table: Who is shown what; the shipped one, if none is given.
    """
    table = table or shipped()
    made: dict[tuple[str, Profile], Document] = {}
    plain = not full["attention"] and full["level"]["asserted_by"] not in BY_PERSONS and marks.is_plain(full)
    for audience in Audience:
        if audience is Audience.FULL:
            yield audience, full
            continue
        mode = table.modes[visibility.value][audience.value]
        if mode == "hidden":
            continue
        profile = _profile(full, level, audience, mode, table)
        if profile is None:
            continue
        if profile.is_whole and plain:
            yield audience, full
            continue
        if (mode, profile) not in made:
            made[mode, profile] = _rendering(full, profile, mode)
        yield audience, made[mode, profile]


def with_level(full: Document, level: EffectiveLevel, *, table: Disclosing | None = None) -> dict[str, Any]:
    """The full document under another level, with the visibility that follows from it: never a wider one."""
    was = full.get("visibility_of") or {"source": full["visibility"], "record": ""}
    said = declared(was["source"], was["record"], level.name, table or shipped(), full)
    visibility = decided(said, level, table).value
    return {**full, "level": level_part(level), "visibility_of": said, "visibility": visibility}


def is_private(full: Document) -> bool:
    """Whether the portal has made the record private: not so where the source or the lack of a level closes it."""
    said = full.get("visibility_of")
    return said is not None and said["record"] == Visibility.OWNER.value != said["source"]


def decided(said: Mapping[str, str], level: EffectiveLevel, table: Disclosing | None = None) -> Visibility:
    """Visibility of a record: as it stands, else the source's by the table; or, if narrower, what the portal asks for.

    Args:
        said: As in a document's ``visibility_of``.
        level: The one in effect.
        table: As in :func:`renderings`.
    """
    given = Visibility(said.get("stands") or (table or shipped()).visibility[said["source"]][level.name])
    return narrower(given, Visibility(said["record"])) if said["record"] else given


def _profile(full: Document, level: EffectiveLevel, audience: Audience, mode: str, table: Disclosing) -> Profile | None:
    """What is left of the record for an audience; None if it cannot be shown without naming who is not to be named."""
    if mode == "ask":
        profile = table.profiles[table.ask]
    else:
        profile = table.profiles[_published(full, level, table) or table.levels[audience.value][level.name]]
        if mode == "redacted":
            profile = profile.stricter(table.profiles[table.redacted])
        if level.withhold_links:
            profile = profile.stricter(table.profiles[table.signals])
    asked = _asked_not_to_be_named(full, table)
    # Of a corrected record both count: a correction tells nobody more than what it corrects.
    countries = {*full["countries"], *marks.before(full, marks.PLACES)}
    protocol = level.name in table.unnamed.levels and not countries.isdisjoint(table.unnamed.countries)
    if asked or protocol:
        if not full["source"].get("own"):
            return profile.stricter(table.profiles[table.unnamed.profile])
        # The portal's name is its holder's. What somebody lists on their own public portal names them by their own act.
        if asked or _source_visibility(full) != Visibility.PUBLIC.value:
            return None
    return profile


def _published(full: Document, level: EffectiveLevel, table: Disclosing) -> str:
    """The profile of what its portal lists in public, where no person asserts the level; else empty."""
    listed = table.published.get(level.name)  # type: ignore[call-overload]
    if listed is None or not level.said_by.issubset(listed.said_by):
        return ""
    in_public = _source_visibility(full) == full["visibility"] == Visibility.PUBLIC.value
    return str(listed.profile) if in_public else ""


def _source_visibility(full: Document) -> str:
    return str((full.get("visibility_of") or {"source": full["visibility"]})["source"])


def _asked_not_to_be_named(full: Document, table: Disclosing) -> bool:
    if not table.unnamed.organisations:
        return False
    asked = {normalize(name) for name in table.unnamed.organisations}
    return not asked.isdisjoint(map(normalize, marks.before(full, marks.AGENTS))) or any(
        normalize(name) in asked
        for agent in full["organizations"]
        for name in (agent["name"], agent["acronym"], agent.get("spelling", ""))
        if name
    )


def _rendering(full: Document, profile: Profile, mode: str) -> Document:
    """The same object where nothing is left out."""
    document = marks.redacted(full, profile, asking=mode == "ask")
    if document["level"]["asserted_by"] in BY_PERSONS:
        # A person's words may name a place; stewards read them.
        document = {**document, "level": {**document["level"], "reason": "", "evidence": ""}}
    if full["attention"]:
        fields = sorted({entry["field"] for entry in full["attention"]})
        document = {**masked_document(document), "attention": []}
        document["name"] = "" if "title" in fields else document["name"]
        document["masked"] = [name for name in fields if document.get(name) and mode != "ask"]
    return document


BY_PERSONS = frozenset({"steward", "owner", "member"})
"""Who asserts a level in their own words, which are for stewards."""


def _visibility_of(holding: Holding) -> dict[str, str]:
    asked = holding.record.visibility
    source, record = holding.source_visibility.value, asked.value if asked else ""
    return declared(source, record, holding.level.name, holding.table, holding.before)


def _document(holding: Holding) -> Document:
    record, assessment = holding.record, holding.assessment
    origins: dict[str, str] = {}
    by_column: dict[tuple[str, str, int], list[dict[str, Any]]] = {}
    for tag in assessment.tags:
        origins.setdefault(tag.tagspec, tag.origin.value)
        by_column.setdefault((tag.distribution, tag.sheet, tag.position), []).append(
            {"tag": tag.tagspec, "origin": tag.origin.value, "rule": tag.rule, "confidence": tag.confidence}
        )
    source: dict[str, Any] = {"key": holding.source_key, "title": holding.source_title}
    if holding.source_publisher and any(entry.agent.id == holding.source_publisher for entry in assessment.agents):
        source["own"] = True
    document: dict[str, Any] = {
        "id": str(holding.id),
        "name": holding.name or holding.new_name,
        "source": source,
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
        "level": level_part(holding.level),
        "visibility": holding.visibility.value,
        "visibility_of": _visibility_of(holding),
        "urgent": record.urgent,
        "urgency_recipients": list(record.urgency_recipients),
        "harm_if_withheld": record.harm_if_withheld,
        "rows": record.extra.get("num_of_rows", ""),
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
        "facts": [{"name": name, "value": told} for name, told in record.extra.items() if name not in UNTOLD],
        "relations": [{"kind": relation.kind.value, "target": relation.target} for relation in record.relations],
        "distributions": list(_distributions(record, by_column)),
        "attention": [],
        "mode": "shown",
        "withheld": [],
        "masked": [],
    }
    document["attention"] = _attention(document)
    if holding.curated:
        document["curated"] = [dict(mark) for mark in holding.curated]
    return document | {"emptied": True} if holding.emptied else document


def _attention(document: Document) -> list[dict[str, str]]:
    """What in its free texts the public is not shown."""
    texts: dict[str, list[str]] = {name: [document[name]] for name in TEXTS if document[name]}
    texts["titles"] = list(document["titles"].values())
    texts["keywords"] = document["keywords"]
    texts["access"] = [step for route in document["access"]["artefacts"] for step in route["steps"]]
    if document.get("facts"):
        texts["facts"] = [entry["value"] for entry in document["facts"]]
    texts["distributions"] = [
        text for file in document["distributions"] for text in (file["name"], file["description"])
    ]
    return [{"field": name, "said": f"It holds {what}."} for name, what in found_in(texts)]


def _organizations(assessment: Assessment) -> Iterator[dict[str, Any]]:
    roles: dict[UUID, list[str]] = {}
    for entry in assessment.agents:
        roles.setdefault(entry.agent.id, []).append(entry.role.value)
    shown = set()
    for entry in assessment.agents:
        if entry.agent.id not in shown:
            shown.add(entry.agent.id)
            agent = entry.agent
            spelt = {"spelling": entry.spelling} if entry.spelling not in {agent.name, agent.acronym, ""} else {}
            yield {
                "id": str(agent.id),
                "name": agent.name,
                "acronym": agent.acronym,
                "kind": agent.kind.value,
                "roles": roles[agent.id],
            } | spelt


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


def level_part(level: EffectiveLevel) -> dict[str, Any]:
    """What a document says of the level in effect; what asks for attention is told to stewards apart from it."""
    basis = level.basis
    return {
        "level": level.name,
        "basis": basis.basis if basis else "not assessed",
        "evidence": basis.evidence if basis else "",
        "reason": basis.reason if basis else "",
        "rule": basis.rule if basis else "",
        "asserted_by": basis.asserted_by if basis else "",
        "protocol": basis.protocol if basis else "",
        "statement": basis.statement if basis else "",
        "isp_date": _day(basis.isp_date) if basis else None,
        "review_by": _day(basis.review_by) if basis else None,
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
