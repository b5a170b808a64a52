"""What an endpoint answers from, and conditional answers.

HTTP answers as the public does; nobody can ask for more until there are keys.
"""

import hashlib
import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request, Response

from catalog.database import Catalog
from catalog.query import DatasetQuery, Page
from catalog.search.reader import Reader
from catalog.search.writer import follow
from catalog.viewer import PUBLIC
from catalog.vocabulary import Audience

AUDIENCE = Audience.PUBLIC
__all__ = ["PUBLIC"]
FOLLOW_SECONDS = 0.2

_log = logging.getLogger("landmark.api")


@dataclass(frozen=True, slots=True)
class Register:
    """The open catalog and its public index."""

    catalog: Catalog
    reader: Reader

    @property
    def generation(self) -> str:
        """Changes whenever a public record does."""
        self.reader.reload_if_changed()
        return self.reader.generation

    def search(self, query: DatasetQuery) -> Page:
        """One page of what the public may know.

        Raises:
            QueryError: The question cannot be asked.
        """
        self.reader.reload_if_changed()
        return self.reader.search(query, today())


class Follower:
    """A daemon thread that brings the indexes up to the change feed five times a second."""

    def __init__(self, catalog: Catalog, index_dir: Path) -> None:
        self._catalog, self._index_dir = catalog, index_dir
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="landmark-follow", daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the batch at hand."""
        self._stop.set()
        self._thread.join(timeout=30)

    def _run(self) -> None:
        failing = False
        while not self._stop.wait(FOLLOW_SECONDS):
            try:
                follow(self._catalog, self._index_dir)
            except Exception:  # noqa: BLE001 - the next round may find the database or the disk well again
                if not failing:
                    _log.exception("the search index cannot follow the catalog")
                failing = True
            else:
                failing = False


def today() -> date:
    """The day, UTC, that freshness is judged at."""
    return datetime.now(UTC).date()


def register_of(request: Request) -> Register:
    """The register of the running app."""
    found = request.app.state.register
    assert isinstance(found, Register)  # noqa: S101 - set by the lifespan
    return found


async def register(request: Request) -> Register:
    """The register as a dependency; a coroutine, for it waits for nothing and needs no thread of its own."""
    return register_of(request)


Answering = Annotated[Register, Depends(register)]


def etag_of(request: Request, *parts: str) -> str:
    """A weak ETag of address, query, day and what else the answer depends on."""
    # Starlette's URL of a request is put together and taken apart again, which costs more than the hash.
    address, question = request.scope["path"], request.scope["query_string"].decode("latin-1")
    text = "\n".join((address, question, today().isoformat(), *parts))
    return f'W/"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def has_already(request: Request, etag: str) -> bool:
    """Whether the reader holds this version (If-None-Match)."""
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    return bool(known & {etag.removeprefix("W/"), "*"})


def conditional(request: Request, body: bytes, media_type: str, *parts: str) -> Response:
    """The body with its ETag; 304 where the reader has it already."""
    etag = etag_of(request, *parts)
    return unchanged(etag) if has_already(request, etag) else answered(body, etag, media_type)


def answered(body: bytes, etag: str, media_type: str) -> Response:
    """200 with an ETag."""
    return Response(body, headers=_cached(etag), media_type=media_type)


def unchanged(etag: str) -> Response:
    """304."""
    return Response(status_code=304, headers=_cached(etag))


def _cached(etag: str) -> Mapping[str, str]:
    return {"ETag": etag, "Cache-Control": "no-cache"}
