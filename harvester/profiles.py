"""The files of a source's records looked at, and their columns put into the catalog: what a harvest does not see.

The network is asked by some threads at a time, each host at its own pace; the catalog is written in between, for a
moment each, so that a harvest of the source need not wait. What was looked at stays looked at: the next time goes on.
"""

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from catalog import audit, kept, profiles, runs
from catalog.assess import Assessor
from catalog.database import Catalog
from catalog.issues import Issue
from catalog.lease import Lease, now_utc
from catalog.profiles import Candidate
from catalog.store import Store
from config.declarations import Source
from config.settings import Settings
from harvester.http import Client, Limits, Stopped
from harvester.normaliser import Normaliser
from harvester.part import Validators
from harvester.portal import Portal
from harvester.profile import Seen, profile
from harvester.reassess import as_changed

AT_ONCE = 8
"""Files that are looked at together, of one host at most two."""
BATCH = 40
"""Files after which the catalog is written."""
_LONGEST = 60.0
"""Seconds for one request."""
ASKED = "profiled files"
"""What the audit says of it."""


@dataclass(frozen=True, slots=True)
class Looked:
    """How far it is: files looked at, of how many that will be."""

    source: str
    done: int
    total: int


@dataclass(slots=True)
class Profiling:
    """What became of one source's files.

    Attributes:
        due: Files that wanted to be looked at.
        looked: Files that were.
        unchanged: Of them those that were as before.
        changed: Records whose columns are others now.
        faults: Files that could not be had, by code.
        remarks: By code, how many files or sheets could not be read, or only in part.
        places: Code, address and sentence of each fault and remark.
        stopped: It was stopped before it was through.
    """

    source: Source
    due: int = 0
    looked: int = 0
    unchanged: int = 0
    changed: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    remarks: Counter[str] = field(default_factory=Counter)
    places: list[tuple[str, str, str]] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    stopped: bool = False


def profile_source(
    catalog: Catalog,
    source: Source,
    portal: Portal,
    assessor: Assessor,
    settings: Settings,
    *,
    budget: int,
    actor: str = "landmark",
    progress: Callable[[Looked], None] = lambda _: None,
    stopped: Callable[[], bool] = lambda: False,
    limits: Limits | None = None,
    now: Callable[[], datetime] = now_utc,
) -> Profiling:
    """Look at no more than ``budget`` files of a source: first those never seen, then those seen longest ago.

    Raises :class:`catalog.runs.RunInProgress` if another process reads the source when it is time to write; what was
    written before stays.
    """
    done = Profiling(source)
    with catalog.reading() as session:
        due = [entry for entry in profiles.candidates(session, source.key, now()) if entry.due]
    done.due = len(due)
    due.sort(key=lambda entry: (entry.looked is not None, entry.looked, entry.seq, entry.distribution))
    chosen = due[:budget]
    if not chosen:
        return done
    writer = _Writer(catalog, source, portal, assessor, settings, done, now)
    limits = limits or replace(
        Limits.of(settings), total=min(60.0, settings.http_total), retries=2, connections=AT_ONCE
    )
    with Client(source, settings.model_copy(update={"http_cache_bytes": 0}), limits) as client:
        client.stopped = stopped
        results = _looked_at(client, chosen, stopped)
        seen: list[tuple[Candidate, Seen]] = []
        try:
            for entry in results:
                seen.append(entry)
                done.looked += 1
                progress(Looked(source.key, done.looked, len(chosen)))
                if len(seen) == BATCH:
                    writer.write(seen)
                    seen = []
        finally:
            results.close()
        writer.write(seen)
    done.stopped = done.looked < len(chosen)
    with catalog.writing() as session:
        audit.append(session, actor, ASKED, f"{source.key}, {done.looked} files")
    return done


def _looked_at(
    client: Client, chosen: list[Candidate], stopped: Callable[[], bool]
) -> Generator[tuple[Candidate, Seen], None, None]:
    """Files with what was seen, in the order in which they are through; no more are begun once it is to stop."""
    waiting = iter(chosen)
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="profile") as pool:
        under_way: dict[Future[Seen], Candidate] = {}
        while True:
            while len(under_way) < AT_ONCE and not stopped():
                entry = next(waiting, None)
                if entry is None:
                    break
                before = Validators(entry.etag, entry.modified)
                under_way[pool.submit(profile, client, entry.address, before or None)] = entry
            if not under_way:
                return
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                entry = under_way.pop(future)
                try:
                    yield entry, future.result()
                except Stopped:
                    continue


class _Writer:
    """Writes what was seen, if the record may still be looked at and has the file at that address."""

    def __init__(
        self,
        catalog: Catalog,
        source: Source,
        portal: Portal,
        assessor: Assessor,
        settings: Settings,
        done: Profiling,
        now: Callable[[], datetime],
    ) -> None:
        self._catalog, self._source, self._assessor, self._done, self._now = catalog, source, assessor, done, now
        self._store = Store(source, assessor, catalog.address.drivername, settings.payload_versions)
        self._normaliser = Normaliser(portal, source, assessor, self._store.renderer)

    def write(self, seen: list[tuple[Candidate, Seen]]) -> None:
        """Write some files' profiles, and the records whose columns are others by them. Raises RunInProgress."""
        if not seen:
            return
        with self._leased() as run, self._catalog.writing() as session:
            # Held until all is written, so that a lease that was lost shows before it is committed.
            runs.save_page(session, run, [], self._now())
            numbers = sorted({entry.seq for entry, _ in seen})
            still = {
                (entry.seq, entry.distribution, entry.address)
                for entry in profiles.candidates(session, self._source.key, self._now(), numbers)
            }
            touched = set()
            for entry, looked in seen:
                if (entry.seq, entry.distribution, entry.address) not in still:
                    continue
                key = entry.seq, entry.distribution, entry.declared
                if looked.profile is None:
                    fault = looked.fault.code if looked.fault else ""
                    profiles.note(session, *key, entry.address, fault, self._now())
                elif profiles.save(session, *key, looked.profile, self._now()):
                    touched.add(entry.seq)
                self._count(entry, looked)
            self._judge(session, sorted(touched), run.id)

    def _judge(self, session: Any, numbers: list[int], run_id: UUID) -> None:  # noqa: ANN401 - SQLAlchemy's
        """Normalise and judge records again, as their files are now."""
        if not numbers:
            return
        profiled = profiles.of(session, numbers)
        payloads = kept.payloads(session, self._source.key, -1, len(numbers), numbers)
        stamp = self._assessor.stamp(self._source)
        changed = [as_changed(payload, stamp, profiled.get(payload.seq, {})) for payload in payloads]
        normal = self._normaliser.page(changed, run_id, self._now())
        outcomes = self._store.judge_again(session, normal.updated, self._now())
        self._done.changed += sum(1 for outcome in outcomes if outcome.kind == "updated")

    def _count(self, entry: Candidate, looked: Seen) -> None:
        done = self._done
        if looked.fault is not None:
            done.faults[looked.fault.code] += 1
            done.places.append((looked.fault.code, entry.address, str(looked.fault)))
        elif looked.profile is None:
            done.unchanged += 1
        else:
            found = looked.profile
            told = [*found.remarks, *(note for sheet in found.sheets for note in sheet.notes)]
            done.remarks.update(remark.code for remark in told)
            done.places += [(remark.code, entry.address, remark.message) for remark in told]

    @contextmanager
    def _leased(self) -> Iterator[runs.Run]:
        run = runs.begin(self._catalog, self._source, runs.REASSESS, now=self._now())
        try:
            with Lease(self._catalog, run.id, self._now):
                yield run
        finally:
            with self._catalog.writing() as session:
                kept.release(session, run)


def totals(done: Profiling) -> Mapping[str, int]:
    """Counts, for a report."""
    return {"due": done.due, "looked": done.looked, "unchanged": done.unchanged, "changed": done.changed}
