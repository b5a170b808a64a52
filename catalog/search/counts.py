"""Exact counts per facet, each leaving out its own selection."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from tantivy import Occur, Query

from catalog.facets import Facet, Thresholds, facets
from catalog.query import Counts, QueryError
from catalog.search.clauses import Filters, both
from catalog.search.schema import NO_DAYS, day_fields, facet_field
from catalog.search.snapshot import EVERY_BUCKET, Buckets, Snapshot


def count_facets(
    snapshot: Snapshot, asked: Iterable[str], words: list[tuple[Occur, Query]], narrowing: Filters, today: date
) -> Counts:
    """Counts of the asked facets: one pass for those not chosen, one for each chosen; raises QueryError."""
    wanted: dict[str, Facet] = {}
    for parameter in asked:
        if parameter not in facets():
            raise QueryError("facets", f'there is no facet "{parameter}"; there is {", ".join(facets())}')
        wanted[parameter] = facets()[parameter]
    answers: dict[str, Any] = {}
    together: dict[str, Any] = {}
    for parameter, facet in wanted.items():
        if parameter in narrowing.chosen:
            query = both(words, narrowing.clauses(without=parameter))
            answers |= snapshot.opened.searcher.aggregate(query, _aggregations(facet, today))
        else:
            together |= _aggregations(facet, today)
    if together:
        answers |= snapshot.opened.searcher.aggregate(both(words, narrowing.clauses()), together)
    return Counts(
        {
            parameter: b"[%b]" % b",".join(_ordered(facet, snapshot, answers, narrowing))
            for parameter, facet in wanted.items()
        }
    )


def _aggregations(facet: Facet, today: date) -> dict[str, Any]:
    if not facet.thresholds:
        name = facet_field(facet)
        return {name: {"terms": {"field": name, "size": EVERY_BUCKET}}}
    now = today.toordinal()
    ranges = [{"to": NO_DAYS + 1}, {"from": NO_DAYS + 1, "to": now + 1}, {"from": now + 1}]
    return {name: {"range": {"field": name, "ranges": ranges}} for name in day_fields(facet)}


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
    return [{"key": state, "doc_count": count} for state, count in states if count]


def _ordered(facet: Facet, snapshot: Snapshot, answers: Mapping[str, Any], narrowing: Filters) -> Iterable[bytes]:
    made = snapshot.rows(facet)
    buckets = (
        _states(facet.thresholds, answers, day_fields(facet))
        if facet.thresholds
        else answers[facet_field(facet)]["buckets"]
    )
    places = made.places(buckets)
    if facet.parameter not in narrowing.chosen:
        return map(made.__getitem__, places)
    chosen = narrowing.chosen[facet.parameter][1]
    there = [bucket for bucket in buckets if bucket["key"] in chosen]
    selected = {made.places([one])[0]: made.row(one["key"], one["doc_count"], selected=True) for one in there}
    # Of what was not chosen, nothing is listed that no record has.
    nothing = sorted(chosen.difference(one["key"] for one in there), key=made.label_and_value)
    return [
        *(selected.get(place) or made[place] for place in places),
        *(made.row(value, 0, selected=True) for value in nothing),
    ]
