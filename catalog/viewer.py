"""Who asks, and as what audience each record is shown to them.

Everybody is shown every record as their own audience is. A record whose *reach* has a term in common with the viewer is
shown in full. A record's terms are ``org:<agent id>`` of its owner and of those it was granted to, and, unless it is
for its owner alone, ``source:<key>``, ``country:<iso3>`` and ``steward``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from catalog.tables import Disclosure, Reach
from catalog.vocabulary import Audience

STEWARD = "steward"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks.

    Attributes:
        audience: As whom they are shown a record that they do not reach.
        reach: Terms; a record that has one of them is shown in full.
        name: Who it is, as the audit writes it; empty for the public.
        key: Id of the key that was given, empty without one.
    """

    audience: Audience = Audience.PUBLIC
    reach: frozenset[str] = frozenset()
    name: str = ""
    key: str = ""

    def sees(self, terms: Iterable[str]) -> Audience:
        """As whom a record with these terms is shown."""
        return self.audience if self.reach.isdisjoint(terms) else Audience.FULL

    @property
    def is_steward(self) -> bool:
        """Whether it is a steward, of everything or of some sources and countries."""
        return any(term == STEWARD or term.startswith(("source:", "country:")) for term in self.reach)

    def stewards(self, source: str, countries: Iterable[str] = ()) -> bool:
        """Whether it is a steward of this source, or of one of these countries."""
        return not self.reach.isdisjoint({STEWARD, f"source:{source}", *(f"country:{iso3}" for iso3 in countries)})


PUBLIC = Viewer()


def community(name: str, key: str = "") -> Viewer:
    """The holder of a community key."""
    return Viewer(Audience.COMMUNITY, frozenset(), name, key)


def organisation(agent: UUID, name: str, key: str = "") -> Viewer:
    """An organisation: it is shown in full what it owns and what was granted to it."""
    return Viewer(Audience.COMMUNITY, frozenset({f"org:{agent}"}), name, key)


def steward(name: str, sources: Iterable[str] = (), countries: Iterable[str] = (), key: str = "") -> Viewer:
    """A steward of some sources and countries; of everything, if none are named."""
    terms = {f"source:{source}" for source in sources} | {f"country:{iso3}" for iso3 in countries}
    return Viewer(Audience.COMMUNITY, frozenset(terms or {STEWARD}), name, key)


def breaking_glass(name: str) -> Viewer:
    """Who is shown everything, owners' own records too; it is recorded, and noticed."""
    return Viewer(Audience.FULL, frozenset({STEWARD}), name)


def shown_to(viewer: Viewer) -> ColumnElement[bool]:
    """Which rows of ``disclosure`` a viewer is shown: one per record at the most."""
    if not viewer.reach or viewer.audience is Audience.FULL:
        return Disclosure.audience == viewer.audience
    reached = select(Reach.dataset_seq).where(Reach.term.in_(sorted(viewer.reach)))
    return or_(
        and_(Disclosure.audience == Audience.FULL, Disclosure.seq.in_(reached)),
        and_(Disclosure.audience == viewer.audience, Disclosure.seq.not_in(reached)),
    )
