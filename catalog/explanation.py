"""Why a record's data has its level: what is asserted, what it rests on, what would change it, when to look again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from catalog.sensitivity import (
    MEMBER,
    OWNER,
    PERSONS,
    PORTAL,
    RULE,
    STEWARD,
    Assertion,
    EffectiveLevel,
    asks_for_attention,
    effective,
    is_quarantine,
)
from catalog.vocabulary import UNCLASSIFIED, Level

COUNTS, OUTWEIGHED, PENDING, SIGNAL, LOWERED = "counts", "outweighed", "pending", "signal", "lowered"
"""How an assertion stands; see :func:`explain`."""
_BARE = {"reason": "", "evidence": "", "rule": "", "rule_version": 0, "statement": ""}
_WHO = {PORTAL: "the portal", RULE: "a rule", STEWARD: "a steward", OWNER: "the owner", MEMBER: "the holder of a key"}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A lowering that a new version of the rules proposes; ``pending`` if one steward has agreed already."""

    batch: str
    old: str
    new: str
    basis: str
    pending: bool = False


def explain(
    assertions: Iterable[Assertion],
    today: date,
    proposals: Sequence[Proposal] = (),
    *,
    named: bool = True,
    grounds: bool = True,
) -> dict[str, Any]:
    """A level in full.

    As JSON::

        level, links_withheld, attention [sentence], review_by, overdue,
        basis: one of assertions, or null,
        protocol {key, date, statement} or null,
        assertions [{id, level, scope, asserted_by, actor, since, basis, rule, rule_version, evidence, confidence,
                     reason, protocol, statement, isp_date, review_by, accepted_by, supersedes, withholds_links,
                     standing}],
        proposals [{batch, old, new, basis, pending}],
        would_change [sentence]

    ``standing`` is ``counts`` (the level rests on it), ``outweighed`` (by a stricter one), ``lowered`` (a steward
    lowered the level since), ``pending`` (a lowering that waits for a second steward) or ``signal`` (it asserts no
    level). Days are ISO dates.

    Args:
        assertions: Those that hold, oldest first.
        today: By which reviews are overdue.
        proposals: What new rules propose.
        named: Whether people's names and their own words are told; else only that a steward or the owner said it. And
            whether what asks for attention is told: it points at a file that may hold what nobody has looked at.
        grounds: Whether rules, statements, reasons and evidence are told; not where the record is shown without.
    """
    said = tuple(assertions)
    level = effective(said)
    shown = said if named else tuple(one for one in said if not asks_for_attention(one))
    told = [_told(one, _standing(one, level, said), named=named) | ({} if grounds else _BARE) for one in shown]
    basis = next((entry for one, entry in zip(shown, told, strict=True) if one is level.basis), None)
    return {
        "level": level.name,
        "links_withheld": level.withhold_links,
        "attention": list(level.attention) if named else [],
        "review_by": basis["review_by"] if basis else None,
        "overdue": level.overdue(today),
        "basis": basis,
        "protocol": {"key": basis["protocol"], "date": basis["isp_date"], "statement": basis["statement"]}
        if basis and basis["protocol"]
        else None,
        "assertions": told,
        "proposals": [
            {
                "batch": found.batch,
                "old": found.old,
                "new": found.new,
                "basis": found.basis,
                "pending": found.pending,
            }
            for found in proposals
        ],
        "would_change": list(_would_change(level, said, proposals)),
    }


def _told(said: Assertion, standing: str, *, named: bool) -> dict[str, Any]:
    by_person = said.asserted_by in PERSONS
    return {
        "id": said.id,
        "level": said.level.value if said.level else None,
        "scope": said.scope,
        "asserted_by": said.asserted_by,
        "actor": said.actor if named else "",
        "since": _time(said.valid_from),
        "basis": said.basis,
        "rule": said.rule,
        "rule_version": said.rule_version,
        "evidence": said.evidence,
        "confidence": said.confidence,
        "reason": f"Decided by {_WHO[said.asserted_by]}." if by_person and not named else said.reason,
        "protocol": said.protocol,
        "statement": said.statement,
        "isp_date": _day(said.isp_date),
        "review_by": _day(said.review_by),
        "accepted_by": (said.accepted_by or "") if named else "",
        "supersedes": said.supersedes,
        "withholds_links": said.withhold_links,
        "standing": standing,
    }


def _standing(said: Assertion, level: EffectiveLevel, all_: Sequence[Assertion]) -> str:
    if said is level.basis:
        return COUNTS
    if any(said is waiting for waiting in level.pending):
        return PENDING
    if said.level is None and said.asserted_by != STEWARD:
        return SIGNAL
    rank, in_effect = said.level.rank if said.level else -1, level.level.rank if level.level else -1
    later = all_[[one is said for one in all_].index(True) + 1 :]
    lowered = any(one.asserted_by == STEWARD for one in later)
    return LOWERED if rank > in_effect and lowered else OUTWEIGHED


def _would_change(level: EffectiveLevel, said: Sequence[Assertion], proposals: Sequence[Proposal]) -> Iterable[str]:
    if level.level is not Level.SEVERE:
        yield "Whoever gives a name and a reason may raise it, at once; a rule that sees more raises it too."
    if level.level is Level.SEVERE:
        yield "A steward may lower it with a reason; from severe a second steward must agree."
    elif level.level is not None and level.level is not Level.LOW_NO:
        yield "A steward may lower it with a reason."
    for waiting in level.pending:
        yield f"A lowering to {words(waiting.level)} waits for a second steward."
    for found in proposals:
        if not found.pending:
            yield f"The rules of today would say {_named(found.new)} (batch {found.batch}); a steward decides."
    if any(is_quarantine(one) for one in said):
        yield "Links come back when the portal lifts its quarantine, unless the level withholds them."
    if level.basis is not None:
        yield "Neither the portal nor a rule can lower it, nor can the passing of its review date."


def words(level: Level | None) -> str:
    """A level as it is read."""
    return _named(level.value if level else UNCLASSIFIED)


def _named(level: str) -> str:
    return {Level.LOW_NO.value: "low or no sensitivity", UNCLASSIFIED: "not classified"}.get(level, level)


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment.astimezone(UTC).isoformat()[:19]}Z"
