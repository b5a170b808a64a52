"""One harvest of one source, start to report. Only this module knows the order: read, normalise, assess, store."""

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from time import perf_counter

from catalog import profiles, removal, runs, use
from catalog.assess import Assessor
from catalog.database import Catalog
from catalog.issues import Issue, would_open
from catalog.lease import Lease, LeaseLost, now_utc
from catalog.reading import known_before
from catalog.removal import Gone, date_back, heard_since
from catalog.runs import SAID_BY_CLIENT, Counts, Run
from catalog.store import Store, known, returned, saw
from catalog.use import Use
from catalog.vocabulary import RecordState, RunState
from config.declarations import Removal, Source
from config.settings import Settings
from harvester import suspicion
from harvester.companion import Companion
from harvester.http import Client, Stopped
from harvester.listing import Listing
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
    """How a run ended.

    Attributes:
        outcome: A sentence, empty where nothing is to be said.
        missing: Records that are missing since this run.
        issues: Of this process only: a resumed run may have more.
        withdrawn: Records that are withdrawn since this run.
        new: By code, how many of the run's issues the one before it did not have.
    """

    run: Run
    state: RunState
    outcome: str
    missing: int
    issues: tuple[Issue, ...]
    withdrawn: int = 0
    new: Mapping[str, int] = field(default_factory=dict)


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
    now: Callable[[], datetime] = now_utc,
    heard: datetime | None = None,
) -> Report:
    """Harvest one source into the catalog; the indexes are left to their own follower.

    ``full`` reads everything, otherwise only what changed since the last complete run. ``stopped`` is asked after each
    page and in pauses; the run then ends as cancelled and can be continued. ``client`` makes whatever reads the portal;
    ``now`` tells the time, by which records are withdrawn. ``heard`` is of a replay, when it was recorded: it adds what
    the catalog has not, updates what was not heard of since, and counts for nothing else. Raises
    :class:`catalog.runs.RunInProgress` if another process harvests the source, or has taken the run over.
    """
    runs.recover(catalog, now())
    with catalog.reading() as session:
        last = runs.last_complete(session, source.key, now=now())
    mode = "full" if full or last is None else "incremental"
    mode = mode if heard is None else runs.REPLAY
    since = last - OVERLAP if last is not None and mode == "incremental" else None
    run = runs.begin(catalog, source, mode, since=since, now=now())
    with Lease(catalog, run.id, now):
        return Harvest(catalog, run, portal, assessor, settings, progress, stopped, client, now, heard).report()


@dataclass(slots=True)
class _Page:
    """A page on its way to the catalog.

    Attributes:
        counts: What it adds to the run's, once it is committed.
        listed: Numbers of the datasets of the records that are as they were.
        returned: Those of them that were missing.
        use: How often records were used, as the portal counts, by their datasets' numbers.
        use_of_changed: That of records that are not as they were, by their remote ids.
    """

    token: str | None
    total: int | None
    now: datetime
    counts: Counts = field(default_factory=Counts)
    issues: list[Issue] = field(default_factory=list)
    listed: list[int] = field(default_factory=list)
    returned: list[int] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)
    use: dict[int, Use] = field(default_factory=dict)
    use_of_changed: dict[str, Use] = field(default_factory=dict)


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
        now: Callable[[], datetime] = now_utc,
        heard: datetime | None = None,
    ) -> None:
        self.now, self.heard = now, heard
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
        self.listing = Listing(portal, assessor.stamp(run.source))
        self.errors = 0
        self.counted_before = {name: getattr(run, name) for name in SAID_BY_CLIENT}
        self.reading: Client | None = None

    def report(self) -> Report:
        """Run to the end, whichever it is, and write it down."""
        if self.run.resumed:
            with self.catalog.reading() as session:
                duplicates, self.errors = runs.reported(session, self.run)
                self.listing.go_on(runs.seen_ids(session, self.run), duplicates, self.run.total)
        try:
            cancelled = self._read()
        except LeaseLost:
            raise
        except Stopped:
            cancelled = True
        except PortalError as error:
            issue = Issue(error.code, str(error), address=error.address, mend=error.mend)
            return self._finish(RunState.FAILED, f"The portal could not be read further: {error}", [issue])
        except BaseException as error:
            # A second Ctrl-C, a full disk, a fault of ours: give back the lease, say why, let the error go on.
            state = RunState.CANCELLED if isinstance(error, KeyboardInterrupt) else RunState.FAILED
            self._finish(state, f"Stopped by {type(error).__name__}.", [])
            raise
        if cancelled:
            then = "goes on from here" if self.run.token is not None else "begins anew"
            return self._finish(RunState.CANCELLED, f"Stopped on request; the next harvest {then}.", [])
        return self._judge()

    def _read(self) -> bool:
        """Read page by page; whether it was stopped on request.

        A page that a second process normalises is committed after the next one is read, any other at once.
        """
        with _collecting_by_page(), closing(self.normalising), self.client(self.run.source, self.settings) as client:
            self.reading = client
            client.stopped = self.stopped
            if self.run.source.calls_per_day:
                with self.catalog.reading() as session:
                    spent = runs.asked_today(session, self.run.source.key, self.now())
                client.allowance = max(0, self.run.source.calls_per_day - spent)
            pages = self.portal.records(self.run.source, client, Start(self.run.token, self.run.since))
            before: _Page | None = None
            pages_read = 0
            while True:
                page = None
                try:
                    if before is None or not self.stopped():
                        page = self._next(pages)
                except (PortalError, Stopped):
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
                if self.normalising.companion is None:
                    self._commit(page, self._normalised())
                    before = None
                    if self.stopped():
                        return page.token is not None
                pages_read += 1
                if pages_read % PAGES_BETWEEN == 0:
                    gc.collect(0)

    def _next(self, pages: Iterator[RawPage]) -> _Page | None:
        """Read the next page and see which of its records are new or changed; None after the last."""
        with self._stage("read"):
            read = next(pages, None)
        if read is None:
            return None
        with self._stage("compare"):
            listed = self.listing.page(read)
            page = _Page(read.token, read.total, self.now(), listed.counts, listed.issues)
            with self.catalog.reading() as session:
                ids = [record.remote_id for record in listed.records]
                held = known(session, self.run.source.key, ids)
                since = set() if self.heard is None else heard_since(session, self.run.source.key, ids, self.heard)
                touched = [
                    held[one.remote_id].seq
                    for one in listed.records
                    if one.remote_id in held and held[one.remote_id].hash != one.hash
                ]
                profiled = profiles.of(session, touched)
            for record in listed.records:
                if record.remote_id in since:
                    page.counts.unchanged += 1
                    continue
                found = held.get(record.remote_id)
                if found and found.hash == record.hash and found.state is not RecordState.WITHDRAWN:
                    page.listed.append(found.seq)
                    if found.state is RecordState.MISSING:
                        page.returned.append(found.seq)
                    if record.remote_id in listed.use:
                        page.use[found.seq] = listed.use[record.remote_id]
                else:
                    if record.remote_id in listed.use:
                        page.use_of_changed[record.remote_id] = listed.use[record.remote_id]
                    known_of = profiled.get(found.seq, {}) if found else {}
                    page.changed.append(replace(record, held=found is not None, profiles=known_of))
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
                returned(session, run.source.key, run.id, page.returned, page.now)
                saw(session, page.listed, run.id, page.now)
                written = known(session, run.source.key, list(page.use_of_changed))
                of_written = {found.seq: page.use_of_changed[remote_id] for remote_id, found in written.items()}
                use.note(session, page.use | of_written, (self.heard or page.now).astimezone(UTC).date())
                if self.heard is not None:
                    date_back(session, run.id, self.heard)
                run.counts, run.token = run.counts + counts, page.token
                run.total = page.total if page.total is not None else run.total
                self._count_requests()
                runs.save_page(session, run, issues, self.now())
                self.store.quiet(session)
        except BaseException:
            run.counts, run.token, run.total = before
            raise
        if self.store.purged and self.reading is not None:
            self.store.purged = False
            self.reading.forget()
        self.issues += issues
        said = {name: getattr(run.counts, name) for name in Counts.__slots__}
        self.progress(Progress(run.source.key, total=run.total, **said))

    def _count_requests(self) -> None:
        if self.reading is not None:
            for name, before in self.counted_before.items():
                setattr(self.run, name, before + getattr(self.reading, name))

    def _judge(self) -> Report:
        """What a run that read everything amounts to: complete, partial or held."""
        counts, source = self.run.counts, self.run.source
        full = self.run.mode == "full"
        issues = [*self.listing.mismatch(counts.seen, self.run.total), *self._wrong_clocks()]
        issues += would_open(self.store.would_open, source.key)
        run = self.run
        with self.catalog.reading() as session:
            before = removal.listed_before(session, source.key, run.id, counts.created)
        look = f'Look at the list with "landmark runs release {run.id} --as NAME", which asks before it marks them.'
        few = suspicion.few(source, counts.seen, before, look) if full else None
        if few is not None:
            issues.append(few)
        noticed = (*self.issues, *issues)
        if counts.failed or self.errors or any(issue.severity == "error" and issue is not few for issue in noticed):
            return self._finish(RunState.PARTIAL, "Some records or pages could not be read.", issues)
        if few is not None:
            return self._finish(RunState.HELD, f"{few.message} Nothing was taken for gone.", issues)
        if not full:
            replayed = "Replayed: the portal was not asked, and nothing was taken for gone."
            return self._finish(RunState.COMPLETE, "" if self.heard is None else replayed, issues)
        with self.catalog.writing() as session:
            newly = removal.vanishing(session, source.key, run.id, run.started, self.now())
            held = suspicion.drop(source, newly, before, look)
            if held is None:
                now = self.now()
                gone = removal.take_for_gone(session, source.key, run.id, run.started, source.removal, now)
                outcome = _withdrawn(gone, source.removal)
                self._count_requests()
                runs.finish(session, run, RunState.COMPLETE, issues, outcome, gone.missing, now=now)
        if held is not None:
            return self._finish(RunState.HELD, f"{held.message} Nothing was taken for gone.", [*issues, held])
        if gone.withdrawn and (reading := self.reading) is not None:
            reading.forget()
        return self._reported(RunState.COMPLETE, outcome, issues, gone)

    def _wrong_clocks(self) -> Iterator[Issue]:
        """Told once of each run that began in the future."""
        with self.catalog.reading() as session:
            found = runs.ahead(session, self.now())
        for key, id_, started in found:
            if key == self.run.source.key:
                yield Issue(
                    runs.CLOCK_AHEAD,
                    f"Run {id_} says that it began at {started:%Y-%m-%d %H:%M} UTC, which has not come: a clock was "
                    "wrong then, or is now. Times that have not come are not believed.",
                    severity="warning",
                    field=str(id_),
                    mend="Look at the clocks of all machines that harvest.",
                )

    def _finish(self, state: RunState, outcome: str, issues: list[Issue]) -> Report:
        self._count_requests()
        with self.catalog.writing() as session:
            runs.finish(session, self.run, state, issues, outcome, now=self.now())
        return self._reported(state, outcome, issues, Gone())

    def _reported(self, state: RunState, outcome: str, issues: list[Issue], gone: Gone) -> Report:
        with self.catalog.reading() as session:
            known = known_before(session, self.run.id)
        said = (*self.issues, *issues)
        new = Counter(issue.code for issue in said)
        for (code, _), count in known.items():
            new[code] = max(0, new[code] - count)
        return Report(self.run, state, outcome, gone.missing, said, gone.withdrawn, dict(new))

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


def _withdrawn(gone: Gone, rule: Removal) -> str:
    if not gone.withdrawn:
        return ""
    records = "1 record was" if gone.withdrawn == 1 else f"{gone.withdrawn} records were"
    return f"{records} withdrawn: not listed by {rule.runs} complete runs, for {rule.days} days."
