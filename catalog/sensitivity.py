"""How sensitive data is: assertions by rules and people, and the level in effect.

Rules and harvesters only ever raise. A lower level takes a named steward's assertion with a reason; from *severe*
it takes a second steward. *Unclassified* is the absence of assertions.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from catalog.columns import ColumnNames
from catalog.hxl.tags import canonical, matches
from catalog.names import same_person
from catalog.records import DatasetRecord
from catalog.vocabulary import UNCLASSIFIED, Level
from config.declarations import SensitivityRule

REVIEW_MONTHS: Mapping[Level, int] = {Level.SEVERE: 6, Level.HIGH: 6, Level.MODERATE: 12, Level.LOW_NO: 24}
"""Months until an assertion is to be looked at again; being overdue never lowers anything."""
PORTAL, RULE, STEWARD, OWNER, MEMBER = "portal", "rule", "steward", "owner", "member"
"""Who asserts. A member holds a key and is neither the record's steward nor of the organisation that owns it."""
PERSONS = frozenset({STEWARD, OWNER, MEMBER})
RETRACTED = "nothing left that asserts a level"
"""Basis of a steward's lowering to *unclassified*, where a rule was wrong and no other says anything."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """One statement about the level of a dataset's data.

    Attributes:
        scope: ``dataset``, ``distribution`` or ``column``.
        level: ``None`` for a signal that asserts no level but may withhold links.
        asserted_by: ``portal``, ``rule``, ``steward``, ``owner`` or ``member``.
        basis: What it rests on: ``portal flag``, ``HXL tag``, ``column name``, ``COD level`` ...
        rule: Identifier of the rule, empty for a person's.
        evidence: Names the rule's field, tag or header; never a value of the data.
        confidence: From 0 to 1.
        isp_date: Of the version of the information sharing protocol it rests on.
        protocol: That protocol's key; ``statement`` is the level and number of its statement.
        actor: Who says it, where a person does.
        accepted_by: The second steward, where a severe level was lowered.
        withhold_links: Whether file links are withheld for it, whatever its level.
        key: Id of the key with which a person said it; empty on the machine itself.
        id: Number in the catalog, 0 before it is kept.
        valid_from: When it was asserted; None before it is kept.
        supersedes: Number of the assertion it takes the place of.
    """

    scope: str
    level: Level | None
    asserted_by: str
    basis: str
    rule: str
    rule_version: int
    evidence: str
    reason: str
    confidence: float = 1.0
    isp_date: date | None = None
    protocol: str = ""
    statement: str = ""
    actor: str = ""
    review_by: date | None = None
    accepted_by: str | None = ""
    withhold_links: bool = False
    key: str = ""
    id: int = 0
    valid_from: datetime | None = None
    supersedes: int | None = None


@dataclass(frozen=True, slots=True)
class EffectiveLevel:
    """The level in effect and the assertion it rests on; ``basis`` is None where nothing is asserted.

    Attributes:
        attention: What a steward should look at though it asserts no level and withholds nothing, in sentences.
        pending: Lowerings from *severe* that have no effect before a second steward accepts them.
        said_by: Who of portal, rule, steward and owner asserts this very level.
    """

    level: Level | None
    basis: Assertion | None
    withhold_links: bool
    attention: tuple[str, ...] = ()
    pending: tuple[Assertion, ...] = ()
    said_by: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The level's value, or ``unclassified``."""
        return self.level.value if self.level else UNCLASSIFIED

    @property
    def strictness(self) -> tuple[int, bool]:
        """Greater the stricter: -1 without a level up to 3 for severe, and whether links are withheld."""
        return self.level.rank if self.level else -1, self.withhold_links

    def overdue(self, today: date) -> bool:
        """Whether its review is past; this changes nothing about the level."""
        return self.basis is not None and self.basis.review_by is not None and self.basis.review_by < today


def effective(assertions: Iterable[Assertion]) -> EffectiveLevel:
    """The strictest live assertion, unless a steward lowered it later. Assertions come oldest first.

    Whoever lowers says with it whether links are still withheld; a portal's quarantine withholds them all the same.
    """
    basis: Assertion | None = None
    said_by: dict[Level | None, set[str]] = {}
    withheld = quarantined = False
    attention: dict[str, None] = {}
    pending: list[Assertion] = []
    for said in assertions:
        current = basis.level if basis else None
        said_by.setdefault(said.level, set()).add(said.asserted_by)
        if said.level is None and not _retracts(said):
            quarantined = quarantined or is_quarantine(said)
            withheld = withheld or said.withhold_links
            if not said.withhold_links:
                attention[said.reason] = None
        elif said.level is not None and (current is None or said.level.rank > current.rank):
            basis, withheld = said, withheld or said.withhold_links
        elif said.asserted_by != STEWARD:
            withheld = withheld or said.withhold_links
        elif current is not Level.SEVERE or is_accepted(said):
            basis, withheld = None if said.level is None else said, said.withhold_links
        elif said.level is Level.SEVERE:
            basis, withheld = said, withheld or said.withhold_links
        else:
            pending.append(said)
    level = basis.level if basis else None
    return EffectiveLevel(
        level, basis, withheld or quarantined, tuple(attention), tuple(pending), frozenset(said_by.get(level, ()))
    )


def is_signal(assertion: Assertion) -> bool:
    """Whether it is a portal's signal of no level: it lasts as long as the portal gives it.

    Levels do not end so, whoever asserted them: only a steward lowers.
    """
    return assertion.asserted_by == PORTAL and assertion.level is None


def is_quarantine(assertion: Assertion) -> bool:
    """Whether it is a portal's signal that withholds links."""
    return is_signal(assertion) and assertion.withhold_links


def asks_for_attention(assertion: Assertion) -> bool:
    """Whether it neither asserts a level nor withholds links: stewards are to look at the record."""
    return assertion.level is None and not assertion.withhold_links and not _retracts(assertion)


def is_accepted(assertion: Assertion) -> bool:
    """Whether a second steward agreed; nobody is their own second."""
    return bool(assertion.accepted_by) and not same_person(assertion.actor, assertion.accepted_by or "")


def review_by(level: Level | None, today: date) -> date | None:
    """When a level asserted today is to be looked at again."""
    return None if level is None else _months_after(today, REVIEW_MONTHS[level])


def _retracts(said: Assertion) -> bool:
    return said.asserted_by == STEWARD and said.basis == RETRACTED


class Sensitivity:
    """The rules, made ready once for many records.

    Attributes:
        versions: Of the rules there are, by their ids.
        columns: What column headers say.
    """

    def __init__(self, rules: Iterable[SensitivityRule]) -> None:
        self._rules = tuple(rules)
        self.versions = {rule.id: rule.version for rule in self._rules}
        self._flags: dict[tuple[str, str], list[int]] = {}
        self._cods: dict[str, list[int]] = {}
        self._patterns: list[tuple[int, tuple[str, ...]]] = []
        for place, rule in enumerate(self._rules):
            if rule.flag:
                name, _, value = rule.flag.partition("=")
                self._flags.setdefault((name, value), []).append(place)
            elif rule.cod:
                self._cods.setdefault(rule.cod, []).append(place)
            elif rule.hxl:
                self._patterns.append((place, rule.hxl))
        # The same headers and hashtags stand in most tables.
        self.columns = ColumnNames(self._rules)
        self._in_header = lru_cache(20_000)(self._phrases_in)
        self._in_tag = lru_cache(20_000)(self._patterns_of)

    def asserted(self, record: DatasetRecord, topics: frozenset[str], today: date) -> tuple[Assertion, ...]:
        """What the rules say of a record, in the rules' order; one assertion per rule, at its widest scope."""
        seen = self._evidence(record)
        held = ((self._rules[place], seen[place]) for place in sorted(seen))
        return tuple(
            _assertion(rule, *evidence, today)
            for rule, evidence in held
            if not rule.topics or not topics.isdisjoint(rule.topics)
        )

    def _evidence(self, record: DatasetRecord) -> dict[int, tuple[str, str, str]]:
        """Scope, basis and evidence by the place of the rule whose condition holds, whatever the topics."""
        found: dict[int, tuple[str, str, str]] = {}
        for flag in record.flags:
            scope = "distribution" if flag.distribution else "dataset"
            for place in self._flags.get((flag.field, flag.value), ()):
                found.setdefault(place, (scope, "portal flag", self._rules[place].flag))
        for place in self._cods.get(record.cod_level, ()):
            found[place] = "dataset", "COD level", f"cod_level={record.cod_level}"
        columns = [*record.columns, *(column for entry in record.distributions for column in entry.columns)]
        tags = sorted({canonical(column.hashtag) for column in columns if column.hashtag} - {""})
        shown: dict[str, str] = {}
        for tag in tags:
            for pattern in self._in_tag(tag):
                shown.setdefault(pattern, tag)
        for place, patterns in self._patterns if shown else ():
            if shown.keys() >= set(patterns):
                found[place] = "column", "HXL tag", " and ".join(shown[pattern] for pattern in patterns)
        for column in columns:
            for place, phrase in self._in_header(column.header):
                found.setdefault(place, ("column", "column name", f'header contains "{phrase}"'))
        return found

    def _patterns_of(self, tag: str) -> frozenset[str]:
        return frozenset(pattern for _, patterns in self._patterns for pattern in patterns if matches(pattern, tag))

    def _phrases_in(self, header: str) -> list[tuple[int, str]]:
        """The phrases whose words a header has, with the places of their rules that assert something."""
        said = self.columns.rules_in(header)
        return [(place, phrase) for place, phrase in said if self._rules[place].level or not self._rules[place].family]


def _assertion(rule: SensitivityRule, scope: str, basis: str, evidence: str, today: date) -> Assertion:
    level = Level(rule.level) if rule.level else None
    return Assertion(
        scope=scope,
        level=level,
        asserted_by=PORTAL if basis == "portal flag" else RULE,
        basis=basis,
        rule=rule.id,
        rule_version=rule.version,
        evidence=evidence,
        reason=rule.reason,
        review_by=review_by(level, today),
        withhold_links=rule.withhold_links,
    )


def _months_after(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, min(day.day, 28))
