"""Lowerings that a new version of the rules proposes: rules never lower, so that a named steward has to agree.

Where the rules of today would say less of a record than the assertions of earlier versions, one row is written. All
rows of one version of the rules are a batch, whichever run found them. What a portal no longer says is no reason:
assertions of rules that are as they were stand, even if they would not be made today.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog import assertions
from catalog.sensitivity import PORTAL, RULE, Assertion, EffectiveLevel, effective, is_quarantine, is_signal
from catalog.tables import ProposedLowering
from catalog.vocabulary import UNCLASSIFIED, Level

OPEN, PENDING, ACCEPTED, REJECTED, OBSOLETE = "", "pending", "accepted", "rejected", "obsolete"
"""Decisions: none yet; one steward agreed and a second must; ...; the rules or the record have changed since."""
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Lowering:
    """What the rules of today would make of a record, and why that is less."""

    old: EffectiveLevel
    new: EffectiveLevel
    basis: str


def batch_of(digest: str) -> str:
    """The name of a version of the rules."""
    return blake2b(digest.encode(), digest_size=4).hexdigest()


def lowering(live: Sequence[Assertion], judged: Iterable[Assertion], versions: Mapping[str, int]) -> Lowering | None:
    """What today's rules would lower, if anything.

    Args:
        live: What holds of a record, oldest first, with what today's rules say.
        judged: What today's rules say of it.
        versions: Of today's rules.
    """
    # A quarantine withholds links before and after, and no longer once the portal lifts it.
    held = [said for said in live if not is_quarantine(said)]
    affirmed = {_word(said) for said in judged}
    outdated = [said for said in held if _outdated(said, versions) and _word(said) not in affirmed]
    if not outdated:
        return None
    old = effective(held)
    left_out = {id(said) for said in (*outdated, *old.pending)}
    new = effective(said for said in held if id(said) not in left_out)
    if not new.strictness < old.strictness:
        return None
    why = dict.fromkeys(_why(said, versions) for said in outdated if said.level is not None or said.withhold_links)
    return Lowering(old, new, " ".join(why))


def note(session: Session, batch: str, judged: Mapping[UUID, Lowering | None], now: datetime) -> None:
    """Write what is proposed of records that were just judged; what was proposed of them before and is not now ends."""
    ids = list(judged)
    wanted = {id_: found for id_, found in judged.items() if found is not None}
    last = assertions.newest(session, list(wanted))
    known: set[UUID] = set()
    for row in _rows(session, ids):
        found = wanted.get(row.dataset_id)
        same = found is not None and (row.batch, row.old, row.new, row.withhold_links) == (batch, *_levels(found))
        if row.decision in {OPEN, PENDING} and not same:
            row.decision, row.decided = OBSOLETE, now
        elif same and row.decision in {OPEN, PENDING, REJECTED}:
            known.add(row.dataset_id)
            if row.decision == OPEN:
                row.newest = last[row.dataset_id]
    for id_, found in wanted.items():
        if id_ not in known:
            old, new, withheld = _levels(found)
            session.add(
                ProposedLowering(
                    batch=batch,
                    dataset_id=id_,
                    old=old,
                    new=new,
                    withhold_links=withheld,
                    basis=found.basis,
                    newest=last[id_],
                    proposed=now,
                )
            )
    session.flush()


def undecided(session: Session, batch: str = "", dataset_id: UUID | None = None) -> list[ProposedLowering]:
    """Rows that wait for a steward, or for a second one, in the order they were proposed."""
    statement = select(ProposedLowering).where(ProposedLowering.decision.in_([OPEN, PENDING]))
    if batch:
        statement = statement.where(ProposedLowering.batch == batch)
    if dataset_id is not None:
        statement = statement.where(ProposedLowering.dataset_id == dataset_id)
    return list(session.scalars(statement.order_by(ProposedLowering.id).execution_options(populate_existing=True)))


def level_named(name: str) -> Level | None:
    """The level of a stored name."""
    return None if name == UNCLASSIFIED else Level(name)


def decide(
    session: Session, rows: Iterable[ProposedLowering], decision: str, actor: str, reason: str, now: datetime
) -> None:
    """Write down what became of proposals, and who said so last."""
    for row in rows:
        row.decision, row.decided_by, row.decided, row.reason = decision, actor, now, reason
    session.flush()


def _outdated(said: Assertion, versions: Mapping[str, int]) -> bool:
    by_rule = said.asserted_by in {PORTAL, RULE} and not is_signal(said)
    return by_rule and versions.get(said.rule) != said.rule_version


def _word(said: Assertion) -> tuple[object, ...]:
    return said.rule, said.level, said.withhold_links


def _why(said: Assertion, versions: Mapping[str, int]) -> str:
    level = said.level.value.replace("_", " or ") if said.level else "no level"
    if said.rule not in versions:
        return f"The rule {said.rule} ({level}) is gone."
    return f"The rule {said.rule} is at version {versions[said.rule]}; version {said.rule_version} said {level}."


def _levels(found: Lowering) -> tuple[str, str, bool]:
    return found.old.name, found.new.name, found.new.withhold_links


def _rows(session: Session, ids: Sequence[UUID]) -> Iterable[ProposedLowering]:
    for start in range(0, len(ids), _CHUNK):
        some = ProposedLowering.dataset_id.in_(ids[start : start + _CHUNK])
        yield from session.scalars(select(ProposedLowering).where(some, ProposedLowering.decision != OBSOLETE))
