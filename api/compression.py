"""Compresses answers for who takes gzip."""

from collections.abc import Iterable

from fastapi.middleware.gzip import GZipMiddleware
from starlette.datastructures import Headers
from starlette.middleware.gzip import IdentityResponder
from starlette.types import Receive, Scope, Send


class Compressed(GZipMiddleware):
    """ASGI middleware: Starlette's, which compresses wherever the header has the word, also for ``gzip;q=0``."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and its answer back compressed or not."""
        if scope["type"] == "http" and not takes_gzip(Headers(scope=scope).getlist("accept-encoding")):
            await IdentityResponder(self.app, self.minimum_size)(scope, receive, send)
            return
        await super().__call__(scope, receive, send)


def takes_gzip(accepted: Iterable[str]) -> bool:
    """Whether values of Accept-Encoding name gzip, do not forbid it, and do not put no coding at all before it."""
    weights = {}
    for one in ",".join(accepted).split(","):
        coding, _, rest = one.partition(";")
        weights[coding.strip().lower()] = min(_weight(part) for part in rest.split(";"))
    wanted = weights.get("gzip", 0.0)
    return wanted > 0 and wanted >= weights.get("identity", 0.0)


def _weight(text: str) -> float:
    name, _, value = text.partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
