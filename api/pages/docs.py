"""The API's description as a page; the same words as its OpenAPI document."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from api.deps import Answering
from api.pages.render import render
from api.parameters import NoParameters

router = APIRouter()


@router.get("/docs")
def docs_page(request: Request, __: Answering, _: Annotated[NoParameters, Query()]) -> Response:
    """Every address with its parameters; those of the search once."""
    described: dict[str, Any] = request.app.openapi()
    told: set[str] = set()
    addresses = []
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            parameters = operation.get("parameters", [])
            addresses.append(
                {
                    "method": method.upper(),
                    "path": path,
                    "summary": operation["summary"],
                    "description": operation.get("description", ""),
                    "new": [entry for entry in parameters if entry["name"] not in told],
                    "known": [entry["name"] for entry in parameters if entry["name"] in told],
                }
            )
            told |= {entry["name"] for entry in parameters}
    return render(request, "docs.html", about=described["info"]["description"], addresses=addresses)
