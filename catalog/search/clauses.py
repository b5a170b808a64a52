"""The question as Tantivy queries, built value by value."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from tantivy import FieldType, Occur, Query

from catalog.facets import Facet, facets
from catalog.query import DatasetQuery, QueryError
from catalog.search.schema import (
    NAME_LENGTH,
    NO_DAYS,
    SEQ_BITS,
    day_fields,
    facet_field,
    of_origin,
    on_table,
    schema,
)
from catalog.search.snapshot import Snapshot, read_pattern
from catalog.text import normalize
from catalog.vocabulary import TagOrigin

MOST_ON_TABLES = 1_000_000
"""Marks times tables that are looked for at once: about a second."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows without ranking.

    Attributes:
        fixed: From the parameters that are no facets.
        chosen: Per selected facet, its clause and the values it means.
        notices: What was not found.
        unseen: Documents that the asker is not shown; None where all are.
    """

    fixed: tuple[Query, ...]
    chosen: Mapping[str, tuple[Query, frozenset[str]]]
    notices: tuple[str, ...]
    unseen: Query | None = None

    def clauses(self, *, without: str = "") -> list[tuple[Occur, Query]]:
        """All clauses but one facet's own, and what is not shown."""
        wanted = [*self.fixed, *(clause for name, (clause, _) in self.chosen.items() if name != without)]
        found = [(Occur.Must, clause) for clause in wanted]
        return found if self.unseen is None else [*found, (Occur.MustNot, self.unseen)]


def filters(query: DatasetQuery, snapshot: Snapshot, today: date, excluded: Iterable[tuple[str, str]] = ()) -> Filters:
    """The filters of a question; raises QueryError.

    Args:
        query: The question.
        snapshot: What it is asked of.
        today: As of when states hold.
        excluded: Facet parameters with values that no record of the answer has.
    """
    fixed = _tagged(query, snapshot)
    for parameter, value in excluded:
        avoided = facets()[parameter]
        some = _narrowed(avoided, _meant(avoided, value, snapshot), today)
        everything = Query.term_query(schema(), "kind", "dataset", "basic")
        fixed.append(Query.boolean_query([(Occur.Must, everything), (Occur.MustNot, some)]))
    if query.covers is not None:
        fixed += _overlap(*query.covers)
    if query.modified_since is not None:
        since = datetime(query.modified_since.year, query.modified_since.month, query.modified_since.day, tzinfo=UTC)
        lowest = max(int(since.timestamp()), 0) << SEQ_BITS
        fixed.append(Query.range_query(schema(), "key", FieldType.Unsigned, lower_bound=lowest))
    chosen, notices = {}, []
    for parameter, values in query.selected.items():
        if not values:
            continue
        facet = facets().get(parameter)
        if facet is None:
            raise QueryError(parameter, f'there is no "{parameter}" to choose by; there is {", ".join(facets())}')
        meant: set[str] = set()
        for value in values:
            found = _meant(facet, value, snapshot)
            if not found:
                notices.append(f'No {facet.label.lower()} here is called "{value}".')
            meant |= found
        clause = _narrowed(facet, meant, today)
        chosen[parameter] = (Query.const_score_query(clause, 0.0), frozenset(meant))
    return Filters(
        tuple(Query.const_score_query(clause, 0.0) for clause in fixed), chosen, tuple(notices), snapshot.unseen
    )


def _tagged(query: DatasetQuery, snapshot: Snapshot) -> list[Query]:
    """Patterns on any column and on one table, as far as their tags' origin and confidence count."""
    origins = tuple(dict.fromkeys(map(_origin, query.hxl_origin)))
    least = query.hxl_min_confidence
    if not 0 <= least <= 1:
        raise QueryError("hxl.min_confidence", f"hxl.min_confidence: {least} is no confidence; it is 0 to 1")
    patterns = query.hxl
    if (origins or least) and not patterns and not query.hxl_same:
        patterns = ("#*",)
    found = [_on_any_column(pattern, origins, least, snapshot) for pattern in patterns]
    if query.hxl_same:
        found.append(_on_one_table(query.hxl_same, origins, least, snapshot))
    return found


def _on_any_column(pattern: str, origins: tuple[str, ...], least: float, snapshot: Snapshot) -> Query:
    plain = read_pattern(pattern, "hxl").plain
    if plain and not least:
        return _any_of("simple", [of_origin(plain, origin) for origin in origins or ("",)])
    if origins or least:
        return _any_of("mark", snapshot.marks_matching(pattern, origins, least))
    return _any_of("tag", snapshot.tags_matching(pattern))


def _on_one_table(patterns: Sequence[str], origins: tuple[str, ...], least: float, snapshot: Snapshot) -> Query:
    wanted: list[Sequence[str]] = []
    for pattern in patterns:
        plain = read_pattern(pattern, "hxl.same").plain
        if plain and not origins and not least:
            wanted.append((plain,))
        else:
            wanted.append(snapshot.marks_matching(pattern, origins, least, "hxl.same"))
    if not all(wanted):
        return Query.empty_query()
    if snapshot.tables * sum(map(len, wanted)) > MOST_ON_TABLES:
        raise QueryError("hxl.same", "hxl.same: so many columns match that it would take long; ask for fewer patterns, "
                         "or for more exact ones")  # fmt: skip
    each = []
    for number in range(snapshot.tables):
        here = [_any_of("on_table", [on_table(value, number) for value in values]) for values in wanted]
        each.append((Occur.Should, Query.boolean_query([(Occur.Must, clause) for clause in here])))
    # What has them nowhere need not be looked at table by table.
    anywhere = [(Occur.Must, _on_any_column(pattern, origins, least, snapshot)) for pattern in patterns]
    return Query.boolean_query([*anywhere, (Occur.Must, Query.boolean_query(each))]) if each else Query.empty_query()


def _origin(value: str) -> str:
    folded = value.strip().casefold()
    if folded not in set(TagOrigin):
        known = ", ".join(TagOrigin)
        raise QueryError("hxl.origin", f'hxl.origin: "{value[:80]}" is no origin of a tag; it is one of {known}')
    return folded


def both(words: list[tuple[Occur, Query]], narrowing: Iterable[tuple[Occur, Query]]) -> Query:
    """Words and filters together. With neither it is everything, the marker included, which has no values."""
    clauses = [*words, *narrowing]
    if not clauses:
        return Query.all_query()
    if all(occur == Occur.MustNot for occur, _ in clauses):
        clauses.append((Occur.Must, Query.const_score_query(Query.term_query(schema(), "kind", "dataset"), 0.0)))
    return clauses[0][1] if len(clauses) == 1 else Query.boolean_query(clauses)


def _any_of(name: str, values: Iterable[str]) -> Query:
    found = list(values)
    if not found:
        return Query.empty_query()
    if len(found) == 1:
        return Query.term_query(schema(), name, found[0], "basic")
    return Query.term_set_query(schema(), name, found)


def in_states(parameter: str, states: set[str], today: date) -> Query:
    """Records in any of a facet's states as of a day."""
    return _in_state(facets()[parameter], states, today)


def _narrowed(facet: Facet, meant: set[str], today: date) -> Query:
    return _in_state(facet, meant, today) if facet.thresholds else _any_of(facet_field(facet), sorted(meant))


def _meant(facet: Facet, value: str, snapshot: Snapshot) -> set[str]:
    clean = value.encode(errors="ignore").decode()[:NAME_LENGTH]
    checked = facet.check(clean)
    names = snapshot.names.get(facet.parameter)
    if names is None:
        return {checked}
    return {checked} if checked in names.labels else set(names.values.get(normalize(checked), ()))


def _overlap(first: date | None, last: date | None) -> list[Query]:
    if first and last and first > last:
        raise QueryError("covers", f"the period ends ({last}) before it begins ({first}); write first day..last day")
    lower = first.toordinal() if first else None
    upper = last.toordinal() if last else date.max.toordinal()
    ends = Query.range_query(schema(), "end", FieldType.Integer, lower_bound=1 if lower is None else lower)
    return [ends, Query.range_query(schema(), "start", FieldType.Integer, upper_bound=upper)]


def _in_state(facet: Facet, states: set[str], today: date) -> Query:
    """Records in any of the states, as the days in the index stand to today."""
    thresholds = facet.thresholds
    if thresholds is None:
        raise TypeError(f"{facet.parameter} has no states")
    names = day_fields(facet)
    now = today.toordinal()

    def between(name: str, lower: int | None, upper: int | None) -> Query:
        return Query.range_query(schema(), name, FieldType.Integer, lower_bound=lower, upper_bound=upper)

    found = []
    if thresholds.never in states:
        found.append(between(names[0], None, NO_DAYS))
    if thresholds.before in states:
        found.append(between(names[0], now + 1, None))
    for place, state in enumerate(thresholds.states):
        if state in states:
            reached = between(names[place], NO_DAYS + 1, now)
            if place + 1 < len(names):
                later = between(names[place + 1], now + 1, None)
                reached = Query.boolean_query([(Occur.Must, reached), (Occur.Must, later)])
            found.append(reached)
    return found[0] if len(found) == 1 else Query.boolean_query([(Occur.Should, query) for query in found])
