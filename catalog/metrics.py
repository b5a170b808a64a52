"""How much of what is held is hidden, by country: over-hiding kills too.

Stewards alone ask, and get exact counts of what they may see. Figures that a steward passes on count records that the
reader may not see, so small cells are left out (k = 5), and further ones, so that no difference of published figures
gives them back.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import orjson
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, aliased

from catalog import suppression
from catalog.places import country_name
from catalog.tables import Dataset, DatasetLocation, Disclosure
from catalog.viewer import STEWARD, Viewer, shown_to
from catalog.vocabulary import Audience, Visibility


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
        owners: Further ones, hidden and for their owners alone, which no steward is shown: how many, where the figure
            tells nothing of one of them (:mod:`catalog.suppression`); None where it is not told.
    """

    iso3: str
    records: int
    whole: int
    redacted: int
    hidden: int
    harm: int = 0
    listed: int = 0
    owners: int | None = None

    @property
    def name(self) -> str:
        """What the country is called."""
        return _name(self.iso3)

    @property
    def share(self) -> float:
        """Of the records, the share that is hidden; from 0 to 1."""
        return self.hidden / self.records if self.records else 0.0

    @property
    def share_with_owners(self) -> float | None:
        """The same with what is for owners alone; None where that is not told."""
        if self.owners is None:
            return None
        return (self.hidden + self.owners) / (self.records + self.owners)


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
    """Exact figures over the records that a viewer is shown, by country; the first is of all countries.

    A steward of everything is told beside them how many are for owners alone, where that tells nothing of one.
    """
    rows = _counted(session, shown_to(viewer))
    if STEWARD not in viewer.reach or viewer.sees_all:
        return rows
    full = select(Disclosure.seq).join(Dataset, Dataset.seq == Disclosure.seq)
    of_owners = full.where(Disclosure.audience == Audience.FULL, Dataset.visibility == Visibility.OWNER)
    numbers = set(session.scalars(of_owners))
    cells = _places(session, numbers)
    told = suppression.told({row.iso3: cells.get(row.iso3, ()) for row in rows if row.iso3 != ALL}, numbers)
    counts = {iso3: len(cells[iso3]) for iso3 in told.cells} | ({ALL: len(numbers)} if told.whole else {})
    return [replace(row, owners=counts.get(row.iso3)) for row in rows]


def published(session: Session, viewer: Viewer) -> list[Published]:
    """Figures that a steward may pass on to anyone, over the records that they are shown.

    How many are hidden is told where :func:`catalog.suppression.told` lets it be. What is shown to everybody they can
    count themselves, so a country whose hidden number is not told has no total either. A country of which nothing is
    shown has no row: that it has one would tell that something is hidden there.
    """
    rows = hidden(session, viewer)
    public = select(Disclosure.seq).where(Disclosure.audience == Audience.PUBLIC)
    numbers = set(session.scalars(select(Disclosure.seq).where(shown_to(viewer), Disclosure.seq.not_in(public))))
    cells = _places(session, numbers)
    known = [row for row in rows if row.iso3 == ALL or row.records > row.hidden]
    told = suppression.told({row.iso3: cells.get(row.iso3, ()) for row in known if row.iso3 != ALL}, numbers)
    open_ = told.cells | ({ALL} if told.whole else set())
    return [
        Published(row.iso3, row.records, row.hidden) if row.iso3 in open_ else Published(row.iso3, None, None)
        for row in known
    ]


def _places(session: Session, numbers: set[int]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for seq, iso3 in session.execute(select(DatasetLocation.dataset_seq, DatasetLocation.iso3)):
        if seq in numbers:
            found.setdefault(iso3, set()).add(seq)
    return found


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
    places = _places(session, set(states))
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
