"""How sensitive data is: assertions by rules and people, and the level in effect.

Rules and harvesters only ever raise. A lower level takes a named steward's assertion with a reason; from *severe*
it takes a second steward. *Unclassified* is the absence of assertions.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from catalog.hxl.tags import matches
from catalog.records import ColumnRecord, DatasetRecord
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


def asserted(
    rules: Sequence[SensitivityRule], record: DatasetRecord, topics: frozenset[str], today: date
) -> tuple[Assertion, ...]:
    """What the rules say of a record, in the rules' order; one assertion per rule, at its widest scope."""
    columns = [*record.columns, *(column for entry in record.distributions for column in entry.columns)]
    tags = sorted({column.hashtag for column in columns if column.hashtag})
    found = []
    for rule in rules:
        if (rule.topics and topics.isdisjoint(rule.topics)) or (rule.hxl and not tags):
            continue
        seen = _evidence(rule, record, columns, tags)
        if seen is not None:
            scope, basis, evidence = seen
            level = Level(rule.level) if rule.level else None
            found.append(
                Assertion(
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
            )
    return tuple(found)


def _evidence(
    rule: SensitivityRule, record: DatasetRecord, columns: Sequence[ColumnRecord], tags: Sequence[str]
) -> tuple[str, str, str] | None:
    """Scope, basis and evidence if the rule's condition holds."""
    if rule.flag:
        name, _, value = rule.flag.partition("=")
        for flag in record.flags:
            if flag.field == name and flag.value == value:
                return ("distribution" if flag.distribution else "dataset"), "portal flag", rule.flag
    elif rule.cod:
        if record.cod_level == rule.cod:
            return "dataset", "COD level", f"cod_level={rule.cod}"
    elif rule.hxl:
        shown = [next((tag for tag in tags if matches(pattern, tag)), "") for pattern in rule.hxl]
        if all(shown):
            return "column", "HXL tag", " and ".join(shown)
    elif rule.header:
        for column in columns:
            words = _words(column.header)
            for phrase in rule.header:
                if words.issuperset(phrase.split()):
                    return "column", "column name", f'header contains "{phrase}"'
    return None


@lru_cache(maxsize=20_000)
def _words(header: str) -> frozenset[str]:
    return frozenset(tokens(header))


def _months_after(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, min(day.day, 28))
