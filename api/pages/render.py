"""Renders templates; every page says so if what it shows is fictional."""

from pathlib import Path
from typing import Any

from fastapi import Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.access import COOKIE
from api.deps import Register, conditional, register_of, viewer_of
from api.pages import words
from catalog.reading import sources
from catalog.viewer import Viewer

HTML = "text/html; charset=utf-8"
SAMPLE = "Sample:"
ALL_SAMPLE = "Sample content: every record here is fictional."
PART_SAMPLE = "Sample content: records of a source whose name begins with “Sample:” are fictional."


def render(request: Request, template: str, *parts: str, **context: Any) -> Response:  # noqa: ANN401
    """A page, or 304 where the reader has it already.

    Args:
        request: The request to answer.
        template: File in ``templates/``.
        parts: What the page depends on besides its address, for its ETag.
        context: What the template shows.
    """
    body = body_of(request, template, context)
    return conditional(request, body, HTML, *parts, body.decode())


def form_token(request: Request) -> str:
    """What a form of ours sends back, so that another site's form is told apart: a word for this session alone."""
    return register_of(request).access.seal.token(f"form {request.cookies.get(COOKIE, '')}")


def error_page(request: Request, status: int, title: str, detail: str) -> Response:
    """A page for an error; never fails itself."""
    body = body_of(request, "error.html", {"title": title, "detail": detail})
    return Response(body, status, media_type=HTML)


def body_of(request: Request, template: str, context: dict[str, Any]) -> bytes:
    """A page's bytes, whoever asks named on it."""
    register = getattr(request.app.state, "register", None)
    banner, signed, keys = "", None, False
    if isinstance(register, Register):
        viewer = viewer_of(request)
        banner = _banner(register, viewer)
        keys = not register.access.public_only
        if viewer.key:
            signed = {"name": viewer.name, "sees": words.sees(viewer), "token": form_token(request)}
    page = _ENVIRONMENT.get_template(template)
    return page.render(banner=banner, signed=signed, takes_keys=keys, **context).encode()


def _banner(register: Register, viewer: Viewer) -> str:
    try:
        with register.catalog.reading() as session:
            titles = [source["title"] for source in sources(session, viewer) if source["datasets"]]
    except Exception:  # noqa: BLE001 - an error page must not fail on the database that it reports
        return ""
    sample = sum(title.startswith(SAMPLE) for title in titles)
    if not sample:
        return ""
    return ALL_SAMPLE if sample == len(titles) else PART_SAMPLE


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parents[1] / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.globals["words"] = words
    for function in (words.day, words.clock, words.size, words.web_address, words.short):
        environment.filters[function.__name__] = function
    return environment


_ENVIRONMENT = _environment()
