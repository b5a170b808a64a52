"""Exact counts per facet, each leaving out its own selection."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from operator import itemgetter
from typing import Any

from tantivy import Occur, Query

from catalog.facets import Facet, Thresholds, facets
from catalog.query import Counts, QueryError
from catalog.search.clauses import Filters, both
from catalog.search.schema import NO_DAYS, day_fields, facet_field
from catalog.search.snapshot import EVERY_BUCKET, Buckets, Snapshot

LONG = 200
"""Values from which a facet is worth counting beside the others."""

_BESIDE = ThreadPoolExecutor(1, thread_name_prefix="landmark-count")


class Counting:
    """Counts that are being made.

    One pass counts the facets that are not chosen, and one each that is. A helper counts the longest, then the chosen
    ones, while the question's own thread searches the page and counts the others; what the helper, busy with another
    question, has not begun by then, the thread counts itself.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        asked: Iterable[str],
        words: list[tuple[Occur, Query]],
        narrowing: Filters,
        today: date,
    ) -> None:
        """Begin; raises QueryError."""
        self._snapshot = snapshot
        self._narrowing = narrowing
        self._today = today
        self._wanted = _known(asked)
        self._every = both(words, narrowing.clauses())
        self._rest = [facet for facet in self._wanted.values() if facet.parameter not in narrowing.chosen]
        self._apart: list[tuple[Future[dict[str, bytes]], Query, Facet]] = []
        longest = max(self._rest, key=lambda facet: len(snapshot.rows(facet)), default=None)
        if longest and len(snapshot.rows(longest)) > LONG:
            self._rest.remove(longest)
            self._beside(self._every, longest)
        for parameter, facet in self._wanted.items():
            if parameter in narrowing.chosen:
                self._beside(both(words, narrowing.clauses(without=parameter)), facet)

    def result(self) -> Counts:
        """Counts of the asked facets, in the order in which they were asked for."""
        apart, together = [], list(self._rest)
        for begun, query, facet in self._apart:
            if query is self._every and begun.cancel():
                together.append(facet)
            else:
                apart.append((begun, query, facet))
        ready = self._count(self._every, together)
        for begun, query, facet in reversed(apart):
            ready |= self._count(query, [facet]) if begun.cancel() else begun.result()
        return Counts({name: ready[name] for name in self._wanted})

    def drop(self) -> None:
        """Begin nothing more."""
        for begun, *_ in self._apart:
            begun.cancel()

    def _beside(self, query: Query, facet: Facet) -> None:
        self._apart.append((_BESIDE.submit(self._count, query, [facet]), query, facet))

    def _count(self, query: Query, counted: Sequence[Facet]) -> dict[str, bytes]:
        if not counted:
            return {}
        answers = self._snapshot.opened.searcher.aggregate(query, _aggregations(counted, self._today))
        return {facet.parameter: _json(facet, self._snapshot, answers, self._narrowing) for facet in counted}


def _known(asked: Iterable[str]) -> dict[str, Facet]:
    wanted: dict[str, Facet] = {}
    for parameter in asked:
        if parameter not in facets():
            raise QueryError("facets", f'there is no facet "{parameter}"; there is {", ".join(facets())}')
        wanted[parameter] = facets()[parameter]
    return wanted


def _json(facet: Facet, snapshot: Snapshot, answers: Mapping[str, Any], narrowing: Filters) -> bytes:
    if facet.thresholds:
        buckets = _states(facet.thresholds, answers, day_fields(facet))
    else:
        buckets = answers[facet_field(facet)]["buckets"]
    chosen = narrowing.chosen.get(facet.parameter)
    return snapshot.rows(facet).json(buckets, chosen[1] if chosen else frozenset())


def _aggregations(asked: Iterable[Facet], today: date) -> dict[str, Any]:
    now = today.toordinal()
    ranges = [{"to": NO_DAYS + 1}, {"from": NO_DAYS + 1, "to": now + 1}, {"from": now + 1}]
    made: dict[str, Any] = {}
    for facet in asked:
        if facet.thresholds:
            made |= {name: {"range": {"field": name, "ranges": ranges}} for name in day_fields(facet)}
        else:
            made[facet_field(facet)] = {"terms": {"field": facet_field(facet), "size": EVERY_BUCKET}}
    return made


def _states(thresholds: Thresholds, answers: Mapping[str, Any], names: Iterable[str]) -> Buckets:
    never, before = 0, 0
    reached: list[int] = []
    for name in names:
        none, past, future = (bucket["doc_count"] for bucket in answers[name]["buckets"])
        if not reached:
            never, before = none, future
        reached.append(past)
    # A record that has reached a state has reached all those before it.
    within = [past - later for past, later in zip(reached, [*reached[1:], 0], strict=True)]
    states = zip(thresholds.all_states, (before, *within, never), strict=True)
    found = [{"key": state, "doc_count": count} for state, count in states if count]
    return sorted(found, key=itemgetter("doc_count"), reverse=True)
