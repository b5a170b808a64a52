"""How sensitive data is: assertions by rules and people, and the level in effect.

Rules and harvesters only ever raise. A lower level takes a named steward's assertion with a reason; from *severe*
it takes a second steward. *Unclassified* is the absence of assertions.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from catalog.hxl.tags import canonical, matches
from catalog.records import DatasetRecord
from catalog.text import tokens
from catalog.vocabulary import UNCLASSIFIED, Level
from config.declarations import SensitivityRule

REVIEW_MONTHS: Mapping[Level, int] = {Level.SEVERE: 6, Level.HIGH: 6, Level.MODERATE: 12, Level.LOW_NO: 24}
"""Months until an assertion is to be looked at again; being overdue never lowers anything."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """One statement about the level of a dataset's data.

    Attributes:
        scope: ``dataset``, ``distribution`` or ``column``.
        level: ``None`` for a signal that asserts no level but may withhold links.
        asserted_by: ``portal``, ``rule``, ``steward`` or ``owner``.
        basis: What it rests on: ``portal flag``, ``HXL tag``, ``column name``, ``COD level`` ...
        rule: Identifier of the rule, empty for a person's.
        evidence: Names the rule's field, tag or header; never a value of the data.
        isp_date: Of the version of the information sharing protocol it rests on.
        protocol: That protocol's key; ``statement`` is the level and number of its statement.
        actor: Who says it, where a person does.
        accepted_by: The second steward, where a severe level was lowered.
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
    accepted_by: str = ""
    withhold_links: bool = False


@dataclass(frozen=True, slots=True)
class EffectiveLevel:
    """The level in effect and the assertion it rests on; ``basis`` is None where nothing is asserted."""

    level: Level | None
    basis: Assertion | None
    withhold_links: bool

    @property
    def name(self) -> str:
        """The level's value, or ``unclassified``."""
        return self.level.value if self.level else UNCLASSIFIED


def effective(assertions: Iterable[Assertion]) -> EffectiveLevel:
    """The strictest live assertion, unless a steward lowered it later. Assertions come oldest first."""
    strongest: Assertion | None = None
    withheld = False
    for assertion in assertions:
        if assertion.level is None:
            withheld = withheld or assertion.withhold_links
            continue
        current = strongest.level if strongest else None
        if current is None or assertion.level.rank > current.rank:
            strongest = assertion
        elif assertion.asserted_by == "steward" and (current is not Level.SEVERE or assertion.accepted_by):
            strongest, withheld = assertion, False
        withheld = withheld or assertion.withhold_links
    return EffectiveLevel(strongest.level if strongest else None, strongest, withheld)


def is_quarantine(assertion: Assertion) -> bool:
    """Whether it is a portal's signal of no level that withholds links: it lasts as long as the portal gives it.

    Levels do not end so, whoever asserted them: only a steward lowers.
    """
    return assertion.asserted_by == "portal" and assertion.level is None and assertion.withhold_links


class Sensitivity:
    """The rules, made ready once for many records."""

    def __init__(self, rules: Iterable[SensitivityRule]) -> None:
        self._rules = tuple(rules)
        self._flags: dict[tuple[str, str], list[int]] = {}
        self._cods: dict[str, list[int]] = {}
        self._patterns: list[tuple[int, tuple[str, ...]]] = []
        self._headers: list[tuple[int, str, list[str]]] = []
        for place, rule in enumerate(self._rules):
            if rule.flag:
                name, _, value = rule.flag.partition("=")
                self._flags.setdefault((name, value), []).append(place)
            elif rule.cod:
                self._cods.setdefault(rule.cod, []).append(place)
            elif rule.hxl:
                self._patterns.append((place, rule.hxl))
            else:
                self._headers += [(place, phrase, phrase.split()) for phrase in rule.header]
        # The same headers and hashtags stand in most tables.
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
        """The phrases whose words a header has, with their rules' places."""
        words = frozenset(tokens(header))
        return [(place, phrase) for place, phrase, parts in self._headers if words.issuperset(parts)]


def _assertion(rule: SensitivityRule, scope: str, basis: str, evidence: str, today: date) -> Assertion:
    level = Level(rule.level) if rule.level else None
    return Assertion(
        scope=scope,
        level=level,
        asserted_by="portal" if basis == "portal flag" else "rule",
        basis=basis,
        rule=rule.id,
        rule_version=rule.version,
        evidence=evidence,
        reason=rule.reason,
        review_by=_months_after(today, REVIEW_MONTHS[level]) if level else None,
        withhold_links=rule.withhold_links,
    )


def _months_after(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, min(day.day, 28))
