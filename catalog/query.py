"""The one question type, from URL or command line to index, and the one answer type."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class DatasetQuery:
    """What is asked of the catalog. An empty query lists all.

    Attributes:
        q: Words; all are required first, then they are relaxed with a notice.
        selected: Values chosen per facet parameter (``{"country": ("SSD", "UKR")}``); values of one mean any,
            different parameters mean all.
        hxl: libhxl tag patterns that must all match, each on any column.
        hxl_same: libhxl tag patterns that must all match on one table (a file, or a sheet of it).
        hxl_origin: Where the tags that count come from (:class:`catalog.vocabulary.TagOrigin`); empty means anywhere.
            Without patterns: records with any tag from there.
        hxl_min_confidence: 0 to 1; tags of which less is certain do not count.
        covers: First and last day that the reference period must overlap; ``None`` leaves an end open.
        modified_since: Only records whose data changed on this day or later.
        sort: ``relevance`` (the default with words), ``modified`` (the default without) or ``title``.
        limit: Items on a page, 0 to 1,000.
        after: The ``next`` of the page before.
        facets: Parameters of the facets to count.
        expand: Whether other words of a meaning, places, half words and misspellings count too; else each word as
            typed, in any number or case.
        explain: Whether each item is told why it was found.
        relax: Whether words may be dropped where no record has all, and is told what would find more; a suggestion
            is for what was typed or for nothing.
    """

    q: str = ""
    selected: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    hxl: tuple[str, ...] = ()
    hxl_same: tuple[str, ...] = ()
    hxl_origin: tuple[str, ...] = ()
    hxl_min_confidence: float = 0.0
    covers: tuple[date | None, date | None] | None = None
    modified_since: date | None = None
    sort: str = ""
    limit: int = 20
    after: str = ""
    facets: tuple[str, ...] = ()
    expand: bool = True
    explain: bool = False
    relax: bool = True


@dataclass(frozen=True, slots=True)
class FacetCount:
    """One value of a facet: as it is asked for, as it is read, how many records have it, whether it is chosen."""

    value: str
    label: str
    count: int
    selected: bool = False


class Counts(Mapping[str, tuple[FacetCount, ...]]):
    """Counts per facet parameter, kept as they are sent and read into objects where somebody looks at them.

    Most answers are only sent, and have a thousand counts.

    Attributes:
        ready: A JSON array of ``{"value", "label", "count", "selected"}`` per parameter.
    """

    __slots__ = ("_read", "ready")

    def __init__(self, ready: Mapping[str, bytes]) -> None:
        self.ready = ready
        self._read: dict[str, tuple[FacetCount, ...]] = {}

    def __getitem__(self, parameter: str) -> tuple[FacetCount, ...]:
        if parameter not in self._read:
            self._read[parameter] = tuple([FacetCount(**one) for one in orjson.loads(self.ready[parameter])])
        return self._read[parameter]

    def __iter__(self) -> Iterator[str]:
        return iter(self.ready)

    def __len__(self) -> int:
        return len(self.ready)

    def __repr__(self) -> str:
        return f"Counts({dict(self)!r})"


@dataclass(frozen=True, slots=True)
class Page:
    """The answer to a query for one audience.

    Attributes:
        total: Exact number of matching records that the audience may know of.
        items: JSON objects as stored (bytes, see :func:`catalog.disclosure.item`) with ``freshness.state`` of today.
        facets: Counts per asked facet parameter, each leaving out its own selection; highest first, ties by label.
        next: What to pass as ``after`` for the next page; empty on the last.
        notices: Sentences about how the question was understood ("no record has all words; left out: ...").
        generation: Changes whenever the index does; part of the ETag.
        wording: How the words were read (:mod:`catalog.search.told`), for whoever shows it; empty without any.
    """

    total: int
    items: tuple[bytes, ...]
    facets: Counts
    next: str
    notices: tuple[str, ...]
    generation: str
    wording: Mapping[str, Any] = field(default_factory=dict)


class QueryError(ValueError):
    """A question that cannot be asked: names the parameter and the mend."""

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(message)
        self.parameter = parameter


def same_table(anywhere: Sequence[str], same: Sequence[str]) -> tuple[str, ...]:
    """The patterns that must match on one table: ``true`` among them stands for those that are asked of any column."""
    wanted = [pattern for pattern in same if pattern.strip().casefold() != "true"]
    return tuple(dict.fromkeys([*(anywhere if len(wanted) < len(same) else ()), *wanted]))


def period(text: str) -> tuple[date | None, date | None]:
    """``FIRST..LAST`` as two days, one of which may be left out; raises ValueError with the mend."""
    mend = "It must be two days such as 2024-01-01..2024-12-31; one of them may be left out."
    first, dots, last = text.partition("..")
    if not dots or not (first or last):
        raise ValueError(mend)
    try:
        start = date.fromisoformat(first) if first else None
        end = date.fromisoformat(last) if last else None
    except ValueError:
        raise ValueError(mend) from None
    if start and end and start > end:
        raise ValueError("Its first day must not come after its last.")
    return start, end
