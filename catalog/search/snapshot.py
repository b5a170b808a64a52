"""One generation as it is searched for a viewer: what of it they are shown, and what is learnt from that once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from math import log1p
from operator import itemgetter
from typing import Any

import orjson
from tantivy import Occur, Query

from catalog.facets import Facet, facets
from catalog.query import QueryError
from catalog.search import order
from catalog.search.generation import Opened
from catalog.search.schema import KEPT, SEPARATOR, WEIGHTS, closed, facet_field, names_field, read_mark, schema
from catalog.text import normalize
from catalog.viewer import Viewer
from catalog.vocabulary import Audience

EVERY_BUCKET = 65_000
"""Tantivy's own limit. Fewer would make counts approximate."""


@dataclass(frozen=True, slots=True)
class Names:
    """What a facet's values are called in this index: label per value, and values per folded name."""

    labels: Mapping[str, str]
    values: Mapping[str, frozenset[str]]


Buckets = Sequence[Mapping[str, Any]]
"""Tantivy's ``{"key": value, "doc_count": n}``, each above nothing, highest first."""

_COUNT = itemgetter("doc_count")


class Rows:
    """A facet's counts as JSON, from pieces that are made once: most of an answer is a thousand counts."""

    def __init__(self, facet: Facet, labels: Mapping[str, str], values: Iterable[str]) -> None:
        self._facet = facet
        self._labels = labels
        ordered = sorted(values, key=self._label_and_value)
        self._heads = [self._head(value) for value in ordered]
        self._ranks = {value: rank for rank, value in enumerate(ordered)}

    def __len__(self) -> int:
        return len(self._heads)

    def json(self, buckets: Buckets, chosen: frozenset[str] = frozenset()) -> bytes:
        """An array of :class:`catalog.query.FacetCount`: highest count first, then by label, then by value.

        What is chosen is listed even if no record has it.
        """
        heads, ranks = self._heads, self._ranks
        marked = {ranks[value] for value in chosen if value in ranks}
        parts: list[bytes] = []
        for count, group in groupby(buckets, _COUNT):
            keys = [bucket["key"] for bucket in group]
            alike = sorted([ranks[key] for key in keys if key in ranks])
            end = b'%d,"selected":false},' % count
            if alike and marked.isdisjoint(alike):
                parts += (end.join([heads[rank] for rank in alike]), end)
            else:
                chosen_end = b'%d,"selected":true},' % count
                parts += [heads[rank] + (chosen_end if rank in marked else end) for rank in alike]
            if len(alike) < len(keys):
                # A facet has more values than were counted when the index was opened.
                rest = sorted((key for key in keys if key not in ranks), key=self._label_and_value)
                parts += [self._head(key) + b'%d,"selected":%b},' % (count, b"true" if key in chosen else b"false")
                          for key in rest]  # fmt: skip
        if chosen:
            nothing = sorted(chosen.difference(bucket["key"] for bucket in buckets), key=self._label_and_value)
            parts += [self._head(value) + b'0,"selected":true},' for value in nothing]
        return b"[%b]" % b"".join(parts)[:-1]

    def _head(self, value: str) -> bytes:
        return orjson.dumps({"value": value, "label": self._label_and_value(value)[0]})[:-1] + b',"count":'

    def _label_and_value(self, value: str) -> tuple[str, str]:
        return (self._labels.get(value) or self._facet.label_of(value), value)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A generation that does not change under a question, as one viewer is shown it.

    Attributes:
        unseen: Documents that are not shown; None where all are.
        every: All documents that are shown; the marker may be among them, which has no values.
        name: Changes whenever a document does that is shown.
        records: How many are shown.
        apart: The index holds what this viewer is not shown, and its statistics are not to score for them.
        kept: What meanings are looked for by here (:mod:`catalog.search.matching`), as far as they were asked for.
    """

    opened: Opened
    unseen: Query | None
    every: Query
    name: str
    records: int
    names: Mapping[str, Names]
    apart: bool = False
    kept: dict[str, Any] = field(default_factory=dict)
    _rows: dict[str, Rows] = field(default_factory=dict)
    _patterns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _columns: list[Any] = field(default_factory=list)
    _marks: dict[str, tuple[str, str, float]] = field(default_factory=dict)
    _most: list[int] = field(default_factory=list)
    _tagged: dict[str, dict[str, int]] = field(default_factory=dict)
    _times: dict[tuple[str, ...], int] = field(default_factory=dict)

    def times(self, what: tuple[str, ...], query: Query | None) -> int:
        """How many records that are shown a query finds; ``what`` names the query, and begins with the field."""
        found = self._times.get(what)
        if found is None:
            unseen = [] if self.unseen is None else [(Occur.MustNot, self.unseen)]
            asked = Query.empty_query() if query is None else query
            found = order.count(self.opened.searcher, Query.boolean_query([(Occur.Must, asked), *unseen]))
            if len(self._times) < KEPT:
                self._times[what] = found
        return found

    def times_of_word(self, word: str) -> int:
        """How many records that are shown have a word of this light form in any text."""
        found = self._times.get(("", word))
        if found is None:
            fields = [Query.term_query(schema(), name, word, "basic") for name in WEIGHTS]
            found = self.times(("", word), Query.boolean_query([(Occur.Should, one) for one in fields]))
        return found

    def rarity(self, what: tuple[str, ...], query: Query) -> float:
        """How rare what a query finds is among what is shown, as BM25 has it; ``what`` as for :meth:`times`."""
        return self._rarity(self.times(what, query))

    def rarity_of_word(self, word: str) -> float:
        """The same for a word of this light form."""
        return self._rarity(self.times_of_word(word))

    def _rarity(self, times: int) -> float:
        return log1p((self.records - times + 0.5) / (times + 0.5))

    def rows(self, facet: Facet) -> Rows:
        """A facet's counts as JSON; made when first asked for."""
        made = self._rows.get(facet.parameter)
        if made is None:
            names = self.names.get(facet.parameter)
            states = facet.thresholds.all_states if facet.thresholds else None
            values = states or terms(self.opened, self.every, facet_field(facet))
            made = self._rows[facet.parameter] = Rows(facet, names.labels if names else {}, values)
        return made

    def marks_matching(
        self, pattern: str, origins: tuple[str, ...], least: float, parameter: str = "hxl"
    ) -> tuple[str, ...]:
        """The marks in this index that a pattern matches, of these origins (empty: any) and at least so certain."""
        tags = frozenset(self.tags_matching(pattern, parameter))
        if not self._marks:
            self._marks.update({mark: read_mark(mark) for mark in terms(self.opened, self.every, "mark")})
        return tuple(
            mark
            for mark, (tag, origin, confidence) in self._marks.items()
            if tag in tags and (not origins or origin in origins) and confidence + 1e-9 >= least
        )

    def tagged(self) -> Mapping[str, Mapping[str, int]]:
        """How many records have a tag, by origin and (``""``) by any."""
        if not self._tagged:
            made: dict[str, dict[str, int]] = {}
            for value, count in terms(self.opened, self.every, "tagged").items():
                tag, origin = value.split(SEPARATOR)
                made.setdefault(tag, {})[origin] = count
            self._tagged.update(made)
        return self._tagged

    @property
    def tables(self) -> int:
        """Most tables that a record here has."""
        if not self._most:
            answer = self.opened.searcher.aggregate(self.every, {"it": {"max": {"field": "tables"}}})
            self._most.append(int(answer["it"]["value"] or 0))
        return self._most[0]

    def tags_matching(self, pattern: str, parameter: str = "hxl") -> tuple[str, ...]:
        """The full tags in this index that a libhxl tag pattern matches; raises QueryError if it is none."""
        from hxl.model import Column

        if pattern in self._patterns:
            return self._patterns[pattern]
        parsed = read_pattern(pattern, parameter).parsed
        if not self._columns:
            tags = terms(self.opened, self.every, "tag")
            self._columns.append({tag: column for tag in tags if (column := Column.parse(tag))})
        found = tuple(tag for tag, column in self._columns[0].items() if parsed.match(column))
        if len(self._patterns) < 1000:  # noqa: PLR2004
            self._patterns[pattern] = found
        return found


@dataclass(frozen=True, slots=True)
class Pattern:
    """A libhxl tag pattern; ``plain`` is how it is indexed if it names one attribute at most and excludes none."""

    parsed: Any
    plain: str


@lru_cache(maxsize=1_000)
def read_pattern(pattern: str, parameter: str) -> Pattern:
    """A pattern as libhxl reads it; raises QueryError if it is none."""
    from hxl.model import TagPattern

    try:
        parsed = TagPattern.parse(pattern)
    except Exception as error:
        raise QueryError(parameter, f'"{pattern}" is no HXL tag pattern: {_mend(pattern)}') from error
    asked = sorted(parsed.include_attributes)
    if parsed.is_absolute or parsed.exclude_attributes or len(asked) > 1:
        return Pattern(parsed, "")
    return Pattern(parsed, "+".join([parsed.tag, *asked]))


def take(opened: Opened, viewer: Viewer) -> Snapshot:
    """Learn what the facets' values are called. Only what is shown counts, so nothing hidden or withdrawn is named."""
    unseen = hidden_from(viewer)
    every = Query.all_query() if unseen is None else shown(unseen)
    name, records = opened.name, opened.marker.records
    if viewer.index is Audience.FULL:
        name, records = _fingerprint(opened, every)
    names = {parameter: _names(opened, every, facet) for parameter, facet in facets().items() if facet.names}
    apart = viewer.index is Audience.FULL and not viewer.sees_all
    return Snapshot(opened, unseen, every, name, records, names, apart)


def hidden_from(viewer: Viewer) -> Query | None:
    """The documents of the viewer's index (:attr:`catalog.viewer.Viewer.index`) that they are not shown, if any.

    Of a record that they reach it is the community's rendering, of one that they do not reach the full one.
    """
    if viewer.index is not Audience.FULL:
        return None

    def of(value: str) -> Query:
        return Query.term_query(schema(), "closed", value, "basic")

    if viewer.sees_all:
        return of(Audience.COMMUNITY)

    def having(rendering: Audience, terms: frozenset[str]) -> list[Query]:
        return [of(closed(rendering, term)) for term in sorted(terms)]

    beyond = [(Occur.Must, of(Audience.FULL))]
    if not viewer.within:
        beyond += [(Occur.MustNot, one) for one in having(Audience.FULL, viewer.reach)]
        lesser = [(Occur.Should, one) for one in having(Audience.COMMUNITY, viewer.reach)]
        return Query.boolean_query([(Occur.Should, Query.boolean_query(beyond)), *lesser])

    def reached(rendering: Audience) -> Query:
        parts = (having(rendering, viewer.reach), having(rendering, viewer.within))
        return Query.boolean_query(
            [(Occur.Must, Query.boolean_query([(Occur.Should, one) for one in part])) for part in parts]
        )

    beyond.append((Occur.MustNot, reached(Audience.FULL)))
    return Query.boolean_query(
        [(Occur.Should, Query.boolean_query(beyond)), (Occur.Should, reached(Audience.COMMUNITY))]
    )


def shown(unseen: Query) -> Query:
    """All documents but these."""
    records = Query.const_score_query(Query.term_query(schema(), "kind", "dataset", "basic"), 0.0)
    return Query.boolean_query([(Occur.Must, records), (Occur.MustNot, unseen)])


def _fingerprint(opened: Opened, every: Query) -> tuple[str, int]:
    """A name of what is shown, which no change of what is not shown changes; and how much it is."""
    hits = opened.searcher.search(every, limit=opened.marker.count + 1, count=False, order_by_field="seq").hits
    stamps = opened.searcher.fast_field_values("stamp", [address for seq, address in hits if seq is not None])
    total = sum(int(stamp) for stamp in stamps if stamp is not None) & ((1 << 64) - 1)
    return f"{total:016x}-{opened.marker.version}", len(stamps)


def terms(opened: Opened, query: Query, field_name: str) -> dict[str, int]:
    """Exact number of records per value of a field."""
    answer = opened.searcher.aggregate(query, {"it": {"terms": {"field": field_name, "size": EVERY_BUCKET}}})
    return {bucket["key"]: bucket["doc_count"] for bucket in answer["it"]["buckets"]}


def _names(opened: Opened, every: Query, facet: Facet) -> Names:
    labels: dict[str, tuple[int, str]] = {}
    values: dict[str, set[str]] = defaultdict(set)
    for said, count in sorted(terms(opened, every, names_field(facet)).items()):
        value, *called = said.split(SEPARATOR)
        if called and count > labels.get(value, (0, ""))[0]:
            labels[value] = (count, called[0])
        for name in (value, *called):
            values[normalize(name)].add(value)
    values.pop("", None)
    return Names(
        {value: label or value for value, (_, label) in labels.items()},
        {name: frozenset(found) for name, found in values.items()},
    )


def _mend(pattern: str) -> str:
    if "," in pattern:
        return 'give each pattern in a parameter of its own; all of them must match ("hxl=#adm1&hxl=#affected")'
    if "|" in pattern:
        return 'there is no "or"; ask twice, or use a basic tag, such as #affected, which matches with any attributes'
    if "*" in pattern:
        return "only #* alone stands for any tag; #adm1 matches with any attributes"
    if "!" in pattern and "-" in pattern:
        return "an exact pattern (!) excludes all other attributes by itself; leave out the excluded ones"
    return "write #tag+with-without, such as #affected+f-children"
