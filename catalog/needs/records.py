"""The records that somebody is shown, as coverage and holdings are counted from them; read once and kept by version.

What is kept is what an audience may know of a record, under the version (etag) of that rendering: which renderings
somebody is shown is asked of the database each time, so nothing that was taken back lives on here. After a harvest only
what changed is read again.
"""

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.needs.held import Held, held
from catalog.needs.ways import Ways
from catalog.same import groups
from catalog.tables import DatasetLocation, Disclosure
from catalog.viewer import Viewer, shown_to
from catalog.vocabulary import Role
from config.needs import Need, Needs

Document = Mapping[str, Any]

MOST = 90_000
"""Renderings that are kept."""
MOST_VIEWS = 6
"""Answers that are kept put together, for who asks again before anything changes."""
_SOME = 500


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a dataset, as it is told: the id is empty where the organisation is not named."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A record, as one audience may know it.

    Attributes:
        number: Of the dataset in the catalog.
        id: Of the record.
        countries: ISO3 codes.
        topics: Keys and titles.
        holders: Who has it.
        modality: How it can be had.
        level: How sensitive the data is.
        steps, address, contacts: What is told of the way to get it.
        held: What counts towards needs; None if nothing does.
    """

    number: int
    id: str
    countries: tuple[str, ...]
    topics: tuple[tuple[str, str], ...]
    holders: tuple[Holder, ...]
    modality: str
    level: str
    steps: tuple[str, ...]
    address: str
    contacts: tuple[str, ...]
    held: Held | None


@dataclass(frozen=True, slots=True)
class Records:
    """What somebody is shown, by country.

    Attributes:
        version: Changes whenever any of it does.
        all: Every record.
        by_country: By ISO3 code, ``WLD`` among them.
        counting: By country and name of a need, what counts towards it.
        copies: By number of a record, the lowest number among those of the same dataset.
    """

    version: str
    all: tuple[Shown, ...]
    by_country: Mapping[str, Sequence[Shown]]
    counting: Mapping[tuple[str, str], Sequence[Held]]
    copies: Mapping[int, int]


class Book:
    """Records read for needs, for the life of a process; several threads may ask.

    Args:
        needs: As they are declared.

    Raises:
        ValueError: A need's pattern or word cannot be read.
    """

    def __init__(self, needs: Needs) -> None:
        self.needs = needs
        self._ways = Ways(_named(needs))
        self._kept: dict[str, Shown | None] = {}
        self._views: OrderedDict[tuple[Viewer, frozenset[str]], Records] = OrderedDict()
        self._lock = threading.Lock()

    def name(self, need: Need, iso3: str) -> str:
        """Under which records count towards a need in a country."""
        own = self.needs.countries.get(iso3)
        return f"{need.id}@{iso3}" if own and any(need is one for one in own.needs) else need.id

    def shown(self, session: Session, viewer: Viewer, countries: Collection[str] = ()) -> Records:
        """What a viewer is shown; only what is in these countries, if any are named."""
        wanted = select(Disclosure.seq, Disclosure.etag).where(shown_to(viewer)).order_by(Disclosure.seq)
        if countries:
            # A rendering names no country that the dataset does not have: what is left out here could not be shown.
            there = select(DatasetLocation.dataset_seq).where(DatasetLocation.iso3.in_(sorted(countries)))
            wanted = wanted.where(Disclosure.seq.in_(there))
        versions = [(number, etag) for number, etag in session.execute(wanted)]
        alike = groups(session, viewer)
        said = ";".join([f"{number}{etag}" for number, etag in versions])
        said += "|" + ";".join(",".join(one["id"] for one in group) for group in alike)
        version = blake2b(said.encode(), digest_size=12).hexdigest()
        key = viewer, frozenset(countries)
        with self._lock:
            if (found := self._views.get(key)) is not None and found.version == version:
                self._views.move_to_end(key)
                return found
            self._read(session, viewer, versions)
            found = _records(version, (self._kept[etag] for _, etag in versions), alike)
            self._views[key] = found
            while len(self._views) > MOST_VIEWS:
                self._views.popitem(last=False)
            return found

    def _read(self, session: Session, viewer: Viewer, versions: Sequence[tuple[int, str]]) -> None:
        unread = [number for number, etag in versions if etag not in self._kept]
        if len(self._kept) + len(unread) > MOST:
            self._kept.clear()
            unread = [number for number, _ in versions]
        for start in range(0, len(unread), _SOME):
            some = Disclosure.seq.in_(unread[start : start + _SOME])
            rows = session.execute(
                select(Disclosure.seq, Disclosure.etag, Disclosure.document).where(shown_to(viewer), some)
            )
            for number, etag, body in rows:
                self._kept[etag] = _shown(number, orjson.loads(body), self._ways)


def documents(session: Session, viewer: Viewer, numbers: Iterable[int]) -> dict[int, dict[str, Any]]:
    """The documents of some records as a viewer is shown them, by number; what is not shown is left out."""
    found: dict[int, dict[str, Any]] = {}
    wanted = sorted(set(numbers))
    for start in range(0, len(wanted), _SOME):
        some = Disclosure.seq.in_(wanted[start : start + _SOME])
        for number, body in session.execute(select(Disclosure.seq, Disclosure.document).where(shown_to(viewer), some)):
            found[number] = orjson.loads(body)
    return found


def _named(needs: Needs) -> Iterator[tuple[str, Need]]:
    for need in needs.of():
        yield need.id, need
    for iso3, own in needs.countries.items():
        for need in own.needs:
            yield f"{need.id}@{iso3}", need


def _shown(number: int, document: Document, ways: Ways) -> Shown | None:
    """A record; None if its portal has made it private, or it is withdrawn."""
    if document.get("emptied") or document.get("state") == "withdrawn":
        return None
    access = document["access"]
    return Shown(
        number,
        document["id"],
        tuple(document["countries"]),
        tuple((one["key"], one["title"]) for one in document["topics"]),
        tuple(_holders(document)),
        access["modality"],
        document["level"]["level"],
        tuple(access["steps"][:1]),
        access["address"],
        tuple(access["contacts"][:1]),
        held(number, document, ways),
    )


def _holders(document: Document) -> Iterator[Holder]:
    """Holders and owners, else publishers; else the names that are told without an organisation."""
    for roles in ({Role.HOLDER.value, Role.OWNER.value}, {Role.PUBLISHER.value}):
        found = [one for one in document["organizations"] if not roles.isdisjoint(one["roles"])]
        if found:
            yield from (Holder(one["id"], one["name"]) for one in found)
            return
    yield from (Holder("", name) for name in document["holders"])


def _records(version: str, found: Iterable[Shown | None], alike: Sequence[Sequence[Document]]) -> Records:
    every = tuple(one for one in found if one is not None)
    by_country: dict[str, list[Shown]] = {}
    counting: dict[tuple[str, str], list[Held]] = {}
    for one in every:
        for iso3 in one.countries:
            by_country.setdefault(iso3, []).append(one)
            if one.held is not None:
                for name in one.held.counts:
                    counting.setdefault((iso3, name), []).append(one.held)
    numbers = {one.id: one.number for one in every}
    copies: dict[int, int] = {}
    for group in alike:
        together = sorted(numbers[one["id"]] for one in group if one["id"] in numbers)
        copies |= dict.fromkeys(together, together[0]) if together else {}
    return Records(version, every, by_country, counting, copies)
