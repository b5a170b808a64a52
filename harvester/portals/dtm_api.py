"""Figures of displaced people by the Displacement Tracking Matrix: which operations report, since when, how often.

Publisher: International Organization for Migration (IOM), Displacement Tracking Matrix, https://dtm.iom.int
API: https://dtm-apim-portal.iom.int (API-V3) ; read are ``country-list``, ``operation-list`` and, for each country,
    ``admin0`` below ``GET {url}/v3/displacement/``.
Terms: a free key, product API-V3. The figures are IOM's: non-commercial use with a credit line, no redistribution.
Unit: an operation in a country (a crisis or a round of monitoring that IOM reports under one name).

Caveats:
    - ``admin0`` answers rows of figures. They are counted as they come (first and last reporting date, rounds,
      assessment types, reasons) and dropped; no figure is kept.
    - ``operationStatus`` *Active* does not mean fresh: one such operation was 21 rounds behind the site. The last
      reporting date is what tells.
    - Rounds are counted within an operation and may not be compared between two of them.
    - One date may have a row per assessment type with the same figure: adding rows up counts people twice.
    - The component is not a field. It is read from the operation's name (registration, flow monitoring, survey);
      what says none of these is mobility tracking, which these figures come from.
    - IOM says that the API goes down to the second administrative level. Which levels an operation has is not asked,
      for that would mean reading its rows; nothing is said of the levels of one without figures.
    - Countries come with names such as ``Bahamas (the)`` and ISO codes called ``Pcode``. There is no paging.
    - A parameter that the API does not know is ignored: an answer about another country ends the run.
    - What is asked wrongly is answered with 200 and ``isSuccess: false``. How a country without figures is answered is
      not documented: an empty list and a 404, of HTTP or in the answer, are both read as none.

Filters of a source: ``countries``, ISO codes of those wanted (such as ``[SSD, UKR]``); all if there is none.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

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
from catalog.vocabulary import AccessModality, AgentKind, Role
from config.declarations import Source
from harvester.portal import Native, PortalError, RawPage, RawRecord, RecordError, Start, filled, wants_key
from harvester.reading import dates, markup
from harvester.reading.countries import countries
from harvester.reading.fields import Fields

if TYPE_CHECKING:
    from harvester.http import Client

kind = "dtm-api"

HEADER = "Ocp-Apim-Subscription-Key"
IOM = AgentRecord("International Organization for Migration", "IOM", AgentKind.UN)
_PATH = "v3/displacement"
_KEPT = (
    "operation", "operationStatus", "admin0Name", "admin0Pcode", "firstReported", "lastReported", "rounds",
    "firstRound", "lastRound", "assessmentTypes", "displacementReasons", "bySex", "byOrigin",
)  # fmt: skip
_NO_VALUE = {"", "not available", "null", "none"}
_TOKEN = "after "  # noqa: S105 - a place in a list
_REFUSED = {401, 403}
_NOT_FOUND = 404
_MAY_DIFFER = "The assessment types of one date may repeat the same figure: do not add them up."
_TYPES = {"BA": "baseline assessment", "SA": "site assessment", "ETT": "emergency trend tracking"}
_COMPONENTS = (("registration", ("registration", "registry")), ("flow monitoring", ("flow",)), ("survey", ("survey",)))
_TRACKING = "mobility tracking"
_ORIGIN = ("idpOriginAdmin1Name", "idpOriginAdmin1Pcode")
_FIGURES = (
    "numPresentIdpInd", "reportingDate", "yearReportingDate", "monthReportingDate", "roundNumber",
    "displacementReason", "numberMales", "numberFemales", *_ORIGIN, "assessmentType",
)  # fmt: skip
_COUNTRY = ("admin0Name", "admin0Pcode")
_LEVELS = (
    ("admin0", "Figures by country", ("operation", *_COUNTRY)),
    ("admin1", "Figures by first-level area", ("id", "operation", *_COUNTRY, "admin1Name", "admin1Pcode")),
    (
        "admin2",
        "Figures by second-level area",
        ("id", "operation", *_COUNTRY, "admin1Name", "admin1Pcode", "admin2Name", "admin2Pcode"),
    ),
)


def records(source: Source, client: "Client", start: Start) -> Iterator[RawPage]:
    """A page per country, by code; the token names the country it ends with. Raises PortalError."""
    if not client.key:
        raise PortalError("key-missing", "the DTM API answers only who has a key", source.url, wants_key(source))
    done = _done(start.token)
    address = f"{source.url}/{_PATH}"
    wanted = _wanted(source)
    listed = {_code(row) for row in _asked(source, client, f"{address}/country-list")}
    operations: dict[str, list[Native]] = {}
    for row in _asked(source, client, f"{address}/operation-list"):
        operations.setdefault(_code(row), []).append(row)
    codes = sorted(code for code in operations if not wanted or code in wanted)
    total = sum(len(operations[code]) for code in codes)
    without = sorted(code for code in listed - operations.keys() if code and (not wanted or code in wanted))
    notes = [ReadingNote("no-operation", "country-list", f"{code} is listed without an operation") for code in without]
    rest = [code for code in codes if done is None or code > done]
    for code in rest:
        found, odd = _country(source, client, code, operations[code])
        last = code == rest[-1]
        yield RawPage(found, None if last else _TOKEN + code, total, remarks=(*notes, *odd))
        notes = []
        if last:
            return
    yield RawPage((), None, total, remarks=tuple(notes))


def essence(payload: Native) -> dict[str, Any]:
    """The operation and what its figures were counted to; no figure is in it."""
    return filled(payload, _KEPT)


def normalize(source: Source, record: RawRecord) -> DatasetRecord:
    """The operation in DCAT words; raises RecordError without a name or a country code."""
    fields = Fields(essence(record.payload))
    operation, code = fields.line("operation", 300), fields.line("admin0Pcode", 20)
    if not operation or not code:
        missing = "operation" if not operation else "admin0Pcode"
        raise RecordError("no-id", missing, "the operation has no name or no country", "ask IOM to complete the list")
    name = fields.line("admin0Name", 200).removesuffix(" (the)") or code
    component = _component(operation)
    first, last = fields.moment("firstReported"), fields.moment("lastReported")
    iso3, unknown = countries([code]) if countries([code])[0] else countries([name])
    for place in unknown:
        fields.note("place-unknown", "admin0Pcode", f'no country is called "{place[:60]}"')
    return DatasetRecord(
        remote_id=f"{code}/{operation}",
        title={UNDETERMINED: f"DTM {component}, {name}: {operation}"},
        notes={"en": _told(fields, operation, name)},
        modified=last,
        period_start=first.date() if first else None,
        period_end=last.date() if last else None,
        caveats=_MAY_DIFFER if last else "",
        licence=source.licence,
        keywords=("displacement", component, *_types(fields), *fields.words("displacementReasons")),
        agents=(
            AgentRole(IOM, Role.HOLDER),
            *((AgentRole(AgentRecord(source.publisher), Role.PUBLISHER),) if source.publisher else ()),
        ),
        locations=tuple(LocationRecord(one, 2, p_coded=True) if last else LocationRecord(one) for one in iso3),
        distributions=_services(source, operation, code) if last else (),
        access=(_access(source, has_figures=last is not None),),
        series="DTM displacement API",
        extra=_extra(fields, component),
        reading_notes=tuple(fields.notes),
    )


def _wanted(source: Source) -> frozenset[str]:
    asked = source.filters.get("countries")
    return frozenset(str(code).upper() for code in asked) if isinstance(asked, list) else frozenset()


def _done(token: str | None) -> str | None:
    if token is None:
        return None
    if not token.startswith(_TOKEN):
        raise PortalError("token-unreadable", f'"{token}" is no country of this API', mend="start the run afresh")
    return token.removeprefix(_TOKEN)


def _asked(source: Source, client: "Client", address: str, params: Mapping[str, str] | None = None) -> list[Native]:
    """The rows of an answer; raises PortalError for anything that is none."""
    body = client.get_json(address, params=params, headers={HEADER: client.key})
    if not isinstance(body, Mapping):
        raise PortalError("unexpected-answer", "the answer is no object", address, _mend(source))
    if body.get("statusCode") in _REFUSED:
        raise PortalError("key-refused", f"the API answers: {_message(body)}", address, wants_key(source))
    if body.get("isSuccess") is not True:
        code = "http-404" if body.get("statusCode") == _NOT_FOUND else "portal-refused"
        raise PortalError(code, f"the API answers: {_message(body)}", address, _mend(source))
    rows = body.get("result")
    if rows is None:
        return []
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise PortalError("unexpected-answer", "the answer has no list of rows", address, _mend(source))
    count = body.get("totalRecordsCount")
    if type(count) is int and count > len(rows):
        told = f"the API counts {count} rows and gives {len(rows)}"
        raise PortalError("wrong-count", told, address, "try again later; if it lasts, tell IOM")
    return rows


def _mend(source: Source) -> str:
    return f"check that {source.url} is the address of the DTM API; else tell IOM"


def _message(body: Native) -> str:
    told = body.get("errorMessages") or body.get("message")
    parts = told if isinstance(told, list) else [told]
    words = [part for part in parts if isinstance(part, str)]
    return markup.line("; ".join(words), 300) or "no success, and no reason"


def _code(row: Native) -> str:
    value = row.get("admin0Pcode")
    return markup.line(value, 20).upper() if isinstance(value, str) else ""


def _country(
    source: Source, client: "Client", code: str, operations: Sequence[Native]
) -> tuple[tuple[RawRecord, ...], list[ReadingNote]]:
    """The operations of a country, each with what its rows were counted to."""
    address = f"{source.url}/{_PATH}/admin0"
    rows: list[Native] = []
    if code:
        try:
            rows = _asked(source, client, address, {"Admin0Pcode": code})
        except PortalError as error:
            if error.code != "http-404":
                raise
    other = sorted({_code(row) for row in rows} - {code})
    if other:
        told = f"the API was asked for {code} and answers about {', '.join(other[:5]) or 'no country'}"
        raise PortalError("filter-ignored", told, address, "do not use this answer; tell IOM that a filter is ignored")
    by_name: dict[str, list[Native]] = {}
    for row in rows:
        by_name.setdefault(_name(row), []).append(row)
    ordered = sorted(operations, key=_name)
    found = [
        RawRecord(
            f"{code}/{_name(row)}" if code and _name(row) else "",
            {**row, "admin0Pcode": code, **_counted(by_name.get(_name(row), []))},
            f"{address}?{urlencode({'Admin0Pcode': code})}",
        )
        for row in ordered
    ]
    unlisted = sorted(by_name.keys() - {_name(row) for row in operations})
    notes = [ReadingNote("unlisted-operation", "operation", f'figures of "{one}" in {code}') for one in unlisted]
    return tuple(found), notes


def _name(row: Native) -> str:
    value = row.get("operation")
    return markup.line(value, 300) if isinstance(value, str) else ""


def _counted(rows: Sequence[Native]) -> dict[str, Any]:
    """What describes rows of figures without being one of them; empty for none."""
    days = sorted(day for row in rows if (day := _day(row.get("reportingDate"))))
    rounds = sorted({value for row in rows if type(value := row.get("roundNumber")) is int})
    return {
        "firstReported": days[0] if days else None,
        "lastReported": days[-1] if days else None,
        "rounds": len(rounds) or None,
        "firstRound": rounds[0] if rounds else None,
        "lastRound": rounds[-1] if rounds else None,
        "assessmentTypes": _said(rows, "assessmentType"),
        "displacementReasons": _said(rows, "displacementReason"),
        "bySex": any(type(row.get(name)) is int for row in rows for name in ("numberMales", "numberFemales")) or None,
        "byOrigin": bool(_said(rows, "idpOriginAdmin1Pcode")) or None,
    }


def _day(value: object) -> str:
    try:
        day = dates.day(value)
    except ValueError:
        return ""
    return day.isoformat() if day else ""


def _said(rows: Sequence[Native], name: str) -> list[str]:
    texts = {markup.line(value, 60) for row in rows if isinstance(value := row.get(name), str)}
    return sorted(text for text in texts if text.lower() not in _NO_VALUE)


def _component(operation: str) -> str:
    words = operation.lower()
    return next((name for name, parts in _COMPONENTS if any(part in words for part in parts)), _TRACKING)


def _types(fields: Fields) -> list[str]:
    return [_TYPES.get(short, short) for short in fields.words("assessmentTypes")]


def _told(fields: Fields, operation: str, country: str) -> str:
    """What is known of the figures, in sentences."""
    first, last = fields.line("firstReported", 10), fields.line("lastReported", 10)
    if not last:
        return f'DTM lists the operation "{operation}" in {country}; its API gives no figures of it.'
    told = [f'Numbers of displaced people of the operation "{operation}" in {country}, reported from {first} to {last}']
    if rounds := fields.whole("rounds"):
        told.append(f" in {rounds} rounds" if rounds > 1 else " in one round")
        told.append(f" (round {fields.line('firstRound', 12)} to {fields.line('lastRound', 12)})" if rounds > 1 else "")
    told.append(".")
    if types := _types(fields):
        told.append(f" Assessed by {', '.join(types)}.")
    if reasons := fields.words("displacementReasons"):
        told.append(f" Reasons of displacement: {', '.join(reasons)}.")
    by = [word for name, word in (("bySex", "sex"), ("byOrigin", "area of origin")) if fields.flag(name)]
    told.append(f" Some figures are told apart by {' and '.join(by)}." if by else "")
    told.append(" Published down to the second administrative level; only figures that IOM calls non-sensitive.")
    return "".join(told)


def _access(source: Source, *, has_figures: bool) -> AccessRecord:
    if not has_figures:
        step = "Ask IOM's Displacement Tracking Matrix for the country: the API gives no figures of this operation."
        return AccessRecord(AccessModality.UNKNOWN, (step,))
    steps = (
        source.access_key.how if source.access_key else "Ask IOM for a key to the DTM API.",
        f"Send the key in the header {HEADER}.",
    )
    return AccessRecord(AccessModality.REGISTER, steps, source.url)


def _services(source: Source, operation: str, code: str) -> tuple[DistributionRecord, ...]:
    asked = urlencode({"Operation": operation, "Admin0Pcode": code})
    return tuple(
        DistributionRecord(
            key=level,
            name=name,
            url=f"{source.url}/{_PATH}/{level}?{asked}",
            format="API",
            media_type="application/json",
            columns=tuple(ColumnRecord("", at, header) for at, header in enumerate((*columns, *_FIGURES))),
        )
        for level, name, columns in _LEVELS
    )


def _extra(fields: Fields, component: str) -> dict[str, str]:
    names = {
        "operation": "operation",
        "operation_status": "operationStatus",
        "first_reported": "firstReported",
        "last_reported": "lastReported",
        "rounds": "rounds",
        "first_round": "firstRound",
        "last_round": "lastRound",
        "assessment_types": "assessmentTypes",
    }
    found = {name: value for name, field in names.items() if (value := fields.line(field, 300))}
    levels = {"admin_levels": "0, 1, 2"} if fields.line("lastReported") else {}
    return {"component": component, **found, **levels}
