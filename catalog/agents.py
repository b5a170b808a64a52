"""One organisation, however a portal spells it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from catalog.records import AgentRecord
from catalog.text import normalize
from catalog.vocabulary import AgentKind

NAMESPACE = UUID("0b9d0a34-65a5-5f3e-9d0c-5d1f3a1c7e42")
"""Of every agent's id, which is UUIDv5 of its key: the same in every rebuild."""

UNNAMED = "Unnamed organisation"

_ROLES = """
    access accueil admin administration aor assessments bureau centre cluster comms communications contact contacto
    contacts coord coordination country data database dataportal datos desk donnees dtm enquiries eore feedback geo
    gestion gis hdx help helpdesk hq hub im imo imu info informacion information inquiries library mail mailbox map maps
    mapping media microdata mineaction office oficina open opendata operations ops portal press program programme
    public publications reception registry reports request requests research response secretaria secretariat sector
    security service services sig statistics stats support survey surveys team unit web webmaster
"""
ROLE_WORDS = frozenset(_ROLES.split())
"""What a shared mailbox's local part is made of."""

_STATE = re.compile(r"\((?:inactive|closed|archived)\)?\s*$", re.IGNORECASE)
_PARENTHESIS = re.compile(r"^(?P<name>.*\S)\s*\((?P<short>[^()]+)\)$", re.DOTALL)
_DASH = re.compile(r"\s+[-–—]\s+|\s*:\s+")
_ADDRESS = re.compile(r"([^@\s<>\"']+)@([A-Za-z0-9.-]+\.[A-Za-z]+)")
_APOSTROPHES = str.maketrans("", "", "'’ʼ`")
_LONGEST_ACRONYM = 12
_SHORTEST_ACRONYM = 2
_INTERGOVERNMENTAL = (AgentKind.UN, AgentKind.RED_CROSS)


@dataclass(frozen=True, slots=True)
class AgentIdentity:
    """Who an organisation is.

    Attributes:
        key: Its full name, normalised; what its id rests on.
        name: Its full name as people write it, without the acronym.
        acronym: Empty if none is known.
    """

    key: str
    id: UUID
    name: str
    acronym: str
    kind: AgentKind


class Agents:
    """The known organisations (``config/vocab/agents.yaml``), made ready once.

    Args:
        entries: Mappings with ``name``, and optionally ``acronym``, ``kind`` and ``aliases``.

        names: Of which organisation a spelling is, where a person says so (:mod:`catalog.curation.names`).

    Raises:
        ValueError: Two organisations under one spelling, or a kind that there is not; the message names them.
    """

    def __init__(self, entries: Iterable[Mapping[str, Any]], names: Mapping[str, str] | None = None) -> None:
        self._known: dict[str, AgentIdentity] = {}
        self._names = names or {}
        for entry in entries:
            name, acronym = str(entry["name"]), str(entry.get("acronym") or "")
            kind = AgentKind(entry.get("kind") or AgentKind.UNKNOWN)
            identity = AgentIdentity(_key(name), _id(_key(name)), name, acronym, kind)
            for spelling in {_key(name), _key(acronym), *map(_key, map(str, entry.get("aliases") or ()))} - {""}:
                other = self._known.setdefault(spelling, identity)
                if other.key != identity.key:
                    raise ValueError(f'"{spelling}" is both "{other.name}" and "{name}". Remove it from one of them.')
        self._resolved: dict[AgentRecord, AgentIdentity] = {}

    def resolve(self, record: AgentRecord) -> AgentIdentity:
        """Who this is. Case, spacing, accents and the order of asking never change it.

        ``Name (ACR)``, ``ACR - Name`` and ``Name`` are one organisation if the acronym can be one of the name; an
        acronym alone is one with the name only where the vocabulary says so. An office of an organisation is an agent
        of its own. A record with no letter in its name and acronym is :data:`UNNAMED`.
        """
        found = self._resolved.get(record)
        if found is None:
            if len(self._resolved) >= 50_000:  # noqa: PLR2004
                self._resolved.clear()
            found = self._resolved[record] = self._identity(record)
        return found

    def _identity(self, record: AgentRecord) -> AgentIdentity:
        whole = next((text for text in (_STATE.sub("", record.name), record.acronym) if _key(text)), "")
        whole = " ".join(whole.split())
        if not whole:
            return AgentIdentity("", _id(""), UNNAMED, "", record.kind)
        if meant := self._names.get(_key(whole)):
            whole = meant
        if known := self._known.get(_key(whole)):
            return known
        name, acronym = self._parted(whole)
        if known := self._known.get(_key(name)):
            return known
        parent = self._parent(name)
        kind = parent.kind if parent and record.kind == AgentKind.UNKNOWN else record.kind
        return AgentIdentity(_key(name), _id(_key(name)), name, acronym or record.acronym.strip(), kind)

    def _parted(self, whole: str) -> tuple[str, str]:
        """Full name and acronym, where both are written."""
        pairs = []
        if found := _PARENTHESIS.match(whole):
            pairs.append((found["name"], found["short"]))
            pairs.append((found["short"], found["name"]))
        parts = _DASH.split(whole)
        if len(parts) == 2:  # noqa: PLR2004
            pairs += [(parts[1], parts[0]), (parts[0], parts[1])]
        for name, short in pairs:
            known = self._known.get(_key(name))
            # In "OCHA Congo (DRC)" the short form is a place's, not the office's.
            office = known is None and self._parent(name) is not None
            if (_shortens(short, name) and not office) or (known and self._known.get(_key(short)) is known):
                return name.strip(), short.strip(" #")
        return whole, ""

    def _parent(self, name: str) -> AgentIdentity | None:
        """The organisation whose office this is: OCHA's, for "OCHA Sudan"."""
        first, *rest = name.split()
        parent = self._known.get(_key(first)) if rest and first.isalnum() else None
        return parent if parent and parent.kind in _INTERGOVERNMENTAL else None


def role_mailbox(address: str, acronym: str) -> str:
    """The address if its local part is made of role words or the organisation's acronym, else ``""``.

    A person's address is never given back: ``info@``, ``hdx.support@`` and ``immap-data@`` (of iMMAP) are kept,
    ``jane.doe@`` and ``jane.info@`` are not.
    """
    found = _ADDRESS.fullmatch(address.strip().removeprefix("mailto:"))
    if not found:
        return ""
    short = _acronym_letters(acronym)
    listed = ROLE_WORDS | ({short} if len(short) >= _SHORTEST_ACRONYM else set())
    words = [word for word in re.split(r"[._+\d-]+", found[1].lower()) if word]
    return found[0] if words and listed.issuperset(words) else ""


def spelling(name: str) -> str:
    """A name as spellings of organisations are told apart."""
    return _key(name)


def _key(name: str) -> str:
    return normalize(name.replace("&", " and ").translate(_APOSTROPHES)).removeprefix("the ")


def _id(key: str) -> UUID:
    return uuid5(NAMESPACE, key)


def _acronym_letters(acronym: str) -> str:
    return normalize(acronym).replace(" ", "")


def _shortens(short: str, name: str) -> bool:
    """Whether one word can be the acronym of a name: its letters run through it, from the first one on."""
    letters, words = _acronym_letters(short), _key(name)
    if " " in normalize(short) or not _SHORTEST_ACRONYM <= len(letters) <= _LONGEST_ACRONYM or " " not in words:
        return False
    if letters[0] != words[0]:
        return False
    rest = iter(words)
    return all(letter in rest for letter in letters)


NOBODYS = frozenset({_id(""), _id(_key(UNNAMED))})
"""Ids that organisations without a name share: whoever is of such a one is not therefore of another."""
