"""A harvest without writing: read, normalised and compared as a harvest does, for a dry run and for a check."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID

from catalog import profiles
from catalog.assess import Assessor
from catalog.database import Catalog
from catalog.issues import Issue
from catalog.layout import Layout
from catalog.preview import Difference, rehearse, unlisted
from catalog.removal import listed
from catalog.rows import Renderer
from catalog.runs import Counts
from catalog.store import Known, known
from catalog.viewer import PUBLIC, Viewer
from catalog.vocabulary import RecordState
from config.declarations import Source
from config.settings import Settings
from harvester.http import Client, Stopped
from harvester.listing import Listing
from harvester.normaliser import Changed, Normaliser
from harvester.portal import Portal, RawPage, Start
from harvester.suspicion import drop, few

_NO_RUN = UUID(int=0)
_AT_ONCE = 100
"""Records rehearsed in one transaction: meanwhile nobody else can write."""


@dataclass(slots=True)
class Preview:
    """What a harvest would do so far; ``counts`` add up as a run's do.

    Attributes:
        total: The portal's own count of all records, if it says.
        held: Why a harvest would be held, if it would.
        hidden: Records that would be created, updated or missed, of which the viewer may not know.
    """

    counts: Counts = field(default_factory=Counts)
    unlisted: int = 0
    hidden: int = 0
    total: int | None = None
    issues: list[Issue] = field(default_factory=list)
    held: Issue | None = None

    @property
    def faulty(self) -> bool:
        """Whether a harvest would end as partial."""
        return bool(self.counts.failed) or any(
            issue.severity == "error" and issue is not self.held for issue in self.issues
        )


class DryRun:
    """Reads a source as a full harvest would and says what would change.

    Attributes:
        preview: Counts and issues of what was read so far.
    """

    def __init__(
        self,
        catalog: Catalog,
        source: Source,
        portal: Portal,
        assessor: Assessor,
        viewer: Viewer = PUBLIC,
    ) -> None:
        self.preview = Preview()
        self._catalog, self._source, self._portal, self._viewer = catalog, source, portal, viewer
        self._assessor = assessor
        renderer = Renderer(source, assessor, Layout(catalog.address.drivername))
        self._normaliser = Normaliser(portal, source, assessor, renderer)
        self._listing = Listing(portal, assessor.digest)
        self._listed: set[str] = set()

    def differences(
        self,
        settings: Settings,
        stopped: Callable[[], bool] = lambda: False,
        client: Callable[[Source, Settings], Client] = Client,
    ) -> Iterator[Difference]:
        """What would change, page by page, then what would be missed; raises PortalError.

        What the viewer may not know of is only counted.
        """
        with client(self._source, settings) as reader:
            reader.stopped = stopped
            try:
                for page in self._portal.records(self._source, reader, Start()):
                    yield from self.page(page)
                    if stopped():
                        return
            except Stopped:
                return
        self.preview.issues += self._listing.mismatch(self.preview.counts.seen, self.preview.total)
        with self._catalog.reading() as session:
            for difference in unlisted(session, self._source.key, self._listed, self._viewer):
                self.preview.unlisted += 1
                self.preview.hidden += difference.hidden
                if not difference.hidden:
                    yield difference
        self.judge(self.preview.counts.seen, self.preview.unlisted)

    def judge(self, seen: int, unlisted: int) -> None:
        """Say whether a harvest would be held that reads so many records and misses so many of those listed."""
        preview = self.preview
        with self._catalog.reading() as session:
            before = listed(session, self._source.key)
        if not preview.faulty:
            preview.held = few(self._source, seen, before) or drop(self._source, unlisted, before)
            preview.issues += [preview.held] if preview.held is not None else []

    def judge_page(self, page: RawPage | None) -> None:
        """The same from one page, as far as it tells: the whole list, or how long the portal says that it is."""
        with self._catalog.reading() as session:
            before = listed(session, self._source.key)
            if page is None or page.token is None:
                gone = sum(1 for _ in unlisted(session, self._source.key, self._listed, self._viewer))
                seen: int | None = self.preview.counts.seen
            else:
                seen = page.total
                gone = max(0, before - (seen or 0))
        if seen is not None:
            self.judge(seen, gone)

    def page(self, page: RawPage) -> Iterator[Difference]:
        """What one page would change."""
        now, preview = datetime.now(UTC), self.preview
        preview.total = page.total if page.total is not None else preview.total
        listed = self._listing.page(page)
        preview.counts += listed.counts
        preview.issues += listed.issues
        self._listed.update(one.remote_id for one in listed.records)
        with self._catalog.reading() as session:
            held = known(session, self._source.key, [one.remote_id for one in listed.records])
            profiled = profiles.of(session, [found.seq for found in held.values()])
        fresh = [
            # Said to be held, so that it is given back as an entry and not as rows.
            replace(one, held=True, profiles=profiled.get(held[one.remote_id].seq, {}) if one.remote_id in held else {})
            for one in listed.records
            if (found := held.get(one.remote_id)) is None or _differs(found, one)
        ]
        preview.counts.unchanged += len(listed.records) - len(fresh)
        done = self._normaliser.page(fresh, _NO_RUN, now)
        preview.counts.failed += done.failed
        preview.counts.skipped += done.skipped
        preview.issues += done.issues
        for start in range(0, len(done.updated), _AT_ONCE):
            some = done.updated[start : start + _AT_ONCE]
            for one in rehearse(self._catalog, self._source, self._assessor, some, self._viewer, now):
                setattr(preview.counts, one.counted, getattr(preview.counts, one.counted) + 1)
                if one.kind != "unchanged":
                    preview.hidden += one.hidden
                    if not one.hidden:
                        yield one


def _differs(found: Known, read: Changed) -> bool:
    """As a harvest sees it; a record that was gone returns."""
    return found.hash != read.hash or found.state is not RecordState.LISTED
