"""Headers that every answer carries: nothing is loaded from elsewhere, no script runs, no page is framed.

An answer may be another one for another key, and that to a key is nobody else's to keep. There is no CORS: no other
site's page reads an answer.
"""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from catalog.viewer import Viewer

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

_RAW = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]


class SecurityHeaders:
    """ASGI middleware that adds :data:`HEADERS` to each answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *_RAW]
                headers = MutableHeaders(scope=message)
                headers.add_vary_header("Authorization, Cookie")
                if ("set-cookie" in headers or _by_key(scope)) and headers.get("Cache-Control") != "no-store":
                    headers["Cache-Control"] = "private, no-cache"
            await send(message)

        await self.app(scope, receive, send_with_headers)


def _by_key(scope: Scope) -> bool:
    viewer = scope.get("state", {}).get("viewer")
    return isinstance(viewer, Viewer) and bool(viewer.key)
