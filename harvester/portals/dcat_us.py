"""Catalogues in one document, DCAT-US 1.1: ``data.json`` of governments, and of every ArcGIS Hub.

Publisher: each catalogue its own; the schema is Project Open Data's.
API: https://resources.data.gov/resources/dcat-us/ ; read is ``GET {url}``, the whole catalogue, no paging.
Terms: metadata is meant to be harvested; each record names the licence of its data.
Unit: an entry of the catalogue's list ``dataset``.

Caveats:
    - ``accessLevel`` and the free text ``rights`` say together how the data can be had (see ``_RIGHTS``).
      An ArcGIS Hub lists only what is public, so its level says nothing about what it keeps.
    - ``spatial`` is a country's name or code, a bounding box ``west,south,east,north``, or empty; a box names no
      country and is kept as it is.
    - ``license`` is an address, a name or HTML; ``description`` is HTML.
    - ``modified`` may be a repetition (``R/P1W``) instead of a date: it is then read as the update frequency.
    - ``contactPoint.fn`` is often a person: it is not kept. ``hasEmail`` is kept where it is a role's mailbox.
    - The document is read anew each time: there is nothing to go on from and nothing incremental.
"""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from catalog.agents import role_mailbox
from catalog.records import (
    UNDETERMINED,
    AccessRecord,
    AgentRecord,
    AgentRole,
    DatasetRecord,
    DistributionRecord,
    LocationRecord,
)
from catalog.vocabulary import AccessModality, Role
from config.declarations import Source
from harvester.portal import Native, PortalError, RawPage, RawRecord, RecordError, Start, filled
from harvester.reading import markup
from harvester.reading.countries import countries
from harvester.reading.fields import Fields
from harvester.reading.formats import format_name
from harvester.reading.licences import licence

if TYPE_CHECKING:
    from harvester.http import Client

kind = "dcat-us"

_KEPT = (
    "identifier", "title", "description", "keyword", "theme", "issued", "modified", "publisher", "accessLevel",
    "rights", "spatial", "temporal", "license", "distribution", "accrualPeriodicity", "language", "landingPage",
    "conformsTo", "describedBy", "isPartOf",
)  # fmt: skip
_LEVELS = {"public", "restricted public", "non-public"}
_RIGHTS: tuple[tuple[AccessModality, re.Pattern[str]], ...] = tuple(
    (modality, re.compile(rf"\b(?:{'|'.join(words)})"))
    for modality, words in (
        (
            AccessModality.NOT_SHARED,
            ("(?:not|never) (?:be )?(?:shared|released)", "pas partagé", "no se comparte", "لا تتم مشاركت"),
        ),
        (
            AccessModality.ON_SITE,
            (
                "on[- ]site",
                "in person",
                "reading room",
                "secure room",
                "sur place",
                "in situ",
                "presencial",
                "на місці",
            ),
        ),
        (
            AccessModality.BILATERAL,
            ("bilat[eé]ral", "case[- ]by[- ]case", "caso por caso", "cas par cas", "двосторон", "ثنائي"),
        ),
        (
            AccessModality.UNDER_AGREEMENT,
            (
                *("(?:under|with|sharing|use|signed?)(?: an?| the)? agreement", "memorandum", "non-disclosure"),
                *("convention", "accord de", "convenio", "acuerdo de", "угод", "اتفاقي"),
            ),
        ),
        (
            AccessModality.REGISTER,
            (
                *("registration", "registered users", "register (?:first|at|with|to)", "create an account", "sign up"),
                *("inscription", "registro previo", "реєстрац", "تسجيل"),
            ),
        ),
        (
            AccessModality.ON_REQUEST,
            ("(?:up)?on request", "sur demande", "a solicitud", "запит", "عند الطلب", "بناء على طلب"),
        ),
    )
)
"""Words of ``rights``, tried in this order: of two ways that a text names, the narrower is the safe reading."""
_SAID_FOR = {
    "public": {AccessModality.REGISTER},
    "restricted public": {modality for modality, _ in _RIGHTS},
    "non-public": {
        *(AccessModality.NOT_SHARED, AccessModality.ON_SITE),
        *(AccessModality.BILATERAL, AccessModality.UNDER_AGREEMENT),
    },
}
"""What ``rights`` may narrow each access level to."""
_OTHERWISE = {
    "public": AccessModality.OPEN,
    "restricted public": AccessModality.ON_REQUEST,
    "non-public": AccessModality.NOT_SHARED,
}
_BOX = re.compile(r"\s*-?[\d.]+(?:\s*,\s*-?[\d.]+){3}\s*")
_REPETITION = re.compile(r"R(?:\d+)?/P\w+")


def records(source: Source, client: "Client", start: Start) -> Iterator[RawPage]:  # noqa: ARG001 - nothing to go on from
    """The one page; raises PortalError if the document has no list ``dataset``."""
    document = client.get_json(source.url)
    listed = document.get("dataset") if isinstance(document, Mapping) else None
    if not isinstance(listed, list) or not all(isinstance(entry, Mapping) for entry in listed):
        mend = "check that the address is that of a data.json document"
        raise PortalError("unexpected-answer", 'the document has no list "dataset"', source.url, mend)
    yield RawPage(tuple(RawRecord(_remote_id(entry), entry, source.url) for entry in listed), total=len(listed))


def essence(payload: Native) -> dict[str, Any]:
    """What describes the dataset: no contact's name, no address of a person."""
    kept = filled(payload, _KEPT)
    if contact := _contact(payload):
        kept["contactPoint"] = {"hasEmail": f"mailto:{contact}"}
    return kept


def normalize(source: Source, record: RawRecord) -> DatasetRecord:
    """The dataset in DCAT words; raises RecordError without an identifier or a title."""
    fields = Fields(essence(record.payload))
    remote_id = _remote_id(record.payload)
    if not remote_id:
        raise RecordError("no-id", "identifier", "the dataset has none", "ask the publisher to set it")
    title = fields.line("title")
    if not title:
        raise RecordError("no-title", "title", f"dataset {remote_id} has no title", "ask the publisher to set it")
    languages = fields.languages("language")
    language = languages[0] if len(languages) == 1 else UNDETERMINED
    notes = fields.prose("description")
    landing_page = fields.address("landingPage", source.url)
    rhythm = _REPETITION.fullmatch(fields.line("modified", 40))
    frequency = fields.frequency("accrualPeriodicity")
    if rhythm and frequency is None:
        frequency = fields.frequency("modified")
    period = fields.period("temporal")
    extra = {name: value for name in ("conformsTo", "describedBy") if (value := fields.line(name, 500))}
    locations = _locations(fields, extra)
    return DatasetRecord(
        remote_id=remote_id,
        title={language: title},
        notes={language: notes} if notes else {},
        landing_page=landing_page,
        issued=fields.moment("issued"),
        modified=None if rhythm else fields.moment("modified"),
        period_start=period.start,
        period_end=period.end,
        period_open=period.open,
        update_frequency=frequency,
        licence=licence(markup.plain(fields.raw("license"))[0]) or source.licence,
        languages=languages,
        keywords=tuple(dict.fromkeys((*fields.words("keyword"), *fields.words("theme")))),
        agents=_agents(source, fields),
        locations=locations,
        distributions=_distributions(source, fields, landing_page),
        access=(_access(source, fields, landing_page),),
        extra=extra,
        reading_notes=tuple(fields.notes),
    )


def _remote_id(entry: Native) -> str:
    return Fields(entry).line("identifier", 500)


def _contact(payload: Native) -> str:
    point = payload.get("contactPoint")
    email = point.get("hasEmail") if isinstance(point, Mapping) else ""
    publisher = payload.get("publisher")
    name = publisher.get("name") if isinstance(publisher, Mapping) else ""
    acronym = re.search(r"\(([A-Z][A-Za-z0-9-]{1,14})\)\s*$", name) if isinstance(name, str) else None
    address = email.strip().removeprefix("mailto:") if isinstance(email, str) else ""
    return role_mailbox(address, acronym[1] if acronym else "") if "@" in address else ""


def _access(source: Source, fields: Fields, landing_page: str) -> AccessRecord:
    """The narrowest way that level and rights allow; the rights' own words are what a reader can follow."""
    level = fields.line("accessLevel", 60).lower()
    rights = fields.prose("rights", 1000)
    steps = (rights,) if rights else ()
    if level not in _LEVELS:
        if level:
            fields.note("access-unknown", "accessLevel", f'no access level of DCAT-US: "{level}"')
        return AccessRecord(AccessModality(source.access), steps, landing_page)
    said = (modality for modality, words in _RIGHTS if words.search(rights.lower()))
    modality = next((modality for modality in said if modality in _SAID_FOR[level]), _OTHERWISE[level])
    return AccessRecord(modality, steps, landing_page)


def _agents(source: Source, fields: Fields) -> tuple[AgentRole, ...]:
    publisher = fields.record.get("publisher")
    name = Fields(publisher).line("name") if isinstance(publisher, Mapping) else fields.line("publisher")
    agent = AgentRecord(name or source.publisher)
    if not agent.name:
        return ()
    contact = _contact(fields.record)
    roles = [AgentRole(agent, Role.PUBLISHER)]
    if contact:
        roles.append(AgentRole(agent, Role.CONTACT, contact))
    return tuple(roles)


def _locations(fields: Fields, extra: dict[str, str]) -> tuple[LocationRecord, ...]:
    spatial = fields.record.get("spatial")
    if isinstance(spatial, Mapping):
        extra["spatial"] = str(spatial.get("type", "geometry"))[:100]
        return ()
    if isinstance(spatial, list) and all(isinstance(part, str) for part in spatial):
        text = "; ".join(spatial)
    else:
        text = fields.raw("spatial")
    if _BOX.fullmatch(text):
        extra["spatial"] = text.strip()[:100]
        return ()
    found, unknown = countries(text)
    for place in unknown:
        fields.note("place-unknown", "spatial", f'no country is called "{markup.line(place, 60)}"')
    return tuple(LocationRecord(code) for code in found)


def _distributions(source: Source, fields: Fields, landing_page: str) -> tuple[DistributionRecord, ...]:
    """Files and services; the web page that an ArcGIS Hub lists first is the landing page, not a file."""
    made = []
    for position, entry in enumerate(fields.parts("distribution")):
        part = Fields(entry, fields.notes, f"distribution[{position}].")
        url = part.address("downloadURL", source.url) or part.address("accessURL", source.url)
        if url and url == landing_page:
            continue
        declared = part.line("format", 100)
        media_type = part.line("mediaType", 100)
        made.append(
            DistributionRecord(
                key=str(position),
                name=part.line("title", 500),
                url=url,
                description=part.prose("description", 5000),
                format=format_name(declared, media_type, url),
                declared_format=declared,
                media_type=media_type,
            )
        )
    return tuple(made)
