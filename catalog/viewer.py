"""Who asks, and as what audience each record is shown to them.

Everybody is shown every record as their own audience is. A record whose *reach* has a term in common with the viewer is
shown in full. A record's terms are ``org:<agent id>`` of its owner and of those it was granted to, and, unless it is
for its owner alone, ``source:<key>``, ``country:<iso3>`` and ``steward``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select, union_all

from catalog.tables import Dataset, Disclosure, Grant, Reach
from catalog.vocabulary import Audience

STEWARD = "steward"
ORGANISATION = "org:"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks.

    Attributes:
        audience: As whom they are shown a record that they do not reach.
        reach: Terms; a record that has one of them is shown in full.
        within: Terms, of which such a record has to have one as well; none if it need not.
        name: Who it is, as the audit writes it; empty for the public.
        key: Id of the key that was given, empty without one.
    """

    audience: Audience = Audience.PUBLIC
    reach: frozenset[str] = frozenset()
    name: str = ""
    key: str = ""
    within: frozenset[str] = frozenset()

    def sees(self, terms: Iterable[str]) -> Audience:
        """As whom a record with these terms is shown."""
        given = frozenset(terms)
        outside = self.reach.isdisjoint(given) or (bool(self.within) and self.within.isdisjoint(given))
        return self.audience if outside else Audience.FULL

    @property
    def index(self) -> Audience:
        """Whose index answers: that of everything, where a record may be shown otherwise than to the audience."""
        return Audience.FULL if self.reach else self.audience

    @property
    def sees_all(self) -> bool:
        """Whether every record is shown in full: only where the glass was broken, and to our own machinery."""
        return self.audience is Audience.FULL

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


def organisation(
    agent: UUID, name: str, key: str = "", sources: Iterable[str] = (), countries: Iterable[str] = ()
) -> Viewer:
    """An organisation: it is shown in full what it owns and what was granted to it.

    Where sources or countries are named, only of what is of these; nothing of it is then for its owner alone.
    """
    return Viewer(
        Audience.COMMUNITY, frozenset({f"{ORGANISATION}{agent}"}), name, key, _appointment(sources, countries)
    )


def steward(name: str, sources: Iterable[str] = (), countries: Iterable[str] = (), key: str = "") -> Viewer:
    """A steward of some sources and countries; of everything, if none are named."""
    return Viewer(Audience.COMMUNITY, _appointment(sources, countries) or frozenset({STEWARD}), name, key)


def breaking_glass(name: str) -> Viewer:
    """Who is shown everything, owners' own records too; it is recorded, and noticed."""
    return Viewer(Audience.FULL, frozenset({STEWARD}), name)


EVERYTHING = Viewer(Audience.FULL)
"""Our own machinery and tests: no person."""


def of_audience(audience: Audience) -> Viewer:
    """Nobody in particular of an audience."""
    return Viewer(audience)


def _appointment(sources: Iterable[str], countries: Iterable[str]) -> frozenset[str]:
    return frozenset({f"source:{source}" for source in sources} | {f"country:{iso3}" for iso3 in countries})


def shown_to(viewer: Viewer) -> ColumnElement[bool]:
    """Which rows of ``disclosure`` a viewer is shown: one per record at the most."""
    return or_(as_reached(viewer), as_audience(viewer)) if _reaches(viewer) else as_audience(viewer)


def as_reached(viewer: Viewer) -> ColumnElement[bool]:
    """Of what a viewer is shown, the rows of records that they reach beyond their audience."""
    if not _reaches(viewer):
        return Disclosure.seq.in_(())
    return and_(Disclosure.audience == Audience.FULL, Disclosure.seq.in_(_reached(viewer)))


def as_audience(viewer: Viewer) -> ColumnElement[bool]:
    """Of what a viewer is shown, the rows of records that are shown to them as to everybody of their audience."""
    if not _reaches(viewer):
        return Disclosure.audience == viewer.audience
    return and_(Disclosure.audience == viewer.audience, Disclosure.seq.not_in(_reached(viewer)))


def _reaches(viewer: Viewer) -> bool:
    return bool(viewer.reach) and not viewer.sees_all


def _reached(viewer: Viewer) -> Select[int]:
    """Numbers of the datasets that share a term with a viewer, by a live grant too."""
    bounds = select(Reach.dataset_seq).where(Reach.term.in_(sorted(viewer.within)))
    own = select(Reach.dataset_seq).where(Reach.term.in_(sorted(viewer.reach)))
    if viewer.within:
        own = own.where(Reach.dataset_seq.in_(bounds))
    owners = [term.removeprefix(ORGANISATION) for term in viewer.reach if term.startswith(ORGANISATION)]
    if not owners:
        return own
    granted = select(Dataset.seq).join(Grant, Grant.dataset_id == Dataset.id)
    alive = or_(Grant.until.is_(None), Grant.until > datetime.now(UTC))
    granted = granted.where(Grant.grantee.in_(owners), alive)
    if viewer.within:
        granted = granted.where(Dataset.seq.in_(bounds))
    both = union_all(own, granted).subquery()
    return select(both.c.dataset_seq)
