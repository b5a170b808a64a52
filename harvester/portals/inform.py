"""The INFORM indices of disaster and crisis risk, as the Joint Research Centre's InformAPI gives them.

Publisher: European Commission, Joint Research Centre, for the INFORM partnership, https://drmkc.jrc.ec.europa.eu/inform-index
API: https://drmkc.jrc.ec.europa.eu/inform-index/API/InformAPI ; read is ``GET {url}/countries/trends/?WorkflowId=0``.
Terms: CC BY 4.0. No key; no limit on requests is published.
Unit: an index and its edition: INFORM Risk or one of its three dimensions, for one year, with the countries it covers.

Caveats:
    - One call answers every index, year and country since the first edition that is still compared, with no paging and
      some 7,600 rows. It is counted as it comes: scores and ranks are not kept.
    - ``WorkflowId=0`` is the latest release. A new release computes the past years anew, under other workflow numbers,
      so an edition is known by its year; its workflow and method are facts that may change.
    - Released about twice a year. The answer has no months and no day of release; an edition is a year.
    - A country without a score in an edition is not counted as covered; a score of 0 is one.
    - ``Iso3`` is said not to be ISO 3166-1 alpha-3 everywhere; what is no country is noted and left out.
    - The portal now and then answers nothing at all. A broken connection is tried again; an empty answer ends the run.

Filters of a source: ``indices``, those wanted by their ``IndicatorId`` (such as ``[INFORM]``); all if there is none.
"""

from collections.abc import Iterator, Mapping, Sequence
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
    RelationRecord,
)
from catalog.vocabulary import AccessModality, RelationKind, Role
from config.declarations import Source
from harvester.portal import Native, PortalError, RawPage, RawRecord, RecordError, Start, filled
from harvester.reading.fields import Fields

if TYPE_CHECKING:
    from harvester.http import Client

kind = "inform"

_KEPT = ("index", "name", "year", "workflow", "methodology", "countries", "dimensions")
_COMPOSITE = "INFORM"
_COLUMNS = ("Iso3", "GNAYear", "IndicatorId", "IndicatorScore")
"""What a row of the answer tells, its own names left out."""
_STEP = "Ask the InformAPI at the address given; no account is needed."


def records(source: Source, client: "Client", start: Start) -> Iterator[RawPage]:
    """A page per year, the newest last; the token is the next year. Raises PortalError."""
    address = f"{source.url}/countries/trends/"
    begin = _year(start.token)
    editions = _editions(client.get_json(address, params={"WorkflowId": 0}), _wanted(source), address)
    years = sorted(editions)
    total = sum(len(by_index) for by_index in editions.values())
    for position, year in enumerate(years):
        if year < begin:
            continue
        following = str(years[position + 1]) if position + 1 < len(years) else None
        found = tuple(RawRecord(f"{index}-{year}", edition, address) for index, edition in editions[year].items())
        yield RawPage(found, following, total)
    if not any(year >= begin for year in years):
        yield RawPage((), None, total)


def essence(payload: Native) -> dict[str, Any]:
    """Which edition of which index it is, and the countries in it: no score, no rank."""
    return filled(payload, _KEPT)


def normalize(source: Source, record: RawRecord) -> DatasetRecord:
    """The edition in DCAT words; raises RecordError if it does not say which it is."""
    fields = Fields(essence(record.payload))
    index, year = fields.line("index", 40), fields.whole("year")
    if not index or year is None or not date.min.year <= year <= date.max.year:
        raise RecordError("no-id", "index", "the edition has no index or no year", "tell the Joint Research Centre")
    name = fields.line("name", 200) or index
    codes = fields.countries("countries", scheme="iso3")
    dimensions = fields.words("dimensions")
    address = f"{source.url}/countries/trends/?WorkflowId=0"
    said = {
        "edition": str(year),
        "index": index,
        "countries": str(len(codes)),
        "workflow": fields.line("workflow", 20),
        "methodology": fields.line("methodology", 20),
    }
    return DatasetRecord(
        remote_id=f"{index}-{year}",
        title={"en": f"{name}, {year} edition"},
        notes={"en": f"{name}: a score for each of {len(codes)} countries in the {year} edition."},
        period_start=date(year, 1, 1),
        period_end=date(year, 12, 31),
        licence=source.licence,
        languages=("en",),
        keywords=("risk", "index", name),
        agents=_agents(source),
        locations=tuple(LocationRecord(code, admin_level=0) for code in codes),
        distributions=(DistributionRecord("api", "InformAPI, trends of the latest release", address, format="API"),),
        columns=tuple(ColumnRecord("", position, header) for position, header in enumerate(_COLUMNS)),
        access=(AccessRecord(AccessModality.OPEN, (_STEP,), address),),
        relations=tuple(RelationRecord(RelationKind.BASED_ON, f"{dimension}-{year}") for dimension in dimensions),
        series=name,
        extra={field: value for field, value in said.items() if value},
        reading_notes=tuple(fields.notes),
    )


def _wanted(source: Source) -> frozenset[str]:
    given = source.filters.get("indices")
    return frozenset(str(one) for one in given) if isinstance(given, list) else frozenset()


def _year(token: str | None) -> int:
    if not (token or "0").isdecimal():
        raise PortalError("token-unreadable", f'"{token}" is no year of this index', mend="start the run afresh")
    return int(token or "0")


def _editions(answer: object, wanted: frozenset[str], address: str) -> dict[int, dict[str, Native]]:
    """What each year has of each index, counted from the rows; in the order of the index's name."""
    if not isinstance(answer, list) or not all(isinstance(row, Mapping) for row in answer):
        mend = "check that the address is that of the InformAPI, and try again later: it now and then answers nothing"
        raise PortalError("unexpected-answer", "the answer is no list of scores", address, mend)
    told: dict[tuple[int, str], list[Mapping[str, Any]]] = {}
    for row in answer:
        fields = Fields(row)
        index, year = fields.line("IndicatorId", 40), fields.whole("GNAYear")
        if index and year and (not wanted or index in wanted):
            told.setdefault((year, index), []).append(row)
    if answer and not told:
        raise PortalError("unexpected-answer", "no row names an index and a year", address, "check the filters")
    years: dict[int, dict[str, Native]] = {}
    for year, index in sorted(told):
        years.setdefault(year, {})[index] = _edition(index, year, told[year, index])
    for by_index in years.values():
        if _COMPOSITE in by_index:
            dimensions = [index for index in by_index if index != _COMPOSITE]
            by_index[_COMPOSITE] = {**by_index[_COMPOSITE], "dimensions": dimensions}
    return years


def _edition(index: str, year: int, rows: Sequence[Mapping[str, Any]]) -> Native:
    return {
        "index": index,
        "name": Fields(rows[0]).line("FullName", 200),
        "year": year,
        "workflow": Fields(rows[0]).line("WorkflowId", 20),
        "methodology": Fields(rows[0]).line("MethodologyId", 20),
        "countries": sorted({Fields(row).line("Iso3", 40) for row in rows if _is_scored(row)} - {""}),
    }


def _is_scored(row: Mapping[str, Any]) -> bool:
    return row.get("IndicatorScore") not in (None, "")


def _agents(source: Source) -> tuple[AgentRole, ...]:
    if not source.publisher:
        return ()
    publisher = AgentRecord(source.publisher)
    return AgentRole(publisher, Role.HOLDER), AgentRole(publisher, Role.PUBLISHER)
