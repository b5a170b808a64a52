"""Addresses that are longer than the server takes apart: it cuts them, and the application refuses what was cut."""

from collections import Counter
from collections.abc import Awaitable, Callable
from urllib.parse import unquote_plus

from fastapi import Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LONGEST = 65_535
"""Bytes of an address that httptools takes apart; of a longer one uvicorn says "Invalid HTTP request received."."""
KEPT = 262_144
"""Bytes of a longer one that are looked at; what comes after them is let go as it arrives."""
_CUT = "cut_question"


class CuttingProtocol(HttpToolsProtocol):
    """uvicorn's protocol; the question of a too long address is handed on apart, for :class:`Uncut`."""

    def on_url(self, url: bytes) -> None:
        """Keep a piece of the address."""
        super().on_url(url[: KEPT - len(self.url)])

    def on_headers_complete(self) -> None:
        """Begin to answer."""
        if len(self.url) > LONGEST:
            path, _, question = self.url.partition(b"?")
            self.scope["state"][_CUT] = question if len(path) <= LONGEST else b""
            self.url = path[:LONGEST]
        super().on_headers_complete()


class Uncut:
    """ASGI middleware: a request whose address was cut is refused.

    Args:
        app: What answers the others.
        refuse: Makes the answer, given the parameter that takes the most room; empty if the path does.
    """

    def __init__(self, app: ASGIApp, refuse: Callable[[Request, str], Response]) -> None:
        self.app, self._refuse = app, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or not."""
        answer: Callable[[Scope, Receive, Send], Awaitable[None]] = self.app
        question = scope.get("state", {}).get(_CUT)
        if question is not None:
            answer = self._refuse(Request(scope), _largest(question))
        await answer(scope, receive, send)


def _largest(question: bytes) -> str:
    room: Counter[bytes] = Counter()
    for pair in question.split(b"&"):
        room[pair.partition(b"=")[0]] += len(pair)
    return unquote_plus(max(room, key=room.__getitem__).decode("latin-1"))
