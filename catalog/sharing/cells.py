"""What is counted of the records that a viewer is shown, by country and, within it, by topic and kind of organisation.

A cell is a JSON object of counts, never of shares, so that cells can be told with what they are of::

    n, access {modality: n}, routes, ages (median days since modified, or null), dated (of how many),
    tags {origin: n, "any": n}
    use {downloads: {n, of}, views: {n, of}}  totals as portals count them, and of how many records they say one
    needs {state: n}                       of a country and of all together
    states {need: state}                   of a country
    requests {n, answered, days} or null   of a country and of all, where that is told
    hidden, visibility {visibility: n}     as stewards are shown it
    donors {active, silent}                of all countries together

An organisation's own cells (``organization:<name>``) are for stewards and of all countries together.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from statistics import median
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog import use
from catalog.tables import CatalogRecord, Dataset, Disclosure, SourceRow
from catalog.use import Use
from catalog.viewer import Viewer, shown_to
from catalog.vocabulary import AccessModality, AgentKind, Audience, RecordState

Document = Mapping[str, Any]
Cell = dict[str, Any]
Cells = dict[str, dict[str, Cell]]
"""By country, empty for all of them together; then by cut: empty for all of it, ``topic:key``, ``kind:kind``."""

ALL = ""
TOPIC, KIND, ORGANIZATION = "topic:", "kind:", "organization:"
IATI = "iati"
"""Kind of the sources whose records stand for publishers of activities of sector 15250."""


class _Counted:
    """Counts of one cell, while records are added."""

    def __init__(self) -> None:
        self.n = self.routes = self.hidden = 0
        self.access: Counter[str] = Counter()
        self.tags: Counter[str] = Counter()
        self.visibility: Counter[str] = Counter()
        self.used: Counter[str] = Counter()
        self.counted: Counter[str] = Counter()
        self.ages: list[int] = []

    def add(self, facts: "_Facts") -> None:
        self.n += 1
        self.routes += facts.routed
        self.hidden += facts.hidden
        self.access[facts.access] += 1
        self.tags.update(facts.origins)
        self.used.update(facts.use)
        self.counted.update(facts.use.keys())
        if facts.visibility:
            self.visibility[facts.visibility] += 1
        if facts.age is not None:
            self.ages.append(facts.age)

    def cell(self, *, steward: bool) -> Cell:
        made: Cell = {
            "n": self.n,
            "access": dict(sorted(self.access.items())),
            "routes": self.routes,
            "ages": median(self.ages) if self.ages else None,
            "dated": len(self.ages),
            "tags": dict(sorted(self.tags.items())),
            "use": {what: {"n": self.used[what], "of": of} for what, of in sorted(self.counted.items())},
        }
        return made | {"hidden": self.hidden, "visibility": dict(sorted(self.visibility.items()))} if steward else made


class _Facts:
    """What one record adds to each cell that it is in."""

    __slots__ = ("access", "age", "hidden", "origins", "routed", "use", "visibility")

    def __init__(self, document: Document, today: datetime, visibility: str, used: Use, *, hidden: bool) -> None:
        access = document.get("access") or {}
        self.access = str(access.get("modality") or AccessModality.UNKNOWN)
        told = access.get("address") or access.get("steps") or document.get("holders")
        self.routed = self.access != AccessModality.UNKNOWN and bool(told)
        origins = {entry["origin"] for entry in document.get("tags") or ()}
        self.origins = origins | {"any"} if origins else origins
        modified = document.get("modified")
        self.age = max(0, (today - datetime.fromisoformat(modified)).days) if modified else None
        self.hidden, self.visibility = hidden, visibility
        # Whoever is not told of the record's page could not read there how often it was used.
        self.use: Use = used if document.get("link") else {}


def cells(session: Session, viewer: Viewer, today: date) -> Cells:
    """Count the records that a viewer is shown; withdrawn ones are left out.

    What is hidden from the public, and names of organisations, are counted for a steward of everything alone.

    Args:
        session: Of the catalog.
        viewer: An audience, or a steward of everything.
        today: The day from which ages are counted, UTC.
    """
    at = datetime.combine(today, time(), UTC)
    steward = bool(viewer.reach)
    counted: dict[str, dict[str, _Counted]] = defaultdict(lambda: defaultdict(_Counted))
    donors = _Donors(set(session.scalars(select(SourceRow.key).where(SourceRow.kind == IATI))))
    used = use.reported(session)
    for number, document, visibility, hidden in _shown(session, viewer, steward=steward):
        facts = _Facts(document, at, visibility, used.get(number, {}), hidden=hidden)
        donors.add(document)
        cuts = list(_cuts(document))
        for country in (ALL, *document.get("countries", ())):
            for cut in cuts:
                counted[country][cut].add(facts)
        if steward:
            for name in document.get("holders") or ():
                counted[ALL][f"{ORGANIZATION}{name}"].add(facts)
    counted[ALL][ALL]  # An empty catalog is told, too.
    made = {
        country: {cut: one.cell(steward=steward) for cut, one in sorted(there.items())}
        for country, there in sorted(counted.items())
    }
    made[ALL][ALL]["donors"] = donors.cell()
    return made


def _shown(session: Session, viewer: Viewer, *, steward: bool) -> Iterator[tuple[int, Document, str, bool]]:
    """Each record's number, and as the viewer is shown it, its visibility if they are told of it, if it is hidden."""
    known: set[int] = set()
    if steward:
        known = set(session.scalars(select(Disclosure.seq).where(Disclosure.audience == Audience.PUBLIC)))
    rows = session.execute(
        select(Disclosure.seq, Disclosure.document, Dataset.visibility)
        .join(Dataset, Dataset.seq == Disclosure.seq)
        .join(CatalogRecord, CatalogRecord.dataset_seq == Disclosure.seq)
        .where(shown_to(viewer), CatalogRecord.state != RecordState.WITHDRAWN)
        .execution_options(yield_per=500)
    )
    for number, body, visibility in rows:
        yield number, orjson.loads(body), visibility.value if steward else "", steward and number not in known


def _cuts(document: Document) -> Iterable[str]:
    kinds = {one.get("kind") or AgentKind.UNKNOWN.value for one in document.get("organizations") or ()}
    return (
        ALL,
        *(f"{TOPIC}{topic['key']}" for topic in document.get("topics") or ()),
        *(f"{KIND}{kind}" for kind in sorted(kinds)),
    )


class _Donors:
    """Who publishes activities of sector 15250, and who lists anything else."""

    def __init__(self, sources: set[str]) -> None:
        self._sources = sources
        self._active: set[str] = set()
        self._listed: set[str] = set()

    def add(self, document: Document) -> None:
        programme = (document.get("source") or {}).get("key") in self._sources
        named = {one["id"] for one in document.get("organizations") or () if "id" in one}
        (self._active if programme else self._listed).update(named)

    def cell(self) -> dict[str, int]:
        return {"active": len(self._active), "silent": len(self._active - self._listed)}
