"""Funding of mine action: what the Financial Tracking Service says of each plan's mine action, by country and year.

Publisher: United Nations OCHA, Financial Tracking Service, https://fts.unocha.org
API: https://api.hpc.tools/docs/v1 ; read are ``GET {url}/v2/fts/flow/plan/overview/progress/<year>`` and, for each
    plan, ``GET {url}/v1/fts/flow/custom-search?planid=<number>&groupby=globalcluster``.
Terms: public without a key. No limit on requests is published.
Unit: a country and year, with the plans that are of this country alone; a plan of several countries is one by itself.

Caveats:
    - Totals are the service's own, told plan by plan: flows are never added up, for they are listed at both ends of a
      boundary, and plans never either. A plan's total for several countries is of none of them alone.
    - Mine action is the global cluster 15, by number. What is given to it together with other clusters is ``shared``,
      and not part of its total.
    - A plan of several years is listed in each, with the total of the whole plan.
    - A plan without requirements of mine action may have funding of it, and the other way round.
    - One call per plan: some 50 for a year. Some User-Agents are answered with 406; a status of 200 may hold an error.
    - No day of change is told. A year is read whole: there is nothing incremental.

Filters of a source: ``countries`` (ISO3) and ``plans`` (numbers); all if there is none.
Options of a source: ``first_year`` (2020), ``last_year`` (this year), ``cluster`` (15).
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from catalog.records import (
    AccessRecord,
    AgentRecord,
    AgentRole,
    ColumnRecord,
    DatasetRecord,
    DistributionRecord,
    LocationRecord,
)
from catalog.vocabulary import AccessModality, Role
from config.declarations import Source
from harvester.portal import Native, PortalError, RawPage, RawRecord, RecordError, Start, filled
from harvester.portals.hpc_plans import year_of
from harvester.reading.fields import Fields
from harvester.reading.markup import line

if TYPE_CHECKING:
    from harvester.http import Client

kind = "fts-mine-action"

MINE_ACTION = 15
"""The service's number of the global cluster."""
_FIRST_YEAR = 2020
_KEPT = ("id", "year", "countries", "plans")
_REQUIRED = {"origRequirements": "required_first", "revisedRequirements": "required"}
_TOTALS = (
    ("required_first", "required at first"),
    ("required", "required"),
    ("funded", "funded"),
    ("shared", "shared with {}"),
    ("pledged", "pledged"),
)
_COLUMNS = ("origRequirements", "revisedRequirements", "totalFunding", "sharedFunding")
_STEP = "Ask the service at the address given, grouped by global cluster; no account is needed."


def records(source: Source, client: "Client", start: Start) -> Iterator[RawPage]:
    """A page per year, the oldest first; the token is the next year. Raises PortalError."""
    first = year_of(start.token) or source.whole("first_year", _FIRST_YEAR)
    last = source.whole("last_year", datetime.now(UTC).year)
    for year in range(first, last + 1):
        yield RawPage(tuple(_of_year(client, source, year)), str(year + 1) if year < last else None)
    if first > last:
        yield RawPage(())


def essence(payload: Native) -> dict[str, Any]:
    """The year, its countries and the service's totals of each plan."""
    return filled(payload, _KEPT)


def normalize(source: Source, record: RawRecord) -> DatasetRecord:
    """A country's year in DCAT words; raises RecordError without an identifier, a year or a plan."""
    fields = Fields(essence(record.payload))
    remote_id, year = fields.line("id", 60), fields.whole("year")
    if not remote_id or year is None or not date.min.year <= year <= date.max.year:
        raise RecordError("no-id", "id", "there is no identifier or no year", "tell OCHA")
    plans = [Fields(part, fields.notes, f"plans[{at}].") for at, part in enumerate(fields.parts("plans"))]
    if not plans:
        raise RecordError("no-title", "plans", f"{remote_id} has no plan", "tell OCHA")
    names = [plan.line("name", 300) or f"plan {plan.line('id', 20)}" for plan in plans]
    addresses = [_address(source, plan.line("id", 20)) for plan in plans]
    return DatasetRecord(
        remote_id=remote_id,
        title={"en": f"Funding of mine action {year}: {'; '.join(names)}"[:1000]},
        notes={"en": "Requirements and funding of mine action (USD), as the Financial Tracking Service totals them."},
        period_start=date(year, 1, 1),
        period_end=date(year, 12, 31),
        licence=source.licence,
        languages=("en",),
        keywords=("mine action", "funding"),
        agents=_agents(source),
        locations=tuple(LocationRecord(code, admin_level=0) for code in fields.countries("countries")),
        distributions=tuple(
            DistributionRecord(plan.line("id", 20) or str(at), name, address, format="JSON")
            for at, (plan, name, address) in enumerate(zip(plans, names, addresses, strict=True))
        ),
        columns=tuple(ColumnRecord("", at, name) for at, name in enumerate(_COLUMNS)),
        access=(AccessRecord(AccessModality.OPEN, (_STEP,), addresses[0]),),
        series="; ".join(dict.fromkeys(type_ for plan in plans if (type_ := plan.line("type", 100)))),
        extra=_extra(plans, names),
        reading_notes=tuple(fields.notes),
    )


def _of_year(client: "Client", source: Source, year: int) -> list[RawRecord]:
    """What the year's plans have of mine action, those of one country together."""
    address = f"{source.url}/v2/fts/flow/plan/overview/progress/{year}"
    plans = _data(client.get_json(address), address).get("plans")
    if not isinstance(plans, list) or not all(isinstance(plan, Mapping) for plan in plans):
        raise PortalError("unexpected-answer", "the answer has no list of plans", address, "check the source's address")
    gathered: dict[str, dict[str, Any]] = {}
    for plan in sorted(plans, key=lambda one: Fields(one).whole("id") or 0):
        number = Fields(plan).whole("id")
        places = sorted({code for one in _objects(plan, "countries") if (code := Fields(one).line("iso3", 3))})
        if not number or not _is_wanted(source, number, places):
            continue
        totals = _totals(client, source, number)
        if not totals:
            continue
        id_ = f"{places[0]}-{year}" if len(places) == 1 else f"plan-{number}-{year}"
        unit = gathered.setdefault(id_, {"id": id_, "year": year, "countries": places, "plans": []})
        type_ = plan.get("planType")
        described = {
            "id": number,
            "name": Fields(plan).line("name", 300),
            "code": Fields(plan).line("code", 40),
            "type": Fields(type_).line("name", 100) if isinstance(type_, Mapping) else "",
        }
        unit["plans"].append(described | totals)
    return [RawRecord(id_, gathered[id_], address) for id_ in sorted(gathered)]


def _is_wanted(source: Source, number: int, places: list[str]) -> bool:
    countries, plans = source.filters.get("countries"), source.filters.get("plans")
    if isinstance(countries, list) and not {str(code).upper() for code in countries} & set(places):
        return False
    return not isinstance(plans, list) or number in plans


def _address(source: Source, number: str) -> str:
    return f"{source.url}/v1/fts/flow/custom-search?planid={number}&groupby=globalcluster" if number.isdigit() else ""


def _totals(client: "Client", source: Source, number: int) -> dict[str, Any]:
    """The service's own totals of mine action in a plan; empty if it has none."""
    cluster = source.whole("cluster", MINE_ACTION)
    address = _address(source, str(number))
    data = _data(client.get_json(address), address)
    found: dict[str, Any] = {}
    for one in _objects(_object(data, "requirements"), "objects"):
        if _is(one, cluster):
            told = {ours: Fields(one).whole(theirs) for theirs, ours in _REQUIRED.items()}
            found |= {name: total for name, total in told.items() if total is not None}
    report = _object(data, "report3")
    for group in _objects(_object(report, "fundingTotals"), "objects"):
        funding = _objects(group, "objectsBreakdown") or _objects(group, "singleFundingObjects")
        for one in funding:
            if _is(one, cluster):
                told = {"funded": Fields(one).whole("totalFunding"), "shared": Fields(one).whole("sharedFunding")}
                found |= {name: total for name, total in told.items() if total is not None}
        others = {name for one in _objects(group, "sharedFundingObjects") for name in _beside(one, cluster)}
        if others:
            found["shared_with"] = sorted(others)
    for group in _objects(_object(report, "pledgeTotals"), "objects"):
        for one in _objects(group, "objectsBreakdown") or _objects(group, "singleFundingObjects"):
            if _is(one, cluster) and (total := Fields(one).whole("totalFunding")) is not None:
                found["pledged"] = total
    return found


def _data(answer: object, address: str) -> Native:
    """What is in the envelope ``{status, data}``."""
    if isinstance(answer, Mapping) and str(answer.get("status", "ok")).lower() != "ok":
        words = line(str(answer.get("message", answer["status"])), 300)
        raise PortalError("portal-refused", f"the service answers: {words}", address, "try again later")
    data = answer.get("data") if isinstance(answer, Mapping) else None
    if not isinstance(data, Mapping):
        mend = "check that the address is that of HPC.tools"
        raise PortalError("unexpected-answer", "the answer has no data", address, mend)
    return data


def _object(record: Native, field: str) -> Native:
    given = record.get(field)
    return given if isinstance(given, Mapping) else {}


def _objects(record: Native, field: str) -> list[Native]:
    given = record.get(field)
    return [one for one in given if isinstance(one, Mapping)] if isinstance(given, list) else []


def _is(record: Native, cluster: int) -> bool:
    """Whether it is of this cluster alone: numbers are written as numbers and as texts."""
    return str(record.get("id")) == str(cluster)


def _beside(record: Native, cluster: int) -> list[str]:
    """The other clusters with which this one shares funding."""
    numbers, names = record.get("id"), record.get("name")
    if not isinstance(numbers, list) or not isinstance(names, list) or str(cluster) not in map(str, numbers):
        return []
    return [line(str(name), 100) for number, name in zip(numbers, names, strict=False) if str(number) != str(cluster)]


def _agents(source: Source) -> tuple[AgentRole, ...]:
    if not source.publisher:
        return ()
    publisher = AgentRecord(source.publisher)
    return AgentRole(publisher, Role.HOLDER), AgentRole(publisher, Role.PUBLISHER)


def _extra(plans: list[Fields], names: list[str]) -> dict[str, str]:
    """A sentence for each plan."""
    said = {}
    for at, (plan, name) in enumerate(zip(plans, names, strict=True)):
        shared = ", ".join(plan.words("shared_with", 100)) or "other clusters"
        code = plan.line("code", 40)
        totals = [
            f"{words.format(shared)} USD {total:,}"
            for field, words in _TOTALS
            if (total := plan.whole(field)) is not None
        ]
        told = "; ".join(totals) or "no totals"
        said[f"plan_{plan.line('id', 20) or at}"] = f"{name}{f' ({code})' if code else ''}: {told}"
    return said
