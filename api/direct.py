"""Routes whose endpoint takes the request alone."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool


class Direct(APIRoute):
    """A route of a plain endpoint from request to response, for which nothing need be resolved.

    FastAPI's way to an endpoint costs something even if it takes nothing. Errors are answered as everywhere.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The endpoint, in a thread of its own."""
        endpoint: Callable[[Request], Response] = self.endpoint

        async def answer(request: Request) -> Response:
            return await run_in_threadpool(endpoint, request)

        return answer
