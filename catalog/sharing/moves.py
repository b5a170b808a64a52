"""How information needs moved from one day to the next, in sentences, as far as a viewer may know."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from sqlalchemy.orm import Session

from catalog.places import country_name
from catalog.sharing.cells import ALL
from catalog.sharing.snapshots import countries, history
from catalog.viewer import Viewer
from config.needs import Needs


@dataclass(frozen=True, slots=True)
class Move:
    """A need of a country that was in another state on the day before that was kept."""

    day: date
    iso3: str
    need: str
    question: str
    old: str
    new: str

    @property
    def sentence(self) -> str:
        """``South Sudan: "Where are ...?" moved from gap to planned``."""
        return f'{country_name(self.iso3)}: "{self.question}" moved from {self.old} to {self.new}'


def moves(
    session: Session, viewer: Viewer, needs: Needs, since: date, iso3: Collection[str] = (), only: str = ""
) -> list[Move]:
    """What moved since a day, the newest first.

    Args:
        session: Of the catalog.
        viewer: Who asks: moves are those of what they could count themselves.
        needs: As they are declared today; one that is no more is left out.
        since: The first day that is told of.
        iso3: Of these countries; of all without.
        only: Of this need; of all without.
    """
    found = [move for place in iso3 or countries(session, viewer) for move in _of(session, viewer, needs, place)]
    wanted = [move for move in found if move.day >= since and only in {"", move.need}]
    return sorted(wanted, key=lambda move: (-move.day.toordinal(), move.iso3, move.need))


def _of(session: Session, viewer: Viewer, needs: Needs, iso3: str) -> Iterator[Move]:
    questions = {need.id: need.asked() for need in needs.of(iso3)}
    days = [(day, cells.get("states")) for day, cells in history(session, viewer, iso3, ALL)]
    for (_, before), (day, after) in pairwise(days):
        # A day on which nothing of the country was shown says nothing of its needs.
        for need, state in (after or {}).items():
            old = (before or {}).get(need)
            if old is not None and old != state and need in questions:
                yield Move(day, iso3, need, questions[need], old, state)
