"""One harvest of one source, start to report. Only this module knows the order: read, normalise, assess, store."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from time import perf_counter

import orjson

from catalog import runs
from catalog.assess import Assessor
from catalog.database import Catalog
from catalog.runs import Issue, Run
from catalog.store import Entry, Known, Store, known, saw
from catalog.vocabulary import RecordState, RunState
from config.declarations import Source
from config.settings import Settings
from harvester.http import Client
from harvester.portal import Portal, PortalError, RawPage, RawRecord, RecordError, SkipRecord, Start

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
) -> Report:
    """Harvest one source into the catalog; the indexes are left to their own follower.

    ``full`` reads everything, otherwise only what changed since the last complete run. ``stopped`` is asked after each
    page; the run then ends as cancelled and can be continued. Raises :class:`catalog.runs.RunInProgress` if another
    process harvests the source.
    """
    with catalog.reading() as session:
        last = runs.last_complete(session, source.key)
    mode = "full" if full or last is None else "incremental"
    since = last - OVERLAP if last is not None and mode == "incremental" else None
    run = runs.begin(catalog, source, mode, since=since)
    return _Harvest(catalog, run, portal, assessor, settings, progress, stopped).report()


class _Harvest:
    """The state of one run while it goes on."""

    def __init__(
        self,
        catalog: Catalog,
        run: Run,
        portal: Portal,
        assessor: Assessor,
        settings: Settings,
        progress: Callable[[Progress], None],
        stopped: Callable[[], bool],
    ) -> None:
        self.catalog, self.run, self.portal, self.assessor, self.settings = catalog, run, portal, assessor, settings
        self.progress, self.stopped = progress, stopped
        self.store = Store(run.source, assessor, settings.payload_versions)
        self.issues: list[Issue] = []
        self.hashes: dict[str, str] = {}
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
        """Read page by page; whether it was stopped on request."""
        with _collecting_by_page(), Client(self.run.source, self.settings) as client:
            pages = self.portal.records(self.run.source, client, Start(self.run.token, self.run.since))
            while True:
                with self._stage("read"):
                    page = next(pages, None)
                if page is None:
                    return False
                committed = replace(self.run.counts), self.run.token, self.run.total
                try:
                    self._page(page)
                except BaseException:
                    # What was counted of a page that was not committed must not be written down.
                    self.run.counts, self.run.token, self.run.total = committed
                    raise
                stop, last = self.stopped(), page.token is None
                del page
                gc.collect(0)
                if stop:
                    return not last

    def _page(self, page: RawPage) -> None:
        now = datetime.now(UTC)
        issues = [
            Issue(note.code, note.message, field=note.field, address=page.records[0].address if page.records else "")
            for note in page.notes
        ]
        with self._stage("normalise"):
            essences = list(self._essences(page, issues))
            with self.catalog.reading() as session:
                held = known(session, self.run.source.key, [record.remote_id for record, _, _ in essences])
            listed = [
                held[record.remote_id].dataset_id for record, digest, _ in essences if _same(held, record, digest)
            ]
            changed = [entry for entry in essences if not _same(held, entry[0], entry[1])]
            entries = [entry for it in changed if (entry := self._entry(*it, issues, now))]
        with self._stage("store"), self.catalog.writing() as session:
            for outcome in self.store.write(session, self.run.id, entries, now):
                setattr(self.run.counts, outcome.kind, getattr(self.run.counts, outcome.kind) + 1)
            saw(session, listed, self.run.id, now)
            self.run.counts.unchanged += len(listed)
            self.run.token = page.token
            self.run.total = page.total if page.total is not None else self.run.total
            runs.save_page(session, self.run, issues, now)
        self.issues += issues
        counts = self.run.counts
        self.progress(
            Progress(
                self.run.source.key,
                counts.seen,
                self.run.total,
                counts.created,
                counts.updated,
                counts.unchanged,
                counts.failed,
                counts.skipped,
            )
        )

    def _essences(self, page: RawPage, issues: list[Issue]) -> Iterator[tuple[RawRecord, str, bytes]]:
        """Each record's essence and hash; records without id, and repeated ones, are reported here."""
        counts = self.run.counts
        for record in page.records:
            counts.seen += 1
            if not record.remote_id:
                counts.failed += 1
                issues.append(
                    Issue("no-id", "The record has no identifier.", address=record.address, mend="Tell the portal.")
                )
                continue
            essence = self.portal.essence(record.payload)
            body = orjson.dumps(essence, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
            digest = blake2b(body, digest_size=16, salt=_salt(self.assessor.digest)).hexdigest()
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
            yield replace(record, payload=essence), digest, body

    def _entry(self, record: RawRecord, digest: str, body: bytes, issues: list[Issue], now: datetime) -> Entry | None:
        """The record normalised and assessed; None if it could not be, with an issue that says why."""
        try:
            normal = self.portal.normalize(self.run.source, record)
            assessment = self.assessor.assess(normal, self.run.source, now.date())
        except SkipRecord as skip:
            self.run.counts.skipped += 1
            issues.append(Issue(skip.code, str(skip), "warning", record.remote_id, address=record.address))
            return None
        except RecordError as error:
            self.run.counts.failed += 1
            issues.append(
                Issue(error.code, str(error), "error", record.remote_id, error.field, record.address, mend=error.mend)
            )
            return None
        except Exception as error:  # noqa: BLE001 - one record we cannot read must not end a run of 26,000
            self.run.counts.failed += 1
            message = f"Landmark failed on this record ({type(error).__name__}: {error})."[:300]
            issues.append(
                Issue(
                    "unreadable-record",
                    message,
                    "error",
                    record.remote_id,
                    address=record.address,
                    mend="Report it to Landmark's developers with the record's address.",
                )
            )
            return None
        issues += [
            Issue(note.code, note.message, "warning", record.remote_id, note.field, record.address)
            for note in normal.reading_notes
        ]
        return Entry(normal, assessment, digest, body, record.address)

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


def _same(held: dict[str, Known], record: RawRecord, digest: str) -> bool:
    found = held.get(record.remote_id)
    return found is not None and found.hash == digest


def _salt(digest: str) -> bytes:
    """Rules are part of the hash: when they change, records are judged again."""
    return blake2b(digest.encode(), digest_size=16).digest()
