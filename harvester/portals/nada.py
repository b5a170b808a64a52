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

Options of a source: ``page_size`` (100), ``query`` (further parameters, such as ``{"country": "South Sudan"}``).
"""

import re
from collections.abc import Iterator, Mapping
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
from harvester.portal import Native, PortalError, RawPage, RawRecord, RecordError, Start
from harvester.reading.fields import Fields

if TYPE_CHECKING:
    from harvester.http import Client

kind = "nada"

_KEPT = (
    "id", "idno", "title", "subtitle", "abstract", "nation", "iso3s", "authoring_entity", "year_start", "year_end",
    "created", "changed", "url", "type", "form_model", "data_access_type", "dtype", "repo_title", "repositoryid", "doi",
    "keywords",
)  # fmt: skip
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
_YEAR = re.compile(r"\d{4}")
_UNIX_SECONDS = re.compile(r"\d{9,10}")


def records(source: Source, client: "Client", start: Start) -> Iterator[RawPage]:
    """Pages of studies by title; the token is ``<page>:<studies read before it>``. Raises PortalError."""
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
        notes: tuple[ReadingNote, ...] = ()
        if last and total is not None and seen < total:
            notes = (ReadingNote("wrong-count", "found", f"{total} studies were announced, {seen} were listed"),)
        yield RawPage(found, None if last else f"{page}:{seen}", total, notes)
        if last:
            return


def essence(payload: Native) -> dict[str, Any]:
    """What describes the study: no view and download counters, no rank, no thumbnail."""
    return {name: payload[name] for name in _KEPT if payload.get(name) not in (None, "", [], {})}


def normalize(source: Source, record: RawRecord) -> DatasetRecord:
    """The study in DCAT words; raises RecordError without an identifier or a title."""
    fields = Fields(essence(record.payload))
    remote_id = _remote_id(record.payload)
    if not remote_id:
        raise RecordError("no-id", "idno", "the study has neither idno nor id", "ask the library to set it")
    title = fields.line("title")
    if not title:
        raise RecordError("no-title", "title", f"study {remote_id} has no title", "ask the library to set it")
    subtitle = fields.line("subtitle")
    landing_page = fields.address("url", source.url)
    number = fields.line("id", 20)
    if not landing_page and number.isdigit():
        landing_page = f"{source.url}/index.php/catalog/{number}"
    access = _access(fields, landing_page)
    abstract = fields.prose("abstract")
    return DatasetRecord(
        remote_id=remote_id,
        title={UNDETERMINED: f"{title}: {subtitle}" if subtitle else title},
        notes={UNDETERMINED: abstract} if abstract else {},
        landing_page=landing_page,
        issued=_moment(fields, "created"),
        modified=_moment(fields, "changed"),
        period_start=_year(fields, "year_start", month=1, day=1),
        period_end=_year(fields, "year_end", month=12, day=31),
        licence=source.licence,
        keywords=tuple(dict.fromkeys(fields.words("keywords"))),
        agents=_agents(source, fields),
        locations=_locations(fields),
        access=(access,),
        flags=() if access.modality is AccessModality.OPEN else (PortalFlag("microdata", "true"),),
        series=fields.line("repo_title", 200),
        extra={name: value for name in ("idno", "type", "doi") if (value := fields.line(name, 200))},
        reading_notes=tuple(fields.notes),
    )


def _asked(source: Source) -> dict[str, str | int]:
    """The parameters of every page; a source's own come first, so that they cannot undo the order."""
    size, query = source.options.get("page_size"), source.options.get("query")
    own = {name: str(value) for name, value in query.items()} if isinstance(query, dict) else {}
    size = size if isinstance(size, int) and size > 0 else _PAGE_SIZE
    return {**own, "ps": size, "inc_iso": 1, "sort_by": "title", "sort_order": "asc"}


def _token(token: str | None) -> tuple[int, int]:
    page, _, seen = (token or "1:0").partition(":")
    if not (page.isdigit() and seen.isdigit()):
        raise PortalError("token-unreadable", f'"{token}" is no page of this library', mend="start the run afresh")
    return int(page), int(seen)


def _answer(answer: object, address: str) -> tuple[list[Native], int | None]:
    """The rows and the library's count of all studies, from either shape."""
    body: object = answer
    if isinstance(answer, Mapping):
        if answer.get("status") == "failed":
            raise PortalError("portal-refused", f"the library answers: {answer.get('message', 'failed')}", address)
        body = answer.get("result", answer)
    rows = body.get("rows") if isinstance(body, Mapping) else None
    if not isinstance(body, Mapping) or not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        mend = "check that the address is that of a NADA library"
        raise PortalError("unexpected-answer", "the answer has no list of studies", address, mend)
    # ``found`` counts the matches of the question, ``total`` in some versions all studies of the library.
    return rows, Fields(body).whole("found")


def _remote_id(row: Native) -> str:
    fields = Fields(row)
    return fields.line("idno", 300) or fields.line("id", 300)


def _access(fields: Fields, landing_page: str) -> AccessRecord:
    named = next((name for name in _POLICY_FIELDS if fields.line(name)), "")
    if not named:
        return AccessRecord(AccessModality.UNKNOWN, address=landing_page)
    policy = fields.line(named, 60).lower()
    policy = _SPELLINGS.get(policy, policy)
    if policy not in _POLICIES:
        fields.note("access-unknown", named, f'no known access policy: "{policy}"')
        return AccessRecord(AccessModality.UNKNOWN, address=landing_page)
    modality, step = _POLICIES[policy]
    return AccessRecord(modality, (step,), landing_page)


def _agents(source: Source, fields: Fields) -> tuple[AgentRole, ...]:
    """Who made the study holds it; the library publishes its description."""
    holders = [name.strip() for name in re.split(r"[;|]", fields.line("authoring_entity")) if name.strip()]
    roles = [AgentRole(AgentRecord(name), Role.HOLDER) for name in dict.fromkeys(holders)]
    if source.publisher:
        roles.append(AgentRole(AgentRecord(source.publisher), Role.PUBLISHER))
    return tuple(roles)


def _locations(fields: Fields) -> tuple[LocationRecord, ...]:
    return tuple(LocationRecord(code) for code in fields.countries("iso3s", "nation"))


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
