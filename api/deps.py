"""What an endpoint answers from and for whom, and conditional answers."""

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from api.access import Access, role
from api.bench import Benches
from api.sheets import Sheets
from catalog import grants, privacy
from catalog.database import Catalog
from catalog.levels import Desk
from catalog.needs.records import Book
from catalog.query import DatasetQuery, Page, QueryError
from catalog.reading import feed_position
from catalog.route import Ways
from catalog.search.meanings import Meanings
from catalog.search.reader import Reader
from catalog.search.writer import follow
from catalog.suggest import Kept
from catalog.viewer import PUBLIC, Viewer
from catalog.vocabulary import Audience
from config import load
from config.disclosure import Disclosing
from config.indicators import Indicators
from config.settings import Settings

FOLLOW_SECONDS = 0.05
LOOK_SECONDS = 1.0
"""How soon a damaged index, or one that another node has shipped, is noticed; what failed is tried again then."""
SWEEP_SECONDS = 2.0
"""How soon the indexes forget a grant whose day has passed; answers from the database end with the moment."""
SWEEP_KEYS_SECONDS = 3600.0

_log = logging.getLogger("landmark.api")


class Register:
    """The open catalog and its indexes, for the whole process.

    Args:
        catalog: Open.
        settings: Where the indexes lie; one is opened when somebody first asks who is answered from it.
        access: Who may ask.
    """

    def __init__(self, catalog: Catalog, settings: Settings, access: Access) -> None:
        self.catalog, self.settings, self.access = catalog, settings, access
        self.sheets = Sheets(settings)
        self.benches = Benches(self.sheets.registry)
        self.names = Kept()
        self._index_dir = settings.index_dir
        self._lock = threading.Lock()
        self._meanings = Meanings(load.thesaurus(settings))
        self._readers = {Audience.PUBLIC: Reader(self._index_dir, Audience.PUBLIC, self._meanings)}
        self._read: tuple[Disclosing, frozenset[str]] | None = None
        self._book: Book | None = None
        self._ways: Ways | None = None
        self._indicators: Indicators | None = None

    def reader(self, audience: Audience) -> Reader:
        """The index of an audience, up to what was written last."""
        found = self._readers.get(audience)
        if found is None:
            with self._lock:
                found = self._readers.get(audience) or Reader(self._index_dir, audience, self._meanings)
                self._readers[audience] = found
        found.reload_if_changed()
        return found

    def faulty(self) -> bool:
        """Whether an index that is in use cannot be read as it lies on the disk."""
        return any(reader.fault for reader in tuple(self._readers.values()))

    def disclosing(self) -> Disclosing:
        """Who is shown what, as this installation has it."""
        return self._rules()[0]

    def column_concepts(self) -> frozenset[str]:
        """The concepts that are told by columns alone, so that whoever does not speak HXL can ask for these."""
        return self._rules()[1]

    def ways(self) -> Ways:
        """What is known of getting data, as this installation has it."""
        if self._ways is None:
            self._ways = Ways(load.access(self.settings))
        return self._ways

    def book(self) -> Book:
        """The information needs of this installation, and the records as they were read for them."""
        with self._lock:
            if self._book is None:
                self._book = Book(load.needs(self.settings))
            return self._book

    def indicators(self) -> Indicators:
        """By what this installation tells whether sharing improves."""
        if self._indicators is None:
            self._indicators = load.indicators(self.settings)
        return self._indicators

    def _rules(self) -> tuple[Disclosing, frozenset[str]]:
        if self._read is None:
            rules = load.rules(self.settings)
            told = frozenset(concept.key for concept in rules.concepts if concept.hxl and not concept.topic)
            self._read = rules.disclosing, told
        return self._read

    def desk(self, viewer: Viewer) -> Desk:
        """Where the holder of a key acts on levels."""
        return Desk(self.disclosing(), key=viewer.key)

    def follow(self) -> None:
        """Let every index take up an act at once."""
        follow(self.catalog, self._index_dir)


@dataclass(frozen=True, slots=True)
class Asking:
    """One request: what it is answered from, and for whom."""

    register: Register
    viewer: Viewer

    @property
    def catalog(self) -> Catalog:
        """The open catalog."""
        return self.register.catalog

    @property
    def generation(self) -> str:
        """Changes whenever a record does that the viewer is shown."""
        return self.register.reader(self.viewer.index).generation_for(self.viewer)

    def search(self, query: DatasetQuery) -> Page:
        """One page of what the viewer is shown. Its ``next`` is sealed, and of use to viewers like this one alone.

        Raises:
            QueryError: The question cannot be asked.
        """
        seal, owner = self.register.access.seal, role(self.viewer)
        try:
            after = seal.open(owner, query.after)
        except ValueError:
            message = 'after: this is not a "next" that an answer gave you; leave "after" out to begin again'
            raise QueryError("after", message) from None
        asked = replace(query, after=after) if after else query
        page = self.register.reader(self.viewer.index).search(asked, today(), self.viewer)
        return replace(page, next=seal.close(owner, page.next)) if page.next else page

    def tagged(self) -> Mapping[str, Mapping[str, int]]:
        """How many of the records shown to who asks have each tag, by origin (:data:`catalog.hashtags.Counted`)."""
        return self.register.reader(self.viewer.index).tagged(self.viewer)

    def record(self, action: str, subject: str) -> None:
        """Write to the audit what the holder of a key did."""
        self.register.access.record(self.viewer, action, subject)


class Follower:
    """A daemon thread that brings the indexes up to the change feed as soon as it grows, and ends what is past.

    Args:
        catalog: Open.
        settings: Where the indexes lie, and how long ended keys are kept.
        audiences: Whose indexes are kept up; where it is not all of them, nothing is written to the catalog.
        faulty: Whether an index that is in use cannot be read; its files are then looked at thoroughly.
    """

    def __init__(
        self, catalog: Catalog, settings: Settings, audiences: Sequence[Audience], faulty: Callable[[], bool]
    ) -> None:
        self._catalog, self._settings, self._audiences, self._faulty = catalog, settings, audiences, faulty
        self._next_sweep = self._swept = 0.0
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
        missed: tuple[str, ...] = ()
        position, next_look = -1, 0.0
        while not self._stop.wait(FOLLOW_SECONDS):
            self._sweep()
            try:
                with self._catalog.reading() as session:
                    newest = feed_position(session)
                if newest == position and time.monotonic() < next_look:
                    continue
                position, next_look = newest, time.monotonic() + LOOK_SECONDS
                followed = follow(
                    self._catalog, self._settings.index_dir, audiences=self._audiences, thorough=self._faulty()
                )
                if followed.missed and followed.missed != missed:
                    _log.warning(" ".join(followed.missed))
                missed = missed if followed.busy else followed.missed
            except Exception:  # noqa: BLE001 - the next round may find the database or the disk well again
                if not failing:
                    _log.exception("the search index cannot follow the catalog")
                failing = True
            else:
                failing = False

    def _sweep(self) -> None:
        now = time.monotonic()
        if len(self._audiences) < len(Audience) or now < self._next_sweep:
            return
        first, self._next_sweep = not self._next_sweep, now + SWEEP_SECONDS
        try:
            grants.expire(self._catalog)
            if first or now - self._swept > SWEEP_KEYS_SECONDS:
                self._swept = now
                with self._catalog.writing() as session:
                    privacy.sweep(session, self._settings.retention_days, datetime.now(UTC))
        except Exception:  # noqa: BLE001 - following goes on, and the next round may find the database well again
            _log.exception("grants and keys that are past cannot be ended")


def today() -> date:
    """The day, UTC, that freshness is judged at."""
    return datetime.now(UTC).date()


def register_of(request: Request) -> Register:
    """The register of the running app."""
    found = request.app.state.register
    assert isinstance(found, Register)  # noqa: S101 - set by the lifespan
    return found


async def asking(request: Request) -> Asking:
    """Who asks, as a dependency; without a key nothing is waited for and no thread is needed."""
    if "authorization" in request.headers or "cookie" in request.headers:
        return await run_in_threadpool(asking_now, request)
    return asking_now(request)


def asking_now(request: Request) -> Asking:
    """Who asks; raises HTTPException 401 or 429."""
    register = register_of(request)
    viewer = register.access.viewer(request)
    request.state.viewer = viewer
    return Asking(register, viewer)


Answering = Annotated[Asking, Depends(asking)]


def viewer_of(request: Request) -> Viewer:
    """Who asks, where that has been found out; else nobody."""
    found = getattr(request.state, "viewer", PUBLIC)
    return found if isinstance(found, Viewer) else PUBLIC


def etag_of(request: Request, *parts: str) -> str:
    """A weak ETag of address, query, day and what else the answer depends on."""
    # Starlette's URL of a request is put together and taken apart again, which costs more than the hash.
    address, question = request.scope["path"], request.scope["query_string"].decode("latin-1")
    viewer = viewer_of(request)
    owner = (viewer.key, role(viewer)) if viewer.key else ()
    text = "\n".join((address, question, today().isoformat(), *owner, *parts))
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
