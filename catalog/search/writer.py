"""Keeps the indexes in step with the catalog's change feed. One process at a time writes, whoever has the lock."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import tantivy
from filelock import FileLock, Timeout
from sqlalchemy.orm import Session

from catalog.rows import MADE_PRIVATE
from catalog.search import feed
from catalog.search.feed import ReadsCatalog
from catalog.search.generation import (
    IndexUnusableError,
    Manifest,
    Marker,
    Opened,
    altered,
    copy,
    first,
    mark,
    measure,
    open_generation,
    read_manifest,
    room,
    successor,
    sweep,
    unusable,
    write_manifest,
)
from catalog.search.schema import Rendered, entry, schema, version
from catalog.search.shipping import Shipping, carry, read_shipping, ship, ships
from catalog.vocabulary import Audience

HEAP = 32_000_000
"""Bytes one writer may hold, one writer at a time; Tantivy takes no less than 15 MB."""

MOST_STALE = 0.25
"""Share of an index's records that may be taken out of a copy of it."""

KEPT_DOCUMENTS = 1_000
"""Documents of an update that are kept for the next audience."""

Progress = Callable[[Audience, int], None]
"""Told the audience and how many records have been written for it."""


@dataclass(frozen=True, slots=True)
class Followed:
    """What following did.

    Attributes:
        position: Newest change that all indexes hold.
        documents: Number of records per audience.
        changed: How many of them were added, replaced or taken out.
        rebuilt: Why an audience's index was built anew, if it was.
        busy: Another process is writing; nothing was done.
        missed: What could not be shipped or taken, a sentence each (:mod:`catalog.search.shipping`).
    """

    position: int = 0
    documents: Mapping[Audience, int] = field(default_factory=dict)
    changed: Mapping[Audience, int] = field(default_factory=dict)
    rebuilt: Mapping[Audience, str] = field(default_factory=dict)
    busy: bool = False
    missed: tuple[str, ...] = ()


def follow(
    catalog: ReadsCatalog,
    index_dir: Path,
    *,
    progress: Progress | None = None,
    wait: float = 2.0,
    audiences: Sequence[Audience] = tuple(Audience),
    thorough: bool = False,
) -> Followed:
    """Bring every audience's index up to the newest change; build anew what is absent, damaged or of another version.

    A node that takes its indexes takes them (:mod:`catalog.search.shipping`), and builds only what it has none of.

    Args:
        catalog: Where the disclosures and the change feed are read.
        index_dir: Folder of the indexes, made if absent.
        progress: Told how far it is.
        wait: Seconds to wait for another process that writes; then the answer says ``busy``.
        audiences: Whose indexes; a process for the public alone makes no other.
        thorough: Read all files for damage that leaves their sizes as they were.
    """
    return _work(catalog, index_dir, progress, wait, audiences, anew="", thorough=thorough)


def rebuild(catalog: ReadsCatalog, index_dir: Path, *, progress: Progress | None = None, wait: float = 2.0) -> Followed:
    """Build every audience's index anew and swap it in; readers keep the old one until they reload.

    A node that takes the public's index alone gets no other.
    """
    kept = read_shipping(index_dir).kept(index_dir)
    return _work(catalog, index_dir, progress, wait, kept, anew="was asked to be rebuilt")


def check(catalog: ReadsCatalog, index_dir: Path) -> list[str]:
    """Hold the indexes against the catalog, record by record, and their files against what was written.

    Returns a sentence per difference; none if all is well.
    """
    said = []
    for audience in read_shipping(index_dir).kept(index_dir):
        try:
            said += [f"{audience}: {line}" for line in _differences(catalog, index_dir, audience)]
        except IndexUnusableError as error:
            said.append(str(error))
    return said


MOST_LINES = 20


def _differences(catalog: ReadsCatalog, index_dir: Path, audience: Audience) -> list[str]:
    manifest = read_manifest(index_dir, audience)
    folder = index_dir / audience / manifest.folder
    opened = open_generation(index_dir, audience, manifest)
    lines = [f"file {name} is not as it was written" for name in altered(folder, manifest, hashes=True)]
    with catalog.reading() as session:
        there = feed.etags(session, audience)
    with unusable(audience):
        here: dict[str, str] = {}
        times: Counter[str] = Counter()
        every = tantivy.Query.term_query(schema(), "kind", "dataset")
        for _, address in opened.searcher.search(every, limit=opened.marker.count + 1, count=False).hits:
            document = opened.searcher.doc(address)
            dataset_id = document["id"][0]
            here[dataset_id] = document["etag"][0]
            times[dataset_id] += 1
    lines += [
        f"record {key} is in the index {count} times"
        for key, count in sorted(times.items())
        if count != feed.documents(here[key])
    ]
    lines += [f"record {key} is not in the index" for key in sorted(there.keys() - here.keys())]
    lines += [f"record {key} is in the index only" for key in sorted(here.keys() - there.keys())]
    both = sorted(here.keys() & there.keys())
    lines += [f"record {key} differs from its disclosure" for key in both if here[key] != there[key]]
    if len(lines) > MOST_LINES:
        lines = [*lines[:MOST_LINES], f"and {len(lines) - MOST_LINES} more differences"]
    return lines


def _work(
    catalog: ReadsCatalog,
    index_dir: Path,
    progress: Progress | None,
    wait: float,
    audiences: Sequence[Audience],
    *,
    anew: str,
    thorough: bool = False,
) -> Followed:
    index_dir.mkdir(parents=True, exist_ok=True)
    lock = FileLock(index_dir / "writer.lock", timeout=wait)
    try:
        lock.acquire()
    except Timeout:
        return Followed(busy=True)
    try:
        markers: dict[Audience, Marker] = {}
        changed: dict[Audience, int] = {}
        rebuilt: dict[Audience, str] = {}
        missed: list[str] = []
        tell = progress or _silent
        shipping = read_shipping(index_dir)
        kept: _Kept = {}
        for audience in audiences:
            task = _Task(index_dir, audience, tell, thorough)
            try:
                if shipping.takes(audience):
                    markers[audience], changed[audience] = task.take(shipping, missed, anew=bool(anew))
                elif anew:
                    raise IndexUnusableError(audience, anew)
                else:
                    markers[audience], changed[audience] = task.update(catalog, kept)
            except IndexUnusableError as error:
                rebuilt[audience] = error.reason
        if rebuilt:
            kept.clear()
            markers |= _build(catalog, [_Task(index_dir, audience, tell) for audience in rebuilt])
        missed += ship(index_dir, shipping, audiences)
        return Followed(
            min(marker.position for marker in markers.values()),
            {audience: markers[audience].records for audience in audiences},
            {audience: changed.get(audience, markers[audience].records) for audience in audiences},
            rebuilt,
            missed=tuple(missed),
        )
    finally:
        lock.release()


def _silent(audience: Audience, done: int) -> None:
    """Nobody asked."""


def _this_year() -> int:
    return datetime.now(UTC).year


_Kept = dict[str, tuple[str, list[tantivy.Document]]]
"""Documents already made, by dataset id, each with the etag of its disclosure."""


@dataclass(frozen=True, slots=True)
class _Built:
    """A generation just built, and the numbers of the records that are in it."""

    audience: Audience
    folder: Path
    manifest: Manifest
    numbers: frozenset[int]


def _build(catalog: ReadsCatalog, tasks: Sequence["_Task"]) -> dict[Audience, Marker]:
    """Write new generations from all disclosures and make them current.

    Audiences mostly know the same, and files are copied much faster than documents are made: each index begins as a
    copy of the one before it. Always the index of an audience that may know less, so that no folder ever holds, or
    shows by the way it is laid out, what is hidden from its audience.
    """
    markers: dict[Audience, Marker] = {}
    with catalog.reading() as session:
        # Read first: what changes meanwhile is followed afterwards, twice over at worst.
        position = feed.position(session)
        lesser = None
        for task in tasks:
            lesser = task.build(session, position, lesser)
            markers[task.audience] = lesser.manifest.marker
    return markers


@dataclass(frozen=True, slots=True)
class _Task:
    """One audience's turn."""

    index_dir: Path
    audience: Audience
    progress: Progress
    thorough: bool = False

    def build(self, session: Session, position: int, lesser: _Built | None) -> _Built:
        """Write a new generation and make it current; ``lesser`` is of an audience that may know less."""
        folder = first(self.index_dir / self.audience)
        with self._becoming_current(folder):
            marker, numbers = self._write_all(session, folder, position, lesser)
            manifest = Manifest(folder.name, marker, measure(folder, lesser.manifest.files if lesser else {}))
            write_manifest(self.index_dir, self.audience, manifest)
            _taken(self.index_dir, self.audience).unlink(missing_ok=True)
        return _Built(self.audience, folder, manifest, frozenset(numbers))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """What goes wrong while an index is gone on with: no room for more, or something wrong in what was there."""
        with unusable(self.audience), room(self.audience, self.index_dir):
            yield

    @contextmanager
    def _becoming_current(self, folder: Path) -> Iterator[None]:
        """Delete what was current before, or, should anything go wrong, the new folder."""
        try:
            with room(self.audience, self.index_dir):
                yield
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        sweep(self.index_dir, self.audience, folder.name)

    def _write_all(
        self, session: Session, folder: Path, position: int, lesser: _Built | None
    ) -> tuple[Marker, set[int]]:
        numbers: set[int] = set()
        count = 0
        gone: list[tuple[int, UUID]] = []
        rows = feed.all_disclosures(session, self.audience)
        # Where what everybody is shown differs from what the community is, the index of everything holds both.
        if lesser and (self.audience, lesser.audience) != (Audience.FULL, Audience.PUBLIC):
            more = feed.unlike(session, self.audience, lesser.audience)
            gone = feed.unknown(session, lesser.audience, self.audience)
            stale = len(gone) + sum(seq in lesser.numbers for seq, _ in more)
            # What is taken out stays in the statistics that score the rest, so a clean index is better than much of it.
            if stale <= len(lesser.numbers) * MOST_STALE:
                copy(lesser.folder, folder, lesser.manifest.files)
                numbers |= lesser.numbers
                count = len(numbers)
                rows = feed.disclosures(session, self.audience, [dataset_id for _, dataset_id in more])
        writer = tantivy.Index(schema(), str(folder)).writer(HEAP, 1)
        for seq, dataset_id in gone:
            if seq in numbers:
                writer.delete_documents_by_term("id", str(dataset_id))
                numbers.remove(seq)
                count -= 1
        for held in rows:
            if held[0].seq in numbers:
                writer.delete_documents_by_term("id", held[0].id)
                count -= 1
            for one in _entries(held):
                writer.add_document(one)
            count += len(held)
            numbers.add(held[0].seq)
            if len(numbers) % feed.BATCH == 0:
                self.progress(self.audience, len(numbers))
        marker = Marker(version(), _this_year(), position, 1, count, len(numbers))
        mark(writer, marker)
        writer.commit()
        writer.wait_merging_threads()
        self.progress(self.audience, len(numbers))
        return marker, numbers

    def take(self, shipping: Shipping, missed: list[str], *, anew: bool) -> tuple[Marker, int]:
        """Take what another node shipped, if it is newer; raises IndexUnusableError if there is nothing sound."""
        new = False
        start = Path(shipping.taken_from)
        _taken(self.index_dir, self.audience).parent.mkdir(parents=True, exist_ok=True)
        _taken(self.index_dir, self.audience).touch()
        try:
            new = ships(start, self.audience) and carry(start, self.index_dir, self.audience, anew=anew)
            if not new and not ships(start, self.audience):
                missed.append(f"{start} holds no {self.audience} index; ship one there from the node that writes.")
        except IndexUnusableError as error:
            missed.append(f"The {self.audience} index in {start} {error.reason}; ship it again.")
        except OSError as error:
            missed.append(f"The {self.audience} index cannot be taken: {error}.")
        manifest = read_manifest(self.index_dir, self.audience)
        if bad := altered(self.index_dir / self.audience / manifest.folder, manifest, hashes=self.thorough):
            raise IndexUnusableError(self.audience, f"has files that are not as written ({', '.join(bad)})")
        return manifest.marker, manifest.marker.records if new else 0

    def update(self, catalog: ReadsCatalog, kept: _Kept) -> tuple[Marker, int]:
        """Follow the feed; raises IndexUnusableError if there is nothing sound to go on from."""
        manifest = read_manifest(self.index_dir, self.audience)
        folder = self.index_dir / self.audience / manifest.folder
        if _taken(self.index_dir, self.audience).exists():
            # Two writers that go on with one generation would give its name to different documents.
            raise IndexUnusableError(self.audience, "was taken from another node")
        with catalog.reading() as session:
            newest = feed.position(session)
            if manifest.marker.year != _this_year():
                raise IndexUnusableError(self.audience, "was built in another year")
            if bad := altered(folder, manifest, hashes=self.thorough):
                raise IndexUnusableError(self.audience, f"has files that are not as written ({', '.join(bad)})")
            if manifest.marker.position == newest:
                return manifest.marker, 0
            opened = open_generation(self.index_dir, self.audience, manifest)
            if opened.marker.position > newest:
                raise IndexUnusableError(self.audience, "is ahead of the catalog, which was replaced by an older one")
            with self._writing():
                fresh = successor(folder, manifest.files)
            with self._becoming_current(fresh):
                marker, changed = self._write_changes(session, opened, fresh, kept)
                files = measure(fresh, manifest.files)
                write_manifest(self.index_dir, self.audience, Manifest(fresh.name, marker, files))
        return marker, changed

    def _write_changes(self, session: Session, opened: Opened, folder: Path, kept: _Kept) -> tuple[Marker, int]:
        position, changed = opened.marker.position, 0
        count, records = opened.marker.count, opened.marker.records
        written: dict[str, str | None] = {}
        with self._writing():
            writer = tantivy.Index.open(str(folder)).writer(HEAP, 1)
            while lines := feed.changed_since(session, position, feed.BATCH):
                ids = list(dict.fromkeys(dataset_id for _, dataset_id in lines))
                here = _held(opened, ids)
                held = {key: one.etag for key, one in here.items()} | {
                    key: written[key] for key in map(str, ids) if key in written
                }
                etags = feed.etags(session, self.audience, ids)
                differing = [key for key in map(str, ids) if held.get(key) != etags.get(key)]
                made = self._documents(session, differing, etags, kept)
                if any(_took_back(here[key], made.get(key), self.audience) for key in differing if key in here):
                    # Tantivy keeps the words of what is deleted until a merge that nobody can ask it for.
                    writer.rollback()
                    raise IndexUnusableError(self.audience, "held words that are not shown any more")
                for key in differing:
                    if (before := held.get(key)) is not None:
                        writer.delete_documents_by_term("id", key)
                        count -= feed.documents(before)
                        records -= 1
                    if key in made:
                        for one in made[key][1]:
                            writer.add_document(one)
                        count += len(made[key][1])
                        records += 1
                    written[key] = made[key][0] if key in made else None
                    changed += 1
                position = lines[-1][0]
                self.progress(self.audience, changed)
            # What the audience cannot see must not show as a new generation either.
            serial = opened.marker.serial + (changed > 0)
            marker = Marker(opened.marker.version, opened.marker.year, position, serial, count, records)
            mark(writer, marker)
            writer.commit()
            writer.wait_merging_threads()
        return marker, changed

    def _documents(self, session: Session, keys: Sequence[str], etags: Mapping[str, str], kept: _Kept) -> _Kept:
        """Documents of those records that the audience may know of; read and made anew unless an equal one is kept."""
        known = [key for key in keys if key in etags]
        made = {key: kept[key] for key in known if key in kept and kept[key][0] == etags[key]}
        missing = [UUID(key) for key in known if key not in made]
        for given in feed.disclosures(session, self.audience, missing):
            key = given[0].id
            made[key] = (given[0].etag, _entries(given))
            if len(kept) < KEPT_DOCUMENTS:
                kept[key] = made[key]
        return made


def _taken(index_dir: Path, audience: Audience) -> Path:
    """Is there while an audience's index is another node's."""
    return index_dir / audience / "taken"


def _entries(given: Sequence[Rendered]) -> list[tantivy.Document]:
    try:
        return [entry(one) for one in given]
    except (ValueError, TypeError, KeyError) as error:
        # No fault of the index: built anew it would meet the same record.
        message = f"record {given[0].id} cannot be put into the index ({error!r}); mend: landmark reassess"
        raise RuntimeError(message) from error


@dataclass(frozen=True, slots=True)
class _Held:
    """A record as an index holds it: its etag, and the page's JSON of each of its documents."""

    etag: str
    items: list[bytes]


def _held(opened: Opened, ids: Sequence[UUID]) -> dict[str, _Held]:
    wanted = tantivy.Query.term_set_query(schema(), "id", [str(dataset_id) for dataset_id in ids])
    found: dict[str, _Held] = {}
    for _, address in opened.searcher.search(wanted, limit=2 * len(ids) + 1, count=False).hits:
        document = opened.searcher.doc(address)
        found.setdefault(document["id"][0], _Held(document["etag"][0], [])).items.append(document["item"][0])
    return found


def _took_back(held: _Held, fresh: tuple[str, list[tantivy.Document]] | None, audience: Audience) -> bool:
    """Whether a record, as this index holds it, shows what its audience is shown no longer.

    The full audience is shown everything, until a portal makes a record private and our copy of it is emptied.
    """
    if fresh is None:
        return True
    now = orjson.loads(fresh[1][0]["item"][0])
    before = map(orjson.loads, held.items)
    if audience is Audience.FULL:
        return _emptied(now) and not all(map(_emptied, before))
    left_out = _left_out(now)
    return bool(left_out) and any(left_out - _left_out(one) for one in before)


def _left_out(item: Mapping[str, Any]) -> frozenset[str]:
    only_listed = ("*",) if item["mode"] == "ask" else ()
    return frozenset((*item["withheld"], *item["masked"], *only_listed))


def _emptied(item: Mapping[str, Any]) -> bool:
    return bool(item["title"] == MADE_PRIVATE)
