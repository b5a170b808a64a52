"""Documents of UNHCR's Operational Data Portal: reports, maps, dashboards and factsheets by situation.

Publisher: UNHCR, https://data.unhcr.org
API: not documented in public; read is ``GET {url}/api-content/documents.json``, as clients in use ask it.
Terms: each document keeps its own. UNHCR grants the key; no limit on requests is published.
Unit: a document.

Caveats:
    - The shape follows what public clients read of it; no answer was recorded.
    - Asked newest first, 50 a page, by page number. A document that is published while the pages are read moves the
      rest to later pages: some are read twice, none is missed. An empty page ends the list, for nothing counts it.
    - The key goes into a header; older clients put it into the address.
    - ``location[].code`` is the portal's own number of a place; countries are read from ``location[].name``.
    - ``downloadCount`` is kept apart from the record, for it changes by itself; thumbnails are left out, and persons.
    - Who wrote a document is not said, only that it is on UNHCR's portal.

Filters of a source: ``created_since`` (a day: older documents are left out, and the list is read no further),
    ``sectors`` and ``types`` (names as the portal writes them).
Options of a source: ``page_size`` (50), ``query`` (further parameters, such as ``{country: som}``).
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from catalog.records import (
    UNDETERMINED,
    AccessRecord,
    AgentRecord,
    AgentRole,
    DatasetRecord,
    DistributionRecord,
    LocationRecord,
)
from catalog.vocabulary import AccessModality, Artefact, Role
from config.declarations import Source
from harvester.portal import Native, PortalError, RawPage, RawRecord, RecordError, Start, counts, filled, wants_key
from harvester.reading import dates
from harvester.reading.countries import countries
from harvester.reading.fields import Fields
from harvester.reading.formats import format_name
from harvester.reading.languages import languages

if TYPE_CHECKING:
    from harvester.http import Client

kind = "unhcr-odp"

_KEPT = (
    "id", "title", "created", "updated", "publishDate", "languageName", "sectorName", "docTypeName", "location",
    "downloadLink", "documentLink",
)  # fmt: skip
_NAMED = {"languageName": ("name",), "sectorName": ("name",), "docTypeName": ("name",), "location": ("code", "name")}
"""Lists of objects, and what is kept of each object."""
_PAGE_SIZE = 50
_MOST_NAMES = 200
_STEP = "Open the document's page on the Operational Data Portal and download it there."


def records(source: Source, client: "Client", start: Start) -> Iterator[RawPage]:
    """Pages of documents, the newest first; the token is the next page's number. Raises PortalError."""
    if not client.key:
        raise PortalError(
            "key-missing", "UNHCR lists documents only to whoever has a key", source.url, wants_key(source)
        )
    address = f"{source.url}/api-content/documents.json"
    page, fixed, since = _page(start.token), _asked(source), _since(source)
    before: tuple[str, ...] = ()
    while True:
        answer = client.get_json(address, params={**fixed, "page": page}, headers={"X-AUTH-TOKEN": client.key})
        rows = _rows(answer, address)
        ids = tuple(map(_remote_id, rows))
        if ids and ids == before:
            raise PortalError("repeated-page", f"page {page} is page {page - 1} again", address, "try again later")
        before = ids
        wanted = [row for row in rows if _is_wanted(row, source, since)]
        found = tuple(RawRecord(_remote_id(row), row, f"{address}?page={page}") for row in wanted)
        last = not rows or all(_is_older(row, since) for row in rows)
        page += 1
        yield RawPage(found, None if last else str(page))
        if last:
            return


def essence(payload: Native) -> dict[str, Any]:
    """What describes the document: no counter, no thumbnail, and of languages, sectors and places only the names."""
    kept = filled(payload, _KEPT)
    for name, parts in _NAMED.items():
        if isinstance(kept.get(name), list):
            kept[name] = [_trimmed(entry, parts) for entry in kept[name]]
    return kept


def use(payload: Native) -> dict[str, int]:
    """Downloads of the document."""
    return counts(payload, {"downloads": "downloadCount"})


def normalize(source: Source, record: RawRecord) -> DatasetRecord:
    """The document in DCAT words; raises RecordError without an id or a title."""
    fields = Fields(essence(record.payload))
    remote_id = _remote_id(record.payload)
    if not remote_id:
        raise RecordError("no-id", "id", "the document has no id", "tell UNHCR")
    title = fields.line("title")
    if not title:
        raise RecordError("no-title", "title", f"document {remote_id} has no title", "tell UNHCR")
    link = fields.address("downloadLink", source.url)
    landing_page = fields.address("documentLink", source.url)
    sectors, types = _names(fields, "sectorName"), _names(fields, "docTypeName")
    spoken, unread = languages(_names(fields, "languageName"))
    for word in unread:
        fields.note("language-unknown", "languageName", f'no known language: "{word[:60]}"')
    places, others = _places(fields)
    modality = AccessModality.OPEN if link else AccessModality.UNKNOWN
    facts = {"document_types": "; ".join(types), "sectors": "; ".join(sectors), "places": "; ".join(others)}
    return DatasetRecord(
        remote_id=remote_id,
        title={spoken[0] if len(spoken) == 1 else UNDETERMINED: title},
        landing_page=landing_page,
        issued=fields.moment("publishDate") or fields.moment("created"),
        modified=fields.moment("updated"),
        licence=source.licence,
        languages=spoken,
        keywords=tuple(dict.fromkeys((*sectors, *types))),
        agents=(AgentRole(AgentRecord(source.publisher), Role.PUBLISHER),) if source.publisher else (),
        locations=places,
        distributions=(DistributionRecord(remote_id, title, link, format=format_name("", "", link)),) if link else (),
        access=(AccessRecord(modality, (_STEP,) if link else (), landing_page or link, Artefact.REPORT),),
        extra={name: value[:1000] for name, value in facts.items() if value},
        reading_notes=tuple(fields.notes),
    )


def _asked(source: Source) -> dict[str, str | int]:
    """The parameters of every page; a source's own come first, so that they cannot undo the order."""
    query = source.options.get("query")
    own = {name: str(value) for name, value in query.items()} if isinstance(query, dict) else {}
    return {**own, "order[created]": "desc", "limit": source.whole("page_size", _PAGE_SIZE)}


def _page(token: str | None) -> int:
    text = token or "1"
    if not (text.isascii() and text.isdecimal()):
        raise PortalError("token-unreadable", f'"{token}" is no page of this portal', mend="start the run afresh")
    return int(text)


def _since(source: Source) -> datetime | None:
    given = source.filters.get("created_since")
    try:
        read = dates.day(given)
    except ValueError:
        mend = 'write a day, such as "2024-01-01", in quotes'
        raise PortalError("filter-unreadable", f'created_since "{given}" is no day', mend=mend) from None
    return datetime.combine(read, datetime.min.time(), UTC) if isinstance(read, date) else None


def _rows(answer: object, address: str) -> list[Native]:
    if not isinstance(answer, list) or not all(isinstance(row, Mapping) for row in answer):
        mend = "check the source's url; if it is right, UNHCR may have changed its API"
        raise PortalError("unexpected-answer", "the answer is no list of documents", address, mend)
    return answer


def _remote_id(row: Native) -> str:
    return Fields(row).line("id", 80)


def _is_older(row: Native, since: datetime | None) -> bool:
    created = Fields(row).moment("created") if since else None
    return since is not None and created is not None and created < since


def _is_wanted(row: Native, source: Source, since: datetime | None) -> bool:
    if _is_older(row, since):
        return False
    fields = Fields(row)
    for wanted, name in (("sectors", "sectorName"), ("types", "docTypeName")):
        words = source.filters.get(wanted)
        if words:
            asked = {str(word).casefold() for word in (words if isinstance(words, list) else [words])}
            if not asked & {found.casefold() for found in _names(fields, name)}:
                return False
    return True


def _trimmed(entry: object, parts: tuple[str, ...]) -> object:
    return {part: entry[part] for part in parts if part in entry} if isinstance(entry, Mapping) else None


def _names(fields: Fields, name: str) -> list[str]:
    entries = [Fields(entry, fields.notes, f"{name}.") for entry in fields.parts(name)[:_MOST_NAMES]]
    return list(dict.fromkeys(word for entry in entries if (word := entry.line("name", 200))))


def _places(fields: Fields) -> tuple[tuple[LocationRecord, ...], list[str]]:
    """The countries among the locations, and the names of those that are none."""
    found: dict[str, None] = {}
    others: list[str] = []
    for name in _names(fields, "location"):
        codes, unknown = countries(name, "name")
        found |= dict.fromkeys(codes)
        if unknown:
            others.append(name)
            fields.note("place-unknown", "location", f'no country is called "{name[:60]}"')
    return tuple(LocationRecord(code) for code in found), others
