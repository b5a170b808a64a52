"""HDX HAPI: which datasets of HDX are standardised there, for which countries, how deep, and how fresh.

Publisher: OCHA Centre for Humanitarian Data, https://hapi.humdata.org
API: https://docs.humdata.org ; read are ``metadata/data-availability``, ``metadata/dataset`` and
    ``metadata/resource`` below ``GET {url}`` (v2), and one row of a theme per country. No answer of it is recorded; the
    shape is that of the server's published code.
Terms: about one request a second, with an app identifier that anybody makes for themselves. No licence of its own.
Unit: a dataset of HDX in one of HAPI's subcategories, with the countries covered.

Caveats:
    - It is no holding of its own: each record is the same as one of HDX, by id, and names no holder.
    - ``data-availability`` has no HDX id. So for each subcategory and country one row of the theme is asked for, at the
      deepest level, and dropped but for its ``resource_hdx_id``, which ``metadata/resource`` joins to the dataset.
      Where several datasets feed a theme in a country, the others are not seen. A whole reading takes some 1,500
      requests.
    - That a theme is found at ``{url}/{category}/{subcategory}`` is how v2 is built, not what it promises. Coverage
      that cannot be joined is noted and left out.
    - Parameters that are not known are silently ignored, and a wrong country gives the world: answers are checked to be
      about what was asked. A list about another country ends the run, a row is left aside.
    - ``limit`` may be lowered without a word: the next page begins after what was given, until a page is empty.
    - ``hapi_updated_date`` is when HAPI took a file in, ``update_date`` when it changed at HDX; the day of the first is
      kept, the second is the date of the data.
    - Field names differ by version (``hdx_id`` and ``dataset_hdx_id``, ``title`` and ``dataset_hdx_title``).
    - National totals come twice in some themes (category empty and ``total``); no row is kept, so it does no harm here.

Options of a source: ``page_size`` (10000), ``hdx`` (``https://data.humdata.org``), ``key_in`` (``header``, or
``address`` as HAPI's documentation has it).
Filters of a source: ``countries``, ISO codes (such as ``[SDN]``), and ``categories`` (such as ``[affected-people]``).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from catalog.records import (
    UNDETERMINED,
    AccessRecord,
    AgentRecord,
    AgentRole,
    DatasetRecord,
    DistributionRecord,
    LocationRecord,
    ReadingNote,
    RelationRecord,
)
from catalog.vocabulary import AccessModality, RelationKind, Role
from config.declarations import Source
from harvester.portal import Native, PortalError, RawPage, RawRecord, RecordError, Start, filled, wants_key
from harvester.reading import markup
from harvester.reading.countries import countries
from harvester.reading.fields import Fields
from harvester.reading.formats import format_name

if TYPE_CHECKING:
    from harvester.http import Client

kind = "hapi"

_HEADER, _PARAMETER = "X-HDX-HAPI-APP-IDENTIFIER", "app_identifier"
_AVAILABILITY, _DATASET, _RESOURCE = "metadata/data-availability", "metadata/dataset", "metadata/resource"
_KEPT = ("category", "subcategory", "dataset", "coverage", "resources")
_TOKEN = "after "  # noqa: S105 - a place in a list
_PAGE_SIZE = 10_000
_MOST_ROWS = 3_000_000
_HDX = "https://data.humdata.org"
_UNSPECIFIED = {"", "unspecified"}
_PLAIN = re.compile(r"[a-z0-9][a-z0-9-]{0,100}")
_SHOWN = 10
_SUBJECTS = {
    "idps": "internally displaced people",
    "refugees-persons-of-concern": "refugees and persons of concern",
}
"""Subcategories that do not speak for themselves."""


@dataclass(slots=True)
class _Cover:
    """How deep a theme goes in a country, whether by code, and the day HAPI last took something in."""

    level: int = 0
    coded: bool = False
    updated: str = ""


_Theme = tuple[str, str]


def records(source: Source, client: "Client", start: Start) -> Iterator[RawPage]:
    """A page per subcategory; the token names the one it ends with. Raises PortalError."""
    if not client.key:
        raise PortalError("key-missing", "HDX HAPI wants an app identifier", source.url, wants_key(source))
    done = _done(start.token)
    resources = {row["id"]: row for one in _all(source, client, _RESOURCE) if (row := _resource(one))["id"]}
    datasets = {row["id"]: row for one in _all(source, client, _DATASET) if (row := _dataset(one))["id"]}
    themes = _availability(source, client)
    rest = [theme for theme in sorted(themes) if done is None or "/".join(theme) > done]
    for theme in rest:
        found, notes = _theme(source, client, theme, themes[theme], resources, datasets)
        last = theme == rest[-1]
        yield RawPage(found, None if last else _TOKEN + "/".join(theme), remarks=notes)
        if last:
            return
    yield RawPage(())


def essence(payload: Native) -> dict[str, Any]:
    """The dataset, its files and the countries covered."""
    return filled(payload, _KEPT)


def normalize(source: Source, record: RawRecord) -> DatasetRecord:
    """The coverage in DCAT words, the same as a dataset of HDX; raises RecordError without its id."""
    fields = Fields(essence(record.payload))
    given = fields.record.get("dataset")
    dataset = Fields(given if isinstance(given, Mapping) else {}, fields.notes, "dataset.")
    identifier, theme = dataset.line("id", 100), _words(fields)
    if not identifier or not all(theme):
        missing = "subcategory" if identifier else "dataset"
        raise RecordError("no-id", missing, "the coverage names no dataset of HDX or no theme", "tell HDX HAPI")
    hdx = _hdx(source)
    own = f"{hdx}/dataset/{dataset.line('stub', 200) or identifier}"
    files = [Fields(part, fields.notes, "resources.") for part in fields.parts("resources")]
    distributions = tuple(_distribution(one, str(at)) for at, one in enumerate(files))
    coverage = [Fields(part, fields.notes, "coverage.") for part in fields.parts("coverage")]
    places = [(place, one) for one in coverage for place in _places(one)]
    taken = [one.line("updated", 10) for one in coverage if one.line("updated", 10)]
    title = dataset.line("title") or dataset.line("stub") or identifier
    subject = _SUBJECTS.get(theme[1], theme[1].replace("-", " "))
    return DatasetRecord(
        remote_id=f"{identifier}/{theme[0]}/{theme[1]}",
        title={UNDETERMINED: f"{title} (HDX HAPI: {subject})"},
        notes={"en": _told(title, subject, places)},
        landing_page=own,
        modified=max((part.modified for part in distributions if part.modified), default=None),
        licence=source.licence,
        keywords=(theme[0].replace("-", " "), subject),
        agents=(AgentRole(AgentRecord(source.publisher), Role.PUBLISHER),) if source.publisher else (),
        locations=tuple(dict.fromkeys(place for place, _ in places)),
        distributions=(
            *distributions,
            DistributionRecord(
                key="hapi",
                name=f"HDX HAPI: {subject}",
                url=f"{source.url}/{theme[0]}/{theme[1]}",
                description="Standardised rows; an app identifier is wanted.",
                format="API",
                media_type="application/json",
            ),
        ),
        access=(_access(source, own),),
        relations=(RelationRecord(RelationKind.SAME_AS, f"{hdx}/dataset/{identifier}"),),
        series="HDX HAPI",
        extra=_extra(dataset, theme, places, taken),
        reading_notes=tuple(fields.notes),
    )


def _done(token: str | None) -> str | None:
    if token is None:
        return None
    if not token.startswith(_TOKEN):
        raise PortalError("token-unreadable", f'"{token}" is no theme of HDX HAPI', mend="start the run afresh")
    return token.removeprefix(_TOKEN)


def _rows(source: Source, client: "Client", path: str, params: Mapping[str, str | int]) -> list[Native]:
    """The rows of one answer; raises PortalError."""
    address = f"{source.url}/{path}"
    asked: dict[str, str | int] = {**params, "output_format": "json"}
    headers: dict[str, str] = {}
    if source.options.get("key_in") == "address":
        asked[_PARAMETER] = client.key
    else:
        headers[_HEADER] = client.key
    body = client.get_json(address, params=asked, headers=headers)
    if isinstance(body, Mapping) and body.get("error"):
        told = markup.line(body["error"], 200) if isinstance(body["error"], str) else "an error without words"
        raise PortalError("portal-refused", f"HDX HAPI answers: {told}", address, wants_key(source))
    rows = body.get("data") if isinstance(body, Mapping) else None
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        mend = f"check that {source.url} is the address of HDX HAPI, its version included"
        raise PortalError("unexpected-answer", "the answer has no list of rows", address, mend)
    return rows


def _all(source: Source, client: "Client", path: str, **params: str) -> Iterator[Native]:
    """The rows of all pages; raises PortalError, also where the offset is ignored."""
    limit = source.whole("page_size", _PAGE_SIZE, _PAGE_SIZE)
    offset, before = 0, list[Native]()
    while rows := _rows(source, client, path, {**params, "limit": limit, "offset": offset}):
        if rows == before:
            told = f"what follows row {offset} is what came before it"
            raise PortalError(
                "repeated-page", told, f"{source.url}/{path}", "try again later; if it lasts, tell HDX HAPI"
            )
        if offset > _MOST_ROWS:
            told = f"the list has more than {_MOST_ROWS:,} rows"
            raise PortalError("endless", told, f"{source.url}/{path}", "narrow the source's filters; tell HDX HAPI")
        yield from rows
        before, offset = rows, offset + len(rows)


def _filter(source: Source, name: str) -> list[str]:
    asked = source.filters.get(name)
    return [str(one) for one in asked] if isinstance(asked, list) else []


def _availability(source: Source, client: "Client") -> dict[_Theme, dict[str, _Cover]]:
    """What is there, by theme and country; raises PortalError where an answer is not about what was asked."""
    themes: dict[_Theme, dict[str, _Cover]] = {}
    categories = {one.lower() for one in _filter(source, "categories")}
    for code in [one.upper() for one in _filter(source, "countries")] or [""]:
        for row in _all(source, client, _AVAILABILITY, **({"location_code": code} if code else {})):
            fields = Fields(row)
            place, theme = fields.line("location_code", 20).upper(), _words(fields)
            if code and place != code:
                told = f"HDX HAPI was asked for {code} and answers about {place or 'no country'}"
                mend = "correct the source's filter, or tell HDX HAPI that it ignores one"
                raise PortalError("filter-ignored", told, f"{source.url}/{_AVAILABILITY}", mend)
            if place and all(theme) and (not categories or theme[0] in categories):
                _cover(themes.setdefault(theme, {}).setdefault(place, _Cover()), fields)
    return themes


def _words(fields: Fields) -> _Theme:
    """Category and subcategory, empty where they are no plain words: they become part of an address."""
    found = (fields.line("category", 101).lower(), fields.line("subcategory", 101).lower())
    return (found[0], found[1]) if all(_PLAIN.fullmatch(word) for word in found) else ("", "")


def _cover(cover: _Cover, fields: Fields) -> None:
    """Take one row in."""
    level, coded = 0, False
    for number in (1, 2):
        code, name = (fields.line(f"admin{number}_{part}", 100).lower() for part in ("code", "name"))
        if {code, name} - _UNSPECIFIED:
            level, coded = number, code not in _UNSPECIFIED
    if level > cover.level:
        cover.level, cover.coded = level, coded
    elif level == cover.level:
        cover.coded = cover.coded or coded
    updated = fields.moment("hapi_updated_date")
    cover.updated = max(cover.updated, updated.date().isoformat() if updated else "")


def _theme(
    source: Source,
    client: "Client",
    theme: _Theme,
    covers: Mapping[str, _Cover],
    resources: Mapping[str, dict[str, Any]],
    datasets: Mapping[str, dict[str, Any]],
) -> tuple[tuple[RawRecord, ...], tuple[ReadingNote, ...]]:
    """The datasets of HDX that feed a theme, each with the countries seen to come from it."""
    path, asked = "/".join(theme), True
    joined: dict[str, list[dict[str, Any]]] = {}
    unjoined: list[str] = []
    for place in sorted(covers):
        cover = covers[place]
        origin = _resource_of(source, client, theme, place, cover.level) if asked else None
        asked = origin is not None
        resource = resources.get(origin or "")
        if resource is None or not resource["dataset"]:
            unjoined.append(place)
            continue
        fact = {"location": place, "level": cover.level, "coded": cover.coded, "updated": cover.updated}
        joined.setdefault(resource["dataset"], []).append(fact)
    found = []
    for identifier in sorted(joined):
        files = [row for row in resources.values() if row["dataset"] == identifier]
        about = datasets.get(identifier) or {"id": identifier}
        named = {name: value for one in files for name, value in one["about"].items() if value}
        payload = {
            "category": theme[0],
            "subcategory": theme[1],
            "dataset": {**named, **{name: value for name, value in about.items() if value}},
            "coverage": joined[identifier],
            "resources": [{n: v for n, v in one.items() if n not in {"about", "dataset"}} for one in files],
        }
        found.append(RawRecord(f"{identifier}/{path}", payload, f"{source.url}/{path}"))
    notes: tuple[ReadingNote, ...] = ()
    if unjoined:
        more = f" and {len(unjoined) - _SHOWN} more" if len(unjoined) > _SHOWN else ""
        told = f"{path} in {', '.join(unjoined[:_SHOWN])}{more} is not seen to come from a dataset of HDX"
        notes = (ReadingNote("coverage-unjoined", "resource_hdx_id", told),)
    return tuple(found), notes


def _resource_of(source: Source, client: "Client", theme: _Theme, place: str, level: int) -> str | None:
    """The resource that a theme's row for a country comes from; empty if the answer is about something else.

    ``None`` if there is no such theme to be asked.
    """
    asked: dict[str, str | int] = {"location_code": place, "admin_level": level, "limit": 1, "offset": 0}
    try:
        rows = _rows(source, client, "/".join(theme), asked)
    except PortalError as error:
        if error.code not in {"http-404", "http-422"}:
            raise
        return None
    fields = Fields(rows[0] if rows else {})
    # Some themes have two places in a row, where people come from and where they are.
    named = ("location_code", "origin_location_code", "asylum_location_code")
    about = {fields.line(name, 20).upper() for name in named}
    return fields.line("resource_hdx_id", 100) if place in about else ""


def _first(fields: Fields, *names: str, longest: int = 300) -> str:
    return next((text for name in names if (text := fields.line(name, longest))), "")


def _dataset(row: Native) -> dict[str, Any]:
    fields = Fields(row)
    return {
        "id": _first(fields, "dataset_hdx_id", "hdx_id", longest=100),
        "stub": _first(fields, "dataset_hdx_stub", "hdx_stub"),
        "title": _first(fields, "dataset_hdx_title", "title", longest=1_000),
        "provider": _first(fields, "hdx_provider_name", "dataset_hdx_provider_name"),
    }


def _resource(row: Native) -> dict[str, Any]:
    fields = Fields(row)
    about = _dataset({name: value for name, value in row.items() if name.startswith("dataset_")})
    return {
        "id": _first(fields, "resource_hdx_id", "hdx_id", longest=100),
        "dataset": about["id"],
        "about": about,
        "name": fields.line("name"),
        "format": fields.line("format", 60),
        "changed": fields.line("update_date", 40),
        "url": fields.line("download_url", 2_000),
    }


def _hdx(source: Source) -> str:
    address = source.options.get("hdx")
    return address.rstrip("/") if isinstance(address, str) and address.startswith(("https://", "http://")) else _HDX


def _distribution(fields: Fields, otherwise: str) -> DistributionRecord:
    declared, address = fields.line("format", 60), fields.address("url")
    return DistributionRecord(
        key=fields.line("id", 100) or otherwise,
        name=fields.line("name") or "File",
        url=address,
        format=format_name(declared, "", address),
        declared_format=declared,
        modified=fields.moment("changed"),
    )


def _places(fields: Fields) -> list[LocationRecord]:
    code = fields.line("location", 20)
    found, _ = countries([code])
    if code and not found:
        fields.note("place-unknown", "location", f'no country is called "{code}"')
    level = fields.whole("level")
    return [LocationRecord(one, level, p_coded=True if fields.flag("coded") else None) for one in found]


def _told(title: str, subject: str, places: list[tuple[LocationRecord, Fields]]) -> str:
    """Where it reaches and how deep, in sentences."""
    told = [f'HDX HAPI gives "{title}" of the Humanitarian Data Exchange in standardised form, as {subject}.']
    for level in sorted({place.admin_level for place, _ in places if place.admin_level is not None}, reverse=True):
        codes = ", ".join(sorted(place.iso3 for place, _ in places if place.admin_level == level))
        told.append(f"Down to administrative level {level}: {codes}." if level else f"By country: {codes}.")
    return " ".join(told)


def _access(source: Source, page: str) -> AccessRecord:
    steps: tuple[str, ...] = ("Get the files on their page of the Humanitarian Data Exchange.",)
    if source.access_key:
        steps += (f"For standardised rows ask HDX HAPI. {source.access_key.how}",)
    return AccessRecord(AccessModality.OPEN, steps, page)


def _extra(
    dataset: Fields, theme: _Theme, places: list[tuple[LocationRecord, Fields]], taken: list[str]
) -> dict[str, str]:
    levels = sorted({place.admin_level for place, _ in places if place.admin_level is not None})
    days = {one.line("updated", 10) for _, one in places}
    told = "; ".join(f"{place.iso3} {one.line('updated', 10)}" for place, one in places if len(days) > 1)
    found = {
        "entry": "coverage",
        "category": theme[0],
        "subcategory": theme[1],
        "hdx_dataset": dataset.line("id", 100),
        "provider": dataset.line("provider"),
        "admin_levels": ", ".join(map(str, levels)),
        "countries_covered": str(len(places)),
        "hapi_updated": max(taken, default=""),
        "hapi_updated_by_country": told[:2_000],
    }
    return {name: value for name, value in found.items() if value}
