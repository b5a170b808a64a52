"""What will be collected: the page, and the calendar that people subscribe to."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from api.deps import Answering, conditional, today
from api.pages.render import render
from api.upcoming import UpcomingParameters, read
from catalog.calendar import MEDIA_TYPE, calendar
from catalog.places import country_name
from catalog.upcoming import rounds

router = APIRouter()

SHOWN_ROUNDS = 100
SHOWN_NEEDS = 50


@router.get("/upcoming")
def upcoming_page(request: Request, register: Answering, asked: Annotated[UpcomingParameters, Query()]) -> Response:
    """Rounds and planned holdings, the next first, each with whom to ask."""
    items = read(register, asked)
    found = rounds(items)
    return render(
        request,
        "upcoming.html",
        country=asked.country,
        country_name=country_name(asked.country) if asked.country else "",
        total=len(items),
        rounds=found[:SHOWN_ROUNDS],
        left=len(found) - SHOWN_ROUNDS,
        shown_needs=SHOWN_NEEDS,
        query=f"?{urlencode({'country': asked.country})}" if asked.country else "",
        today=today().isoformat(),
    )


@router.get("/upcoming.ics")
def upcoming_calendar(request: Request, register: Answering, asked: Annotated[UpcomingParameters, Query()]) -> Response:
    """The days on which data is expected, and the last days to add questions."""
    body = calendar(rounds(read(register, asked)), today())
    return conditional(request, body, MEDIA_TYPE, body.decode())
