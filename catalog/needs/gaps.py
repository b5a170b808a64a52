"""Where a gap leads: who is nearest to it, what neighbours have, and a request that may be sent."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from catalog.needs.coverage import Cell, Coverage
from catalog.needs.judging import State, Verdict, Weighed, wanted, weigh
from catalog.needs.records import Holder, Shown
from catalog.places import country_name
from config.vocabulary import neighbours

MOST = 3
_HELPFUL = (Verdict.MEETS, Verdict.FALLS_SHORT, Verdict.NOT_SAID, Verdict.RESTRICTED)


@dataclass(frozen=True, slots=True)
class Nearest:
    """Whom to ask.

    Attributes:
        holder: The organisation.
        records: How many records of theirs speak for it.
        because: Why they are near, in a sentence.
        contact: Of an office, empty if none is told.
    """

    holder: Holder
    records: int
    because: str
    contact: str


@dataclass(frozen=True, slots=True)
class Similar:
    """A dataset of a neighbouring country that counts towards the same need there."""

    iso3: str
    weighed: Weighed


@dataclass(frozen=True, slots=True)
class Lead:
    """Where a cell that is not met leads.

    Attributes:
        nearest: Whom to ask, the nearest first; at most three.
        similar: In neighbouring countries; at most three.
        draft: A request in plain words, in English, for whoever is asked first.
    """

    nearest: tuple[Nearest, ...]
    similar: tuple[Similar, ...]
    draft: str


def lead(coverage: Coverage, cell: Cell) -> Lead | None:
    """Where a cell leads; None where it is met or does not apply."""
    if cell.state in {State.MET, State.NOT_APPLICABLE}:
        return None
    nearest = _nearest(coverage, cell)
    return Lead(nearest, _similar(coverage, cell), draft(cell, nearest[0] if nearest else None))


def draft(cell: Cell, nearest: Nearest | None) -> str:
    """A request that somebody may send; it has no attachment and asks for none."""
    place, asked = country_name(cell.iso3), cell.need.asked()
    whom = f"Dear colleagues at {nearest.holder.name}," if nearest else "Dear colleagues,"
    wishes = "\n".join(f"- {sentence}" for sentence in (cell.judged.missing or wanted(cell.need.met_by)))
    return (
        f"Subject: {place}: {asked}\n\n{whom}\n\n"
        f'For {place} we cannot answer this question: "{asked}" {cell.need.why}\n\n'
        f"What is missing:\n{wishes}\n\n"
        "Do you hold data on this, or know who does? A description helps already: what it covers, for which period and "
        "areas, how it may be used and whom to ask. Please send no data with your answer; how it is shared safely is "
        "agreed first."
    )


def _nearest(coverage: Coverage, cell: Cell) -> tuple[Nearest, ...]:
    """Holders of what is on the subject; else of what is on its theme there; else on the subject next door."""
    on_subject = [weighed.held.number for weighed in cell.judged.datasets]
    there = coverage.records.by_country.get(cell.iso3, ())
    if found := _ranked(there, set(on_subject), "They hold a dataset on the subject that falls short."):
        return found
    theme = {need.id for need in coverage.book.needs.of(cell.iso3) if need.theme == cell.need.theme}
    kin = {one.number for one in there if one.held and not theme.isdisjoint(one.held.counts)}
    if found := _ranked(there, kin, f"They hold data on {cell.need.theme.replace('-', ' ')} there."):
        return found
    beside = [one for iso3 in neighbours().get(cell.iso3, ()) for one in coverage.records.by_country.get(iso3, ())]
    same = {one.number for one in beside if one.held and cell.need.id in one.held.counts}
    return _ranked(beside, same, "They hold data on the subject in a neighbouring country.")


def _ranked(shown: Sequence[Shown], numbers: set[int], because: str) -> tuple[Nearest, ...]:
    counted: Counter[Holder] = Counter()
    contacts: dict[Holder, str] = {}
    for one in {one.number: one for one in shown if one.number in numbers}.values():
        for holder in one.holders:
            counted[holder] += 1
            if one.contacts:
                contacts.setdefault(holder, one.contacts[0])
    ordered = sorted(counted, key=lambda holder: (-counted[holder], holder.name))
    return tuple(Nearest(holder, counted[holder], because, contacts.get(holder, "")) for holder in ordered[:MOST])


def _similar(coverage: Coverage, cell: Cell) -> tuple[Similar, ...]:
    found: list[Similar] = []
    for iso3 in neighbours().get(cell.iso3, ()):
        records = coverage.records.counting.get((iso3, cell.need.id), ())
        weighed = [weigh(cell.need.id, cell.need.met_by, iso3, one, coverage.today) for one in records]
        best = min(
            (one for one in weighed if one.verdict in _HELPFUL),
            key=lambda one: (_HELPFUL.index(one.verdict), one.held.number),
            default=None,
        )
        if best is not None and best.held.number not in {one.weighed.held.number for one in found}:
            found.append(Similar(iso3, best))
    return tuple(sorted(found, key=lambda one: _HELPFUL.index(one.weighed.verdict))[:MOST])
