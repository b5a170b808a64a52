"""What becomes of requests, by country: counts by state and the median of days to an answer.

Figures count requests about records that the reader is shown, so no record is told of that they may not know. Of these
they may see some requests and not others: what they see is counted exactly; a figure in which others are mixed is told
where nothing can be made out of it about fewer than five of those (:mod:`catalog.suppression`).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from catalog import suppression
from catalog.places import country_name
from catalog.requests.states import State

ALL = "ALL"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One request as figures see it.

    Attributes:
        seen: Whether the reader may see the request itself.
        days: From its first sending to the first answer; None while there is none.
    """

    countries: frozenset[str]
    state: State
    days: float | None
    seen: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of a country.

    Attributes:
        iso3: ``ALL`` for all of them.
        requests: Those that the reader sees.
        states: By state, of those that the reader sees.
        median_days: To an answer, of those; None if none of them was answered.
        all_requests: With those that the reader does not see; None is *not told*, and always so for a single country.
        all_states: Likewise by state; one that is not told is left out.
        all_median_days: Likewise.
    """

    iso3: str
    requests: int
    states: Mapping[State, int]
    median_days: float | None
    all_requests: int | None
    all_states: Mapping[State, int]
    all_median_days: float | None

    @property
    def name(self) -> str:
        """What the country is called."""
        return "All countries" if self.iso3 == ALL else country_name(self.iso3)


def figures(found: Iterable[Outcome], k: int = suppression.K) -> list[Figures]:
    """Figures of all countries, then by country; pure. A country of which nothing is told has no entry.

    Args:
        found: Requests about records that the reader is shown.
        k: Fewest requests that a figure counts which the reader may not see.
    """
    requests = list(found)
    others = {at: one for at, one in enumerate(requests) if not one.seen}
    kept, whole = _told(others, k)
    countries = sorted(set().union(*(one.countries for one in requests)))
    rows = [_row(ALL, requests, kept, k, whole=whole)]
    rows += [_row(iso3, [one for one in requests if iso3 in one.countries], kept, k) for iso3 in countries]
    return [row for row in rows if row.iso3 == ALL or row.requests or row.all_states or row.all_median_days is not None]


def figures_document(rows: Iterable[Figures], k: int = suppression.K) -> dict[str, Any]:
    """Figures as JSON has them: ``{k, items [{iso3, name, yours {requests, states, median_days}, all {..}}]}``.

    ``yours`` are the requests that the reader sees, ``all`` those with the others, as far as that is told.
    """
    items = [
        {
            "iso3": row.iso3,
            "name": row.name,
            "yours": _figures(row.requests, row.states, row.median_days),
            "all": _figures(row.all_requests, row.all_states, row.all_median_days),
        }
        for row in rows
    ]
    return {"k": k, "items": items}


def _figures(requests: int | None, states: Mapping[State, int], median_days: float | None) -> dict[str, Any]:
    counts = {state.value: count for state, count in states.items()}
    return {"requests": requests, "states": counts, "median_days": median_days}


def _told(others: Mapping[int, Outcome], k: int) -> tuple[frozenset[str], bool]:
    """Which figures may be told: cells ``SSD refused`` and ``ALL refused``; and whether the number of all may.

    Per state first, so that no country is what its total leaves. Then the totals, so that none is what the number of
    all leaves; where a total is left out, what its countries tell is held against that number in its place.
    """
    totals: dict[str, Collection[int]] = {}
    of_state: dict[str, dict[str, Collection[int]]] = {}
    for state in State:
        whole = {at for at, one in others.items() if one.state is state}
        places = sorted(set().union(*(others[at].countries for at in whole)))
        within = {f"{iso3} {state}": {at for at in whole if iso3 in others[at].countries} for iso3 in places}
        told = suppression.told(within, whole, k)
        of_state[f"{ALL} {state}"] = {name: within[name] for name in told.cells}
        totals |= {f"{ALL} {state}": whole} if told.whole else {}
    kept = suppression.told(totals, others.keys(), k).cells
    loose = {name: cell for total, cells in of_state.items() if total not in kept for name, cell in cells.items()}
    told = suppression.told({name: totals[name] for name in kept} | loose, others.keys(), k)
    inside = {name for total in told.cells & of_state.keys() for name in of_state[total]}
    return told.cells | inside, told.whole


def _row(iso3: str, requests: list[Outcome], kept: frozenset[str], k: int, *, whole: bool = False) -> Figures:
    own = [one for one in requests if one.seen]
    hidden = [one for one in requests if not one.seen]
    days = [one.days for one in hidden if one.days is not None]
    return Figures(
        iso3,
        len(own),
        _by_state(own),
        _median(own),
        len(requests) if whole else None,
        {state: count for state, count in _by_state(requests).items() if f"{iso3} {state}" in kept},
        _median(requests) if len(days) >= k else None,
    )


def _by_state(requests: Iterable[Outcome]) -> dict[State, int]:
    given = list(requests)
    counts = {state: sum(one.state is state for one in given) for state in State}
    return {state: count for state, count in counts.items() if count}


def _median(requests: Iterable[Outcome]) -> float | None:
    days = [one.days for one in requests if one.days is not None]
    return round(median(days), 1) if days else None
