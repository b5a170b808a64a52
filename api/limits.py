"""How many requests one address or key may send: a bucket each that fills again, in this process's memory."""

import math
import time
from collections.abc import Awaitable, Callable
from threading import Lock

from fastapi import Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

UNLIMITED = ("/healthz", "/readyz", "/static/")
MOST = 50_000
"""Buckets kept at once; the oldest give way."""


class Buckets:
    """A bucket per name.

    Args:
        rate: Requests in that time, and how many at once; 0 for any number.
        seconds: In which an empty bucket fills again.
    """

    def __init__(self, rate: int, clock: Callable[[], float] = time.monotonic, *, seconds: int = 60) -> None:
        self._rate, self._clock, self._seconds = rate, clock, seconds
        self._left: dict[str, tuple[float, float]] = {}
        self._lock = Lock()

    def take(self, name: str, cost: int = 1) -> int:
        """0 if a request may be answered, else the seconds after which to ask again."""
        if not self._rate:
            return 0
        now = self._clock()
        with self._lock:
            left, then = self._left.pop(name, (float(self._rate), now))
            left = min(self._rate, left + (now - then) * self._rate / self._seconds)
            enough = left >= 1
            # Taken out and put back, so that the first in the order is the one not asked for longest.
            self._left[name] = (max(0.0, left - cost) if enough else left, now)
            while len(self._left) > MOST:
                del self._left[next(iter(self._left))]
        return 0 if enough else max(1, math.ceil((1 - left) * self._seconds / self._rate))


class Limited:
    """ASGI middleware: an address that sends too much is answered 429, whatever it asks for."""

    def __init__(self, app: ASGIApp, buckets: Buckets, refuse: Callable[[Request, int], Response]) -> None:
        self.app, self._buckets, self._refuse = app, buckets, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or not."""
        answer: Callable[[Scope, Receive, Send], Awaitable[None]] = self.app
        if scope["type"] == "http" and not scope["path"].startswith(UNLIMITED):
            wait = self._buckets.take((scope.get("client") or ("",))[0])
            if wait:
                answer = self._refuse(Request(scope), wait)
        await answer(scope, receive, send)
