"""Records normalised and assessed again from what their portals said last, without any network.

It is what a change of rules, or of how we read a portal, needs: the rules are part of each record's hash, so the next
harvest finds unchanged what is unchanged.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from catalog import kept, profiles, runs
from catalog.assess import Assessor
from catalog.database import Catalog
from catalog.essence import record_hash
from catalog.issues import Issue, would_open
from catalog.lease import Lease, now_utc
from catalog.profiles import FileProfile
from catalog.runs import Counts
from catalog.store import Store
from catalog.vocabulary import RunState
from config.declarations import Source
from config.settings import Settings
from harvester.normaliser import Changed, Normaliser
from harvester.portal import Portal
from harvester.run import Progress

PAGE = 100
"""Records normalised and written at a time."""


@dataclass(slots=True)
class Reassessment:
    """What became of one source's records.

    Attributes:
        state: ``complete``, ``partial`` (some could not be read) or ``cancelled``.
        counts: Of the records that have a payload; those that are not withdrawn, the missing included.
        without: Records of which no payload is kept, because the portal holds them back.
        fields: In how many records a field changed.
    """

    source: Source
    state: RunState = RunState.COMPLETE
    counts: Counts = field(default_factory=Counts)
    without: int = 0
    fields: Counter[str] = field(default_factory=Counter)
    issues: list[Issue] = field(default_factory=list)


def reassess(
    catalog: Catalog,
    source: Source,
    portal: Portal,
    assessor: Assessor,
    settings: Settings,
    *,
    progress: Callable[[Progress], None] = lambda _: None,
    stopped: Callable[[], bool] = lambda: False,
    now: Callable[[], datetime] = now_utc,
) -> Reassessment:
    """Judge a source's records again; changes go into the feed, with no run, for nothing was harvested.

    ``stopped`` is asked after each page; what is committed stays, and to begin anew does no harm.
    Raises :class:`catalog.runs.RunInProgress` while another process reads or judges the source.
    """
    runs.recover(catalog, now())
    done = Reassessment(source)
    with catalog.reading() as session:
        total, done.without = kept.counted(session, source.key)
    run = runs.begin(catalog, source, runs.REASSESS, now=now())
    try:
        with Lease(catalog, run.id, now):
            store = Store(source, assessor, catalog.address.drivername, settings.payload_versions)
            normaliser = Normaliser(portal, source, assessor, store.renderer)
            position = 0
            while not stopped():
                with catalog.writing() as session:
                    # Held until the page is written, so that a lease that was lost shows before it is committed.
                    runs.save_page(session, run, [], now())
                    page = kept.payloads(session, source.key, position, PAGE)
                    if not page:
                        done.issues += would_open(store.would_open, source.key)
                        return _judged(done)
                    profiled = profiles.of(session, [payload.seq for payload in page])
                    stamp = assessor.stamp(source)
                    changed = [as_changed(payload, stamp, profiled.get(payload.seq, {})) for payload in page]
                    normal = normaliser.page(changed, run.id, now())
                    outcomes = store.judge_again(session, normal.updated, now())
                position = page[-1].seq
                kinds = Counter(outcome.kind for outcome in outcomes)
                done.counts += Counts(len(page), 0, kinds["updated"], kinds["unchanged"], normal.failed, normal.skipped)
                done.fields.update(name for outcome in outcomes for name in outcome.fields)
                done.issues += normal.issues
                said = {name: getattr(done.counts, name) for name in Counts.__slots__}
                progress(Progress(source.key, total=total, **said))
            done.state = RunState.CANCELLED
            return done
    finally:
        with catalog.writing() as session:
            kept.release(session, run)


def as_changed(payload: kept.Payload, digest: str, profiled: Mapping[str, FileProfile]) -> Changed:
    """What is kept of a record, to be normalised again with what its files say of themselves."""
    hashed = record_hash(payload.essence, digest)
    return Changed(payload.remote_id, payload.address, payload.essence, hashed, held=True, profiles=profiled)


def _judged(done: Reassessment) -> Reassessment:
    if done.counts.failed:
        done.state = RunState.PARTIAL
    return done
