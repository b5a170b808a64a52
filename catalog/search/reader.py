"""Answers questions from one audience's index, for viewers who are shown all of it or some."""

import os
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Lock

from tantivy import DocAddress, Occur

from catalog.facets import facets
from catalog.query import DatasetQuery, Page, QueryError
from catalog.search.clauses import Filters, both, filters
from catalog.search.counts import Counting
from catalog.search.generation import IndexUnusableError, manifest_path, open_current, unusable
from catalog.search.loosening import Asked, loosened, whole
from catalog.search.matching import match
from catalog.search.meanings import Meanings, shipped_meanings
from catalog.search.order import DEEPEST, ORDERS, Cursor, Slice, count, cut, read_cursor
from catalog.search.ranking import raising
from catalog.search.schema import NO_DAYS, day_fields
from catalog.search.snapshot import Snapshot, take
from catalog.search.told import helps, sentences, told
from catalog.search.why import why, with_why
from catalog.search.wording import Wording, read_wording
from catalog.viewer import Viewer
from catalog.vocabulary import Audience

MOST_ITEMS = 1_000
FEW = 5
"""Records below which is told what would find more."""
VIEWS = 32
"""Viewers whose names of things are kept at once: those of everybody cost some megabytes at 25,000 records."""


_EVERYTHING: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
"""The terms of who is shown all of an index."""


class Reader:
    """The current generation of one audience's index; safe to share between threads.

    Args:
        index_dir: Where the indexes lie.
        audience: Whose.
        meanings: The thesaurus by which questions are read; the shipped one if none is given.

    Opening raises :class:`catalog.search.generation.IndexUnusableError` rather than answer from an index that is
    absent, empty by damage or of another version.
    """

    def __init__(self, index_dir: Path, audience: Audience, meanings: Meanings | None = None) -> None:
        self._meanings = meanings
        self._index_dir = index_dir
        self._manifest = str(manifest_path(index_dir, audience))
        self.audience = audience
        self._unread = self._failed = ""
        self._stamp = self._stamped()
        self._opened = open_current(index_dir, audience)
        self._views: dict[tuple[frozenset[str], frozenset[str]], Snapshot] = {}
        self._lock = Lock()
        self._reloading = Lock()
        self._snapshot = self._view(Viewer(audience))

    @property
    def meanings(self) -> Meanings:
        """The thesaurus by which questions are read; the shipped one if none was given."""
        return shipped_meanings() if self._meanings is None else self._meanings

    @property
    def fault(self) -> str:
        """Why what was written last cannot be read, or failed while it was searched; empty if all is well."""
        return self._unread or self._failed

    @property
    def generation(self) -> str:
        """Changes whenever a document of this audience does."""
        return self._snapshot.name

    @property
    def position(self) -> int:
        """Newest change of the feed that answers rest on."""
        return self._opened.marker.position

    @property
    def documents(self) -> int:
        """How many records the audience may know of."""
        return self._opened.marker.records

    def generation_for(self, viewer: Viewer) -> str:
        """Changes whenever a document does that a viewer is shown, and only then."""
        return self._view(viewer).name

    def reload_if_changed(self) -> bool:
        """Take up what was written since; true if there was something. Costs one look at a file if there was not.

        What is damaged or gone is not taken up: the last good generation goes on answering, and :attr:`fault` says why.
        """
        if self._stamped() == self._stamp and not self._unread:
            return False
        with self._reloading:
            stamp = self._stamped()
            if stamp == self._stamp:
                self._unread = ""
                return False
            try:
                with unusable(self.audience):
                    opened = open_current(self._index_dir, self.audience)
                    fresh = take(opened, Viewer(self.audience))
            except IndexUnusableError as error:
                self._unread = error.reason
                return False
            changed = opened.name != self._opened.name
            self._opened, self._snapshot, self._views = opened, fresh, {_EVERYTHING: fresh}
            self._unread = self._failed = ""
            self._stamp = stamp
            return changed

    def search(self, query: DatasetQuery, today: date, viewer: Viewer | None = None) -> Page:
        """Answer a question as of a day, for a viewer whose index this is; without one for the whole audience.

        An item of the page is the stored JSON object of :func:`catalog.disclosure.item` with one more field at its
        end for each facet that is judged on the day of asking, ``"freshness_state": "due"``.

        Raises:
            QueryError: The question cannot be asked; no text in ``q`` causes it.
            RuntimeError: The index is damaged.
        """
        with self._told():
            return _answer(self._snapshot if viewer is None else self._view(viewer), query, today, self.meanings)

    def tagged(self, viewer: Viewer) -> Mapping[str, Mapping[str, int]]:
        """How many records a viewer is shown per tag and origin, ``""`` for any; ``#adm1+*`` is any attributes."""
        with self._told():
            return self._view(viewer).tagged()

    def _view(self, viewer: Viewer) -> Snapshot:
        if viewer.index is not self.audience:
            raise ValueError(f"a viewer of the {viewer.index} index does not ask the {self.audience} one")
        # Only who is asked for more than their audience is shown something else than others of this index.
        terms = _EVERYTHING if viewer.sees_all or not viewer.reach else (viewer.reach, viewer.within)
        views, opened = self._views, self._opened
        found = views.get(terms)
        if found is None or found.opened is not opened:
            with _panics_as_errors():
                found = take(opened, viewer)
            with self._lock:
                while len(views) >= VIEWS:
                    views.pop(next(iter(views)))
                views[terms] = found
        return found

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            with _panics_as_errors():
                yield
        except RuntimeError as error:
            self._failed = str(error)
            raise

    def _stamped(self) -> tuple[int, int]:
        try:
            stat = os.stat(self._manifest)  # noqa: PTH116 - with each question, and a Path costs more than the look
        except OSError:
            return (0, 0)
        return (stat.st_mtime_ns, stat.st_ino)


def _answer(snapshot: Snapshot, query: DatasetQuery, today: date, meanings: Meanings) -> Page:
    if not 0 <= query.limit <= MOST_ITEMS:
        raise QueryError("limit", f"{query.limit} items cannot be asked for; 0 to {MOST_ITEMS:,}")
    if query.sort and query.sort not in ORDERS:
        raise QueryError("sort", f'"{query.sort}" is no order; it is one of {", ".join(ORDERS)}')
    wording, given = read_wording(query.q), query
    if wording.selected:
        query = replace(query, selected=_joined(query.selected, wording.selected))
    order = query.sort or ("relevance" if wording.asks else "modified")
    if order == "relevance" and not wording.asks:
        order = "modified"
    cursor = read_cursor(query.after, order)
    narrowing = filters(query, snapshot, today, wording.excluded)
    asked = whole(match(wording, snapshot, meanings, expand=query.expand))
    counting = Counting(snapshot, query.facets, asked.clauses(), narrowing, today)
    page = _page(snapshot, asked, narrowing, order, query, cursor, today)
    if not page.total and asked.required and query.relax:
        loose = loosened(asked, snapshot, narrowing.clauses(), expand=query.expand)
        if loose is not asked:
            counting.drop()
            asked = loose
            counting = Counting(snapshot, query.facets, asked.clauses(), narrowing, today)
            page = _page(snapshot, asked, narrowing, order, query, cursor, today)
    said = told(asked, expand=query.expand)
    notices = [*wording.notices, *narrowing.notices, *sentences(asked)]
    if page.deep:
        notices.append(f'Pages in this order end after {DEEPEST:,} records; "sort=modified" goes on to the last.')
    narrowed = bool(narrowing.chosen or narrowing.fixed)
    if page.total < FEW and asked.required and query.relax:

        def tally(instead: Wording, filtered: bool) -> int:  # noqa: FBT001 - it has no other name where it is asked
            return _tally(snapshot, given if filtered else DatasetQuery(expand=given.expand), instead, today, meanings)

        more = [one for one in helps(asked, wording, snapshot, tally, narrowed=narrowed) if one["total"] > page.total]
        if more:
            said["help"] = more
    if not page.total and len(asked.required) > 1 and query.relax:
        notices.append(f"No record{' that fits the filters' if narrowed else ''} has any of the words.")
    items = _items(snapshot, page.addresses, today)
    if query.explain:
        reasons = why(asked, raising(today, asked), snapshot, page.addresses)
        items = with_why(items, reasons)
    # Of everything, the search counts the marker too.
    total = page.total if asked.clauses() or narrowing.clauses() else snapshot.records
    return Page(
        total=total,
        items=items,
        facets=counting.result(),
        next=page.next,
        notices=tuple(notices),
        generation=snapshot.name,
        wording=said,
    )


def _tally(snapshot: Snapshot, query: DatasetQuery, wording: Wording, today: date, meanings: Meanings) -> int:
    """How many records a question finds with another wording, all of whose words are required."""
    selected = _joined(query.selected, wording.selected)
    narrowing = filters(replace(query, selected=selected), snapshot, today, wording.excluded)
    required = whole(match(wording, snapshot, meanings, expand=query.expand)).clauses()
    return count(snapshot.opened.searcher, both(required, narrowing.clauses()))


def _joined(
    selected: Mapping[str, tuple[str, ...]], more: tuple[tuple[str, str], ...]
) -> Mapping[str, tuple[str, ...]]:
    found = dict(selected)
    for parameter, value in more:
        found[parameter] = (*found.get(parameter, ()), value)
    return found


def _page(
    snapshot: Snapshot,
    asked: Asked,
    narrowing: Filters,
    order: str,
    query: DatasetQuery,
    cursor: Cursor | None,
    today: date,
) -> Slice:
    searcher, clauses = snapshot.opened.searcher, asked.clauses()
    if not query.limit:
        return Slice((), "", count(searcher, both(clauses, narrowing.clauses())))
    if order == "relevance":
        clauses += [*asked.raising(), *((Occur.Should, one) for _, one in raising(today, asked))]
    return cut(searcher, both(clauses, narrowing.clauses()), order, query.limit, cursor)


def _items(snapshot: Snapshot, addresses: tuple[DocAddress, ...], today: date) -> tuple[bytes, ...]:
    """Stored fragments with today's states put in before the closing brace."""
    if not addresses:
        return ()
    searcher, places = snapshot.opened.searcher, list(addresses)
    found = [searcher.doc(address)["item"][0][:-1] for address in places]
    now = today.toordinal()
    for parameter, facet in facets().items():
        if facet.thresholds is None:
            continue
        days = zip(*(searcher.fast_field_values(name, places) for name in day_fields(facet)), strict=True)
        states = facet.thresholds.all_states
        for place, row in enumerate(days):
            # No day is earlier than the one before.
            state = states[bisect_right(row, now)] if row[0] != NO_DAYS else facet.thresholds.never
            found[place] += b',"%b_state":"%b"' % (parameter.encode(), state.encode())
    return tuple([fragment + b"}" for fragment in found])


@contextmanager
def _panics_as_errors() -> Iterator[None]:
    """Tantivy's panics are no ``Exception``: left alone they would end the thread that serves the request."""
    try:
        yield
    except Exception:
        raise
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise RuntimeError(f"the search index failed: {error}; mend: landmark index rebuild") from error
