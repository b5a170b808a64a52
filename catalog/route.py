"""How a dataset can be had, line by line, each with where it comes from: the record, or what is known otherwise.

A line is taken from the record itself; else from what ``config/access`` knows of its organisation, else of its source,
else of its way of access. What nobody knows says so, and whom to ask. Pure: made of what of a record was disclosed to
whoever asks, so it can tell no more than that.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any

import orjson

from catalog.assess import STEPS
from catalog.text import normalize
from catalog.vocabulary import AccessModality, Artefact
from config.access import NO_AGREEMENT, Role, Way
from config.load import Access, access

Document = Mapping[str, Any]

AGREEMENT, WAIT, CONDITIONS = "Agreement needed: {}.", "An answer usually takes {} days.", "Conditions: {}."
"""Sentences in which a record's own steps say what has a line of its own."""
LABELS: Mapping[str, str] = {
    "steps": "What to do",
    "ask": "Whom to ask",
    "address": "Where",
    "agreement": "Agreement",
    "asked": "What is asked",
    "wait": "Usual wait",
    "conditions": "Conditions",
    "meanwhile": "Meanwhile",
}
"""What the lines of a route are called."""
LINES: tuple[str, ...] = tuple(LABELS)
"""The lines of a route, in the order in which they are read."""
_NOT_NAMED = "(not named)"
_HOLDS = {"holder", "publisher", "owner"}
_AGREED = re.compile(r"Agreement needed: (.+?)\.?$", re.DOTALL)
_TAKES = re.compile(r"An answer usually takes (\d{1,4}) days\.$", re.ASCII)
_ON_CONDITION = re.compile(r"Conditions: (.+?)\.?$", re.DOTALL)
_MAILBOX = re.compile(r"[^@\s/]+@[^@\s/]+\.[^@\s/]+")
_HTTP = ("https://", "http://")
_NONE_NEEDED = "No agreement is needed beyond the conditions."
_LICENCE = "Licence: {}."
_OPEN_THERE = "The same dataset is open at {}: {}."
_SAFE = "A safe product made from it: {}."


class Origin(StrEnum):
    """Where a line comes from, the closest to the record first."""

    RECORD = "record"
    ORGANISATION = "organisation"
    SOURCE = "source"
    ACCESS = "access"
    NOT_KNOWN = "not_known"


@dataclass(frozen=True, slots=True)
class Line:
    """What is said, in sentences, at least one.

    Attributes:
        origin: Where it comes from.
        by: The entry of ``config/access`` that says so; empty for the record itself.
        verified: Whether somebody found it to be so; the record's own word counts as it stands.
        evidence: What an entry rests on.
    """

    said: tuple[str, ...]
    origin: Origin
    by: str = ""
    verified: bool = True
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom to ask: never a person.

    Attributes:
        role: Key of the role, as in ``config/access/roles.yaml``.
        names: The role in words, by language (en, fr, es, ar, uk).
        organisation: Who holds the data, as disclosed; empty if that is not told or not known.
        mailbox: E-mail address of the role; empty if none is known.
    """

    role: str
    names: Mapping[str, str]
    organisation: str
    mailbox: str


@dataclass(frozen=True, slots=True)
class ArtefactRoute:
    """How one artefact can be had; ``known`` is false where the record says nothing of it."""

    artefact: Artefact
    access: AccessModality
    said: tuple[str, ...]
    address: str
    known: bool


@dataclass(frozen=True, slots=True)
class Route:
    """The way to a dataset's data.

    Attributes:
        access: The way of access.
        ask: Whom to ask.
        address: Web address where it is had or asked for; empty if none is known. Then ``ask`` may have a mailbox.
        agreement: Key of a template of ``config/access/agreements.yaml``, ``none`` if none is needed, ``own`` for one
            that the record names in its own words, empty if that is not known.
        expected_days: Days until an answer; 0 is at once, None is not known.
        lines: By the names of :data:`LINES`, all of them.
        artefacts: Data, report and questionnaire.
    """

    access: AccessModality
    ask: Asked
    address: str
    agreement: str
    expected_days: int | None
    lines: Mapping[str, Line]
    artefacts: tuple[ArtefactRoute, ...]

    @property
    def not_known(self) -> tuple[str, ...]:
        """The lines that nobody knows."""
        return tuple(name for name in LINES if self.lines[name].origin is Origin.NOT_KNOWN)


class Ways:
    """What is known of access, made ready for many records."""

    def __init__(self, known: Access) -> None:
        self.known = known
        self._named = {way.id: frozenset(map(_folded, way.organisations)) for way in known.ways if way.organisations}

    @property
    def digest(self) -> str:
        """Changes when any of it does."""
        return self.known.digest

    def of(self, document: Document) -> Iterator[tuple[Origin, Way]]:
        """The entries that hold for a record, the closest first."""
        modality, names = document["access"]["modality"], _names(document)
        # Where the source's page of a record is not told, nor is the source's way to it.
        source = "" if _is_page_withheld(document) else document["source"]["key"]
        for way in self.known.ways:
            if way.access and modality not in way.access:
                continue
            if way.sources and source not in way.sources:
                continue
            if way.organisations and names.isdisjoint(self._named[way.id]):
                continue
            yield Origin.ORGANISATION if way.organisations else Origin.SOURCE if way.sources else Origin.ACCESS, way


@cache
def shipped() -> Ways:
    """The shipped entries."""
    return Ways(access())


def route_of(document: Document, ways: Ways | None = None, safe: Sequence[Mapping[str, Any]] = ()) -> Route:
    """The way to a dataset.

    Args:
        document: What of the record was disclosed to whoever asks: a document or an item of a list
            (:mod:`catalog.disclosure`), with ``also_at`` if that was joined to it.
        ways: What is known of access; the shipped entries, if none is given.
        safe: Safe products made of it that are shown to whoever asks: ``title`` and the rest
            (:func:`catalog.safe.products`).
    """
    ways = ways or shipped()
    told = document["access"]
    found = tuple(ways.of(document))
    own = _Own.of(told)
    holder = _holder(document)
    ask, asking = _asked(document, ways, found, holder)
    fill = {"{holder}": holder or "its holder", "{source}": document["source"]["title"]}

    def line(name: str, said: Sequence[str]) -> Line:
        if said:
            return Line(tuple(said), Origin.RECORD)
        for origin, way in found:
            given = _SAYS[name](way, ways)
            if given:
                sentences = tuple(_filled(sentence, fill) for sentence in given)
                return Line(sentences, origin, way.id, way.verified, way.evidence)
        return Line((_not_known(ask),), Origin.NOT_KNOWN)

    web = [place for place in (told["address"], document["link"]) if place.startswith(_HTTP)]
    places = [*web, *([ask.mailbox] if ask.mailbox else [])][:1]
    modality = AccessModality(told["modality"])
    steps = line("steps", own.steps)
    if steps.origin is Origin.NOT_KNOWN and modality is not AccessModality.UNKNOWN:
        steps = Line((STEPS[modality],), Origin.ACCESS)
    lines = {
        "steps": steps,
        "ask": asking,
        "address": line("address", places),
        "agreement": line("agreement", [own.agreement] if own.agreement else []),
        "asked": line("asked", ()),
        "wait": line("wait", [_wait(own.days)] if own.days is not None else []),
        "conditions": _licensed(line("conditions", own.conditions), document.get("licence", "")),
        "meanwhile": line("meanwhile", [*_safe(safe), *_open_elsewhere(document)]),
    }
    days, agreement = own.days, _template(own.agreement, ways) if own.agreement else ""
    for _, way in found:
        days = way.days if days is None else days
        agreement = agreement or way.agreement or ""
    where = lines["address"]
    has_address = where.origin is not Origin.NOT_KNOWN and where.said[0].startswith(_HTTP)
    return Route(
        access=modality,
        ask=ask,
        address=where.said[0] if has_address else "",
        agreement=agreement,
        expected_days=days,
        lines=lines,
        artefacts=tuple(_artefacts(told, ask)),
    )


def route_json(route: Route, ways: Ways | None = None, safe: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """A route as answers have it.

    The answer is::

        access, ask {role, said, organisation, mailbox}, address,
        agreement {key, title, what, address, languages, verified} or null, expected_days,
        lines [{line, said [..], origin, by, verified, evidence}],
        artefacts [{artefact, access, said [..], address, known}], safe_products [..], not_known [line]
    """
    ways = ways or shipped()
    template = ways.known.agreements.get(route.agreement)
    return {
        "access": route.access.value,
        "ask": {
            "role": route.ask.role,
            "said": route.ask.names["en"],
            "organisation": route.ask.organisation,
            "mailbox": route.ask.mailbox,
        },
        "address": route.address,
        "agreement": None
        if not route.agreement
        else {
            "key": route.agreement,
            "title": template.title if template else route.lines["agreement"].said[0],
            "what": template.what if template else "",
            "address": (template.address or "") if template else "",
            "languages": list(template.languages) if template else [],
            "verified": template.verified if template else True,
        },
        "expected_days": route.expected_days,
        "lines": [
            {
                "line": name,
                "said": list(route.lines[name].said),
                "origin": route.lines[name].origin.value,
                "by": route.lines[name].by,
                "verified": route.lines[name].verified,
                "evidence": route.lines[name].evidence,
            }
            for name in LINES
        ],
        "artefacts": [
            {
                "artefact": one.artefact.value,
                "access": one.access.value,
                "said": list(one.said),
                "address": one.address,
                "known": one.known,
            }
            for one in route.artefacts
        ],
        "safe_products": list(safe),
        "not_known": list(route.not_known),
    }


def with_route(body: bytes, ways: Ways | None = None, safe: Sequence[Mapping[str, Any]] = ()) -> bytes:
    """A disclosed document (JSON) with its ``access_route``."""
    told = route_json(route_of(orjson.loads(body), ways, safe), ways, safe)
    return body[:-1] + b"," + orjson.dumps({"access_route": told})[1:]


@dataclass(frozen=True, slots=True)
class _Own:
    """What the record itself says, with what its steps say of agreement, wait and conditions in lines of their own."""

    steps: tuple[str, ...]
    agreement: str
    days: int | None
    conditions: tuple[str, ...]

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "_Own":
        steps, agreement, conditions = [], "", []
        days: int | None = None
        for step in told["steps"]:
            if agreed := _AGREED.fullmatch(step):
                agreement = agreement or agreed[1]
            elif takes := _TAKES.fullmatch(step):
                days = int(takes[1])
            elif condition := _ON_CONDITION.fullmatch(step):
                conditions.append(f"{condition[1]}.")
            elif step not in _OURS:
                steps.append(step)
        return cls(tuple(steps), agreement, days, tuple(conditions))


def _licensed(line: Line, licence: str) -> Line:
    """Conditions with the licence before them, if there is one; what a way of access says of licences is then said."""
    if not licence:
        return line
    said = _LICENCE.format(licence.rstrip("."))
    if line.origin in {Origin.ACCESS, Origin.NOT_KNOWN}:
        return Line((said,), Origin.RECORD)
    return replace(line, said=(said, *line.said))


def _template(named: str, ways: Ways) -> str:
    """The key of the template that a record names; ``own`` if it is none of ours."""
    said = _folded(named)
    for key, template in ways.known.agreements.items():
        if said in {_folded(name) for name in (key, template.title, *template.aliases)}:
            return key
    return "own"


_OURS = frozenset(STEPS.values())
"""Steps that stand in a record because its portal gave none."""


def _wait(days: int) -> str:
    return "At once." if days == 0 else f"Usually {days} days." if days > 1 else "Usually a day."


def _agreement(way: Way, ways: Ways) -> tuple[str, ...]:
    if way.agreement is None:
        return ()
    if way.agreement == NO_AGREEMENT:
        return (_NONE_NEEDED,)
    template = ways.known.agreements[way.agreement]
    return (f"{template.title}. {template.what}",)


_SAYS: Mapping[str, Any] = {
    "steps": lambda way, _: way.steps,
    "address": lambda way, _: (way.address,) if way.address else (),
    "agreement": _agreement,
    "asked": lambda way, _: way.asked,
    "wait": lambda way, _: () if way.days is None else (_wait(way.days),),
    "conditions": lambda way, _: way.conditions,
    "meanwhile": lambda way, _: way.meanwhile,
}


def _asked(document: Document, ways: Ways, found: Sequence[tuple[Origin, Way]], holder: str) -> tuple[Asked, Line]:
    """Whom to ask, and the line that says so: a role that is named by who holds the data needs a holder."""
    mailboxes = [one for one in (*document["access"]["contacts"], document["access"]["address"]) if _is_mailbox(one)]
    roles = ways.known.roles
    key, origin, by, verified, evidence = "", Origin.NOT_KNOWN, "", True, ""
    mailbox = mailboxes[0] if mailboxes else ""
    for where, way in found:
        if way.role and (holder or not _needs_holder(roles[way.role])):
            key, origin, by, verified, evidence = way.role, where, way.id, way.verified, way.evidence
            break
    for _, way in found:
        mailbox = mailbox or way.mailbox or ""
    if not key:
        key = _whoever_is_left(document, holder)
        origin = Origin.SOURCE if key == "source-publisher" else Origin.RECORD
    source = document["source"]["title"]
    names = {
        language: _filled(said, {"{holder}": holder, "{source}": source}) for language, said in roles[key].name.items()
    }
    if mailboxes or (holder and origin in {Origin.ACCESS, Origin.NOT_KNOWN}):
        # Who holds it, and where they are asked, the record says.
        origin, by, verified, evidence = Origin.RECORD, "", True, ""
    said = f"{names['en']}: {mailbox}" if mailbox else names["en"]
    return Asked(key, names, holder, mailbox), Line((said,), origin, by, verified, evidence)


def _whoever_is_left(document: Document, holder: str) -> str:
    if holder:
        return "data-holder"
    withheld = any(_NOT_NAMED in name for name in document["holders"]) or "holders" in document["withheld"]
    return "register-stewards" if withheld or _is_page_withheld(document) else "source-publisher"


def _artefacts(told: Mapping[str, Any], ask: Asked) -> Iterator[ArtefactRoute]:
    given = {entry["artefact"]: entry for entry in told["artefacts"]}
    for artefact in (Artefact.DATA, Artefact.REPORT, Artefact.QUESTIONNAIRE):
        entry = given.get(artefact.value)
        if entry is None:
            yield ArtefactRoute(artefact, AccessModality.UNKNOWN, (_not_known(ask),), "", known=False)
            continue
        modality = AccessModality(entry["modality"])
        own = tuple(step for step in entry["steps"] if step not in _OURS)
        known = bool(own) or modality is not AccessModality.UNKNOWN
        said = own or ((STEPS[modality],) if known else (_not_known(ask),))
        yield ArtefactRoute(artefact, modality, said, entry["address"], known)


def _not_known(ask: Asked) -> str:
    return f"Not known: ask {ask.names['en']}."


def _holder(document: Document) -> str:
    return ", ".join([name for name in document["holders"] if _NOT_NAMED not in name][:3])


def _names(document: Document) -> frozenset[str]:
    """What who holds the data is called: of the holders, else of whoever has a part in holding it."""
    holders = set(document["holders"])
    agents = [agent for agent in document["organizations"] if agent["id"]]
    near = [agent for agent in agents if agent["name"] in holders] or [
        agent for agent in agents if not _HOLDS.isdisjoint(agent["roles"])
    ]
    return frozenset(
        _folded(name) for agent in near for name in (agent["name"], agent["acronym"], agent.get("spelling", "")) if name
    )


def _is_page_withheld(document: Document) -> bool:
    return document["mode"] == "ask" or (not document["link"] and "link" in document["withheld"])


def _safe(products: Sequence[Mapping[str, Any]]) -> list[str]:
    return [_SAFE.format(product["title"]) for product in products[:3]]


def _open_elsewhere(document: Document) -> list[str]:
    if document["access"]["modality"] == AccessModality.OPEN.value:
        return []
    there = [one for one in document.get("also_at", ()) if one["access"]["modality"] == AccessModality.OPEN.value]
    return [_OPEN_THERE.format(one["source"]["title"], one["title"]) for one in there[:3]]


def _needs_holder(role: Role) -> bool:
    return "{holder}" in role.name["en"]


def _is_mailbox(text: str) -> bool:
    return _MAILBOX.fullmatch(text) is not None


def _filled(sentence: str, fill: Mapping[str, str]) -> str:
    for name, value in fill.items():
        sentence = sentence.replace(name, value)
    return sentence


@lru_cache(4096)
def _folded(name: str) -> str:
    return normalize(name)
