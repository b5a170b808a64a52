"""How far the needs of countries are met, for one viewer on one day: the one function behind pages, API and exports.

Whatever is told here rests on records as the viewer may know them (:mod:`catalog.needs.records`); nothing mixes in what
they may not, so no figure has to be left out for being small.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from catalog.needs.held import WORLD
from catalog.needs.judging import Judged, State, judge
from catalog.needs.overruling import Overrule, standing
from catalog.needs.records import Book, Records
from catalog.places import country_name
from catalog.viewer import Viewer
from config.needs import Need


@dataclass(frozen=True, slots=True)
class Cell:
    """One need in one country: what is judged, and what a person says in its place."""

    iso3: str
    need: Need
    judged: Judged
    overrule: Overrule | None = None

    @property
    def state(self) -> State:
        """What counts: a person's word, while it stands."""
        return self.judged.state if self.overrule is None else self.overrule.state


@dataclass(frozen=True, slots=True)
class Country:
    """The needs of one country.

    Attributes:
        iso3: Its code.
        name: In English.
        cells: Need by need, as the sets have them.
        records: How many records on it are shown.
    """

    iso3: str
    name: str
    cells: tuple[Cell, ...]
    records: int

    @property
    def counts(self) -> Mapping[State, int]:
        """How many needs are in each state, best state first; none left out."""
        counted = Counter(cell.state for cell in self.cells)
        return {state: counted[state] for state in State}

    @property
    def by_urgency(self) -> tuple[Cell, ...]:
        """The cells, gaps first."""
        return tuple(sorted(self.cells, key=lambda cell: URGENCY.index(cell.state)))


URGENCY = (
    State.GAP, State.RESTRICTED, State.UNKNOWN, State.PLANNED, State.PARTLY, State.MET, State.NOT_APPLICABLE,
)  # fmt: skip
"""In which order states are shown to somebody who looks for gaps."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What one viewer is told on one day.

    Attributes:
        today: UTC.
        records: What they are shown.
        overrules: What stands, by country and need.
        book: Whose needs they are.
    """

    today: date
    records: Records
    overrules: Mapping[tuple[str, str], Overrule]
    book: Book

    def countries(self) -> tuple[str, ...]:
        """The countries of which a record is shown, and those that have a copy of the needs, by name."""
        known = (set(self.records.by_country) | set(self.book.needs.countries)) - {WORLD}
        return tuple(sorted(known, key=country_name))

    def country(self, iso3: str, within: str = "") -> Country:
        """The needs of a country, those of one set if it is named."""
        shown = self.records.by_country.get(iso3, ())
        applies = self.book.needs.not_applicable(iso3)
        cells = tuple(self._cell(need, iso3, applies) for need in self.book.needs.of(iso3, within))
        return Country(iso3, country_name(iso3), cells, len(shown))

    def several(self, countries: Iterable[str], within: str = "") -> tuple[Country, ...]:
        """The needs of several countries, in the order given."""
        return tuple(self.country(iso3, within) for iso3 in countries)

    def levels(self, countries: Iterable[str]) -> frozenset[str]:
        """How sensitive the data is of which the records of some countries tell."""
        return frozenset(one.level for iso3 in countries for one in self.records.by_country.get(iso3, ()))

    def cell(self, need: Need, iso3: str) -> Cell:
        """One need in one country."""
        return self._cell(need, iso3, self.book.needs.not_applicable(iso3))

    def _cell(self, need: Need, iso3: str, not_applicable: Mapping[str, str]) -> Cell:
        name = self.book.name(need, iso3)
        judged = judge(
            name,
            need,
            iso3,
            self.records.counting.get((iso3, name), ()),
            self.today,
            world=self.records.counting.get((WORLD, name), ()),
            known=iso3 in self.records.by_country,
            copies=self.records.copies,
            not_applicable=not_applicable.get(need.id, ""),
        )
        return Cell(iso3, need, judged, self.overrules.get((iso3, need.id)))


def coverage(session: Session, viewer: Viewer, book: Book, today: date, countries: Collection[str] = ()) -> Coverage:
    """What a viewer is told.

    Args:
        session: Of the catalog.
        viewer: Who asks.
        book: The needs, and the records as they were read before.
        today: The day that is judged at, UTC.
        countries: Only these are read, and the world; quicker where a process answers once.
    """
    wanted = {*countries, WORLD} if countries else ()
    return Coverage(today, book.shown(session, viewer, wanted), standing(session, today), book)


def tally(countries: Sequence[Country]) -> Mapping[State, int]:
    """How many cells of some countries are in each state."""
    counted = Counter(cell.state for country in countries for cell in country.cells)
    return {state: counted[state] for state in State}
