"""How much of what is held is hidden, by country: over-hiding kills too.

Stewards alone ask, and get exact counts of what they may see. Figures that a steward passes on count records that the
reader may not see, so small cells are left out (k = 5), and further ones, so that no difference of published figures
gives them back.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import orjson
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, aliased

from catalog.places import country_name
from catalog.tables import DatasetLocation, Disclosure
from catalog.viewer import Viewer, shown_to
from catalog.vocabulary import Audience

K = 5
"""Fewest records that a published figure counts."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """A country's records and how the public is shown them.

    Attributes:
        iso3: ``ALL`` for the whole register, in which a record of two countries counts once.
        records: All of them.
        whole: Shown whole.
        redacted: Shown in part.
        hidden: Not shown.
        harm: Hidden ones whose holder says what harm withholding does.
        listed: Told to exist, with whom to ask, and nothing else: who needs them can find them, so they are not hidden.
    """

    iso3: str
    records: int
    whole: int
    redacted: int
    hidden: int
    harm: int = 0
    listed: int = 0

    @property
    def name(self) -> str:
        """What the country is called."""
        return _name(self.iso3)

    @property
    def share(self) -> float:
        """Of the records, the share that is hidden; from 0 to 1."""
        return self.hidden / self.records if self.records else 0.0


ALL = "ALL"


@dataclass(frozen=True, slots=True)
class Published:
    """A country's figures for readers who may not see all that is counted; None is *not told*."""

    iso3: str
    records: int | None
    hidden: int | None

    @property
    def name(self) -> str:
        """What the country is called."""
        return _name(self.iso3)


def _name(iso3: str) -> str:
    return "All countries" if iso3 == ALL else country_name(iso3)


def hidden(session: Session, viewer: Viewer) -> list[Hidden]:
    """Exact figures over the records that a viewer is shown, by country; the first is of all countries."""
    return _counted(session, shown_to(viewer))


def published(session: Session, viewer: Viewer) -> list[Published]:
    """Figures that a steward may pass on to anyone, over the records that they are shown; see :func:`suppressed`."""
    return suppressed({row.iso3: (row.records - row.hidden, row.hidden) for row in hidden(session, viewer)})


def suppressed(cells: Mapping[str, tuple[int, int]], k: int = K) -> list[Published]:
    """Shown and hidden records by country, and of all, as they may be published.

    A country's number of hidden records is told if it is 0 and so many others are too that this tells nothing, or at
    least ``k``. What is shown to everybody they can count themselves, so a country whose hidden number is not told
    has no total either; and where one country alone would be left out, the difference to the total would give it
    back, so the next smallest goes with it, until at least ``k`` hidden records stand behind what is left out.
    A country of which nothing is shown has no row: that it has one would tell that something is hidden there.

    Args:
        cells: By country: shown, hidden; ``ALL`` is the whole register.
        k: Fewest records that a figure counts.
    """
    countries = {iso3: counts for iso3, counts in cells.items() if iso3 != ALL}
    unknown = {iso3 for iso3, (shown, closed) in countries.items() if closed and not shown}
    left_out = unknown | {iso3 for iso3, (_, closed) in countries.items() if 0 < closed < k}
    rest = sorted((closed, iso3) for iso3, (_, closed) in countries.items() if iso3 not in left_out and closed)
    while left_out and rest and sum(countries[iso3][1] for iso3 in left_out) < k:
        left_out.add(rest.pop(0)[1])
    # Nothing told in sum either, if too little stands behind what is left out: the total would give it back.
    behind = sum(countries[iso3][1] for iso3 in left_out)
    total_told = not left_out or (len(left_out) > 1 and behind >= k)
    known = sorted((iso3, counts) for iso3, counts in countries.items() if iso3 not in unknown)
    told = [_told(iso3, counts, told=iso3 not in left_out) for iso3, counts in known]
    whole = cells.get(ALL, (0, 0))
    return [_told(ALL, whole, told=total_told and not 0 < whole[1] < k), *told]


def _told(iso3: str, counts: tuple[int, int], *, told: bool) -> Published:
    return Published(iso3, sum(counts), counts[1]) if told else Published(iso3, None, None)


def _counted(session: Session, shown: ColumnElement[bool]) -> list[Hidden]:
    public = aliased(Disclosure)
    rows = session.execute(
        select(Disclosure.seq, Disclosure.etag, public.etag)
        .join(public, (public.seq == Disclosure.seq) & (public.audience == Audience.PUBLIC), isouter=True)
        .where(shown)
    ).all()
    states = {
        seq: "hidden" if theirs is None else "whole" if theirs == own else "redacted" for seq, own, theirs in rows
    }
    partly = {seq for seq, state in states.items() if state == "redacted"}
    states |= dict.fromkeys(_only_listed(session, partly), "listed")
    harmful = _with_harm(session, shown, {seq for seq, state in states.items() if state == "hidden"})
    counts: dict[str, Counter[str]] = {ALL: _tally(states, states.keys(), harmful)}
    places: dict[str, set[int]] = {}
    for seq, iso3 in session.execute(select(DatasetLocation.dataset_seq, DatasetLocation.iso3)):
        if seq in states:
            places.setdefault(iso3, set()).add(seq)
    counts |= {iso3: _tally(states, numbers, harmful) for iso3, numbers in sorted(places.items())}
    return [
        Hidden(iso3, tally.total() - tally["harm"], *(tally[state] for state in _STATES))
        for iso3, tally in counts.items()
    ]


_STATES = ("whole", "redacted", "hidden", "harm", "listed")


def _only_listed(session: Session, numbers: set[int]) -> Iterator[int]:
    """Which of these records the public is only told to exist."""
    public = Disclosure.audience == Audience.PUBLIC
    for some in _batches(numbers):
        for seq, body in session.execute(select(Disclosure.seq, Disclosure.document).where(public, some)):
            if orjson.loads(body)["mode"] == "ask":
                yield seq


def _batches(numbers: set[int]) -> Iterator[ColumnElement[bool]]:
    wanted = sorted(numbers)
    for start in range(0, len(wanted), 500):
        yield Disclosure.seq.in_(wanted[start : start + 500])


def _tally(states: Mapping[int, str], numbers: Iterable[int], harmful: set[int]) -> "Counter[str]":
    counted = Counter(states[seq] for seq in numbers)
    counted["harm"] = sum(seq in harmful for seq in numbers)
    return counted


def _with_harm(session: Session, shown: ColumnElement[bool], numbers: set[int]) -> set[int]:
    found: set[int] = set()
    for some in _batches(numbers):
        for seq, body in session.execute(select(Disclosure.seq, Disclosure.document).where(shown, some)):
            if orjson.loads(body).get("harm_if_withheld"):
                found.add(seq)
    return found
