"""Errors as ``application/problem+json`` (RFC 9457) under ``/api``, as a page elsewhere.

A message names the parameter and the mend, and never repeats an address: what is hidden and what never existed
answer with the same bytes.
"""

import difflib
import http
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from api.access import TOO_MANY, retry_after
from api.pages.render import error_page
from api.parameters import RefusedError
from api.security import HEADERS
from catalog.database import NotGiven, NotKeepable
from catalog.query import QueryError
from catalog.search import IndexUnusableError

SHOWN_VALUE = 80
"""Characters of a refused value that a message repeats."""
MOST_TOLD = 20
"""Refused parameters that one answer names."""

_log = logging.getLogger("landmark.api")


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong: HTTP status, a sentence, and one entry per refused parameter."""

    status: int
    detail: str
    errors: Sequence[Mapping[str, str]] = field(default=())

    @property
    def title(self) -> str:
        """The status in words."""
        return _RENAMED.get(self.status) or http.HTTPStatus(self.status).phrase

    def document(self) -> dict[str, Any]:
        """The problem as RFC 9457 has it; ``errors`` has parameter, message and, for a mistyped one, nearest."""
        body: dict[str, Any] = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        return body | ({"errors": list(self.errors)} if self.errors else {})


_RENAMED = {413: "Content Too Large", 414: "URI Too Long", 422: "Unprocessable Content"}
"""Python renamed these between 3.11 and 3.13."""
NOT_FOUND = "There is nothing here that this service may show."


def install(app: FastAPI) -> None:
    """Answer every error of the app as a problem."""

    def answer_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - as registered below
        detail = {404: NOT_FOUND, 405: "This address does not answer that method."}.get(error.status_code, error.detail)
        return _answer(request, Problem(error.status_code, detail), error.headers)

    def answer_validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101
        entries = error.errors()
        if any(entry["loc"][0] == "path" for entry in entries):
            return _answer(request, Problem(404, NOT_FOUND))
        known = error.known if isinstance(error, RefusedError) else _known_parameters(request)
        found = [
            {name: _sayable(said) for name, said in _refused(entry, known).items()} for entry in entries[:MOST_TOLD]
        ]
        told = [entry["message"] for entry in found]
        if len(entries) > MOST_TOLD:
            told.append(f"{len(entries) - MOST_TOLD:,} more are refused.")
        return _answer(request, Problem(422, " ".join(told), found))

    def answer_query(request: Request, error: Exception) -> Response:
        assert isinstance(error, QueryError)  # noqa: S101
        entry = {"parameter": error.parameter, "message": str(error)}
        return _answer(request, Problem(422, str(error), [entry]))

    def answer_failure(request: Request, error: Exception) -> Response:
        _log.error("failed to answer", exc_info=error)
        response = _answer(request, Problem(500, "Something failed here; it was logged. Please try again later."))
        response.headers.update(HEADERS)
        return response

    def answer_unusable(request: Request, error: Exception) -> Response:
        _log.error("%s", error)
        return _answer(request, Problem(503, "The search index is being built anew. Please try again in a minute."))

    def answer_not_given(request: Request, error: Exception) -> Response:
        _log.error("%s", error)
        return _answer(request, Problem(503, "This process is not given what it would need to answer that."))

    def answer_not_keepable(request: Request, error: Exception) -> Response:
        if "NUL" not in str(getattr(error, "orig", "")):
            return answer_failure(request, error)
        if "\0" in request.url.path or "%00" in request.url.path:
            return _answer(request, Problem(404, NOT_FOUND))
        return _answer(request, Problem(422, "A text of the question holds a NUL, which no text has. Leave it out."))

    app.add_exception_handler(NotGiven, answer_not_given)
    app.add_exception_handler(NotKeepable, answer_not_keepable)
    app.add_exception_handler(IndexUnusableError, answer_unusable)
    app.add_exception_handler(HTTPException, answer_http)
    app.add_exception_handler(RequestValidationError, answer_validation)
    app.add_exception_handler(QueryError, answer_query)
    app.add_exception_handler(Exception, answer_failure)


def too_many(request: Request, seconds: int) -> Response:
    """429, in the form that the address answers in."""
    return _answer(request, Problem(429, TOO_MANY), retry_after(seconds))


def too_long(request: Request) -> Response:
    """413, in the form that the address answers in."""
    return _answer(request, Problem(413, "The request is too long."))


def address_too_long(request: Request, parameter: str) -> Response:
    """422 for the parameter that takes the most room, 414 if there is none, in the form that the address answers in."""
    if not parameter:
        return _answer(request, Problem(414, "The address is longer than 64 kB. Ask with a shorter one."))
    shown = _sayable(parameter[:SHOWN_VALUE])
    message = f"{shown}: the address is longer than 64 kB; this takes the most room in it. Ask for less at once."
    return _answer(request, Problem(422, message, [{"parameter": shown, "message": message}]))


def _answer(request: Request, problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    if request.url.path.startswith(("/api/", "/healthz", "/readyz")):
        return Response(
            orjson.dumps(problem.document()), problem.status, dict(headers or {}), media_type="application/problem+json"
        )
    page = error_page(request, problem.status, problem.title, problem.detail)
    page.headers.update(headers or {})
    return page


def _known_parameters(request: Request) -> list[str]:
    route = request.scope.get("route")
    if not isinstance(route, APIRoute):
        return []
    names: list[str] = []
    for parameter in [*route.dependant.query_params, *route.dependant.body_params]:
        fields = getattr(parameter.field_info.annotation, "model_fields", None)
        names += [parameter.alias] if fields is None else list(fields)
    return names


def _sayable(text: str) -> str:
    """The text without halves of letters, which JSON can hold and no answer can."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _refused(entry: Mapping[str, Any], known: Sequence[str]) -> dict[str, str]:
    parameter = str(entry["loc"][1]) if len(entry["loc"]) > 1 else ""
    if entry["type"] == "extra_forbidden":
        shown = parameter[:SHOWN_VALUE]
        near = difflib.get_close_matches(parameter.casefold(), known, n=1, cutoff=0.5)
        if near:
            message = f'There is no parameter "{shown}". Did you mean "{near[0]}"?'
            return {"parameter": shown, "message": message, "nearest": near[0]}
        names = f"It takes: {', '.join(known)}." if known else "It takes none."
        return {"parameter": shown, "message": f'There is no parameter "{shown}". {names}'}
    said = str(entry.get("ctx", {}).get("error", "")) or str(entry["msg"])
    value = str(entry.get("input", ""))[:SHOWN_VALUE]
    return {"parameter": parameter, "message": f'{parameter}: "{value}" cannot be used. {said.rstrip(".")}.'}
