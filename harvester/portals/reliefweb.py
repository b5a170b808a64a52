"""ReliefWeb, OCHA's library of humanitarian reports, maps and assessments.

Publisher: United Nations OCHA, https://reliefweb.int
API: https://apidoc.reliefweb.int ; read is ``POST {url}/reports?appname=...`` of version 2.
Terms: since 1 November 2025 an approved appname is needed; 1,000 entries a call, 1,000 calls a day. The reports are
    under the terms of the organisations that wrote them.
Unit: a report (also a map, an assessment, an infographic); its attachments are the files.

Caveats:
    - Version 1 is gone (410). That version 2 keeps its shape is recorded; today's answers are not.
    - Without an appname the RSS list of the newest reports is read in its place: no files, formats, languages or
      dates of change. The run says so and stays partial, so that nothing it does not list is taken for gone.
      What was read with an appname before is told by less then, until the next full run with one.
    - How the RSS list is narrowed to mine action, and what its entries hold beside title, link, date, is from memory.
    - ReliefWeb holds documents, rarely data: there is no format "dataset", and nearly all attachments are PDF.
    - The text of a report is not kept: its headline's summary, else its first 300 characters.
    - ISO3 codes come in lower case, ``id`` is a text beside a record and a number within it, file sizes are texts.
    - A report in several places is one record there; the same document on HDX or at its author's is another record
      elsewhere. ``origin`` is where it came from.
    - The list is read in the order of creation: sorted by change, an edit while we page would let a record slip by.

Filters of a source: ``themes`` ([12033], mine action), or as well reports of ``formats`` and ``sources`` (numbers, or
    short names of organisations), both if both are given; ``countries`` (ISO3) narrows all of it.
Options of a source: ``page_size`` (200, at most 1,000), ``rss`` (address of the RSS list), ``rss_query`` (parameters).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit, urlunsplit
from xml.etree.ElementTree import ParseError

from catalog.records import (
    UNDETERMINED,
    AccessRecord,
    AgentRecord,
    AgentRole,
    DatasetRecord,
    DistributionRecord,
    LocationRecord,
    ReadingNote,
)
from catalog.vocabulary import AccessModality, AgentKind, Artefact, Role
from config.declarations import Source
from harvester.portal import Native, PortalError, RawPage, RawRecord, RecordError, Start, filled, wants_key
from harvester.reading.countries import countries
from harvester.reading.dates import moment
from harvester.reading.fields import Fields
from harvester.reading.formats import format_name
from harvester.reading.languages import languages as spoken
from harvester.reading.markup import line, plain

if TYPE_CHECKING:
    from harvester.http import Client

kind = "reliefweb"

MINE_ACTION = 12033
"""ReliefWeb's theme."""
_MOST = 1000
_PAGE_SIZE = 200
_SUMMARY = 300
_ASKED = (
    "id", "title", "url", "url_alias", "status", "origin", "headline.summary", "body-html", "date", "language.code",
    "country.iso3", "country.name", "primary_country.iso3", "primary_country.name", "source.name", "source.shortname",
    "source.longname", "source.disclaimer", "source.type.name", "disaster.name", "disaster.glide",
    "disaster_type.name", "format.name", "theme.name", "vulnerable_groups.name", "ocha_product.name", "file",
)  # fmt: skip
_KEPT = ("id", "title", "url", "url_alias", "status", "origin", "summary")
_PARTS: Mapping[str, tuple[str, ...]] = {
    "date": ("created", "changed", "original"),
    "language": ("code",),
    "primary_country": ("iso3", "name"),
    "country": ("iso3", "name"),
    "source": ("name", "shortname", "longname", "disclaimer", "type"),
    "disaster": ("name", "glide"),
    "disaster_type": ("name",),
    "format": ("name",),
    "theme": ("name",),
    "vulnerable_groups": ("name",),
    "ocha_product": ("name",),
    "file": ("id", "url", "filename", "mimetype", "filesize", "description"),
}
_KEYWORDS = ("theme", "format", "disaster_type", "vulnerable_groups")
_KINDS = {
    "academic and research institution": AgentKind.ACADEMIC,
    "red cross/red crescent movement": AgentKind.RED_CROSS,
}
_DATA = {"XLSX", "XLS", "ODS", "CSV", "TSV", "JSON", "GEOJSON", "SHP", "GDB", "GPKG", "KML", "KMZ", "XML", "ZIP"}
_NODE = re.compile(r"(?:.*/node/)?(\d{1,15})/?")
_LABELLED = re.compile(r"^(Countr(?:y|ies)|Sources?):\s*(.+)$", re.MULTILINE)
_READ = "Read it on ReliefWeb; what is attached can be downloaded without an account."
_DOWNLOAD = "Download the attached file; no account is needed."


def records(source: Source, client: "Client", start: Start) -> Iterator[RawPage]:
    """Pages of reports in the order of their creation; the token is the offset of the next. Raises PortalError.

    Without an appname one page of the RSS list, with a note ``key-missing``.
    """
    if not client.key:
        yield _newest(source, client)
        return
    address = f"{source.url}/reports"
    size = source.whole("page_size", _PAGE_SIZE, _MOST)
    offset = _offset(start.token)
    filtered = _wanted(source, start.since)
    before: tuple[str, ...] = ()
    while True:
        asked = {
            "filter": filtered,
            "fields": {"include": list(_ASKED)},
            "sort": ["date.created:asc", "id:asc"],
            "limit": size,
            "offset": offset,
        }
        answer = client.post_json(f"{address}?appname={quote(client.key, safe='')}", asked, safe=True)
        rows, total = _answer(answer, address, source)
        found = tuple(_raw(row, address) for row in rows)
        ids = tuple(record.remote_id for record in found)
        if ids and ids == before:
            raise PortalError(
                "repeated-page", f"the page from {offset} on is the one before again", address, "try later"
            )
        before = ids
        offset += len(found)
        last = len(found) < size or (total is not None and offset >= total)
        yield RawPage(found, None if last else str(offset), total)
        if last:
            return


def essence(payload: Native) -> dict[str, Any]:
    """What describes the report: neither its text nor previews, scores and pictures."""
    kept = filled(payload, _KEPT)
    for name, inner in _PARTS.items():
        part = _only(payload.get(name), inner)
        if part not in (None, [], {}):
            kept[name] = part
    return kept


def normalize(source: Source, record: RawRecord) -> DatasetRecord:
    """The report in DCAT words; raises RecordError without an identifier or a title."""
    fields = Fields(essence(record.payload))
    remote_id = _remote_id(fields.record)
    if not remote_id:
        raise RecordError("no-id", "id", "the report has no id", "tell ReliefWeb")
    title = line(unescape(fields.raw("title")))  # entities are left in some titles
    if not title:
        raise RecordError("no-title", "title", f"report {remote_id} has no title", "tell ReliefWeb")
    languages = spoken(_named(fields, "language", "code"))[0]
    language = languages[0] if len(languages) == 1 else UNDETERMINED
    summary = fields.prose("summary")
    landing_page = fields.address("url_alias") or fields.address("url")
    dates = _part(fields, "date")
    agents, disclaimers = _agents(source, fields)
    files = _files(fields)
    return DatasetRecord(
        remote_id=remote_id,
        title={language: title},
        notes={language: summary} if summary else {},
        landing_page=landing_page,
        issued=dates.moment("original") or dates.moment("created"),
        modified=dates.moment("changed"),
        caveats="\n".join(disclaimers),
        licence=source.licence,
        languages=languages,
        keywords=tuple(dict.fromkeys(word for name in _KEYWORDS for word in _named(fields, name))),
        agents=agents,
        locations=tuple(LocationRecord(code) for code in _countries(fields)),
        distributions=files,
        access=_access(agents, files, landing_page),
        series="; ".join(_named(fields, "ocha_product")),
        extra=_extra(fields),
        reading_notes=tuple(fields.notes),
    )


def _offset(token: str | None) -> int:
    if not (token or "0").isascii() or not (token or "0").isdigit():
        raise PortalError("token-unreadable", f'"{token}" is no offset', mend="start the run afresh")
    return int(token or "0")


def _wanted(source: Source, since: datetime | None) -> dict[str, Any]:
    """The filter of the question, from the source's own."""
    formats, sources = _listed(source, "formats"), _listed(source, "sources")
    narrowed = [_one_of("format.id", formats)] if formats else []
    if sources:
        numbers = [one for one in sources if isinstance(one, int)]
        names = [one for one in sources if not isinstance(one, int)]
        named = [_one_of("source.id", numbers)] if numbers else []
        named += [_one_of("source.shortname", names)] if names else []
        narrowed.append(_joined("OR", named))
    # An empty list of themes asks for the formats and sources alone.
    themes = _listed(source, "themes") if "themes" in source.filters else [MINE_ACTION]
    wanted = ([_one_of("theme.id", themes)] if themes else []) + ([_joined("AND", narrowed)] if narrowed else [])
    if not wanted:
        mend = 'Give "themes", "formats" or "sources": ReliefWeb has more than a million reports.'
        raise PortalError("filter-empty", "the source's filters ask for everything", source.url, mend)
    both = [_joined("OR", wanted)]
    if places := _listed(source, "countries"):
        both.append(_one_of("country.iso3", [str(place).lower() for place in places]))
    if since is not None:
        both.append({"field": "date.changed", "value": {"from": since.astimezone(UTC).isoformat(timespec="seconds")}})
    return _joined("AND", both)


def _listed(source: Source, name: str) -> list[Any]:
    given = source.filters.get(name)
    return [one for one in given if isinstance(one, int | str)] if isinstance(given, list) else []


def _one_of(field: str, values: Sequence[Any]) -> dict[str, Any]:
    return {"field": field, "value": list(values), "operator": "OR"}


def _joined(operator: str, conditions: list[dict[str, Any]]) -> dict[str, Any]:
    return conditions[0] if len(conditions) == 1 else {"operator": operator, "conditions": conditions}


def _answer(answer: object, address: str, source: Source) -> tuple[list[Native], int | None]:
    """The rows and the portal's count of all; a refusal may come with a status of 200."""
    if isinstance(answer, Mapping) and answer.get("error"):
        error = answer["error"]
        words = Fields(error).line("message", 300) if isinstance(error, Mapping) else line(str(error), 300)
        refused = "appname" in words.lower() or answer.get("status") in {401, 403}
        mend = wants_key(source) if refused else "try again later"
        raise PortalError("portal-refused", f"ReliefWeb answers: {words}", address, mend)
    body: Native = answer if isinstance(answer, Mapping) else {}
    rows = body.get("data")
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        mend = "check that the address is that of ReliefWeb's API"
        raise PortalError("unexpected-answer", "the answer has no list of reports", address, mend)
    return rows, Fields(body).whole("totalCount")


def _raw(row: Native, address: str) -> RawRecord:
    """A report without its text."""
    given = row.get("fields")
    fields: dict[str, Any] = dict(given) if isinstance(given, Mapping) else {}
    body, headline = fields.pop("body-html", None) or fields.pop("body", None), fields.pop("headline", None)
    summary = Fields(headline).line("summary", 2000) if isinstance(headline, Mapping) else ""
    if not summary and isinstance(body, str):
        summary = _cut(body)
    payload = {**fields, "id": row.get("id", fields.get("id")), "summary": summary}
    remote_id = _remote_id(payload)
    return RawRecord(remote_id, payload, f"{address}/{quote(remote_id)}" if remote_id else address)


def _cut(body: str) -> str:
    text = " ".join(plain(body)[0].split())
    return text if len(text) <= _SUMMARY else f"{text[:_SUMMARY].rsplit(' ', 1)[0]} ..."


def _newest(source: Source, client: "Client") -> RawPage:
    """What the RSS list shows."""
    address = _rss(source)
    query = source.options.get("rss_query", {"advanced-search": f"(T{MINE_ACTION})"})
    asked = {name: str(value) for name, value in query.items()} if isinstance(query, dict) else {}
    text = client.get_text(address, params=asked)
    from defusedxml.ElementTree import fromstring

    try:
        entries = [_entry(item) for item in fromstring(text).iter("item")]
    except (ParseError, ValueError):  # what defusedxml refuses is a ValueError
        mend = "try again later, or set options.rss to the address of the list"
        raise PortalError("not-rss", "the answer is no RSS list", address, mend) from None
    found = tuple(RawRecord(_remote_id(entry), entry, address) for entry in entries)
    message = (
        f"Without an approved appname only the {len(found)} newest reports of the RSS list were read; with one all "
        f"reports, their files, formats and languages are. {wants_key(source)}"
    )
    return RawPage(found, notes=(ReadingNote("key-missing", "appname", message),))


def _rss(source: Source) -> str:
    own = source.options.get("rss")
    if isinstance(own, str) and own:
        return own
    parts = urlsplit(source.url)
    return urlunsplit((parts.scheme, parts.netloc.removeprefix("api."), "/updates/rss.xml", "", ""))


def _entry(item: Any) -> dict[str, Any]:  # noqa: ANN401 - an element of a library without types
    """An RSS entry in the words of the API."""

    def words(name: str) -> list[str]:
        return [text for one in item.iter(name) if (text := line(one.text or "", 4000))]

    link, guid = (words("link") or [""])[0], (words("guid") or [""])[0]
    node = _NODE.fullmatch(guid) or _NODE.fullmatch(link)
    description = plain(next((one.text or "" for one in item.iter("description")), ""))[0]
    labelled = {label[0]: names for label, names in _LABELLED.findall(description)}
    categories = words("category")
    places = [*countries(labelled.get("C", ""))[0], *(code for name in categories for code in countries(name)[0])]
    return {
        "id": node[1] if node else link or guid,
        "title": (words("title") or [""])[0],
        "url": link,
        "summary": _cut(_LABELLED.sub("", description)),
        "date": {"original": _iso((words("pubDate") or [""])[0])},
        "country": [{"iso3": code} for code in dict.fromkeys(places)],
        "source": [{"name": name.strip()} for name in labelled.get("S", "").split(",") if name.strip()],
        "theme": [{"name": name} for name in categories if not countries(name)[0]],
    }


def _iso(text: str) -> str:
    try:
        read = moment(text)
    except ValueError:
        return text
    return read.isoformat() if read else ""


def _remote_id(payload: Native) -> str:
    given = payload.get("id")
    return line(str(given), 500) if isinstance(given, str | int) and not isinstance(given, bool) else ""


def _only(value: object, inner: tuple[str, ...]) -> object:
    """The wanted fields of an object, or of each object of a list; what is neither is left for a note."""
    if isinstance(value, Mapping):
        return {name: value[name] for name in inner if value.get(name) not in (None, "")}
    if isinstance(value, list):
        return [_only(one, inner) if isinstance(one, Mapping) else one for one in value]
    return value


def _part(fields: Fields, name: str) -> Fields:
    given = fields.record.get(name)
    if given is not None and not isinstance(given, Mapping):
        fields.note("field-unreadable", name, "an object was expected")
    return Fields(given if isinstance(given, Mapping) else {}, fields.notes, f"{name}.")


def _named(fields: Fields, name: str, inner: str = "name") -> list[str]:
    """One field of each object of a list."""
    parts = (Fields(part, fields.notes, f"{name}[{at}].") for at, part in enumerate(fields.parts(name)))
    return [word for part in parts if (word := part.line(inner, 200))]


def _agents(source: Source, fields: Fields) -> tuple[tuple[AgentRole, ...], list[str]]:
    """Every organisation of the report holds it, ReliefWeb publishes it; and what the organisations say of its use."""
    roles: dict[str, AgentRole] = {}
    disclaimers: list[str] = []
    for at, part in enumerate(fields.parts("source")):
        one = Fields(part, fields.notes, f"source[{at}].")
        short = one.line("shortname", 100)
        name = one.line("longname", 300) or one.line("name", 300) or short
        if not name:
            continue
        type_ = Fields(part["type"]).line("name", 100).lower() if isinstance(part.get("type"), Mapping) else ""
        agent = AgentRecord(name, short if short != name else "", _KINDS.get(type_, AgentKind.UNKNOWN))
        roles.setdefault(name, AgentRole(agent, Role.HOLDER))
        if disclaimer := one.prose("disclaimer", 2000):
            disclaimers.append(f"{name}: {disclaimer}")
    if source.publisher:
        roles["\n"] = AgentRole(AgentRecord(source.publisher), Role.PUBLISHER)
    return tuple(roles.values()), list(dict.fromkeys(disclaimers))


def _countries(fields: Fields) -> tuple[str, ...]:
    """The primary country first."""
    places = [Fields({}), *(Fields(part) for part in fields.parts("country"))]
    if isinstance(primary := fields.record.get("primary_country"), Mapping):
        places[0] = Fields(primary)
    # The code where there is one: some names stand for regions.
    spelt = {"country": [place.line("iso3", 60) or place.line("name", 200) for place in places]}
    return Fields(spelt, fields.notes).countries("country")


def _files(fields: Fields) -> tuple[DistributionRecord, ...]:
    found = []
    for at, part in enumerate(fields.parts("file")):
        one = Fields(part, fields.notes, f"file[{at}].")
        address, media_type = one.address("url"), one.line("mimetype", 200)
        found.append(
            DistributionRecord(
                key=one.line("id", 100) or str(at),
                name=one.line("filename", 300),
                url=address,
                description=one.line("description"),
                format=format_name("", media_type, address or one.line("filename", 300)),
                media_type=media_type,
                size=one.whole("filesize"),
            )
        )
    return tuple(found)


def _access(
    agents: tuple[AgentRole, ...], files: tuple[DistributionRecord, ...], address: str
) -> tuple[AccessRecord, ...]:
    """The report is open; of data behind it ReliefWeb knows only what is attached."""
    report = AccessRecord(AccessModality.OPEN, (_READ,), address, Artefact.REPORT)
    if any(file.format in _DATA for file in files):
        return report, AccessRecord(
            AccessModality.OPEN, ("Download the attached file; no account is needed.",), address
        )
    holders = ", ".join(role.agent.acronym or role.agent.name for role in agents if role.role is Role.HOLDER)
    step = f"ReliefWeb holds the document, not data behind it. Ask who made it: {holders or 'see the document'}."
    return report, AccessRecord(AccessModality.UNKNOWN, (step,), address)


def _extra(fields: Fields) -> dict[str, str]:
    said = {
        "format": "; ".join(_named(fields, "format")),
        "disaster": "; ".join(_named(fields, "disaster")),
        "glide": "; ".join(_named(fields, "disaster", "glide")),
        "origin": fields.address("origin") if "://" in fields.line("origin", 20) else fields.line("origin", 200),
        "status": fields.line("status", 40),
    }
    return {name: value[:500] for name, value in said.items() if value}
