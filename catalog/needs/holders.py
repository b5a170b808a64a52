"""Who holds what: organisation by topic by country, as far as somebody is shown, datasets counted once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from catalog.needs.records import Holder, Records, Shown
from catalog.text import normalize


@dataclass(frozen=True, slots=True)
class Holding:
    """What one organisation has on one topic in one country.

    Attributes:
        holder: The organisation; without an id where it is not named.
        topic: Key, and ``title``; both empty where no topic was found.
        iso3: The country.
        datasets: How many, what several sources list counted once.
        access: Ways to get it, by how many datasets.
        levels: How sensitive the data is, by how many.
        how: The first step to get it.
        contact: Of an office, empty if none is told.
    """

    holder: Holder
    topic: str
    title: str
    iso3: str
    datasets: int
    access: tuple[tuple[str, int], ...]
    levels: tuple[tuple[str, int], ...]
    how: str
    contact: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which holdings; what is left empty leaves out nothing.

    Attributes:
        country: ISO3 codes.
        topic: Keys of topics.
        organisation: Part of a name, or an id.
    """

    country: tuple[str, ...] = ()
    topic: tuple[str, ...] = ()
    organisation: str = ""


def holdings(records: Records, wanted: Wanted) -> list[Holding]:
    """What is held, the largest first, ties by name of organisation, topic and country."""
    cells: dict[tuple[Holder, tuple[str, str], str], dict[int, Shown]] = {}
    for one in records.all:
        dataset = records.copies.get(one.number, one.number)
        for key in _keys(one, wanted):
            cells.setdefault(key, {}).setdefault(dataset, one)
    found = [_holding(*key, list(shown.values())) for key, shown in cells.items()]
    return sorted(found, key=lambda one: (-one.datasets, one.holder.name, one.topic, one.iso3))


def _keys(one: Shown, wanted: Wanted) -> Iterator[tuple[Holder, tuple[str, str], str]]:
    for holder in one.holders:
        if wanted.organisation and not _means(wanted.organisation, holder):
            continue
        for topic in one.topics or (("", ""),):
            if wanted.topic and topic[0] not in wanted.topic:
                continue
            for iso3 in one.countries:
                if not wanted.country or iso3 in wanted.country:
                    yield holder, topic, iso3


def _means(words: str, holder: Holder) -> bool:
    return words == holder.id or set(normalize(words).split()) <= set(normalize(holder.name).split())


def _holding(holder: Holder, topic: tuple[str, str], iso3: str, shown: Sequence[Shown]) -> Holding:
    easiest = min(shown, key=lambda one: (_EASE.index(one.modality), one.number))
    contact = next((one.contacts[0] for one in shown if one.contacts), "")
    return Holding(
        holder, *topic, iso3, len(shown), _counted([one.modality for one in shown]),
        _counted([one.level for one in shown]), next(iter(easiest.steps), ""), contact,
    )  # fmt: skip


def _counted(values: Sequence[str]) -> tuple[tuple[str, int], ...]:
    distinct = dict.fromkeys(values)
    return tuple(sorted(((value, values.count(value)) for value in distinct), key=lambda pair: (-pair[1], pair[0])))


_EASE = ("open", "register", "on_request", "under_agreement", "bilateral", "on_site", "unknown", "not_shared")
