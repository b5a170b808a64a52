"""What will be collected: planned holdings of the register and the needs of data analysis plans, as a viewer may know.

A record is upcoming as long as the facts that are shown to the viewer say so: of a record shown in part they are
left out, and then it is not among these. So nothing is told here that its own page does not tell.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid5

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.disclosure import Document
from catalog.places import country_name
from catalog.tables import CatalogRecord, Disclosure, SourceRow
from catalog.viewer import Viewer, shown_to
from catalog.vocabulary import RecordState

KINDS = ("plan", "register")
"""Kinds of sources whose records say how far they are."""
STATES = frozenset({"planned", "collecting"})
_NAMESPACE = UUID("5b3d0c39-5e3c-5d1c-8a68-6b8f8f0d3c11")
"""Of the id of a round, which is made of its operation and name."""


@dataclass(frozen=True, slots=True)
class Round:
    """What is collected together: the needs of one round of an operation, or one holding of the register.

    Attributes:
        id: Stays the same while its days change.
        name: Of the operation and its round; empty for a holding of the register.
        expected: ISO day on which the data will be there; empty if nobody said.
        questions_until: ISO day until which questions can be added; empty if nobody said.
        items: Needs or the holding, by title.
    """

    id: str
    name: str
    expected: str
    questions_until: str
    items: tuple[Mapping[str, Any], ...]

    @property
    def countries(self) -> tuple[str, ...]:
        """Names of the countries, in order."""
        return tuple(sorted({country_name(iso3) for item in self.items for iso3 in item["countries"]}))

    @property
    def holders(self) -> tuple[str, ...]:
        """Who collects."""
        return tuple(dict.fromkeys(holder for item in self.items for holder in item["holders"]))

    @property
    def contacts(self) -> tuple[str, ...]:
        """Whom to ask: mailboxes, then addresses."""
        given = [contact for item in self.items for contact in item["access"]["contacts"]]
        given += [item["access"]["address"] for item in self.items if item["access"]["address"]]
        return tuple(dict.fromkeys(given))


def upcoming(session: Session, viewer: Viewer, today: date, countries: Sequence[str] = ()) -> list[dict[str, Any]]:
    """What will be collected: the next first, then what nobody gave a day for, last what should be there by now.

    Args:
        session: Reading.
        viewer: Who asks.
        today: By which a day has passed.
        countries: ISO codes, of which one is to be a record's; none for all.

    Returns:
        ``{id, name, title, operation, round, state, expected, late, questions_until, open_to_questions, countries,
        holders, access, urgent, urgency_recipients, sectors, level, source}`` each; days are ISO days or null.
    """
    bodies = session.scalars(
        select(Disclosure.document)
        .join(CatalogRecord, CatalogRecord.dataset_seq == Disclosure.seq)
        .join(SourceRow, SourceRow.key == CatalogRecord.source_key)
        .where(SourceRow.kind.in_(KINDS), CatalogRecord.state == RecordState.LISTED, shown_to(viewer))
    )
    wanted = set(countries)
    found = [item for body in bodies if (item := _item(orjson.loads(body), today)) is not None]
    found = [item for item in found if not wanted or not wanted.isdisjoint(item["countries"])]
    return sorted(found, key=lambda item: (item["late"], item["expected"] or "9", item["title"], item["id"]))


def rounds(items: Iterable[Mapping[str, Any]]) -> list[Round]:
    """Items put together by round, in the order of the first of each."""
    together: dict[str, list[Mapping[str, Any]]] = {}
    for item in items:
        together.setdefault(_round_id(item), []).append(item)
    return [_round(id_, of) for id_, of in together.items()]


def _round(id_: str, items: Sequence[Mapping[str, Any]]) -> Round:
    name = ", ".join(filter(None, (items[0]["operation"], _called(items[0]["round"]))))
    expected = min(filter(None, (item["expected"] for item in items)), default="")
    until = min(filter(None, (item["questions_until"] for item in items)), default="")
    return Round(id_, name, expected, until, tuple(sorted(items, key=lambda item: (item["title"], item["id"]))))


def _called(name: str) -> str:
    """A round's name as a reader takes it for one: ``7`` is ``round 7``."""
    return f"round {name}" if name and not any(letter.isalpha() for letter in name) else name


def _round_id(item: Mapping[str, Any]) -> str:
    if not item["operation"]:
        return str(item["id"])
    return str(uuid5(_NAMESPACE, orjson.dumps([item["operation"], item["round"]]).decode()))


def _item(document: Document, today: date) -> dict[str, Any] | None:
    facts = dict(_facts(document))
    if facts.get("state") not in STATES:
        return None
    expected = _day(facts.get("expected", ""))
    until = _day(facts.get("questions can be added until", ""))
    access = document["access"]
    return {
        "id": document["id"],
        "name": document["name"],
        "title": document["title"],
        "operation": facts.get("operation", ""),
        "round": facts.get("round", ""),
        "state": facts["state"],
        "expected": expected,
        "late": expected is not None and expected < today.isoformat(),
        "questions_until": until,
        "open_to_questions": until is not None and until >= today.isoformat(),
        "countries": document["countries"],
        "holders": document["holders"],
        "access": {name: access[name] for name in ("modality", "steps", "address", "contacts")},
        "urgent": document["urgent"],
        "urgency_recipients": document["urgency_recipients"],
        "sectors": [sector for sector in facts.get("interested sectors", "").split("; ") if sector],
        "level": document["level"]["level"],
        "source": {name: document["source"][name] for name in ("key", "title")},
    }


def _facts(document: Document) -> Iterator[tuple[str, str]]:
    for entry in document.get("facts", ()):
        yield entry["name"], entry["value"]


def _day(given: str) -> str | None:
    try:
        return date.fromisoformat(given).isoformat()
    except ValueError:
        return None
