"""Internal displacement, as IDMC's external API gives it: the GIDD's yearly figures and the IDU's events.

Publisher: Internal Displacement Monitoring Centre (IDMC).
API: https://helix-tools-api.idmcdb.org/external-api ; the software is https://github.com/idmc-labs/helix-server
Terms: CC BY-IGO, as IDMC's datasets are licensed on HDX. A ``client_id`` is given by e-mail; no limit on requests is
    published.
Unit: a database and a country: conflict displacement (GIDD), disaster displacement (GIDD), displacement updates (IDU).
    The rows are figures and events, so they are counted as they come and not kept.

Caveats:
    - The ``client_id`` is a parameter, and comes back in ``next``, twice from the second page on. Addresses in answers
      are neither kept nor followed.
    - IDU lists are files made beforehand: 302 to the file, 202 with ``[]`` while it is being made, 404 with ``[]`` if
      there is none, 500 if making it failed. Only a file is an answer: everything else ends the run.
    - ``idus/all`` has every event since the beginning and is large; the source may ask for the last 180 days instead.
    - IDU days are written as 11:00 UTC of the day before, and so may be a day early; its coordinates are points.
    - Rounded and exact figures stand side by side; no figure is null, 0 is a figure.
    - Areas that are no country of ISO (Abyei, Kosovo) have codes of their own.

Filters of a source: ``parts``, those wanted of ``conflicts``, ``disasters`` and ``idus``; all if there is none.
Options of a source: ``page_size`` (100), ``idus`` (``all``, or ``last-180-days``).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from catalog.records import (
    AccessRecord,
    AgentRecord,
    AgentRole,
    ColumnRecord,
    DatasetRecord,
    DistributionRecord,
    LocationRecord,
    ReadingNote,
)
from catalog.vocabulary import AccessModality, Role
from config.declarations import Source
from harvester.portal import Native, PortalError, RawPage, RawRecord, RecordError, Start, filled, wants_key
from harvester.reading.fields import Fields

if TYPE_CHECKING:
    from harvester.http import Client

kind = "idmc"

_KEPT = (
    "part", "iso3", "country", "first_year", "last_year", "first_day", "last_day", "entries", "causes", "hazards",
    "figures", "columns", "last_updated",
)  # fmt: skip
_TITLES: Mapping[str, tuple[str, str, str]] = {
    "conflicts": (
        "Internal displacement by conflict and violence",
        "Global Internal Displacement Database (GIDD)",
        "A figure for each year",
    ),
    "disasters": (
        "Internal displacement by disasters",
        "Global Internal Displacement Database (GIDD)",
        "A figure for each disaster",
    ),
    "idus": (
        "Internal displacement updates",
        "Internal Displacement Updates (IDU)",
        "Events of displacement as they are reported, with their coordinates, preliminary",
    ),
}
_FIGURES = ("new_displacement", "total_displacement")
_PAGE_SIZE = 100
_MOST_WORDS = 40
_LISTS = ("all", "last-180-days")
_STEPS = (
    "Ask IDMC by e-mail for a client id, and read the external API with it.",
    "Without one, look among the datasets of IDMC on HDX.",
)


@dataclass
class _Told:
    """What the rows of one country have told so far."""

    country: str = ""
    entries: int = 0
    years: set[int] = field(default_factory=set)
    days: set[str] = field(default_factory=set)
    causes: set[str] = field(default_factory=set)
    hazards: set[str] = field(default_factory=set)
    figures: set[str] = field(default_factory=set)
    updated: str = ""


@dataclass
class _Part:
    """What a part of the API has told: each country's, its columns, and the rows that name none."""

    by_country: dict[str, _Told] = field(default_factory=dict)
    columns: dict[str, None] = field(default_factory=dict)
    updated: str = ""
    placeless: int = 0


def records(source: Source, client: "Client", start: Start) -> Iterator[RawPage]:
    """A page per part, by country; the token is the next part. Raises PortalError."""
    if not client.key:
        raise PortalError("key-missing", "IDMC answers nobody without a client id", source.url, wants_key(source))
    parts = _parts(source)
    if start.token is not None and start.token not in parts:
        raise PortalError("token-unreadable", f'"{start.token}" is no part of this source', mend="start the run afresh")
    parts = parts[parts.index(start.token) :] if start.token else parts
    for position, part in enumerate(parts):
        told = _idus(source, client) if part == "idus" else _gidd(source, client, part)
        address = _address(source, part)
        found = tuple(
            RawRecord(f"{part}-{iso3}", _payload(part, iso3, told), f"{address}?iso3__in={iso3}")
            for iso3 in sorted(told.by_country)
        )
        following = parts[position + 1] if position + 1 < len(parts) else None
        message = f"{told.placeless} rows name no country"
        notes = (ReadingNote("no-country", "iso3", message),) if told.placeless else ()
        yield RawPage(found, following, notes=notes)


def essence(payload: Native) -> dict[str, Any]:
    """Which part and country it is, and what time, causes and columns its rows have: no figure."""
    return filled(payload, _KEPT)


def normalize(source: Source, record: RawRecord) -> DatasetRecord:
    """The country's part in DCAT words; raises RecordError if it does not say which it is."""
    fields = Fields(essence(record.payload))
    part, iso3 = fields.line("part", 40), fields.line("iso3", 40)
    if part not in _TITLES or not iso3:
        raise RecordError("no-id", "part", "the entry has no part or no country", "tell IDMC")
    title, database, words = _TITLES[part]
    place = fields.line("country", 200) or iso3
    codes = fields.countries("iso3", "country")
    start, end = _period(fields)
    address = f"{_address(source, part)}?iso3__in={iso3}"
    causes, hazards = fields.words("causes"), fields.words("hazards")
    entries = fields.whole("entries") or 0
    facts = {
        "database": "IDU" if part == "idus" else "GIDD",
        "entries": str(entries),
        "causes": ", ".join(causes),
        "figures": ", ".join(name.replace("_", " ") for name in fields.words("figures")),
    }
    return DatasetRecord(
        remote_id=f"{part}-{iso3}",
        title={"en": f"{title}, {place}"},
        notes={"en": f"{words}: {place} in IDMC's {database}."},
        modified=fields.moment("last_updated"),
        period_start=start,
        period_end=end,
        licence=source.licence,
        languages=("en",),
        keywords=("internal displacement", *causes, *hazards),
        agents=_agents(source),
        locations=tuple(LocationRecord(code, admin_level=None if part == "idus" else 0) for code in codes),
        distributions=(DistributionRecord("api", f"IDMC external API, {place}", address, format="API"),),
        columns=tuple(ColumnRecord("", position, header) for position, header in enumerate(fields.words("columns"))),
        access=(AccessRecord(AccessModality.ON_REQUEST, _STEPS, address),),
        series=database,
        extra={name: value for name, value in facts.items() if value},
        reading_notes=tuple(fields.notes),
    )


def _parts(source: Source) -> tuple[str, ...]:
    given = source.filters.get("parts")
    if given is None:
        return tuple(_TITLES)
    wanted = [str(one) for one in (given if isinstance(given, list) else [given])]
    unknown = [one for one in wanted if one not in _TITLES] if wanted else ["nothing"]
    if unknown:
        mend = f"name some of {', '.join(_TITLES)}"
        raise PortalError("filter-unreadable", f'"{unknown[0]}" is no part of IDMC\'s API', mend=mend)
    return tuple(part for part in _TITLES if part in wanted)


def _address(source: Source, part: str) -> str:
    """Of a part, without the client id."""
    if part != "idus":
        return f"{source.url}/gidd/{part}/"
    wanted = source.options.get("idus")
    return f"{source.url}/idus/{wanted if wanted in _LISTS else _LISTS[0]}/"


def _gidd(source: Source, client: "Client", part: str) -> _Part:
    """All pages of a part; raises PortalError if they end before all rows are told."""
    address, told = _address(source, part), _Part()
    wanted = source.options.get("page_size")
    size = wanted if isinstance(wanted, int) and wanted > 0 else _PAGE_SIZE
    offset, before = 0, None
    while True:
        asked: dict[str, str | int] = {"format": "json", "limit": size, "offset": offset, "client_id": client.key}
        answer = client.get_json(address, params=asked)
        rows, count = _answer(answer, address)
        if rows and rows == before:
            raise PortalError("repeated-page", f"offset {offset} gives the rows before it again", address, "try again")
        before = rows
        told.updated = max(told.updated, Fields(answer).line("last_updated", 40))
        for row in rows:
            _hear(told, row)
        offset += len(rows)
        if offset >= count:
            return told
        if not rows:
            message = f"{count} rows were announced, {offset} were given"
            raise PortalError("incomplete", message, address, "try again later; if it lasts, tell IDMC")


def _answer(answer: object, address: str) -> tuple[list[Native], int]:
    rows = answer.get("results") if isinstance(answer, Mapping) else None
    count = Fields(answer).whole("count") if isinstance(answer, Mapping) else None
    if count is None or not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        mend = "check that the address is that of IDMC's external API"
        raise PortalError("unexpected-answer", "the answer has no counted list of figures", address, mend)
    return rows, count


def _idus(source: Source, client: "Client") -> _Part:
    """The list of events; raises PortalError while there is none, for an empty answer then is no empty list."""
    address, told = _address(source, "idus"), _Part()
    try:
        rows = client.get_json(address, params={"client_id": client.key})
    except PortalError as error:
        if error.code == "http-202":
            mend = "try again in an hour; everything else is read already"
            raise PortalError("list-not-ready", "IDMC is still making the list of events", address, mend) from None
        if error.code == "http-404":
            mend = "check the source's url; if it is right, ask IDMC to have the list made"
            raise PortalError("no-list", "IDMC has no list of events ready", address, mend) from None
        raise
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        mend = "check that the address is that of IDMC's external API"
        raise PortalError("unexpected-answer", "the answer is no list of events", address, mend)
    for row in rows:
        _hear(told, row)
    return told


def _hear(told: _Part, row: Native) -> None:
    """Take from a row what describes its country's part."""
    fields = Fields(row)
    iso3 = fields.line("iso3", 40).upper()
    if not iso3:
        told.placeless += 1
        return
    told.columns |= dict.fromkeys(name[:200] for name in row)
    country = told.by_country.setdefault(iso3, _Told())
    country.country = country.country or fields.line("country_name", 200) or fields.line("country", 200)
    country.entries += 1
    country.years |= {year} if (year := fields.whole("year")) else set()
    country.days |= {
        day for name in ("displacement_start_date", "displacement_end_date") if (day := fields.line(name, 40)[:10])
    }
    country.causes |= {fields.line("displacement_type", 60)} - {""}
    country.hazards |= {fields.line("hazard_type_name", 60) or fields.line("type", 60)} - {""}
    country.figures |= {name for name in _FIGURES if row.get(name) is not None}
    country.updated = max(country.updated, fields.line("created_at", 40))


def _payload(part: str, iso3: str, told: _Part) -> Native:
    country = told.by_country[iso3]
    return {
        "part": part,
        "iso3": iso3,
        "country": country.country,
        "first_year": min(country.years, default=None),
        "last_year": max(country.years, default=None),
        "first_day": min(country.days, default=""),
        "last_day": max(country.days, default=""),
        "entries": country.entries,
        "causes": sorted(country.causes) or {"conflicts": ["Conflict"], "disasters": ["Disaster"]}.get(part, []),
        "hazards": sorted(country.hazards)[:_MOST_WORDS],
        "figures": sorted(country.figures),
        "columns": list(told.columns),
        "last_updated": country.updated or told.updated,
    }


def _period(fields: Fields) -> tuple[date | None, date | None]:
    """By days where events have them, else by years."""
    if fields.line("first_day"):
        said = fields.between("first_day", "last_day")
        return said.start, said.end
    first, last = fields.whole("first_year"), fields.whole("last_year")
    return _day(first, month=1, day=1), _day(last, month=12, day=31)


def _day(year: int | None, *, month: int, day: int) -> date | None:
    return date(year, month, day) if year is not None and date.min.year <= year <= date.max.year else None


def _agents(source: Source) -> tuple[AgentRole, ...]:
    if not source.publisher:
        return ()
    publisher = AgentRecord(source.publisher)
    return AgentRole(publisher, Role.HOLDER), AgentRole(publisher, Role.PUBLISHER)
