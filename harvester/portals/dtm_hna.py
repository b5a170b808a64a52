"""Humanitarian Needs Assessments of the Displacement Tracking Matrix: what is asked, for each country and year.

Publisher: International Organization for Migration (IOM), Displacement Tracking Matrix, https://dtm.iom.int
API: https://dtm-apim-portal.iom.int (HNA v1) ; read are ``country-list``, ``catalog`` and the first page of ``admin2``
    below ``GET {url}/HNA/v1/``. Documented by IOM's own client (package dtmapi); no answer of it is recorded.
Terms: a free key, a product of its own: the key of API-V3 does not open it. The figures are IOM's, as of the other API.
Unit: the assessment of a country in a year, with its data dictionary.

Caveats:
    - ``catalog`` takes no parameter: it describes the columns of all countries and years together. Which of them an
      assessment has is seen by the names of the columns of its first page; the values are dropped, no figure is kept.
    - A column that the catalog does not describe is kept by its name, and noted.
    - No list says which years there are. What ``country-list`` says of years is taken; otherwise every year from
      ``first_year`` to today is asked for, and one without rows is no assessment.
    - The fields of ``country-list`` are not documented: what ends in ``pcode`` is the code, in ``name`` the name.
    - Answers come bare, or wrapped up to three times (``{"result": {"result": {"data": [...]}}}``); an error may stand
      at any depth, with status 200.
    - ``download`` answers with a link that works for about ten minutes; it is never asked.
    - Older names of the lists are ``CountryList`` and ``HNADataCatalog``.
    - There is no day of publication or change: an assessment is known by its year.

Options of a source: ``first_year`` (2020), the earliest year asked for.
Filters of a source: ``countries``, ISO codes of those wanted (such as ``[NGA]``); all if there is none.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

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
from harvester.portals.dtm_api import HEADER, IOM
from harvester.reading import markup
from harvester.reading.countries import countries
from harvester.reading.fields import Fields

if TYPE_CHECKING:
    from harvester.http import Client

kind = "dtm-hna"

_PATH = "HNA/v1"
_KEPT = ("code", "name", "year", "areas", "indicators")
_INDICATOR = ("indicator_category", "indicator_name", "description", "data_type")
_TOKEN = "after "  # noqa: S105 - a place in a list
_FIRST_YEAR = 2020
_YEAR = re.compile(r"(?:19|20)\d{2}")
_DEEPEST = 5
_MOST_COLUMNS = 3_000
_REFUSED = {401, 403}
_NOT_FOUND = 404
_WORDS = ("errorMessages", "message", "detail", "title", "error")


def records(source: Source, client: "Client", start: Start) -> Iterator[RawPage]:
    """A page per country, by code; the token names the country it ends with. Raises PortalError."""
    if not client.key:
        raise PortalError("key-missing", "the HNA API answers only who has a key", source.url, wants_key(source))
    done = _done(start.token)
    address = f"{source.url}/{_PATH}"
    wanted = _wanted(source)
    catalog = [_indicator(row) for row in _rows(source, client, f"{address}/catalog")[0]]
    described = {row["indicator_name"]: row for row in catalog if row["indicator_name"]}
    listed = {_code(row): row for row in _rows(source, client, f"{address}/country-list")[0]}
    rest = sorted(code for code in listed if code and (not wanted or code in wanted) and (done is None or code > done))
    for code in rest:
        found: list[RawRecord] = []
        notes: list[ReadingNote] = []
        for year in _years(source, listed[code]):
            record, unknown = _assessment(source, client, described, listed[code], year)
            found += [record] if record else []
            if unknown:
                told = f"{len(unknown)} columns of {code} {year} are not in the catalog, such as {unknown[0]}"
                notes.append(ReadingNote("undescribed-column", "catalog", told))
        last = code == rest[-1]
        yield RawPage(tuple(found), None if last else _TOKEN + code, remarks=tuple(notes))
        if last:
            return
    yield RawPage(())


def essence(payload: Native) -> dict[str, Any]:
    """Country, year and the indicators' descriptions; no figure is in it."""
    return filled(payload, _KEPT)


def normalize(source: Source, record: RawRecord) -> DatasetRecord:
    """The assessment in DCAT words; raises RecordError without a country or a year."""
    fields = Fields(essence(record.payload))
    code, year = fields.line("code", 20), fields.whole("year")
    if not code or not year or not date.min.year <= year <= date.max.year:
        missing = "year" if code else "code"
        raise RecordError("no-id", missing, "the assessment has no country or no year", "ask IOM to complete the list")
    name = fields.line("name", 200).removesuffix(" (the)") or code
    iso3, unknown = countries([code]) if countries([code])[0] else countries([name])
    for place in unknown:
        fields.note("place-unknown", "code", f'no country is called "{place[:60]}"')
    indicators = [Fields(part, fields.notes) for part in fields.parts("indicators")]
    categories = tuple(dict.fromkeys(word for one in indicators if (word := one.line("indicator_category", 200))))
    asked = urlencode({"Admin0Pcode": code, "Year": year})
    return DatasetRecord(
        remote_id=f"{code}/{year}",
        title={"en": f"DTM Humanitarian Needs Assessment, {name} {year}"},
        notes={"en": _told(indicators, categories, name, year)},
        period_start=date(year, 1, 1),
        period_end=date(year, 12, 31),
        licence=source.licence,
        keywords=categories,
        agents=(
            AgentRole(IOM, Role.HOLDER),
            *((AgentRole(AgentRecord(source.publisher), Role.PUBLISHER),) if source.publisher else ()),
        ),
        locations=tuple(LocationRecord(one, 2, p_coded=True) for one in iso3),
        distributions=(
            DistributionRecord(
                key="admin2",
                name="Indicators by second-level area",
                url=f"{source.url}/{_PATH}/admin2?{asked}",
                format="API",
                media_type="application/json",
                columns=_columns(indicators),
            ),
            DistributionRecord(
                key="download",
                name="Excel export",
                url=f"{source.url}/{_PATH}/download?{asked}",
                description="The address answers with a link that works for about ten minutes.",
                format="XLSX",
            ),
            DistributionRecord(
                key="catalog",
                name="Data dictionary of all countries and years",
                url=f"{source.url}/{_PATH}/catalog",
                format="API",
                media_type="application/json",
            ),
        ),
        access=(_access(source),),
        series="DTM Humanitarian Needs Assessment",
        extra={
            "component": "survey",
            "year": str(year),
            "indicators": str(len(indicators)),
            "admin_levels": "2",
            **({"num_of_rows": areas} if (areas := fields.line("areas", 20)) else {}),
        },
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


def _rows(
    source: Source, client: "Client", address: str, params: Mapping[str, str | int] | None = None
) -> tuple[list[Native], Native]:
    """The rows of an answer, however often it is wrapped, and what it says of pages; raises PortalError."""
    body = client.get_json(address, params=params, headers={HEADER: client.key})
    pages: Native = {}
    for _ in range(_DEEPEST):
        if not isinstance(body, Mapping):
            break
        _refused(source, body, address)
        pages = kept if isinstance(kept := body.get("pagination"), Mapping) else {}
        body = body.get("data", body.get("result"))
        body = [] if body is None else body
    if not isinstance(body, list) or not all(isinstance(row, Mapping) for row in body):
        raise PortalError("unexpected-answer", "the answer has no list of rows", address, _mend(source))
    return body, pages


def _refused(source: Source, body: Native, address: str) -> None:
    """Raise PortalError if this layer of an answer is an error, whatever status it came with."""
    status, exception = body.get("statusCode"), body.get("exception")
    if status in _REFUSED:
        raise PortalError("key-refused", f"the API answers: {_message(body)}", address, wants_key(source))
    if not exception and body.get("isSuccess", True) is True and ("data" in body or "result" in body):
        return
    if not exception and status is None and "isSuccess" not in body and body.keys().isdisjoint(_WORDS):
        raise PortalError("unexpected-answer", "the answer has no list of rows", address, _mend(source))
    code = "http-404" if status == _NOT_FOUND else "portal-refused"
    raise PortalError(code, f"the API answers: {_message(body)}", address, _mend(source))


def _mend(source: Source) -> str:
    return f"check that {source.url} is the address of the DTM API; else tell IOM"


def _message(body: Native) -> str:
    told = body.get("exception") or next((body[name] for name in _WORDS if body.get(name)), None)
    parts = told if isinstance(told, list) else [told]
    words = [part for part in parts if isinstance(part, str)]
    return markup.line("; ".join(words), 300) or "no success, and no reason"


def _code(row: Native) -> str:
    return _ending(row, "pcode")[:20].upper()


def _ending(row: Native, ending: str) -> str:
    """The text of the first field whose name ends so."""
    values = (value for name, value in row.items() if name.lower().endswith(ending) and isinstance(value, str))
    return markup.line(next(values, ""), 200)


def _years(source: Source, row: Native) -> list[int]:
    """The years to ask for, the earliest first."""
    told = [str(value) for name, value in row.items() if "year" in name.lower()]
    given = {int(year) for text in told for year in _YEAR.findall(text)}
    if given:
        return sorted(given)
    return list(range(source.whole("first_year", _FIRST_YEAR), datetime.now(UTC).year + 1))


def _assessment(
    source: Source, client: "Client", described: Mapping[str, dict[str, str]], country: Native, year: int
) -> tuple[RawRecord | None, list[str]]:
    """The assessment of a country in a year, if there is one, and those of its columns that nothing describes."""
    code = _code(country)
    address = f"{source.url}/{_PATH}/admin2"
    asked: dict[str, str | int] = {"Admin0Pcode": code, "Year": year}
    try:
        rows, pages = _rows(source, client, address, {**asked, "Page": 1})
    except PortalError as error:
        if error.code != "http-404":
            raise
        rows, pages = [], {}
    if not rows:
        return None, []
    _same(rows, code, year, address)
    names = list(dict.fromkeys(markup.line(name, 300) for row in rows for name in row))[:_MOST_COLUMNS]
    payload = {
        "code": code,
        "name": _ending(country, "name"),
        "year": year,
        "areas": pages.get("totalItems"),
        "indicators": [described.get(name) or {"indicator_name": name} for name in names],
    }
    unknown = [name for name in names if name not in described] if described else []
    return RawRecord(f"{code}/{year}", payload, f"{address}?{urlencode(asked)}"), unknown


def _same(rows: Sequence[Native], code: str, year: int, address: str) -> None:
    """Raise PortalError if the rows tell of another country or year than was asked for."""
    for row in rows:
        place = _ending(row, "adm0_pcode").upper()
        if (place and place != code) or str(row.get("year", year)) != str(year):
            told = f"the API was asked for {code} {year} and answers about {place or code} {row.get('year', year)}"
            mend = "do not use this answer; tell IOM that a filter is ignored"
            raise PortalError("filter-ignored", markup.line(told, 300), address, mend)


def _indicator(row: Native) -> dict[str, str]:
    fields = Fields(row)
    return {name: fields.line(name, 1_000) for name in _INDICATOR}


def _told(indicators: Sequence[Fields], categories: Sequence[str], country: str, year: int) -> str:
    """What the assessment asks, category by category."""
    count = f"{len(indicators)} indicators by second-level area"
    told = [f"Needs of households in {country} in {year}: {count}."]
    for category in categories:
        words = [one.line("description") for one in indicators if one.line("indicator_category", 200) == category]
        told.append(f"{category}: {'; '.join(word for word in words if word) or 'not described'}.")
    return markup.plain("\n\n".join(told))[0]


def _columns(indicators: Sequence[Fields]) -> tuple[ColumnRecord, ...]:
    names = [name for one in indicators if (name := one.line("indicator_name", 300))]
    return tuple(ColumnRecord("", at, name) for at, name in enumerate(names))


def _access(source: Source) -> AccessRecord:
    steps = (
        source.access_key.how if source.access_key else "Ask IOM for a key to the HNA API.",
        f"Send the key in the header {HEADER}.",
    )
    return AccessRecord(AccessModality.REGISTER, steps, source.url)
