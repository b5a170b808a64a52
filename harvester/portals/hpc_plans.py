"""Mine action in humanitarian response plans: the figures that HPC.tools holds of each plan.

Publisher: United Nations OCHA, https://humanitarianaction.info
API: https://api.hpc.tools/docs/v2 ; read are ``GET {url}/v2/public/plan`` and ``GET .../planSummary?year=``.
Terms: public without a key; ``responseMonitoring`` of a plan wants a bearer token. No limit on requests is published.
Unit: a plan with a caseload of mine action.

Caveats:
    - A caseload is mine action's if its ``availableGlobalClusterCode`` is PRO-MIN, or, where it has none ("n/a"), if
      its description says mines or explosive ordnance; the plan's own cluster is Protection.
    - National totals only. Figures by area and group are never kept: with a token it is read which there are.
    - A ``lastPublishedVersion`` below 1 means that disaggregated figures must not be published (OCHA's own rule); it is
      told only with a token.
    - Indicators (risk education, victim assistance, land release) are told by their words, and few plans list any; no
      recorded answer has them, nor is one of ``plan`` and ``planSummary`` recorded.
    - ``planSummary`` is slow: allow 90 seconds (LANDMARK_HTTP_READ).
    - Some User-Agents are answered with 406, "blocked due to bot activity"; a status of 200 may hold an error.
    - A plan whose response monitoring is not found (404) has none.
    - Dates of publication are written day/month/year.

Options of a source: ``first_year`` (2020), ``last_year`` (of the plans; any), ``read``: ``summary`` or ``monitoring``,
    which lists plans by ``/v2/fts/flow/plan/overview/progress`` and reads the ``responseMonitoring`` of each (with a
    token) in place of ``planSummary``; then ``last_year`` is this year if none is given.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from catalog.records import (
    AccessRecord,
    AgentRecord,
    AgentRole,
    ColumnRecord,
    DatasetRecord,
    DistributionRecord,
    LocationRecord,
    PortalFlag,
)
from catalog.vocabulary import AccessModality, Role
from config.declarations import Source
from harvester.portal import Native, PortalError, RawPage, RawRecord, RecordError, Start, filled, wants_key
from harvester.reading.dates import DayOrder
from harvester.reading.fields import Fields
from harvester.reading.markup import line

if TYPE_CHECKING:
    from harvester.http import Client

kind = "hpc-plans"

CLUSTER = "PRO-MIN"
"""OCHA's global code of mine action."""
_FIRST_YEAR = 2020
_KEPT = (
    "id", "name", "code", "type", "year", "start", "end", "countries", "caseloads", "indicators", "periods",
    "restricted", "published_version", "published_date", "admin_levels", "p_coded", "groups",
)  # fmt: skip
_METRICS: Mapping[str, str] = {
    "totalPopulation": "population",
    "affected": "affected",
    "inNeed": "in need",
    "target": "target",
    "expectedReach": "expected reach",
    "cumulativeReach": "reached",
}
_FIGURES = ("inNeed", "target")
_UNCODED = {"", "n/a", "na", "none", "null"}
_MINES = re.compile(
    r"\b(?:land)?mines?\b|\bminas?\b|\b(?:anti|d[eé]|des)min(?:e|as?|ing|age|ado)\b|\bexplosive (?:ordnance|hazards?)\b"
    r"|\bengins explosifs\b|\bartefactos explosivos\b|\b(?:EORE|ERW|UXO)\b",
    re.IGNORECASE,
)
_INDICATORS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "risk education",
        re.compile(
            r"\b(?:EORE|MRE)\b|\b(?:explosive ordnance|mines?) (?:risk|awareness)|\brisk education\b", re.IGNORECASE
        ),
    ),
    (
        "victim assistance",
        re.compile(r"\bvictim assistance\b|\bassistance to (?:victims|survivors) of (?:mine|expl)", re.IGNORECASE),
    ),
    ("land release", re.compile(r"\bland release|\b(?:cleared|clearance|demin)", re.IGNORECASE)),
)
_MOST_INDICATORS = 20
_MOST_GROUPS = 60
_OPEN = "The plan's national totals are open: ask planSummary for the plan's year and look for its number."
_TOKEN = "Figures by area and group need the token of an HPC.tools account: ask OCHA in the country."  # noqa: S105
_UNPUBLISHED = "Figures by area and group are not shared: the plan's last published version is below 1."


def records(source: Source, client: "Client", start: Start) -> Iterator[RawPage]:
    """A page per year, the oldest first; the token is the next year. Raises PortalError."""
    begin = year_of(start.token)
    if source.options.get("read") == "monitoring":
        if not client.key:
            raise PortalError("key-missing", "response monitoring wants a token", source.url, wants_key(source))
        this_year = datetime.now(UTC).year
        years = list(range(source.whole("first_year", _FIRST_YEAR), source.whole("last_year", this_year) + 1))
        plans: Mapping[int, Native] | None = None
    else:
        plans = _plans(client, source)
        years = _years(plans.values(), source)
    for position, year in enumerate(years):
        if year < begin:
            continue
        if plans is None:
            found = _monitored(client, source, year, years)
        else:
            found = _summed_up(client, source, year, years, plans)
        following = str(years[position + 1]) if position + 1 < len(years) else None
        yield RawPage(tuple(found), following)
    if not any(year >= begin for year in years):
        yield RawPage(())


def essence(payload: Native) -> dict[str, Any]:
    """The plan and which figures it has of mine action: none below the national level."""
    return filled(payload, _KEPT)


def normalize(source: Source, record: RawRecord) -> DatasetRecord:
    """The plan's figures in DCAT words; raises RecordError without an identifier or a name."""
    fields = Fields(essence(record.payload))
    remote_id = fields.line("id", 40)
    if not remote_id:
        raise RecordError("no-id", "id", "the plan has no id", "tell OCHA")
    name = fields.line("name", 300)
    if not name:
        raise RecordError("no-title", "name", f"plan {remote_id} has no name", "tell OCHA")
    period = fields.between("start", "end")
    metrics, told = _told(fields)
    indicators = fields.parts("indicators")
    topics = list(dict.fromkeys(word for one in indicators if (word := Fields(one).line("topic", 60))))
    levels = [level for level in _numbers(fields, "admin_levels") if level <= 5]  # noqa: PLR2004 - as low as p-codes go
    return DatasetRecord(
        remote_id=remote_id,
        title={"en": f"{name}: mine action"},
        notes={"en": _notes(name, metrics, topics)},
        modified=fields.moment("published_date", DayOrder.DAY_FIRST),
        period_start=period.start,
        period_end=period.end,
        licence=source.licence,
        languages=("en",),
        keywords=("mine action", "humanitarian needs", *topics),
        agents=_agents(source),
        locations=tuple(
            LocationRecord(code, max(levels, default=None), fields.flag("p_coded"))
            for code in fields.countries("countries")
        ),
        distributions=_distributions(source, fields, remote_id),
        columns=tuple(ColumnRecord("", at, metric) for at, metric in enumerate(metrics)),
        access=(_access(source, fields),),
        flags=_flags(fields),
        series=fields.line("type", 200),
        extra=_extra(fields, metrics, told, indicators),
        reading_notes=tuple(fields.notes),
    )


def year_of(token: str | None) -> int:
    """The year that a token names, 0 for none; raises PortalError."""
    if not (token or "0").isascii() or not (token or "0").isdigit():
        raise PortalError("token-unreadable", f'"{token}" is no year', mend="start the run afresh")
    return int(token or "0")


def _data(answer: object, address: str, field: str = "") -> list[Native]:
    """The list in the envelope ``{status, data}``."""
    if isinstance(answer, Mapping) and str(answer.get("status", "ok")).lower() != "ok":
        words = line(str(answer.get("message", answer["status"])), 300)
        raise PortalError("portal-refused", f"HPC.tools answers: {words}", address, "try again later")
    data = answer.get("data") if isinstance(answer, Mapping) else None
    listed = data.get(field) if field and isinstance(data, Mapping) else data
    if not isinstance(listed, list) or not all(isinstance(one, Mapping) for one in listed):
        mend = "check that the address is that of HPC.tools"
        raise PortalError("unexpected-answer", "the answer has no list of plans", address, mend)
    return listed


def _plans(client: "Client", source: Source) -> dict[int, Native]:
    """All public plans by number."""
    address = f"{source.url}/v2/public/plan"
    return {number: plan for plan in _data(client.get_json(address), address) if (number := _whole(plan, "id"))}


def _years(plans: Iterable[Native], source: Source) -> list[int]:
    first, last = source.whole("first_year", _FIRST_YEAR), source.whole("last_year", 9999)
    return sorted({year for plan in plans for year in _of_years(plan, "years") if first <= year <= last})


def _of_years(plan: Native, field: str) -> list[int]:
    return sorted(year for one in _objects(plan, field) if (year := _whole(one, "year")))


def _summed_up(
    client: "Client", source: Source, year: int, years: list[int], plans: Mapping[int, Native]
) -> Iterator[RawRecord]:
    """The plans of a year, from its summary; with a token also what monitoring says of them."""
    address = f"{source.url}/v2/public/planSummary"
    asked: dict[str, str | int] = {"year": year, "includeIndicators": "true", "includeCaseloads": "true"}
    summed = _data(client.get_json(address, params=asked), address, "planData")
    for plan in sorted(summed, key=lambda one: _whole(one, "planId") or 0):
        number, of_year = _whole(plan, "planId"), _whole(plan, "planYear") or year
        caseloads = _caseloads(plan)
        # A plan of several years is listed in each of them; it is told once.
        if not caseloads or (of_year != year and of_year in years):
            continue
        known = plans.get(number or 0, {})
        version = known.get("planVersion")
        described: dict[str, Any] = dict(version) if isinstance(version, Mapping) else {}
        payload = {
            "id": number,
            "name": plan.get("name") or described.get("name"),
            "code": described.get("code"),
            "type": plan.get("planType"),
            "year": of_year,
            "start": _day(described.get("startDate")),
            "end": _day(described.get("endDate")),
            "countries": [one.get("iso3") or one.get("country") for one in _objects(plan, "planCountries")],
            "caseloads": caseloads,
            "indicators": _indicators(plan),
            "periods": len(_objects(plan, "monitoringPeriods")),
        }
        if client.key and number:
            monitored = _monitoring(client, source, number) or {}
            payload |= {name: value for name, value in monitored.items() if name not in payload}
        yield RawRecord(str(number or ""), payload, f"{address}?year={year}")


def _monitored(client: "Client", source: Source, year: int, years: list[int]) -> Iterator[RawRecord]:
    """The plans of a year, each from its response monitoring."""
    address = f"{source.url}/v2/fts/flow/plan/overview/progress/{year}"
    listed = _data(client.get_json(address), address, "plans")
    for plan in sorted(listed, key=lambda one: _whole(one, "id") or 0):
        number = _whole(plan, "id")
        first = next((one for one in _of_years(plan, "usageYears") if one in years), year)
        if not number or first != year:
            continue
        monitored = _monitoring(client, source, number)
        if not monitored or not monitored["caseloads"]:
            continue
        type_ = plan.get("planType")
        payload = {
            "id": number,
            "name": plan.get("name"),
            "code": plan.get("code"),
            "type": type_.get("name") if isinstance(type_, Mapping) else None,
            "year": year,
            "start": _day(plan.get("startDate")),
            "end": _day(plan.get("endDate")),
            "countries": [one.get("iso3") for one in _objects(plan, "countries") if one.get("iso3")],
            "restricted": plan.get("restricted") is True,
        }
        yield RawRecord(str(number), payload | monitored, f"{source.url}/v2/plan/{number}/responseMonitoring")


def _monitoring(client: "Client", source: Source, number: int) -> dict[str, Any] | None:
    """What a plan's response monitoring has of mine action, its rows left out; ``None`` if it has no monitoring."""
    address = f"{source.url}/v2/plan/{number}/responseMonitoring"
    asked = {
        "includeCaseloadDisaggregation": "true",
        "includeIndicatorDisaggregation": "false",
        "disaggregationOnlyTotal": "false",
    }
    try:
        answer = client.get_json(address, params=asked, headers={"Authorization": f"Bearer {client.key}"})
    except PortalError as error:
        if error.code == "http-404":
            return None
        raise
    data = answer.get("data") if isinstance(answer, Mapping) else None
    if not isinstance(data, Mapping) or not isinstance(data.get("caseloads"), list):
        raise PortalError("unexpected-answer", "the answer has no list of caseloads", address, "try again later")
    rows = [
        row for one in _objects(data, "caseloads") if _is_ours(one) for row in _objects(one, "disaggregatedAttachments")
    ]
    used = {_whole(row, "locationId") for row in rows}
    places = [place for place in _objects(data, "locations") if _whole(place, "id") in used]
    below = [place for place in places if _whole(place, "adminLevel")]
    groups = {label for row in rows if (label := Fields(row).line("categoryLabel", 120))}
    return {
        "caseloads": _caseloads(data),
        "indicators": _indicators(data),
        "published_version": Fields(data).line("lastPublishedVersion", 20),
        "published_date": Fields(data).line("lastPublishedDate", 40),
        "admin_levels": sorted({level for place in places if (level := _whole(place, "adminLevel")) is not None}),
        "p_coded": all(place.get("pcode") for place in below) if below else None,
        "groups": sorted(groups)[:_MOST_GROUPS],
    }


def _is_ours(caseload: Native) -> bool:
    fields = Fields(caseload)
    code = fields.line("availableGlobalClusterCode", 40)
    return code.upper() == CLUSTER or (
        code.lower() in _UNCODED and bool(_MINES.search(fields.line("caseloadDescription", 500)))
    )


def _caseloads(plan: Native) -> list[dict[str, Any]]:
    """The plan's caseloads of mine action: what they are called, what they count, and the national totals."""
    found = []
    for one in _objects(plan, "caseloads"):
        if not _is_ours(one):
            continue
        measured = _objects(one, "measurements")
        has = [name for name in _METRICS if one.get(name) is not None or any(m.get(name) is not None for m in measured)]
        fields = Fields(one)
        totals = {name: number for name in _FIGURES if (number := fields.whole(name)) is not None}
        code = fields.line("availableGlobalClusterCode", 40)
        told = {"ref": fields.line("caseloadCustomRef", 80), "description": fields.line("caseloadDescription", 300)}
        found.append(told | {"cluster": code, "metrics": has} | totals)
    return sorted(found, key=lambda one: (one["ref"], one["description"]))


def _indicators(plan: Native) -> list[dict[str, str]]:
    """The plan's indicators of mine action, by their words."""
    found = set()
    for one in _objects(plan, "indicators"):
        fields = Fields(one)
        words = fields.line("description", 300)
        topic = next((topic for topic, said in _INDICATORS if said.search(words)), "")
        ours = fields.line("availableGlobalClusterCode", 40).upper() == CLUSTER
        if topic == "land release" and not (ours or _MINES.search(words)):
            topic = ""  # land is cleared for other reasons too
        if topic or ours:
            found.add((topic or "other", words))
    return [{"topic": topic, "description": words} for topic, words in sorted(found)[:_MOST_INDICATORS]]


def _objects(record: Native, field: str) -> list[Native]:
    given = record.get(field)
    return [one for one in given if isinstance(one, Mapping)] if isinstance(given, list) else []


def _whole(record: Native, field: str) -> int | None:
    return Fields(record).whole(field)


def _day(value: object) -> str:
    return value[:10] if isinstance(value, str) else ""


def _told(fields: Fields) -> tuple[list[str], list[str]]:
    """The API's names of what is counted, and a phrase for each caseload."""
    metrics: dict[str, None] = {}
    told = []
    for at, part in enumerate(fields.parts("caseloads")):
        one = Fields(part, fields.notes, f"caseloads[{at}].")
        metrics |= {name: None for name in one.words("metrics", 60) if name in _METRICS}
        totals = [f"{_METRICS[name]} {number:,}" for name in _FIGURES if (number := one.whole(name)) is not None]
        named = " ".join(part for part in (one.line("ref", 80), one.line("description", 300)) if part)
        told.append(f"{named}: {', '.join(totals) or 'no totals'}")
    return [name for name in _METRICS if name in metrics], told


def _numbers(fields: Fields, name: str) -> list[int]:
    given = fields.record.get(name)
    return [one for one in given if type(one) is int and one >= 0] if isinstance(given, list) else []


def _notes(name: str, metrics: list[str], topics: list[str]) -> str:
    counted = ", ".join(_METRICS[metric] for metric in metrics) or "no figures yet"
    words = f"What {name} counts for mine action (people): {counted}."
    return f"{words} Indicators on {', '.join(topics)}." if topics else words


def _agents(source: Source) -> tuple[AgentRole, ...]:
    if not source.publisher:
        return ()
    publisher = AgentRecord(source.publisher)
    return AgentRole(publisher, Role.HOLDER), AgentRole(publisher, Role.PUBLISHER)


def _summary_address(source: Source, fields: Fields) -> str:
    year = fields.whole("year")
    return (
        f"{source.url}/v2/public/planSummary?year={year}&includeIndicators=true&includeCaseloads=true" if year else ""
    )


def _distributions(source: Source, fields: Fields, number: str) -> tuple[DistributionRecord, ...]:
    found = []
    if address := _summary_address(source, fields):
        found.append(DistributionRecord("summary", "Summary of the year's plans (no key)", address, format="JSON"))
    if number.isdigit():
        address = f"{source.url}/v2/plan/{number}/responseMonitoring"
        found.append(DistributionRecord("monitoring", "Response monitoring (with a token)", address, format="JSON"))
    return tuple(found)


def _is_unpublished(fields: Fields) -> bool:
    """Whether OCHA says that what is below the national level must not be published."""
    version = re.match(r"\d+", fields.line("published_version", 20))
    return version is not None and int(version[0]) < 1


def _access(source: Source, fields: Fields) -> AccessRecord:
    below = _UNPUBLISHED if _is_unpublished(fields) else _TOKEN
    return AccessRecord(AccessModality.OPEN, (_OPEN, below), _summary_address(source, fields))


def _flags(fields: Fields) -> tuple[PortalFlag, ...]:
    found = []
    if _is_unpublished(fields):
        found.append(PortalFlag("lastPublishedVersion", "below-1"))
    if fields.flag("restricted"):
        found.append(PortalFlag("restricted", "true"))
    return tuple(found)


def _extra(fields: Fields, metrics: list[str], told: list[str], indicators: list[Native]) -> dict[str, str]:
    described = [Fields(one).line("description", 300) for one in indicators]
    said = {
        "plan_code": fields.line("code", 40),
        "caseloads": "; ".join(told),
        "metrics": "; ".join(_METRICS[metric] for metric in metrics),
        "indicators": "; ".join(text for text in described if text),
        "monitoring_periods": fields.line("periods", 10) if fields.record.get("periods") else "",
        "published_version": fields.line("published_version", 20),
        "published": fields.line("published_date", 40),
        "disaggregated_by": "; ".join(fields.words("groups", 120)),
    }
    return {name: value[:2000] for name, value in said.items() if value}
