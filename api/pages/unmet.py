"""The form "Log this need" of a search that found nothing, and the page that says that it was logged."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from api.coverage import country_of
from api.deps import Answering, asking_now, today
from api.pages.render import render
from api.pages.sign_in import sent
from api.parameters import NoParameters
from catalog.levels import Refused
from catalog.needs import unmet

router = APIRouter(include_in_schema=False)

MOST_BYTES = 8_192
"""Of the form: its words in letters that take twelve bytes each as they are sent."""
TOO_LONG = f"words: at most {unmet.LONGEST_ASKED} characters can be sent."


@router.post("/needs/logged")
async def log_page(request: Request, _: Annotated[NoParameters, Query()]) -> Response:
    """Keep what somebody looked for, because they pressed the button; with or without a key."""
    fields = await sent(request, MOST_BYTES)
    return await run_in_threadpool(_logged, request, fields)


@router.get("/needs/logged")
def logged_page(request: Request, _: Answering, __: Annotated[NoParameters, Query()]) -> Response:
    """That it was logged: the same for everybody, whatever it was."""
    return render(request, "need_logged.html")


def _logged(request: Request, fields: Mapping[str, str]) -> Response:
    asking = asking_now(request)
    words, country = fields.get("words", ""), fields.get("country", "")
    if len(words) > unmet.LONGEST_ASKED:
        raise HTTPException(422, TOO_LONG)
    place = country_of(country) if country else ""
    asking.register.access.log(request, asking.viewer)
    try:
        with asking.catalog.writing() as session:
            unmet.log(session, words, place, today())
    except Refused as refused:
        raise HTTPException(422, str(refused)) from None
    return RedirectResponse("/needs/logged", status_code=303)
