"""Microdata libraries that run NADA: national statistics offices, UNHCR, the World Bank, IHSN.

Publisher: each library its own; the software is by IHSN (https://nada.ihsn.org).
API: https://ihsn.github.io/nada-api-redoc/catalog-search/ ; read is ``GET {url}/index.php/api/catalog/search``.
Terms: study descriptions are public; the microdata itself stands under each study's own access policy.
Unit: a study.

Caveats:
    - Every study is microdata, one row per person or household: flagged so unless the library gives it to anyone.
    - The list does not say how a study was changed, only when its description was (``changed``); a run is always full.
    - The access policy is called ``form_model``, ``data_access_type`` or ``dtype``, depending on the version.
    - Most versions give an abstract only per study; it is read where the list carries it.
    - Nothing found is ``{"found": 0, "rows": []}``, anything else is wrapped in ``{"result": {...}}``.
    - Dates are ``Dec-05-2019``, ISO, or Unix seconds; numbers are often texts.
    - ``api/catalog/latest`` lists everything at once, but says no access policy; ``found`` may be more than is listed.
    - The description of a study (DDI as JSON) is a call of its own, and may be missing; contacts in it are not kept.

Filters of a source: ``idno_prefix``, one or a list: only studies whose ``idno`` begins so, case aside. Libraries also
    describe studies of others.
Options of a source: ``page_size`` (100), ``query`` (further parameters, such as ``{"country": "South Sudan"}``),
    ``list`` (``search``, or ``latest``), ``details`` (whether each study's description is read, too),
    ``seconds_between_calls`` (1; a library may ask for more).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from catalog.records import (
    UNDETERMINED,
    AccessRecord,
    AgentRecord,
    AgentRole,
    DatasetRecord,
    LocationRecord,
    PortalFlag,
    ReadingNote,
)
from catalog.vocabulary import AccessModality, Role
from config.declarations import Source
from harvester.portal import Native, PortalError, RawPage, RawRecord, RecordError, Start, counts, filled
from harvester.reading.fields import Fields

if TYPE_CHECKING:
    from harvester.http import Client

kind = "nada"

_KEPT = (
    "id", "idno", "title", "subtitle", "abstract", "nation", "iso3s", "authoring_entity", "year_start", "year_end",
    "created", "changed", "url", "type", "form_model", "data_access_type", "dtype", "repo_title", "repositoryid", "doi",
    "keywords", "details", "undescribed",
)  # fmt: skip
_DETAILS: Mapping[str, tuple[str, ...]] = {
    "study_info": ("abstract", "coll_dates", "nation", "keywords", "topics", "geog_coverage", "analysis_unit"),
    "series_statement": ("series_name",),
    "version_statement": ("version",),
}
"""What is kept of a description, by its part. Authors are kept apart: of each only the name."""
_DETAILED = frozenset(name for names in _DETAILS.values() for name in names) | {"authors"}
_POLICY_FIELDS = ("form_model", "data_access_type", "dtype")
_POLICIES: Mapping[str, tuple[AccessModality, str]] = {
    "open": (AccessModality.OPEN, "Download it from the study's page; no account is needed."),
    "direct": (AccessModality.OPEN, "Accept the conditions on the study's page, then download it."),
    "public": (AccessModality.REGISTER, "Create an account at the library and say what you need the study for."),
    "licensed": (
        AccessModality.UNDER_AGREEMENT,
        "Apply on the study's page: describe the intended use and sign the library's licence.",
    ),
    "enclave": (
        AccessModality.ON_SITE,
        "Apply to the library; the data is used in its secure room and does not leave it.",
    ),
    "remote": (AccessModality.ON_SITE, "Apply to the host named on the study's page; analysis runs on its machines."),
    "data_na": (AccessModality.NOT_SHARED, "The library describes the study but does not give out its data."),
    "other": (AccessModality.UNKNOWN, "The data is kept elsewhere: the study's page names the place to ask."),
}
_SPELLINGS = {
    "data_enclave": "enclave",
    "data_external": "other",
    "external": "other",
    "na": "data_na",
    "puf": "public",
    "license": "licensed",
}
_PAGE_SIZE = 100
_MOST_LATEST = 10000
_UNDESCRIBED = {"http-400", "http-404"}
_YEAR = re.compile(r"[0-9]{4}")
_UNIX_SECONDS = re.compile(r"[0-9]{9,10}")


def records(source: Source, client: "Client", start: Start) -> Iterator[RawPage]:
    """Pages of studies by title; the token is ``<page>:<studies read before it>``. Raises PortalError."""
    pause = source.options.get("seconds_between_calls")
    if isinstance(pause, int | float) and pause > client.limits.interval:
        client.limits = replace(client.limits, interval=float(pause))
    listing = _latest if source.options.get("list") == "latest" else _searched
    prefixes = _prefixes(source)
    for page in listing(source, client, start):
        wanted = tuple(record for record in page.records if record.remote_id.lower().startswith(prefixes))
        # The count is of all studies: of those wanted nobody knows how many there are.
        kept = replace(page, records=wanted, total=page.total if prefixes == ("",) else None)
        yield _described(source, client, kept) if source.options.get("details") else kept


def _searched(source: Source, client: "Client", start: Start) -> Iterator[RawPage]:
    address = f"{source.url}/index.php/api/catalog/search"
    fixed = _asked(source)
    page, seen = _token(start.token)
    before: tuple[str, ...] = ()
    total: int | None = None
    while True:
        rows, count = _answer(client.get_json(address, params={**fixed, "page": page}), address)
        # A page beyond the last says that nothing was found at all.
        total = count if rows or total is None else total
        found = tuple(RawRecord(_remote_id(row), row, f"{address}?page={page}") for row in rows)
        ids = tuple(record.remote_id for record in found)
        if ids and ids == before:
            raise PortalError("repeated-page", f"page {page} is page {page - 1} again", address, "try again later")
        before = ids
        seen += len(found)
        last = not found or (total is not None and seen >= total)
        page += 1
        yield RawPage(found, None if last else f"{page}:{seen}", total, _short(total, seen) if last else ())
        if last:
            return


def _latest(source: Source, client: "Client", start: Start) -> Iterator[RawPage]:
    """Pages cut from the one list of everything, by identifier: it is given by what was added last, which moves."""
    address = f"{source.url}/index.php/api/catalog/latest"
    page, seen = _token(start.token)
    size = int(_asked(source)["ps"])
    rows, total = _answer(client.get_json(address, params={"limit": _MOST_LATEST}), address)
    every = sorted((RawRecord(_remote_id(row), row, address) for row in rows), key=lambda record: record.remote_id)
    while True:
        found = tuple(every[seen : seen + size])
        seen += len(found)
        last = seen >= len(every)
        page += 1
        yield RawPage(found, None if last else f"{page}:{seen}", total, _short(total, seen) if last else ())
        if last:
            return


def _short(total: int | None, seen: int) -> tuple[ReadingNote, ...]:
    if total is None or seen >= total:
        return ()
    return (ReadingNote("wrong-count", "found", f"{total} studies were announced, {seen} were listed"),)


def _described(source: Source, client: "Client", page: RawPage) -> RawPage:
    """The page's studies with their descriptions, or with the word that there is none."""
    records: list[RawRecord] = []
    for record in page.records:
        number = Fields(record.payload).line("id", 20)
        address = f"{source.url}/index.php/metadata/export/{number}/json"
        try:
            details = _details(client.get_json(address)) if number.isascii() and number.isdecimal() else {}
        except PortalError as error:
            if error.code not in _UNDESCRIBED:
                raise
            details = {}
        said = {"details": details} if details else {"undescribed": True}
        records.append(replace(record, payload={**record.payload, **said}))
    return replace(page, records=tuple(records))


def _details(description: object) -> dict[str, Any]:
    """What is kept of a description, in one flat object; of authors and places the names alone."""
    study = description.get("study_desc") if isinstance(description, Mapping) else None
    if not isinstance(study, Mapping):
        return {}
    kept: dict[str, Any] = {}
    for part, names in _DETAILS.items():
        inner = study.get(part)
        if isinstance(inner, Mapping):
            kept |= filled(inner, names)
    for name, key in (("keywords", "keyword"), ("topics", "topic")):
        kept[name] = _inner(kept, name, key)
    kept["authors"] = _inner(study, "authoring_entity", "name")
    kept["nation"] = _inner(kept, "nation", "abbreviation") or _inner(kept, "nation", "name")
    dated = [Fields(part) for part in Fields(kept).parts("coll_dates")]
    kept["coll_dates"] = [
        {"start": one.line("start", 40), "end": one.line("end", 40) or one.line("start", 40)} for one in dated
    ]
    return {name: value for name, value in kept.items() if value not in ("", [])}


def _inner(parent: Mapping[str, Any], name: str, key: str) -> list[str]:
    """One field of each object of a list, or the texts of a list that is flat already."""
    value = parent.get(name)
    entries = value if isinstance(value, list) else []
    words = [
        Fields(entry).line(key, 300) if isinstance(entry, Mapping) else entry if isinstance(entry, str) else ""
        for entry in entries
    ]
    return list(dict.fromkeys(word for word in words if word))


def essence(payload: Native) -> dict[str, Any]:
    """What describes the study: no view and download counters, no rank, no thumbnail."""
    kept = filled(payload, _KEPT)
    if isinstance(kept.get("details"), Mapping):
        kept["details"] = {name: value for name, value in kept["details"].items() if name in _DETAILED}
    return kept


def use(payload: Native) -> dict[str, int]:
    """Views of the study and downloads of its files, as far as the list says them."""
    return counts(payload, {"downloads": "total_downloads", "views": "total_views"})


def normalize(source: Source, record: RawRecord) -> DatasetRecord:
    """The study in DCAT words; raises RecordError without an identifier or a title."""
    fields = Fields(essence(record.payload))
    if fields.record.get("undescribed") is True:
        fields.note("no-details", "id", "the library has no description of the study to read")
    given = fields.record.get("details")
    details = Fields(given if isinstance(given, Mapping) else {}, fields.notes, "details.")
    remote_id = _remote_id(record.payload)
    if not remote_id:
        raise RecordError("no-id", "idno", "the study has neither idno nor id", "ask the library to set it")
    title = fields.line("title")
    if not title:
        raise RecordError("no-title", "title", f"study {remote_id} has no title", "ask the library to set it")
    subtitle = fields.line("subtitle")
    landing_page = fields.address("url", source.url)
    number = fields.line("id", 20)
    if not landing_page and number.isascii() and number.isdecimal():
        landing_page = f"{source.url}/index.php/catalog/{number}"
    access = _access(source, fields, landing_page)
    abstract = fields.prose("abstract") or details.prose("abstract")
    issued, modified = _moment(fields, "created"), _moment(fields, "changed")
    begin, end = _period(fields, details)
    facts = {
        **{name: fields.line(name, 200) for name in ("idno", "type", "doi")},
        "version": details.line("version", 200),
        "unit_of_analysis": details.line("analysis_unit", 200),
        "geographic_coverage": details.line("geog_coverage", 300),
    }
    return DatasetRecord(
        remote_id=remote_id,
        title={UNDETERMINED: f"{title}: {subtitle}" if subtitle else title},
        notes={UNDETERMINED: abstract} if abstract else {},
        landing_page=landing_page,
        issued=issued,
        modified=modified,
        period_start=begin,
        period_end=end,
        licence=source.licence,
        keywords=tuple(
            dict.fromkeys([*fields.words("keywords"), *details.words("keywords"), *details.words("topics")])
        ),
        agents=_agents(source, fields, details),
        locations=_locations(fields, details),
        access=(access,),
        flags=() if access.modality is AccessModality.OPEN else (PortalFlag("microdata", "true"),),
        series=fields.line("repo_title", 200) or details.line("series_name", 200),
        extra={name: value for name, value in facts.items() if value},
        reading_notes=tuple(fields.notes),
    )


def _asked(source: Source) -> dict[str, str | int]:
    """The parameters of every page; a source's own come first, so that they cannot undo the order."""
    query = source.options.get("query")
    own = {name: str(value) for name, value in query.items()} if isinstance(query, dict) else {}
    return {**own, "ps": source.whole("page_size", _PAGE_SIZE), "inc_iso": 1, "sort_by": "title", "sort_order": "asc"}


def _token(token: str | None) -> tuple[int, int]:
    page, _, seen = (token or "1:0").partition(":")
    if not (page.isascii() and page.isdecimal() and seen.isascii() and seen.isdecimal()):
        raise PortalError("token-unreadable", f'"{token}" is no page of this library', mend="start the run afresh")
    return int(page), int(seen)


def _answer(answer: object, address: str) -> tuple[list[Native], int | None]:
    """The rows and the library's count of all studies, from either shape."""
    body: object = answer
    if isinstance(answer, Mapping):
        if answer.get("status") == "failed":
            raise PortalError("portal-refused", f"the library answers: {answer.get('message', 'failed')}", address)
        body = answer.get("result", answer)
        # ``search`` wraps rows and counts in ``result``; of ``latest`` that is the list of rows itself.
        body = {**answer, "rows": body} if isinstance(body, list) else body
    rows = body.get("rows") if isinstance(body, Mapping) else None
    if not isinstance(body, Mapping) or not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        mend = "check that the address is that of a NADA library"
        raise PortalError("unexpected-answer", "the answer has no list of studies", address, mend)
    # ``found`` counts the matches of the question, ``total`` in some versions all studies of the library.
    return rows, Fields(body).whole("found")


def _remote_id(row: Native) -> str:
    fields = Fields(row)
    return fields.line("idno", 300) or fields.line("id", 300)


def _access(source: Source, fields: Fields, landing_page: str) -> AccessRecord:
    named = next((name for name in _POLICY_FIELDS if fields.line(name)), "")
    if not named:
        return AccessRecord(AccessModality(source.access), address=landing_page)
    policy = fields.line(named, 60).lower()
    policy = _SPELLINGS.get(policy, policy)
    if policy not in _POLICIES:
        fields.note("access-unknown", named, f'no known access policy: "{policy}"')
        return AccessRecord(AccessModality.UNKNOWN, address=landing_page)
    modality, step = _POLICIES[policy]
    return AccessRecord(modality, (step,), landing_page)


def _prefixes(source: Source) -> tuple[str, ...]:
    """What an identifier begins with; without any, everything does."""
    given = source.filters.get("idno_prefix")
    return tuple(str(one).lower() for one in (given if isinstance(given, list) else [given] if given else [""]))


def _agents(source: Source, fields: Fields, details: Fields) -> tuple[AgentRole, ...]:
    """Who made the study holds it; the library publishes its description."""
    holders = [name.strip() for name in re.split(r"[;|]", fields.line("authoring_entity")) if name.strip()]
    holders = holders or details.words("authors")
    roles = [AgentRole(AgentRecord(name), Role.HOLDER) for name in dict.fromkeys(holders)]
    if source.publisher:
        roles.append(AgentRole(AgentRecord(source.publisher), Role.PUBLISHER))
    return tuple(roles)


def _period(fields: Fields, details: Fields) -> tuple[date | None, date | None]:
    """The days of the collection where they are told, else the years of the list."""
    dated = [Fields(part, fields.notes, "details.coll_dates.") for part in details.parts("coll_dates")]
    spans = [part.between("start", "end") for part in dated]
    begins, ends = [span.start for span in spans if span.start], [span.end for span in spans if span.end]
    if begins or ends:
        return min(begins, default=None), max(ends, default=None)
    return _year(fields, "year_start", month=1, day=1), _year(fields, "year_end", month=12, day=31)


def _locations(fields: Fields, details: Fields) -> tuple[LocationRecord, ...]:
    codes = details.countries("nation") or fields.countries("iso3s", "nation")
    return tuple(LocationRecord(code) for code in codes)


def _moment(fields: Fields, name: str) -> datetime | None:
    return fields.epoch(name, "s") if _UNIX_SECONDS.fullmatch(fields.line(name, 40)) else fields.moment(name)


def _year(fields: Fields, name: str, *, month: int, day: int) -> date | None:
    text = fields.line(name, 20)
    if text in ("", "0"):
        return None
    if not _YEAR.fullmatch(text) or text == "0000":
        fields.note("date-unreadable", name, f'no year: "{text}"')
        return None
    return date(int(text), month, day)
