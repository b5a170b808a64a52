"""What changes something: it takes a key in the header, a small JSON body, and a steward where only a steward may."""

from collections.abc import Callable, Iterable
from typing import Annotated, Any, TypeVar

from fastapi import Depends, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.deps import Asking, asking_now
from catalog.keyring import everything
from catalog.levels import Conflict, Refused

A = TypeVar("A")

READING = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""
MOST_BYTES = 65_536
"""Of a request's body."""
UPLOADS = frozenset({"/api/v1/register/preview", "/api/v1/register/accept", "/register/preview"})
"""They take files, whose bytes they count themselves, once they know who sends them."""
NEEDS_KEY = "This takes a key, in the header Authorization: Bearer lmk_..."
OF_EVERYTHING = "Only a steward of everything may do it."
NOT_A_STEWARD = "Only who was appointed steward of this may do it."


class Asked(BaseModel):
    """A body; what it does not know is refused."""

    model_config = ConfigDict(extra="forbid")


class WithReason(Asked):
    """An act that says why."""

    reason: str = Field(
        min_length=1,
        max_length=500,
        pattern=r"^[^\x00]*[^\x00\s][^\x00]*$",
        description="Why, in a sentence. Name no person and no place.",
    )


async def acting(request: Request) -> Asking:
    """Who acts; raises HTTPException 401 or 429.

    A session in a cookie is not enough: another site's form could send it.
    """
    if "authorization" not in request.headers:
        raise HTTPException(401, NEEDS_KEY, headers={"WWW-Authenticate": "Bearer"})
    found = await run_in_threadpool(asking_now, request)
    if request.method not in READING:
        found.register.access.act(found.viewer)
    return found


Acting = Annotated[Asking, Depends(acting)]


def require_steward(asking: Asking, source: str = "", countries: Iterable[str] = ()) -> None:
    """Raise HTTPException 403 for who is no steward of a source or of some country; of any, if none is named."""
    viewer = asking.viewer
    if not (viewer.stewards(source, countries) if source else viewer.is_steward):
        raise HTTPException(403, NOT_A_STEWARD)


def require_steward_of_everything(asking: Asking) -> None:
    """Raise HTTPException 403 for who is no steward of everything."""
    if not everything(asking.viewer):
        raise HTTPException(403, OF_EVERYTHING)


Line = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f-\x9f]*[^\x00-\x20\x7f-\xa0][^\x00-\x1f\x7f-\x9f]*$")]
"""Words on one line, at least one sign that is seen; what moves a terminal's cursor is refused."""


def done(asking: Asking, act: Callable[..., A]) -> A:
    """Act, given a session, in one transaction, and let the indexes follow at once; raises HTTPException 409."""
    try:
        with asking.catalog.writing() as session:
            answer = act(session)
    except Conflict as conflict:
        raise HTTPException(409, str(conflict)) from None
    except Refused as refused:
        raise HTTPException(409, str(refused)) from None
    asking.register.follow()
    return answer


class Bounded:
    """ASGI middleware: a body of more than :data:`MOST_BYTES` is answered 413 and read no further."""

    def __init__(self, app: ASGIApp, refuse: Callable[[Request], Any]) -> None:
        self.app, self._refuse = app, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its body read, or not."""
        if scope["type"] != "http" or scope["method"] in READING or scope["path"] in UPLOADS:
            await self.app(scope, receive, send)
            return
        body = b""
        more = True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > MOST_BYTES:
                await self._refuse(Request(scope))(scope, receive, send)
                return

        given = False

        async def again() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, again, send)
