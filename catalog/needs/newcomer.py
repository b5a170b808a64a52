"""A country on one page, for somebody who is new there: who holds what, what is known, what is new, whom to ask."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from catalog.needs.coverage import Coverage
from catalog.needs.records import Holder, Shown, documents
from catalog.viewer import Viewer

Document = Mapping[str, Any]

MOST_HOLDERS = 15
MOST_RECORDS = 8
MOST_TOPICS = 3
ASKABLE = frozenset({"on_request", "under_agreement", "bilateral", "on_site"})
"""Ways to get data that begin with asking."""


@dataclass(frozen=True, slots=True)
class Held:
    """What one organisation has in the country: how many datasets, its commonest topics, and an office's contact."""

    holder: Holder
    datasets: int
    topics: tuple[str, ...]
    contact: str


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What somebody new is told.

    Attributes:
        datasets: How many there are, each counted once.
        organisations: How many hold them.
        holders: Those with most.
        newest: Records whose data changed last.
        askable: Records whose data is not open and may be asked for.
        askable_total: How many of these there are.
    """

    datasets: int
    organisations: int
    holders: tuple[Held, ...]
    newest: tuple[Document, ...]
    askable: tuple[Document, ...]
    askable_total: int


def newcomer(session: Session, viewer: Viewer, coverage: Coverage, iso3: str) -> Newcomer:
    """One country, as a viewer may know it."""
    shown = _once(coverage, iso3)
    held = _holders(shown)
    askable = [one for one in shown if one.modality in ASKABLE]
    counting = sorted(askable, key=lambda one: (one.held is None, one.number))[:MOST_RECORDS]
    # The newest are found among all of the country's, which only their documents tell.
    known = documents(session, viewer, [one.number for one in shown])
    dated = sorted(known.values(), key=lambda one: (one["modified"] or "", one["id"]), reverse=True)
    return Newcomer(
        len(shown),
        len(held),
        held[:MOST_HOLDERS],
        tuple(one for one in dated if one["modified"])[:MOST_RECORDS],
        tuple(known[one.number] for one in counting if one.number in known),
        len(askable),
    )


def _once(coverage: Coverage, iso3: str) -> list[Shown]:
    copies = coverage.records.copies
    found: dict[int, Shown] = {}
    for one in coverage.records.by_country.get(iso3, ()):
        found.setdefault(copies.get(one.number, one.number), one)
    return list(found.values())


def _holders(shown: Sequence[Shown]) -> tuple[Held, ...]:
    counted: Counter[Holder] = Counter()
    topics: dict[Holder, Counter[str]] = {}
    contacts: dict[Holder, str] = {}
    for one in shown:
        for holder in one.holders:
            counted[holder] += 1
            topics.setdefault(holder, Counter()).update(title for _, title in one.topics)
            if one.contacts:
                contacts.setdefault(holder, one.contacts[0])
    ordered = sorted(counted, key=lambda holder: (-counted[holder], holder.name))
    return tuple(
        Held(
            holder,
            counted[holder],
            tuple(title for title, _ in topics[holder].most_common(MOST_TOPICS)),
            contacts.get(holder, ""),
        )
        for holder in ordered
    )
