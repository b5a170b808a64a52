"""Exact counts per facet, each leaving out its own selection."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
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
"""Values from which a facet is counted beside the others. Most of its time is not spent in Python."""

_BESIDE = ThreadPoolExecutor(thread_name_prefix="landmark-count")


def count_facets(
    snapshot: Snapshot, asked: Iterable[str], words: list[tuple[Occur, Query]], narrowing: Filters, today: date
) -> Counts:
    """Counts of the asked facets, as JSON; raises QueryError.

    One pass for those not chosen, one for each chosen and for the one with most values, side by side.
    """
    wanted: dict[str, Facet] = {}
    for parameter in asked:
        if parameter not in facets():
            raise QueryError("facets", f'there is no facet "{parameter}"; there is {", ".join(facets())}')
        wanted[parameter] = facets()[parameter]
    aggregate = snapshot.opened.searcher.aggregate
    apart = []
    together = []
    for parameter, facet in wanted.items():
        if parameter in narrowing.chosen:
            query = both(words, narrowing.clauses(without=parameter))
            apart.append(_BESIDE.submit(aggregate, query, _aggregations([facet], today)))
        else:
            together.append(facet)
    every = both(words, narrowing.clauses())
    longest = max(together, key=lambda facet: len(snapshot.rows(facet)), default=None)
    if longest and len(snapshot.rows(longest)) > LONG:
        together.remove(longest)
        apart.append(_BESIDE.submit(aggregate, every, _aggregations([longest], today)))
    answers: dict[str, Any] = aggregate(every, _aggregations(together, today)) if together else {}
    ready = {facet.parameter: _json(facet, snapshot, answers, narrowing) for facet in together}
    for counted in apart:
        answers |= counted.result()
    return Counts(
        {name: ready.get(name) or _json(facet, snapshot, answers, narrowing) for name, facet in wanted.items()}
    )


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
