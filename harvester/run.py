"""One harvest of one source, start to report. Only this module knows the order: read, normalise, assess, store."""

import gc
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from time import perf_counter

import orjson

from catalog import runs
from catalog.assess import Assessor
from catalog.database import Catalog
from catalog.issues import Issue
from catalog.runs import Counts, Run
from catalog.store import Store, known, saw
from catalog.vocabulary import RecordState, RunState
from config.declarations import Source
from config.settings import Settings
from harvester.companion import Companion
from harvester.http import Client
from harvester.normaliser import PAGES_BETWEEN, Changed, Normalised, Normaliser
from harvester.normalising import Normalising
from harvester.portal import Portal, PortalError, RawPage, Start

OVERLAP = timedelta(hours=1)
"""How far an incremental run reaches back before the last complete one: portals' clocks and indexes lag."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: records seen, of how many if the portal says, and what became of them."""

    source: str
    seen: int
    total: int | None
    created: int
    updated: int
    unchanged: int
    failed: int
    skipped: int


@dataclass(frozen=True, slots=True)
class Report:
    """How a run ended. ``issues`` are of this process; ``outcome`` is a sentence."""

    run: Run
    state: RunState
    outcome: str
    missing: int
    issues: tuple[Issue, ...]


def harvest(
    catalog: Catalog,
    source: Source,
    portal: Portal,
    assessor: Assessor,
    settings: Settings,
    *,
    full: bool = True,
    progress: Callable[[Progress], None] = lambda _: None,
    stopped: Callable[[], bool] = lambda: False,
    client: Callable[[Source, Settings], Client] = Client,
) -> Report:
    """Harvest one source into the catalog; the indexes are left to their own follower.

    ``full`` reads everything, otherwise only what changed since the last complete run. ``stopped`` is asked after each
    page; the run then ends as cancelled and can be continued. ``client`` makes whatever reads the portal.
    Raises :class:`catalog.runs.RunInProgress` if another process harvests the source.
    """
    with catalog.reading() as session:
        last = runs.last_complete(session, source.key)
    mode = "full" if full or last is None else "incremental"
    since = last - OVERLAP if last is not None and mode == "incremental" else None
    run = runs.begin(catalog, source, mode, since=since)
    return Harvest(catalog, run, portal, assessor, settings, progress, stopped, client).report()


@dataclass(slots=True)
class _Page:
    """A page on its way to the catalog.

    Attributes:
        counts: What it adds to the run's, once it is committed.
        listed: Numbers of the datasets of the records that are as they were.
    """

    token: str | None
    total: int | None
    now: datetime
    counts: Counts = field(default_factory=Counts)
    issues: list[Issue] = field(default_factory=list)
    listed: list[int] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)


class Harvest:
    """The state of one run while it goes on.

    Attributes:
        normalising: By whom pages are normalised.
    """

    def __init__(
        self,
        catalog: Catalog,
        run: Run,
        portal: Portal,
        assessor: Assessor,
        settings: Settings,
        progress: Callable[[Progress], None],
        stopped: Callable[[], bool],
        client: Callable[[Source, Settings], Client] = Client,
    ) -> None:
        self.client = client
        self.catalog, self.run, self.portal, self.assessor, self.settings = catalog, run, portal, assessor, settings
        self.progress, self.stopped = progress, stopped
        self.store = Store(run.source, assessor, catalog.address.drivername, settings.payload_versions)
        drivername = catalog.address.drivername
        self.normalising = Normalising(
            Normaliser(portal, run.source, assessor, self.store.renderer),
            lambda: Companion(run.source, assessor.rules, drivername),
            run.id,
        )
        self.issues: list[Issue] = []
        self.hashes: dict[str, str] = {}
        self.salt = _salt(assessor.digest)
        self.duplicates = self.errors = 0

    def report(self) -> Report:
        """Run to the end, whichever it is, and write it down."""
        if self.run.resumed:
            with self.catalog.reading() as session:
                self.hashes = dict.fromkeys(runs.seen_ids(session, self.run), "")
                self.duplicates, self.errors = runs.reported(session, self.run)
        try:
            cancelled = self._read()
        except PortalError as error:
            issue = Issue(error.code, str(error), address=error.address, mend=error.mend)
            return self._finish(RunState.FAILED, f"The portal could not be read further: {error}", [issue])
        except BaseException as error:
            # A second Ctrl-C, a full disk, a fault of ours: give back the lease, say why, let the error go on.
            state = RunState.CANCELLED if isinstance(error, KeyboardInterrupt) else RunState.FAILED
            self._finish(state, f"Stopped by {type(error).__name__}.", [])
            raise
        if cancelled:
            return self._finish(RunState.CANCELLED, "Stopped on request; the next harvest goes on from here.", [])
        return self._judge()

    def _read(self) -> bool:
        """Read page by page; whether it was stopped on request.

        A page is committed after the next one is read: meanwhile a second process may normalise it.
        """
        with _collecting_by_page(), closing(self.normalising), self.client(self.run.source, self.settings) as client:
            pages = self.portal.records(self.run.source, client, Start(self.run.token, self.run.since))
            before: _Page | None = None
            pages_read = 0
            while True:
                page = None
                try:
                    if before is None or not self.stopped():
                        page = self._next(pages)
                except PortalError:
                    if before is not None:
                        self._commit(before, self._normalised())
                    raise
                done = self._normalised() if before is not None else []
                if page is not None:
                    to_come = (page.total or 0) - self.run.counts.seen
                    self.normalising.begin(
                        page.changed, page.now, to_come if len(page.changed) > len(page.listed) else 0
                    )
                if before is not None:
                    self._commit(before, done)
                    if self.stopped():
                        return before.token is not None
                if page is None:
                    return False
                before = page
                pages_read += 1
                if pages_read % PAGES_BETWEEN == 0:
                    gc.collect(0)

    def _next(self, pages: Iterator[RawPage]) -> _Page | None:
        """Read the next page and see which of its records are new or changed; None after the last."""
        with self._stage("read"):
            read = next(pages, None)
        if read is None:
            return None
        page = _Page(read.token, read.total, datetime.now(UTC))
        address = read.records[0].address if read.records else ""
        page.issues += [Issue(note.code, note.message, field=note.field, address=address) for note in read.notes]
        with self._stage("compare"):
            essences = list(self._essences(read, page))
            with self.catalog.reading() as session:
                held = known(session, self.run.source.key, [record.remote_id for record in essences])
            for record in essences:
                found = held.get(record.remote_id)
                if found is not None and found.hash == record.hash:
                    page.listed.append(found.seq)
                else:
                    page.changed.append(replace(record, held=found is not None))
        return page

    def _normalised(self) -> list[Normalised]:
        with self._stage("normalise"):
            return self.normalising.finish()

    def _commit(self, page: _Page, parts: list[Normalised]) -> None:
        """Write a page with its counts; what was counted of a page that is not committed is not written down."""
        counts, run = page.counts, self.run
        counts.unchanged += len(page.listed)
        issues = list(page.issues)
        before = run.counts, run.token, run.total
        try:
            with self._stage("store"), self.catalog.writing() as session:
                self.store.create(session, run.id, [part.created for part in parts], page.now)
                for part in parts:
                    for outcome in self.store.write(session, run.id, part.updated, page.now):
                        setattr(counts, outcome.kind, getattr(counts, outcome.kind) + 1)
                    counts.created += part.created.count
                    counts.failed += part.failed
                    counts.skipped += part.skipped
                    issues += part.issues
                saw(session, page.listed, run.id, page.now)
                run.counts, run.token = run.counts + counts, page.token
                run.total = page.total if page.total is not None else run.total
                runs.save_page(session, run, issues, page.now)
        except BaseException:
            run.counts, run.token, run.total = before
            raise
        self.issues += issues
        said = {name: getattr(run.counts, name) for name in Counts.__slots__}
        self.progress(Progress(run.source.key, total=run.total, **said))

    def _essences(self, read: RawPage, page: _Page) -> Iterator[Changed]:
        """Each record's essence and hash; records without id, and repeated ones, are reported here."""
        counts, issues = page.counts, page.issues
        for record in read.records:
            counts.seen += 1
            if not record.remote_id:
                counts.failed += 1
                issues.append(
                    Issue("no-id", "The record has no identifier.", address=record.address, mend="Tell the portal.")
                )
                continue
            essence = self.portal.essence(record.payload)
            body = orjson.dumps(essence, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
            digest = blake2b(body, digest_size=16, salt=self.salt).hexdigest()
            if record.remote_id in self.hashes:
                self.duplicates += 1
                same = self.hashes[record.remote_id] in {"", digest}
                counts.skipped += same
                counts.failed += not same
                issues.append(
                    Issue(
                        "duplicate-id",
                        "The portal gave this record twice; the first one is kept."
                        if same
                        else "The portal gave two different records under one identifier; the first one is kept.",
                        severity="warning" if same else "error",
                        remote_id=record.remote_id,
                        address=record.address,
                        mend="Harvest again; if it stays, tell the portal.",
                    )
                )
                continue
            self.hashes[record.remote_id] = digest
            yield Changed(record.remote_id, record.address, body, digest, held=False)

    def _judge(self) -> Report:
        """What a run that read everything amounts to: complete, partial or held."""
        counts, source = self.run.counts, self.run.source
        issues: list[Issue] = []
        full = self.run.mode == "full"
        distinct = counts.seen - self.duplicates
        if self.run.total is not None and distinct != self.run.total:
            issues.append(
                Issue(
                    "count-mismatch",
                    f"The portal says it has {self.run.total} records and gave {distinct} different ones.",
                    mend="Harvest again; if it stays, tell the portal.",
                )
            )
        if full and counts.seen < source.expect.min_records:
            code = "empty-answer" if counts.seen == 0 else "too-few-records"
            message = f"The portal gave {counts.seen} records; at least {source.expect.min_records} were expected."
            mend = f"Look at the portal; if it is right, lower expect.min_records of {source.key}."
            return self._finish(
                RunState.HELD, f"{message} Nothing was taken for gone.", [*issues, Issue(code, message, mend=mend)]
            )
        if counts.failed or self.errors or any(issue.severity == "error" for issue in (*self.issues, *issues)):
            return self._finish(RunState.PARTIAL, "Some records or pages could not be read.", issues)
        if not full:
            return self._finish(RunState.COMPLETE, "", issues)
        with self.catalog.writing() as session:
            gone = runs.unlisted(session, self.run)
            newly = [record for record in gone if record.state is RecordState.LISTED]
            before = runs.listed_count(session, source.key)
            limit = max(runs.SMALL_DROP, source.expect.max_drop * before)
            if len(newly) <= limit:
                missing = runs.mark_missing(session, self.run, gone, datetime.now(UTC))
                runs.finish(session, self.run, RunState.COMPLETE, issues, "", missing)
                return self._reported(RunState.COMPLETE, "", issues, missing)
        message = f"{len(newly)} of {before} records are no longer listed, more than {limit:.0f}."
        mend = f"Look at the portal; if it is right, raise expect.max_drop of {source.key} for one run."
        held = Issue("large-drop", message, mend=mend)
        return self._finish(RunState.HELD, f"{message} Nothing was taken for gone.", [*issues, held])

    def _finish(self, state: RunState, outcome: str, issues: list[Issue]) -> Report:
        with self.catalog.writing() as session:
            runs.finish(session, self.run, state, issues, outcome)
        return self._reported(state, outcome, issues, 0)

    def _reported(self, state: RunState, outcome: str, issues: list[Issue], missing: int) -> Report:
        return Report(self.run, state, outcome, missing, (*self.issues, *issues))

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        begun = perf_counter()
        try:
            yield
        finally:
            self.run.stages[name] = self.run.stages.get(name, 0.0) + perf_counter() - begun


@contextmanager
def _collecting_by_page() -> Iterator[None]:
    """Cycles are collected between pages: within one the collector would look at all its records again and again."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _salt(digest: str) -> bytes:
    """Rules are part of the hash: when they change, records are judged again."""
    return blake2b(digest.encode(), digest_size=16).digest()
