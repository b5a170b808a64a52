"""JSON answers as bytes; their shape is made in :mod:`catalog.answer`."""

import orjson
from fastapi import Response

JSON = "application/json"


def send(content: object, status: int = 200) -> Response:
    """Any content as JSON."""
    return Response(orjson.dumps(content), status, media_type=JSON)
