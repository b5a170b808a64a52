"""The INFORM Severity Index of crises, as ACAPS gives it month by month.

Publisher: ACAPS, for the INFORM partnership, https://www.acaps.org
API: https://api.acaps.org/api/v1 ; the method stands at https://www.acaps.org/methodology/severity
Terms: CC BY, as the same index is licensed on HDX. A free account and its token are needed; clients keep to one
    request a second.
Unit: a monthly edition of the index, with the countries whose crises it covers.

Caveats:
    - ``inform-severity-index/`` is the latest month, ``inform-severity-index/Apr2022/`` any since January 2019. Which
      months there are is told nowhere: each is asked for, and one answered with 404 or without rows is left out.
    - A month is checked to be the one that was asked for.
    - A page holds 100 crises and a month has two or three. Rows are counted as they come; no score is kept.
    - ``iso3``, ``country`` and ``drivers`` are lists: a regional crisis has several countries. Scores may be null.
    - Scores were recorded from 0 to 5; from February 2026 the index is said to run from 1 to 10 (not verified).
    - The key is the token itself; its owner gets it (``token-auth/``, or ``token/`` as others say).

Filters of a source: ``from``, the first month wanted, such as ``2019-01`` (which it is if there is none).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
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

kind = "acaps"

_KEPT = ("month", "countries", "crises", "regional_crises", "drivers", "columns", "last_updated")
_FIRST = date(2019, 1, 1)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])", re.ASCII)
_MOST_PAGES = 50
_NAME = "INFORM Severity Index"
_STEPS = (
    "Create a free account at ACAPS, ask its API for a token, and read the month with it.",
    "Without an account, look for the index's monthly workbooks among the datasets of ACAPS on HDX.",
)
_CAVEAT = (
    "A crisis may span several countries and a country have several crises. Scales have differed between years: compare"
    " months only after reading the method."
)


def records(source: Source, client: "Client", start: Start) -> Iterator[RawPage]:
    """A page per month, the latest last; the token is the next month. Raises PortalError."""
    if not client.key:
        raise PortalError("key-missing", "ACAPS answers nobody without a token", source.url, wants_key(source))
    index = f"{source.url}/inform-severity-index/"
    begin = _month(start.token, "token-unreadable") if start.token else _first(source)
    latest = _latest(_answer(client, index, 1), index)
    if latest is None or latest < begin:
        yield RawPage(())
        return
    month = begin
    while month <= latest:
        address = f"{index}{_MONTHS[month.month - 1]}{month.year}/"
        following = _next(month)
        found, notes = _edition(month, _rows(client, address), address)
        yield RawPage(found, None if following > latest else _written(following), notes=notes)
        month = following


def essence(payload: Native) -> dict[str, Any]:
    """Which month it is, how many crises it covers and where, and its columns: no score."""
    return filled(payload, _KEPT)


def normalize(source: Source, record: RawRecord) -> DatasetRecord:
    """The month in DCAT words; raises RecordError if it does not say which it is."""
    fields = Fields(essence(record.payload))
    said = _MONTH.fullmatch(fields.line("month", 20))
    if not said:
        raise RecordError("no-id", "month", "the edition does not say its month", "tell ACAPS")
    month = date(int(said[1]), int(said[2]), 1)
    codes = fields.countries("countries", scheme="iso3")
    address = f"{source.url}/inform-severity-index/{_MONTHS[month.month - 1]}{month.year}/"
    crises = fields.whole("crises") or 0
    facts = {
        "index": "INFORM Severity",
        "edition": _written(month),
        "countries": str(len(codes)),
        "crises": str(crises),
        "regional_crises": str(fields.whole("regional_crises") or 0),
    }
    return DatasetRecord(
        remote_id=f"severity-{_written(month)}",
        title={"en": f"{_NAME}, {month:%B %Y}"},
        notes={"en": f"How severe {crises} humanitarian crises in {len(codes)} countries were in {month:%B %Y}."},
        modified=fields.moment("last_updated"),
        period_start=month,
        period_end=_last_day(month),
        caveats=_CAVEAT,
        licence=source.licence,
        languages=("en",),
        keywords=("severity", "index", *fields.words("drivers")),
        agents=_agents(source),
        locations=tuple(LocationRecord(code, admin_level=0) for code in codes),
        distributions=(DistributionRecord("api", f"ACAPS API, {month:%B %Y}", address, format="API"),),
        columns=tuple(ColumnRecord("", position, header) for position, header in enumerate(fields.words("columns"))),
        access=(AccessRecord(AccessModality.REGISTER, _STEPS, address),),
        series=_NAME,
        extra=facts,
        reading_notes=tuple(fields.notes),
    )


def _first(source: Source) -> date:
    given = source.filters.get("from")
    return _month(given, "filter-unreadable") if isinstance(given, str) and given else _FIRST


def _month(text: str, code: str) -> date:
    found = _MONTH.fullmatch(text)
    if not found:
        raise PortalError(code, f'"{text}" is no month', mend="write it such as 2022-04")
    return date(int(found[1]), int(found[2]), 1)


def _written(month: date) -> str:
    return f"{month.year:04}-{month.month:02}"


def _next(month: date) -> date:
    return _last_day(month) + timedelta(days=1)


def _last_day(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _answer(client: "Client", address: str, page: int) -> Mapping[str, Any]:
    answer = client.get_json(address, params={"page": page}, headers={"Authorization": f"Token {client.key}"})
    rows = answer.get("results") if isinstance(answer, Mapping) else None
    if (
        not isinstance(answer, Mapping)
        or not isinstance(rows, list)
        or not all(isinstance(row, Mapping) for row in rows)
    ):
        mend = "check that the address is that of the ACAPS API"
        raise PortalError("unexpected-answer", "the answer has no list of crises", address, mend)
    return answer


def _rows(client: "Client", address: str) -> list[Mapping[str, Any]]:
    """All crises of a month; none if the month is not there."""
    rows: list[Mapping[str, Any]] = []
    for page in range(1, _MOST_PAGES + 1):
        try:
            answer = _answer(client, address, page)
        except PortalError as error:
            if error.code == "http-404" and page == 1:
                return []
            raise
        rows += answer["results"]
        if not answer.get("next") or not answer["results"]:
            return rows
    raise PortalError("endless-pages", f"a month has more than {_MOST_PAGES} pages", address, "tell ACAPS")


def _latest(answer: Mapping[str, Any], address: str) -> date | None:
    """The month of the newest rows; None if the index is empty."""
    months = sorted(filter(None, map(_row_month, answer["results"])))
    if months:
        return _month(months[-1], "unexpected-answer")
    if answer["results"]:
        raise PortalError("unexpected-answer", "the latest crises do not say their month", address, "tell ACAPS")
    return None


def _row_month(row: Mapping[str, Any]) -> str:
    said = Fields(row).line("_internal_filter_date", 40)[:7]
    return said if _MONTH.fullmatch(said) else ""


def _edition(
    month: date, rows: Sequence[Mapping[str, Any]], address: str
) -> tuple[tuple[RawRecord, ...], tuple[ReadingNote, ...]]:
    said = _written(month)
    if not rows:
        return (), ()
    if said not in {_row_month(row) for row in rows}:
        return (), (ReadingNote("other-month", "month", f"asked for {said}, other months were answered"),)
    payload = {
        "month": said,
        "crises": len({Fields(row).line("crisis_id", 80) for row in rows}),
        "regional_crises": sum(Fields(row).line("regional_or_country", 40).lower() == "regional" for row in rows),
        "countries": _union(rows, "iso3"),
        "drivers": _union(rows, "drivers"),
        "columns": [
            name for name in dict.fromkeys(name for row in rows for name in row) if not name.startswith("_internal")
        ],
        "last_updated": max(Fields(row).line("Last updated", 40) for row in rows),
    }
    return (RawRecord(f"severity-{said}", payload, address),), ()


def _union(rows: Sequence[Mapping[str, Any]], name: str) -> list[str]:
    return sorted({word for row in rows for word in Fields(row).words(name)})


def _agents(source: Source) -> tuple[AgentRole, ...]:
    if not source.publisher:
        return ()
    publisher = AgentRecord(source.publisher)
    return AgentRole(publisher, Role.HOLDER), AgentRole(publisher, Role.PUBLISHER)
