"""Signing in with a key, for the pages: it is exchanged for a cookie that scripts and other sites do not get."""

from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from api.access import COOKIE, NOT_GOOD
from api.deps import Answering, register_of
from api.pages.render import HTML, body_of, form_token
from api.parameters import NoParameters

router = APIRouter(include_in_schema=False)

MOST_BYTES = 4_096
"""Of a form."""


@router.get("/sign-in")
def sign_in_page(request: Request, _: Answering, __: Annotated[NoParameters, Query()]) -> Response:
    """The form that takes a key."""
    return _form(request, 200, "")


@router.post("/sign-in")
async def sign_in(request: Request, __: Annotated[NoParameters, Query()]) -> Response:
    """A new session for a good key; the form again for any other."""
    fields = await sent(request)
    access = register_of(request).access
    session = await run_in_threadpool(access.sign_in, request, fields.get("key", ""))
    if not session:
        return await run_in_threadpool(_form, request, 401, NOT_GOOD)
    answer = RedirectResponse("/", status_code=303)
    answer.set_cookie(
        COOKIE,
        session,
        max_age=int(access.hours * 3600),
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return answer


@router.post("/sign-out")
async def sign_out(request: Request, __: Annotated[NoParameters, Query()]) -> Response:
    """End the session."""
    await sent(request)
    register_of(request).access.sign_out(request)
    answer = RedirectResponse("/", status_code=303)
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return answer


def _form(request: Request, status: int, refused: str) -> Response:
    body = body_of(request, "sign_in.html", {"refused": refused, "form_token": form_token(request)})
    return Response(body, status, {"Cache-Control": "no-store"}, media_type=HTML)


async def sent(request: Request, most: int = MOST_BYTES) -> dict[str, str]:
    """The fields of a form, of so many bytes, that one of our own pages sent; raises HTTPException 403, 413."""
    if not same_site(request):
        raise HTTPException(403, "This form was not sent from one of our pages.")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise HTTPException(413, "The form is too long.")
    fields = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    if fields.get("token") != form_token(request):
        raise HTTPException(403, "This form is too old. Open the page again.")
    return fields


def same_site(request: Request) -> bool:
    """Whether a browser says that one of our own pages sent this."""
    said = request.headers.get("sec-fetch-site")
    if said is not None:
        return said == "same-origin"
    origin = request.headers.get("origin", "")
    return bool(origin) and urlsplit(origin).netloc == request.headers.get("host", "")
