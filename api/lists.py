"""JSON answers as bytes; their shape is made in :mod:`catalog.answer`."""

import orjson
from fastapi import Response

JSON = "application/json"


def send(content: object, status: int = 200) -> Response:
    """Any content as JSON."""
    return Response(orjson.dumps(content), status, media_type=JSON)


def send_once(body: bytes, status: int = 200) -> Response:
    """JSON that nobody on the way, and no browser, may keep."""
    return Response(body, status, {"Cache-Control": "no-store"}, media_type=JSON)
