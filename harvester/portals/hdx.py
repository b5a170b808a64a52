"""The Humanitarian Data Exchange, a CKAN.

Publisher: OCHA Centre for Humanitarian Data, https://data.humdata.org
API documentation: https://data.humdata.org/documentation and https://docs.ckan.org/en/latest/api/
Terms: https://data.humdata.org/faqs/terms (each dataset keeps its own licence). No limit on requests is published.
Unit: a package, that is a dataset of HDX; its resources are the files.

Caveats:
    - ``package_search`` answers at most 1,000 rows and clips larger requests silently; hdx-python-api's own search
      takes the clipped page for the last one and keeps everything in memory, so pages are asked for here.
    - Sorted by ``metadata_created`` because rows then keep their place while we page.
    - Deletions do not show in an incremental run; private datasets never show to an anonymous reader.
    - A quarantined resource comes without its address. A resource that was not assessed lacks the field.
    - Tags cannot find mine action (HDX merges them away) nor CODs (``cod_level`` does).
    - ``fs_check_info`` and ``shape_info`` hold the columns HDX saw in files; whether they are still filled is open.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain, zip_longest
from math import ceil, isfinite
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import orjson

from catalog.places import iso3_of
from catalog.records import (
    UNDETERMINED,
    AccessRecord,
    AgentRecord,
    AgentRole,
    ColumnRecord,
    DatasetRecord,
    DistributionRecord,
    LocationRecord,
    ReadingNote,
)
from catalog.vocabulary import AccessModality, Role, Visibility
from config.declarations import Source
from harvester.portal import Native, PortalError, RawPage, RawRecord, RecordError, SkipRecord, Start, counts
from harvester.reading.dates import DayOrder
from harvester.reading.fields import Fields
from harvester.reading.flags import flags as portal_flags
from harvester.reading.formats import format_name
from harvester.reading.licences import licence
from harvester.reading.markup import line, plain

if TYPE_CHECKING:
    import requests

    from harvester.http import Client

kind = "hdx"

MOST_ROWS = 1000
ROWS = 80
"""Asked for in one request unless the source says otherwise: 26,000 records take 325 requests, a page some 2 MB."""
TIMEOUT = (10, 120)
"""Seconds to connect, and between two reads."""
_SEARCH = "package_search"


def records(source: Source, client: "Client", start: Start) -> Iterator[RawPage]:
    """Read all public datasets, or those whose metadata changed since ``start.since``, 80 at a time.

    A page's token is the offset of the next page. ``options.rows`` sets another page size, up to 1,000. Page notes:
    ``repeated-page`` (every id was already given in this run), ``wrong-count`` (the portal's count and what it gives
    do not agree).

    Raises:
        PortalError: What the guarded session raises (``not-json``, ``http-500``, ``timeout``, ``unreachable`` ...), and
            ``portal-refused``, ``unexpected-answer``, ``endless-paging``.
    """
    search = _Search(source, client)
    rows = source.whole("rows", ROWS, MOST_ROWS)
    query = {"q": "*:*", "fq": _filter(start.since), "sort": "metadata_created asc", "rows": rows}
    offset = int(start.token) if start.token and start.token.isdigit() else 0
    seen: set[int] = set()  # hashes: the ids of a large portal would be much of what a harvest holds
    pages, most_pages = 0, 0
    while True:
        count, packages = search.page({**query, "start": offset})
        page = tuple(_raw(source, package) for package in packages)
        pages += 1
        most_pages = most_pages or pages + ceil(max(0, count - offset) / max(1, len(page))) + 1
        ids = {hash(record.remote_id) for record in page if record.remote_id}
        notes = []
        if ids and ids <= seen:
            notes.append(ReadingNote("repeated-page", "results", f"every record from {offset:,} on was already given"))
        seen |= ids
        offset += len(page)
        if offset > count or (not page and offset < count):
            message = f"the portal counts {count:,} records, and gives {offset:,}"
            notes.append(ReadingNote("wrong-count", "count", message))
        last = not page or offset == count or (offset > count and len(page) < rows)
        yield RawPage(page, token=None if last else str(offset), total=count, notes=tuple(notes))
        del page, packages  # a page of 1,000 packages is some 60 MB: not two at a time
        if last:
            return
        if pages >= most_pages:
            raise PortalError(
                "endless-paging",
                f"{pages} pages were read for {count:,} records and the portal has still more",
                search.address,
                "Report it to the portal's publisher; the records read so far are kept.",
            )


def _filter(since: datetime | None) -> str:
    if since is None:
        return "+dataset_type:dataset"
    lower = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"+dataset_type:dataset +metadata_modified:[{lower} TO *]"


def _raw(source: Source, package: object) -> RawRecord:
    if not isinstance(package, Mapping):
        return RawRecord("", {}, source.url)
    identifier = package.get("id")
    remote_id = line(identifier, 200) if isinstance(identifier, str) else ""
    return RawRecord(remote_id, package, f"{source.url}/api/3/action/package_show?id={quote(remote_id)}")


class _Search:
    """The portal's search, asked through hdx-python-api on a session behind our guards."""

    def __init__(self, source: Source, client: "Client") -> None:
        # A second and 69 MB: only whoever reads HDX pays for it.
        from hdx.api.configuration import Configuration

        self.address = f"{source.url}/api/action/{_SEARCH}"
        # Not Configuration.create: that is one per process. An explicit address, because HDX_URL would win over a site.
        self._hdx = Configuration(hdx_url=source.url, hdx_read_only=True, full_agent=client.user_agent)
        self._hdx.setup_session_remoteckan()
        session: requests.Session = self._hdx.get_session()
        client.guard(session)
        session.hooks["response"].append(self._remember)
        self._answer: requests.Response | None = None

    def page(self, query: Mapping[str, object]) -> tuple[int, Sequence[object]]:
        """The portal's count and one page of packages."""
        try:
            result = self._hdx.call_remoteckan(_SEARCH, dict(query), requests_kwargs={"timeout": TIMEOUT})
        except PortalError:
            raise
        except Exception as error:  # the library's errors have no common base
            raise self._failure(error) from error
        finally:
            self._answer = None
        packages = result.get("results") if isinstance(result, Mapping) else None
        count = result.get("count") if isinstance(result, Mapping) else None
        if not isinstance(packages, list) or not isinstance(count, int) or isinstance(count, bool):
            message = "the answer has no list of results with a count"
            raise PortalError("unexpected-answer", message, self.address, _MEND)
        return count, packages

    def _remember(self, answer: "requests.Response", **_: object) -> None:
        answer.encoding = "utf-8"  # JSON is nothing else, whatever the header says
        self._answer = answer

    def _failure(self, error: BaseException) -> PortalError:
        """What a library's error means; a fault of the guarded session hidden in it comes out as it was."""
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, PortalError):
                return cause
            cause = cause.__cause__ or cause.__context__
        if self._answer is None:
            return PortalError("unreachable", f"no answer: {type(error).__name__}", self.address, _MEND)
        try:
            answer = orjson.loads(self._answer.content)
        except orjson.JSONDecodeError:
            return PortalError("not-json", "the portal answered with JSON that cannot be read", self.address, _MEND)
        if isinstance(answer, dict) and answer.get("success") is False:
            return PortalError("portal-refused", "the portal refused the search", self.address, _MEND)
        return PortalError("unexpected-answer", "the answer is no CKAN answer", self.address, _MEND)


_MEND = "Check that url is the address of a CKAN portal, without /api, and open it in a browser; else try again later."


# What is kept of a package: chosen one by one, so that no counter and no person comes in with a new field.
_PACKAGE = (
    "archived", "caveats", "cod_level", "data_update_frequency", "dataseries_name", "dataset_date", "dataset_source",
    "field_names", "file_types", "id", "is_requestdata_type", "last_modified", "license_id", "license_other",
    "license_title", "metadata_created", "methodology", "methodology_other", "name", "notes", "num_of_rows", "private",
    "review_date", "state", "subnational", "title", "type",
)  # fmt: skip
_RESOURCE = (
    "description", "format", "id", "in_quarantine", "last_modified", "microdata", "mimetype", "name", "p_coded", "pii",
    "pii_is_sensitive", "pii_report_flag", "sdc_report_flag", "sensitive", "size", "url",
)  # fmt: skip
_ESSENCE = frozenset(_PACKAGE) | {"groups", "organization", "resources", "tags"}
_FLAGS = ("in_quarantine", "microdata", "pii", "pii_is_sensitive", "pii_report_flag", "sdc_report_flag", "sensitive")
_IMPORTERS_OWN = {"ogc_fid", "wkb_geometry"}
_MOST_COLUMNS, _MOST_SHEETS, _LONGEST_HEADER = 2000, 200, 300
_NAMELESS = "(unreadable)"
_WHOLE = 2**63


def essence(payload: Native) -> dict[str, Any]:
    """The chosen fields of a package and its resources; blank ones are left out, texts are fit for any database.

    Left out are counters, freshness, hashes, persons, and ``metadata_modified``, which moves without meaning. Of
    ``fs_check_info`` only the newest success stays, as ``sheets: [{name, headers, hashtags}]``; of ``shape_info``
    only its newest ``layers``: the names of the fields. What is of no expected type becomes ``{}``.
    """
    get = payload.get
    kept = _chosen(payload, _PACKAGE)
    organization = get("organization")
    if isinstance(organization, Mapping):
        kept["organization"] = {
            key: _simple(value) for key in ("name", "title") if (value := organization.get(key)) not in (None, "")
        }
    for key in ("groups", "tags"):
        if value := get(key):
            kept[key] = sorted(_names(value)) if isinstance(value, list) else {}
    if resources := get("resources"):
        kept["resources"] = [_resource(part) for part in resources] if isinstance(resources, list) else {}
    return kept


def _resource(resource: object) -> dict[str, Any] | None:
    if not isinstance(resource, Mapping):
        return None
    get = resource.get
    kept = _chosen(resource, _RESOURCE)
    if (events := get("fs_check_info")) and (sheets := _sheets(events)):
        kept["sheets"] = sheets
    if (events := get("shape_info")) and (layers := _layers(events)):
        kept["layers"] = layers
    return kept


def _chosen(record: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    get = record.get
    kept: dict[str, Any] = {}
    for key in keys:
        value = get(key)
        if value is not None and value != "":
            # Most values by far are of these two sorts; there are over a hundred in a package.
            quick = value is False or (type(value) is str and value.isascii() and "\x00" not in value)
            kept[key] = value if quick else _simple(value)
    return kept


def _simple(value: Any) -> Any:  # noqa: ANN401, PLR0911 - one line per JSON type
    """A text (without NUL and broken surrogates), number, truth value or flat list; else ``{}``: not readable."""
    if isinstance(value, str):
        if value.isascii():
            return value.replace("\x00", "") if "\x00" in value else value
        return value.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if -_WHOLE <= value < _WHOLE else {}
    if isinstance(value, float):
        return value if isfinite(value) else {}
    if isinstance(value, list) and not any(isinstance(part, list | Mapping) for part in value):
        return [_simple(part) for part in value if part is not None]
    return {}


def _names(parts: list[Any]) -> set[str]:
    names = set()
    for part in parts:
        name = part.get("name") if isinstance(part, Mapping) else part
        names.add(_simple(name) if isinstance(name, str) and name else _NAMELESS)
    return names


def _newest_success(events: object) -> Mapping[str, Any]:
    """The latest event with ``state: success``; an empty one if there is none."""
    if isinstance(events, str):
        if '"success"' not in events:
            return {}
        try:
            events = orjson.loads(events)
        except orjson.JSONDecodeError:
            return {}
    found: Mapping[str, Any] = {}
    for event in events if isinstance(events, list) else [events]:
        if (
            isinstance(event, Mapping)
            and event.get("state") == "success"
            and str(event.get("timestamp") or "") >= str(found.get("timestamp") or "")
        ):
            found = event
    return found


def _sheets(events: object) -> list[dict[str, Any]]:
    answer = _newest_success(events).get("hxl_proxy_response")
    sheets = answer.get("sheets") if isinstance(answer, Mapping) else None
    found = []
    for sheet in sheets[:_MOST_SHEETS] if isinstance(sheets, list) else ():
        if not isinstance(sheet, Mapping):
            continue
        headers, hashtags = _cells(sheet.get("headers")), _cells(sheet.get("hxl_headers"))
        if headers or hashtags:
            name = sheet.get("name")
            found.append({"name": _cell(name) if name else "", "headers": headers, "hashtags": hashtags})
    return found


def _layers(events: object) -> list[str]:
    fields = _newest_success(events).get("layer_fields")
    if not isinstance(fields, list):
        return []
    names = _cells([field.get("field_name") for field in fields if isinstance(field, Mapping)])
    return [name for name in names if name and name not in _IMPORTERS_OWN]


def _cells(row: object) -> list[str]:
    """The texts of a row, without the empty ones at its end."""
    if not isinstance(row, list):
        return []
    cells = row[:_MOST_COLUMNS]
    if not (set(map(type, cells)) == {str} and _is_plain("".join(cells)) and max(map(len, cells)) <= _LONGEST_HEADER):
        cells = [_cell(cell) for cell in cells]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _cell(cell: object) -> str:
    if isinstance(cell, str):
        return cell if len(cell) <= _LONGEST_HEADER and _is_plain(cell) else line(cell, _LONGEST_HEADER)
    return str(cell) if isinstance(cell, int | float) and not isinstance(cell, bool) else ""


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()


_ASK_STEPS = (
    "Open the dataset's page at the portal.",
    "Sign in and choose to request the data.",
    "Say who you are and what you need it for; the holder decides and answers by mail.",
)
_OPEN_STEPS = ("Open the dataset's page at the portal and download the files.",)
_REVIEW_STEPS = (
    "The portal is reviewing the files and holds them back; ask the publisher through the dataset's page.",
)
_COD_LEVELS = {"cod-standard", "cod-enhanced", "cod-candidate"}
_HASHTAG = re.compile(r"#[a-z][_0-9a-z]*(?:\+[a-z][_0-9a-z]*)*")


def use(payload: Native) -> dict[str, int]:
    """Downloads of all its files; views are counted of the last 14 days only, so there is no total of them."""
    return counts(payload, {"downloads": "total_res_downloads"})


def normalize(source: Source, record: RawRecord) -> DatasetRecord:
    """The record in DCAT words, from its essence; of a package as the portal gave it, that is made first.

    Flags that say *false* are left out: absent and *false* give none, ``OK`` is kept because it says that a scan was
    done. Reading notes: ``date-unreadable``, ``frequency-unknown``, ``place-unknown``, ``notes-cut``,
    ``address-unreadable``, ``flag-unreadable``, ``field-unreadable`` and their like.

    Raises:
        RecordError: ``no-id``, ``no-title``.
        SkipRecord: ``not-a-dataset`` (a showcase), ``not-active`` (a draft, a deleted one).
    """
    read = Fields(record.payload if record.payload.keys() <= _ESSENCE else essence(record.payload))
    remote_id = record.remote_id or read.line("id", 200)
    title = read.line("title")
    _refuse(read, remote_id, title)
    page = f"{source.url}/dataset/{quote(read.line('name', 200) or remote_id)}"
    private = read.flag("private") is True
    by_request = read.flag("is_requestdata_type") is True
    resources = [] if by_request else read.parts("resources")
    parts = [Fields(part, read.notes, f"resources[{index}].") for index, part in enumerate(resources)]
    keys = _keys(parts)
    distributions = tuple(
        _distribution(part, key, source, private=private) for part, key in zip(parts, keys, strict=True)
    )
    flags = [flag for part, key in zip(parts, keys, strict=True) for flag in portal_flags(part, _FLAGS, key)]
    notes = read.prose("notes")
    period = read.period("dataset_date", DayOrder.MONTH_FIRST)
    cod_level = said if (said := read.line("cod_level", 40)) in _COD_LEVELS else ""
    return DatasetRecord(
        remote_id=remote_id,
        title={UNDETERMINED: title},
        notes={UNDETERMINED: notes} if notes else {},
        landing_page=page,
        issued=read.moment("metadata_created"),
        modified=read.moment("last_modified"),
        period_start=period.start,
        period_end=period.end,
        period_open=period.open,
        update_frequency=read.frequency("data_update_frequency"),
        reviewed=read.moment("review_date"),
        methodology=_methodology(read),
        caveats=read.prose("caveats"),
        licence=_licence(read) or source.licence,
        keywords=tuple(dict.fromkeys(tag for tag in read.words("tags") if tag != _NAMELESS)),
        agents=_agents(read, source),
        locations=_locations(read, parts, (distributions, f"{title} {notes}") if cod_level else None),
        distributions=distributions,
        columns=tuple(ColumnRecord("", at, name) for at, name in enumerate(_asked_columns(read) if by_request else ())),
        access=_access(distributions, page, by_request=by_request, private=private),
        flags=tuple(flags),
        cod_level=cod_level,
        series=read.line("dataseries_name", 300),
        visibility=Visibility.OWNER if private else None,
        extra=_extra(read, by_request=by_request),
        reading_notes=tuple(read.notes),
    )


def _refuse(read: Fields, remote_id: str, title: str) -> None:
    if not remote_id:
        raise RecordError("no-id", "id", "the record has no identifier", "Ask the portal's publisher to mend it.")
    package_type, state = read.line("type", 40), read.line("state", 40)
    if package_type not in {"", "dataset"}:
        raise SkipRecord("not-a-dataset", f"the record is a {package_type}, not a dataset")
    if state not in {"", "active"}:
        raise SkipRecord("not-active", f"the record's state is {state}, not active")
    if not title:
        mend = f"Ask the publisher to give record {remote_id} a title."
        raise RecordError("no-title", "title", "the record has no title", mend)


def _keys(parts: Sequence[Fields]) -> list[str]:
    """One key per resource: its id; its position where that is missing or given twice."""
    keys: list[str] = []
    for position, part in enumerate(parts):
        key = part.line("id", 100) or str(position)
        if key in keys:
            part.note("duplicate-resource", "id", "two resources have the same id")
            key = f"{key[:90]}.{position}"
        keys.append(key)
    return keys


def _distribution(part: Fields, key: str, source: Source, *, private: bool) -> DistributionRecord:
    address = part.address("url", source.url)
    media_type = part.line("mimetype", 150).lower()
    word = part.line("format", 100)
    held_back = part.flag("in_quarantine") is True
    return DistributionRecord(
        key=key,
        name=part.line("name", 500),
        url="" if held_back or private else address,
        description=part.prose("description"),
        format=format_name(word, media_type, address),
        declared_format=word,
        media_type=media_type if "/" in media_type else "",
        size=part.whole("size") or None,  # HDX writes 0 for a file it did not see
        modified=part.moment("last_modified"),
        under_review=held_back or not part.record.get("url"),
        columns=_columns(part),
    )


def _columns(part: Fields) -> tuple[ColumnRecord, ...]:
    """The columns HDX saw, sheet by sheet; of a layer its fields. A hashtag that is none is left out."""
    if part.record.get("sheets"):
        return tuple(
            chain.from_iterable(
                _sheet(Fields(sheet, part.notes, part.where + "sheets.")) for sheet in part.parts("sheets")
            )
        )
    layers = part.record.get("layers")
    return _table("", _texts(layers), ()) if layers else ()


def _sheet(read: Fields) -> tuple[ColumnRecord, ...]:
    return _table(read.line("name", 200), _texts(read.record.get("headers")), _texts(read.record.get("hashtags")))


def _texts(row: object) -> tuple[str, ...]:
    if not isinstance(row, list):
        return ()
    return tuple(row) if set(map(type, row)) <= {str} else tuple(cell if isinstance(cell, str) else "" for cell in row)


@lru_cache(256)
def _table(sheet: str, headers: tuple[str, ...], hashtags: tuple[str, ...]) -> tuple[ColumnRecord, ...]:
    pairs = enumerate(zip_longest(_cells(list(headers)), _cells(list(hashtags)), fillvalue=""))
    cells = ((at, " ".join(header.split()), _hashtag(tag)) for at, (header, tag) in pairs)
    return tuple(ColumnRecord(sheet, at, header, tag) for at, header, tag in cells if header or tag)


def _hashtag(cell: str) -> str:
    if not cell:
        return ""
    tag = re.sub(r"\s+\+", "+", cell.strip()).lower()
    return tag if _HASHTAG.fullmatch(tag) else ""


def _methodology(read: Fields) -> str:
    method, other = read.prose("methodology", 10_000), read.prose("methodology_other", 10_000)
    if method.lower() == "other" and other:
        return other
    return "\n\n".join(text for text in (method, other) if text)


def _licence(read: Fields) -> str:
    own, identifier = (line(plain(read.raw(field), 2000)[0], 2000) for field in ("license_other", "license_id"))
    return licence(identifier, read.line("license_title", 300), own)


def _agents(read: Fields, source: Source) -> tuple[AgentRole, ...]:
    value = read.record.get("organization")
    organization = Fields(value if isinstance(value, Mapping) else {}, read.notes, "organization.")
    name = organization.line("title", 300) or organization.line("name", 300)
    if name:
        return _roles(name)
    read.note("no-organization", "organization", "the record names no organisation")
    return (AgentRole(AgentRecord(source.publisher), Role.PUBLISHER),) if source.publisher else ()


@lru_cache(4096)
def _roles(name: str) -> tuple[AgentRole, ...]:
    agent = AgentRecord(name)
    return (AgentRole(agent, Role.PUBLISHER), AgentRole(agent, Role.HOLDER))


def _locations(
    read: Fields, parts: Sequence[Fields], cod: tuple[Sequence[DistributionRecord], str] | None
) -> tuple[LocationRecord, ...]:
    said = [answer for part in parts if (answer := part.flag("p_coded")) is not None]
    p_coded = any(said) if said else None
    found: dict[str, LocationRecord] = {}
    for group in read.words("groups"):
        iso3 = iso3_of(group)
        if iso3:
            found[iso3] = LocationRecord(iso3, p_coded=p_coded)
        else:
            read.note("place-unknown", "groups", f'"{group[:60]}" is no country and not the world')
    return _deepened(tuple(found.values()), *cod) if cod else tuple(found.values())


# Of lower-case texts, and beginning with what is rare: headers of all sheets are long.
_LEVEL = re.compile(r"adm(?<![a-z]adm)(?:in)?[ _-]?([0-5])(?!\d)")
"""In ``#adm2+code``, ``ADM2_PCODE``, ``admin2Name``, ``xyz_admpop_adm2_2020.csv``, "admin 2 population"."""
_LEVELS = re.compile(
    r"admin(?:istrative)?[ -]levels? {1,9}([0-5](?: {0,9}(?:, {0,9}and\b|,|-|–|and\b|to\b|&) {0,9}[0-5])*)(?!\d)"
)
"""In "administrative level 0-2" and, without what stands in brackets, "levels 0 (country), 1 (province) and 2"."""
_BRACKETS = re.compile(r"\([^()]{0,200}\)")
_PCODE = re.compile(r"adm(?<![a-z]adm)(?:in)?[ _-]?[1-5](?:[ _-]?p[ _-]?code|(?:\+[a-z][_0-9a-z]*)*\+code(?!\w))")
_GAZETTEER = re.compile(r"gazetteer|admgz|tabulardata")
_LONGEST_SAID = 2000


def _deepened(
    places: tuple[LocationRecord, ...], parts: Sequence[DistributionRecord], words: str
) -> tuple[LocationRecord, ...]:
    """The places of a COD with the admin level it goes down to, and p-codes where its columns have them.

    A gazetteer lies beside population figures and goes deeper than they do: it counts where nothing else says a level.
    """
    said = [f"{part.name}\n{part.description[:_LONGEST_SAID]}".lower() for part in parts]
    headers = [_headers(part) for part in parts]
    mains = [at for at, text in enumerate(said) if not _GAZETTEER.search(text)]
    every = "\n".join(headers)
    found = (
        _levels("\n".join(said[at] for at in mains), "\n".join(headers[at] for at in mains))
        or _levels("\n".join(said), every)
        or _levels(words[:_LONGEST_SAID].lower(), "")
    )
    coded = _PCODE.search(every) is not None
    return tuple(
        replace(
            place,
            admin_level=max(found, default=None),
            p_coded=True if coded and place.p_coded is None else place.p_coded,
        )
        for place in places
    )


def _headers(part: DistributionRecord) -> str:
    """Headers and hashtags of all its columns, each once, in lower case."""
    return "\n".join({word for column in part.columns for word in (column.header, column.hashtag)}).lower()


def _levels(said: str, headers: str) -> set[int]:
    """The admin levels that are named in words, and in columns."""
    listed = " ".join(_LEVELS.findall(_BRACKETS.sub("", said)))
    return {int(digit) for digit in (*re.findall(r"\d", listed), *_LEVEL.findall(said), *_LEVEL.findall(headers))}


def _asked_columns(read: Fields) -> Sequence[str]:
    return read.words("field_names", 300)[:_MOST_COLUMNS]


def _access(
    distributions: Sequence[DistributionRecord], page: str, *, by_request: bool, private: bool
) -> tuple[AccessRecord, ...]:
    if by_request:
        return (AccessRecord(AccessModality.ON_REQUEST, _ASK_STEPS, page),)
    if any(part.url for part in distributions):
        return (AccessRecord(AccessModality.OPEN, _OPEN_STEPS, page),)
    if distributions and not private:
        return (AccessRecord(AccessModality.UNKNOWN, _REVIEW_STEPS, page),)
    return ()


def _extra(read: Fields, *, by_request: bool) -> dict[str, str]:
    found = {"dataset_source": read.line("dataset_source", 300)}
    if read.flag("subnational"):
        found["subnational"] = "1"
    if read.flag("archived"):
        found["archived"] = "true"
    if by_request:
        found["file_types"] = ", ".join(dict.fromkeys(format_name(word) for word in read.words("file_types")))[:300]
        found["num_of_rows"] = read.line("num_of_rows", 40)
    return {key: value for key, value in found.items() if value}
