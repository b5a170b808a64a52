"""Pages of coverage: countries by needs, one country's needs with evidence, who holds what, a country for newcomers."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import Field, ValidationError
from starlette.concurrency import run_in_threadpool

from api.coverage import CoverageParameters, HolderParameters, SetParameters, checked_set, code, covered, grid, held
from api.coverage_acts import Closing, NewAction, OverruleAct, action_json
from api.deps import Answering, Asking, asking_now, today
from api.pages import words
from api.pages.render import HTML, body_of, form_token, render
from api.pages.sign_in import sent
from api.parameters import NoParameters
from catalog.levels import Refused
from catalog.needs import actions, overruling, unmet
from catalog.needs.coverage import coverage
from catalog.needs.files import legend, question
from catalog.needs.judging import State
from catalog.needs.newcomer import newcomer
from catalog.needs.telling import country_json, grid_json, short, symbol
from catalog.places import country_name

router = APIRouter(include_in_schema=False)
desk = APIRouter(include_in_schema=False)
"""What stewards do on these pages; not of a process for the public alone."""

PAGE_COUNTRIES = 8
PAGE_HOLDINGS = 60
SHOWN_DATASETS = 2
SHOWN_GAPS = 8
SHOWN_LOGGED = 10
MOST_BYTES = 8_192
ASKS = frozenset({"gap", "held but restricted", "unknown"})
"""States of which a country's page says where they lead."""


class EvidenceParameters(SetParameters):
    """Which needs of a country; of one need all of its evidence."""

    need: str = Field("", max_length=60)


@router.get("/coverage")
def coverage_page(request: Request, asking: Answering, asked: Annotated[CoverageParameters, Query()]) -> Response:
    """Needs by countries: a shape and a word for each state."""
    sets = asking.register.book().needs.sets
    chosen = asked.model_copy(update={"limit": PAGE_COUNTRIES, "set": asked.set or sets[0].key})
    found, countries, total, following = grid(asking, chosen)
    told = grid_json(found, countries, found.book.needs.of("", chosen.set))
    kept = [("country", iso3) for iso3 in asked.country] + [("set", chosen.set)]
    return _rendered(
        request,
        "coverage.html",
        told,
        set=chosen.set,
        sets=sets,
        total=total,
        every=[(iso3, country_name(iso3)) for iso3 in found.countries()],
        question=urlencode(kept),
        next=f"/coverage?{urlencode([*kept, ('after', following)])}" if following else "",
    )


@router.get("/coverage/{iso3}")
def country_coverage_page(
    request: Request, asking: Answering, iso3: str, asked: Annotated[EvidenceParameters, Query()]
) -> Response:
    """A country's needs, gaps first; with a need named, all that its state rests on."""
    checked_set(asking, asked.set)
    place = code(iso3)
    return (
        _evidence(request, asking, place, asked.need, 200) if asked.need else _list(request, asking, place, asked.set)
    )


@router.get("/country/{iso3}")
def country_page(request: Request, asking: Answering, iso3: str, _: Annotated[NoParameters, Query()]) -> Response:
    """One page for somebody who is new in a country."""
    place = code(iso3)
    with asking.catalog.reading() as session:
        found = coverage(session, asking.viewer, asking.register.book(), today())
        told = country_json(session, asking.viewer, found, found.country(place), leads=False)
        shown = newcomer(session, asking.viewer, found, place)
    gaps = [cell for cell in told["cells"] if cell["state"] in ASKS]
    met = [cell for cell in told["cells"] if cell["state"] in {"met", "partly"}]
    return _rendered(
        request, "country.html", told, shown=shown, gaps=gaps[:SHOWN_GAPS], more=len(gaps) - SHOWN_GAPS, met=met,
    )  # fmt: skip


@router.get("/holders")
def holders_page(request: Request, asking: Answering, asked: Annotated[HolderParameters, Query()]) -> Response:
    """Organisation by topic by country, and how to ask."""
    given = {"country": [one for one in asked.country if one], "topic": [one for one in asked.topic if one]}
    chosen = asked.model_copy(update=given | {"limit": min(asked.limit, PAGE_HOLDINGS)})
    known = covered(asking)
    items, total, following = held(known, chosen)
    kept = [("country", one) for one in chosen.country] + [("topic", one) for one in chosen.topic]
    kept += [("organisation", asked.organisation)] if asked.organisation else []
    return _rendered(
        request,
        "holders.html",
        {"day": today().isoformat()},
        asked=chosen,
        items=items,
        total=total,
        topics=sorted({topic for one in known.records.all for topic in one.topics}, key=lambda topic: topic[1]),
        next=f"/holders?{urlencode([*kept, ('after', following)])}" if following else "",
    )


@desk.post("/coverage/{iso3}")
async def act(request: Request, iso3: str, asked: Annotated[EvidenceParameters, Query()]) -> Response:
    """Overrule a need, withdraw that, assign an action or close one, by a steward who is signed in."""
    fields = await sent(request, MOST_BYTES)
    return await run_in_threadpool(_acted, request, iso3, asked.need, fields)


def _acted(request: Request, iso3: str, need: str, fields: Mapping[str, str]) -> Response:
    asking = asking_now(request)
    place = code(iso3)
    if all(one.id != need for one in asking.register.book().needs.of(place)):
        raise HTTPException(404)
    if not asking.viewer.key or not asking.viewer.stewards("", (place,)):
        raise HTTPException(403, "Only who was appointed steward of this may do it.")
    asking.register.access.act(asking.viewer)
    given = {name: text.strip() for name, text in fields.items() if name != "token"}
    try:
        with asking.catalog.writing() as session:
            _ACTS[given.pop("do", "")](session, asking.viewer, place, need, given)
    except (Refused, ValidationError, KeyError) as error:
        return _evidence(request, asking, place, need, 422, refused=_why(error))
    return RedirectResponse(f"/coverage/{place}?{urlencode({'need': need})}", 303)


def _overrule(session: Any, viewer: Any, place: str, need: str, given: Mapping[str, str]) -> None:  # noqa: ANN401
    asked = OverruleAct.model_validate({"act": "overrule", **given})
    if asked.state is None or asked.expires is None:
        raise Refused("Say the state, and the last day that it stands.")
    overruling.overrule(session, viewer, place, need, asked.state, asked.reason, asked.expires, today())


def _withdraw(session: Any, viewer: Any, place: str, need: str, given: Mapping[str, str]) -> None:  # noqa: ANN401
    asked = OverruleAct.model_validate({"act": "withdraw", **given})
    overruling.withdraw(session, viewer, place, need, asked.reason, today())


def _assign(session: Any, viewer: Any, place: str, need: str, given: Mapping[str, str]) -> None:  # noqa: ANN401
    asked = NewAction.model_validate(given)
    actions.assign(session, viewer, place, need, asked.what, asked.owner, asked.organisation, asked.due, today())


def _close(session: Any, viewer: Any, place: str, need: str, given: Mapping[str, str]) -> None:  # noqa: ANN401, ARG001
    number = given.get("number", "")
    if not (number.isascii() and number.isdigit() and len(number) < 16):  # noqa: PLR2004
        raise Refused("There is no such action.")
    asked = Closing.model_validate({"state": given.get("state", ""), "reason": given.get("reason", "")})
    actions.close(session, viewer, int(number), asked.state, asked.reason, today())


_ACTS = {"overrule": _overrule, "withdraw": _withdraw, "assign": _assign, "close": _close}


def _why(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        return f"{'.'.join(map(str, first['loc'])) or 'form'}: {first['msg'].removeprefix('Value error, ')}"
    return str(error) if isinstance(error, Refused) else "This form asks for nothing that can be done."


def _list(request: Request, asking: Asking, place: str, within: str) -> Response:
    sets = asking.register.book().needs.sets
    chosen = within or sets[0].key
    mine = bool(asking.viewer.key) and asking.viewer.stewards("", (place,))
    with asking.catalog.reading() as session:
        found = coverage(session, asking.viewer, asking.register.book(), today())
        told = country_json(session, asking.viewer, found, found.country(place, chosen))
        logged, total = unmet.logged(session, asking.viewer, (place,), unmet.OPEN, SHOWN_LOGGED) if mine else ([], 0)
    more: dict[str, Any] = {"set": chosen, "sets": sets, "datasets": SHOWN_DATASETS, "asks": ASKS}
    more |= {"mine": mine, "logged": logged, "logged_total": total}
    if mine:
        body = body_of(request, "country_coverage.html", {"told": told, **_SHARED, **more})
        return Response(body, headers={"Cache-Control": "no-store"}, media_type=HTML)
    return _rendered(request, "country_coverage.html", told, **more)


def _evidence(request: Request, asking: Asking, place: str, need: str, status: int, *, refused: str = "") -> Response:
    mine = bool(asking.viewer.key) and asking.viewer.stewards("", (place,))
    with asking.catalog.reading() as session:
        found = coverage(session, asking.viewer, asking.register.book(), today())
        told = country_json(session, asking.viewer, found, found.country(place))
        listed = actions.actions(session, asking.viewer, today(), (place,)) if mine else []
    cell = next((one for one in told["cells"] if one["need"] == need), None)
    if cell is None:
        raise HTTPException(404)
    more = {
        "cell": cell,
        "mine": mine,
        "refused": refused,
        "states": list(State),
        "first_day": today(),
        "actions": [action_json(one) for one in listed if one.need == need],
        "form_token": form_token(request),
    }
    if mine:
        body = body_of(request, "need.html", {"told": told, **_SHARED, **more})
        return Response(body, status, {"Cache-Control": "no-store"}, media_type=HTML)
    return _rendered(request, "need.html", told, **more)


_SHARED: Mapping[str, Any] = {
    "symbol": symbol, "short": short, "asked": question, "legend": list(legend()), "access": words.ACCESS,
}  # fmt: skip


def _rendered(request: Request, template: str, told: Mapping[str, Any], **context: Any) -> Response:  # noqa: ANN401
    given = {"told": told, **_SHARED, **context}
    return render(request, template, orjson.dumps(told, default=str).decode(), **given)
