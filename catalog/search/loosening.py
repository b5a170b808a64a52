"""All words first; where no record has them all, as many as some record has, and what was left out is told."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from tantivy import Occur, Query

from catalog.search.clauses import both
from catalog.search.forms import light_forms
from catalog.search.matching import TIE, TYPED, Matching, Part, Reason, sense_part
from catalog.search.order import count
from catalog.search.snapshot import Snapshot

Clauses = list[tuple[Occur, Query]]
_TRIES = 60
"""Combinations that are tried before any one word is enough."""
_SEEN_FROM_BELOW = {"same": "wider", "narrower": "beside"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What of a question is asked for.

    Attributes:
        required: Parts that every record of the answer matches.
        liked: Parts that only raise a record.
        matching: All parts.
        dropped: Parts that are liked because no record has them with the others.
        widened: Parts with the title of the wider meaning that was taken for them.
        any_of: One of the required parts is enough.
    """

    required: tuple[Part, ...]
    liked: tuple[Part, ...]
    matching: Matching
    dropped: tuple[Part, ...] = ()
    widened: tuple[tuple[Part, str], ...] = ()
    any_of: bool = False

    def clauses(self) -> Clauses:
        """What has to match, and what may not."""
        found: Clauses = [(Occur.Must, part.clause) for part in self.required]
        if self.any_of:
            found = [(Occur.Must, Query.boolean_query([(Occur.Should, part.clause) for part in self.required]))]
        return [*found, *((Occur.MustNot, query) for query in self.matching.unwanted)]

    def raising(self) -> Clauses:
        """What only raises."""
        return [(Occur.Should, part.clause) for part in self.liked]


def whole(matching: Matching) -> Asked:
    """All of the question."""
    required = tuple(part for part in matching.parts if not part.helps)
    return Asked(required, tuple(part for part in matching.parts if part.helps), matching)


def loosened(asked: Asked, snapshot: Snapshot, narrowing: Clauses, *, expand: bool) -> Asked:
    """As much of the question as some record has; the question itself where no record has any of it."""
    searcher = snapshot.opened.searcher

    def fits(some: Asked) -> bool:
        return count(searcher, both(some.clauses(), narrowing)) > 0

    if len(asked.required) > 1:
        known = tuple(part for part in asked.required if fits(replace(asked, required=(part,))))
        if not known:
            return _widened(asked, snapshot, fits) if expand else asked
        lost = tuple(part for part in asked.required if part not in known)
        if lost:
            less = replace(asked, required=known, liked=asked.liked, dropped=lost)
            if expand and any(part.wider for part in lost):
                wider = _widened(asked, snapshot, fits)
                if wider.widened:
                    return wider
            if fits(less):
                return less
            asked = less
    wider = _widened(asked, snapshot, fits) if expand else asked
    if wider.widened or len(asked.required) < 2:  # noqa: PLR2004
        return wider
    return _fewer(asked, fits)


def _widened(asked: Asked, snapshot: Snapshot, fits: Callable[[Asked], bool]) -> Asked:
    """With a wider meaning for one part, or for all that have one."""
    wider = {}
    for part in asked.required:
        if part.wider:
            typed = tuple(light_forms(part.said.split()))
            senses = [sense_part(part.said, sense, typed, snapshot) for sense in part.wider]
            clause = Query.disjunction_max_query([part.clause, *(one.clause for one in senses)], TIE)
            reasons = (*part.reasons, *_reasons_of_wider(part, senses))
            wider[part.said] = replace(part, clause=clause, reasons=reasons), ", ".join(one.title for one in part.wider)
    for chosen in [*((name,) for name in wider), tuple(wider)]:
        required = tuple(wider[part.said][0] if part.said in chosen else part for part in asked.required)
        some = replace(asked, required=required, widened=tuple(wider[name] for name in chosen))
        if chosen and fits(some):
            return some
    return asked


def _reasons_of_wider(part: Part, senses: Sequence[Part]) -> Iterator[Reason]:
    """The reasons of wider meanings as they are those of a part: what is the same there is wider here."""
    own = {reason.words for reason in part.reasons}
    for reason in (reason for sense in senses for reason in sense.reasons):
        if reason.because != TYPED and reason.words not in own:
            yield replace(reason, because=_SEEN_FROM_BELOW.get(reason.because, reason.because))


def _fewer(asked: Asked, fits: Callable[[Asked], bool]) -> Asked:
    """Without as few parts as possible, the least telling ones first."""
    ordered = sorted(asked.required, key=lambda part: part.rank)
    if len(ordered) == 2 and all(part.kind == "word" for part in ordered):  # noqa: PLR2004
        # Nothing tells which of two words matters.
        return replace(asked, any_of=True)
    tried = 0
    for left_out in range(1, len(ordered)):
        for dropped in combinations(ordered, left_out):
            if tried == _TRIES:
                return replace(asked, any_of=True)
            tried += 1
            kept = tuple(part for part in asked.required if part not in dropped)
            some = replace(asked, required=kept, liked=(*asked.liked, *dropped), dropped=(*asked.dropped, *dropped))
            if fits(some):
                return some
    return asked


def names(parts: Sequence[Part]) -> str:
    """``"one", "two"``."""
    return ", ".join(part.said if part.kind == "phrase" else f'"{part.said}"' for part in parts)
