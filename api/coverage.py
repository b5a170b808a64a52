"""Coverage: which information needs are met, and who holds what."""

from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, HTTPException, Query, Request, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api import coverage_examples as shapes
from api import examples
from api.datasets import CSV, XLSX
from api.deps import Answering, Asking, conditional, today
from api.lists import JSON
from api.parameters import read_limit
from catalog.answer import list_json
from catalog.export import Marking
from catalog.needs import files
from catalog.needs.coverage import Country, Coverage, coverage
from catalog.needs.holders import Wanted, holdings
from catalog.needs.telling import country_json, grid_json, holding_json, need_json
from catalog.places import iso3_of
from catalog.query import QueryError

router = APIRouter(prefix="/api/v1", tags=["coverage"])

MOST_COUNTRIES = 60
NO_SUCH_SET = 'set: there is no set "{}". Known: {}.'


class CoverageParameters(BaseModel):
    """Which countries and needs."""

    model_config = ConfigDict(extra="forbid")
    country: list[str] = Field(
        default=[], max_length=MOST_COUNTRIES, description="ISO3 code or name; repeats are more.", examples=[["SSD"]]
    )
    set: str = Field("", max_length=60, description="Only the needs of this set.", examples=["mine-action"])
    limit: Annotated[int, BeforeValidator(read_limit)] = Field(
        MOST_COUNTRIES, description="Countries on a page, at most 60.", examples=["5"]
    )
    after: str = Field("", max_length=9, pattern="^[0-9]*$", description="The `next` of the page before.")


class SetParameters(BaseModel):
    """Which needs."""

    model_config = ConfigDict(extra="forbid")
    set: str = Field("", max_length=60, description="Only the needs of this set.", examples=["mine-action"])


class NeedParameters(SetParameters):
    """Which needs, of which country."""

    country: str = Field("", max_length=100, description="As they are asked in this country.", examples=["SSD"])


class HolderParameters(BaseModel):
    """Which holdings."""

    model_config = ConfigDict(extra="forbid")
    country: list[str] = Field(
        default=[], max_length=MOST_COUNTRIES, description="ISO3 code or name.", examples=["SSD"]
    )
    topic: list[str] = Field(default=[], max_length=60, description="Key of a topic.", examples=[["casualties"]])
    organisation: str = Field("", max_length=200, description="Part of its name, or its id.")
    limit: Annotated[int, BeforeValidator(read_limit)] = Field(
        100, description="Holdings on a page, 0 to 1,000.", examples=["5"]
    )
    after: str = Field("", max_length=9, pattern="^[0-9]*$", description="The `next` of the page before.")


@router.get("/needs", summary="What has to be known", responses=examples.ok(shapes.NEEDS) | examples.REFUSED)
def list_needs(request: Request, asking: Answering, asked: Annotated[NeedParameters, Query()]) -> Response:
    """Information needs with their questions in five languages, and what would meet each of them."""
    declared = asking.register.book().needs
    checked_set(asking, asked.set)
    iso3 = country_of(asked.country) if asked.country else ""
    applies = declared.not_applicable(iso3)
    items = [
        need_json(need)
        | {
            "sets": [one.key for one in declared.sets if any(need.id == known.id for known in one.needs)],
            "not_applicable": applies.get(need.id, ""),
        }
        for need in declared.of(iso3, asked.set)
    ]
    return conditional(request, list_json(items), JSON, declared.digest)


@router.get(
    "/coverage", summary="Countries by information needs", responses=examples.ok(shapes.GRID) | examples.REFUSED
)
def show_grid(request: Request, asking: Answering, asked: Annotated[CoverageParameters, Query()]) -> Response:
    """How far each need is met in each country, by what you may know of; evidence by `/coverage/{iso3}`.

    Not the same: `gap`, where other data on the country is listed, and `unknown`, where records do not say enough.
    """
    found, chosen, total, following = grid(asking, asked)
    told = grid_json(found, chosen, found.book.needs.of("", asked.set)) | {"total": total, "next": following}
    return conditional(request, orjson.dumps(told), JSON, str(found.today))


@router.get(
    "/coverage.csv", summary="Coverage as CSV", response_class=Response, responses=examples.file(CSV) | examples.REFUSED
)
def export_csv(asking: Answering, asked: Annotated[CoverageParameters, Query()]) -> Response:
    """A row for each country and need, with a row of HXL hashtags, each marked. Its name says if there are more."""
    countries, marked, part = _told(asking, asked)
    return Response(files.csv(countries, marked), media_type=CSV, headers=_named(part, marked, "csv"))


@router.get(
    "/coverage.xlsx",
    summary="Coverage as XLSX",
    response_class=Response,
    responses=examples.file(XLSX) | examples.REFUSED,
)
def export_xlsx(asking: Answering, asked: Annotated[CoverageParameters, Query()]) -> Response:
    """Countries by needs, then a sheet for each question that can be filtered, then the marking."""
    countries, marked, part = _told(asking, asked)
    return Response(files.xlsx(countries, marked), media_type=XLSX, headers=_named(part, marked, "xlsx"))


@router.get(
    "/coverage/{iso3}",
    summary="The needs of one country with their evidence",
    responses=examples.ok(shapes.COUNTRY) | examples.NOT_FOUND,
)
def show_country(request: Request, asking: Answering, iso3: str, asked: Annotated[SetParameters, Query()]) -> Response:
    """Gaps first: datasets with each criterion ticked or not, what is missing, and where a gap leads."""
    checked_set(asking, asked.set)
    told = country_told(asking, code(iso3), asked.set)
    return conditional(request, orjson.dumps(told), JSON, told["day"])


@router.get("/holders", summary="Who holds what", responses=examples.ok(shapes.HOLDERS) | examples.REFUSED)
def list_holders(request: Request, asking: Answering, asked: Annotated[HolderParameters, Query()]) -> Response:
    """Organisation by topic by country: how many datasets, how sensitive, how to ask; counted once, the most first."""
    items, total, following = held(covered(asking), asked)
    return conditional(request, list_json(items, total, following), JSON, str(today()))


def code(iso3: str) -> str:
    """A country's code out of an address; raises HTTPException 404."""
    found = iso3_of(iso3)
    if found is None or found != iso3:
        raise HTTPException(404)
    return found


def country_of(text: str) -> str:
    """A country by code or name; raises QueryError."""
    found = iso3_of(text.strip())
    if found is None:
        raise QueryError("country", f'country: "{text[:60]}" is no country; write its ISO3 code, such as SSD')
    return found


def checked_set(asking: Asking, key: str) -> None:
    """Raise QueryError for a set that is not declared."""
    known = [one.key for one in asking.register.book().needs.sets]
    if key and key not in known:
        raise QueryError("set", NO_SUCH_SET.format(key, ", ".join(known)))


def covered(asking: Asking) -> Coverage:
    """What who asks is told today."""
    with asking.catalog.reading() as session:
        return coverage(session, asking.viewer, asking.register.book(), today())


def grid(asking: Asking, asked: CoverageParameters) -> tuple[Coverage, tuple[Country, ...], int, str]:
    """A page of countries, how many there are, and what to pass as ``after`` for the next."""
    checked_set(asking, asked.set)
    found = covered(asking)
    wanted = tuple(dict.fromkeys(map(country_of, asked.country))) or found.countries()
    start, limit = int(asked.after or 0), min(asked.limit, MOST_COUNTRIES)
    end = start + limit
    chosen = found.several(wanted[start:end], asked.set)
    return found, chosen, len(wanted), str(end) if limit and end < len(wanted) else ""


def country_told(asking: Asking, iso3: str, within: str = "") -> dict[str, Any]:
    """One country as it is told."""
    with asking.catalog.reading() as session:
        found = coverage(session, asking.viewer, asking.register.book(), today())
        return country_json(session, asking.viewer, found, found.country(iso3, within))


def held(known: Coverage, asked: HolderParameters) -> tuple[list[dict[str, Any]], int, str]:
    """A page of holdings, how many there are, and what to pass as ``after`` for the next."""
    wanted = Wanted(tuple(map(country_of, asked.country)), tuple(asked.topic), asked.organisation)
    found = holdings(known.records, wanted)
    start = int(asked.after or 0)
    end = start + asked.limit
    following = str(end) if asked.limit and end < len(found) else ""
    return [holding_json(one) for one in found[start:end]], len(found), following


def _told(asking: Asking, asked: CoverageParameters) -> tuple[list[dict[str, Any]], Marking, str]:
    asking.record("exported coverage", " ".join([*map(country_of, asked.country), asked.set]).strip() or "*")
    found, chosen, total, _ = grid(asking, asked)
    with asking.catalog.reading() as session:
        told = [country_json(session, asking.viewer, found, country) for country in chosen]
    levels = found.levels(country.iso3 for country in chosen)
    table = asking.register.disclosing()
    marked = files.marking(levels, asking.viewer.index, datetime.now(UTC), table)
    return told, marked, f"-{len(chosen)}-of-{total}-countries" if len(chosen) < total else ""


def _named(part: str, marked: Marking, ending: str) -> dict[str, str]:
    """The file's name says how far it may go, and if it has not all."""
    return {"Content-Disposition": f'attachment; filename="landmark-coverage{part}-{marked.in_name}.{ending}"'}
