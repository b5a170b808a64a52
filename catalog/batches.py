"""Batches: what a new version of the rules proposes to lower, and what stewards decide on it.

Each is of one version of the rules; a steward decides on their own records in it. Severe ones are decided on singly.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from catalog import assertions, audit, levels, proposals
from catalog.levels import DESK, PROPOSED, SAID_SINCE, Act, Conflict, Desk, Refused
from catalog.sensitivity import RETRACTED
from catalog.store import hold
from catalog.tables import ProposedLowering
from catalog.viewer import Viewer
from catalog.vocabulary import Level


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of a batch: who was lowered, and who was left out and why."""

    acts: tuple[Act, ...]
    severe: tuple[UUID, ...] = ()
    changed: tuple[UUID, ...] = ()


def accept_batch(session: Session, batch: str, viewer: Viewer, reason: str, *, desk: Desk = DESK) -> Decided:
    """Lower what a new version of the rules proposes to lower of a steward's records, save what is severe.

    Left out are severe ones, to be decided on one by one with :func:`accept_proposal`, and those of which something
    was said since they were proposed. Raises Refused if nothing of the batch waits for this steward.
    """
    actor = viewer.name
    levels.named(actor, reason)
    hold(session)
    rows = _of_batch(session, batch, viewer)
    acts: list[Act] = []
    severe, changed = [], []
    for row in rows:
        if row.old == Level.SEVERE:
            severe.append(row.dataset_id)
            continue
        try:
            acts.append(_accepted(session, row, actor, reason, desk))
        except Conflict:
            changed.append(row.dataset_id)
    session.flush()
    audit.append(session, actor, f"accepted {len(acts)} lowerings of new rules", f"batch {batch}", reason)
    return Decided(tuple(acts), tuple(severe), tuple(changed))


def accept_proposal(
    session: Session, batch: str, dataset_id: UUID, viewer: Viewer, reason: str, *, desk: Desk = DESK
) -> Act:
    """Lower one record as new rules propose; from *severe* it takes two stewards, one after the other."""
    actor = viewer.name
    levels.named(actor, reason)
    hold(session)
    [row] = _of_batch(session, batch, viewer, dataset_id)
    if row.decision == proposals.PENDING:
        live = assertions.live(session, [dataset_id]).get(dataset_id, {})
        of_batch = [number for number, said in live.items() if said.evidence.startswith(_evidence(row, ""))]
        return levels.accept(session, dataset_id, actor, reason, assertion=max(of_batch, default=0), desk=desk)
    return _accepted(session, row, actor, reason, desk)


def reject_batch(
    session: Session,
    batch: str,
    viewer: Viewer,
    reason: str,
    dataset_id: UUID | None = None,
    *,
    desk: Desk = DESK,
) -> int:
    """Leave levels as they are, of a steward's records in a batch or of one; these rules propose it no more.

    Answers of how many records. Raises Refused if nothing of it waits for this steward.
    """
    actor = viewer.name
    levels.named(actor, reason)
    hold(session)
    rows = _of_batch(session, batch, viewer, dataset_id)
    moment = desk.time()
    for row in rows:
        if row.decision == proposals.PENDING:
            levels.decline(session, row.dataset_id, actor, reason, desk=desk)
    waiting = [row for row in rows if row.decision == proposals.OPEN]
    proposals.decide(session, waiting, proposals.REJECTED, actor, reason, moment)
    subject = f"batch {batch}" if dataset_id is None else f"batch {batch} {dataset_id}"
    audit.append(session, actor, f"rejected {len(rows)} lowerings of new rules", subject, reason)
    return len(rows)


def proposed(session: Session, viewer: Viewer, batch: str = "") -> list[dict[str, Any]]:
    """What new rules propose to lower among a steward's records, by batch, severe ones first.

    Each is ``{batch, id, title, source, old, new, links_withheld, basis, proposed, pending, decided_by}``; ``pending``
    if one steward agreed and a second must.
    """
    rows = proposals.undecided(session, batch)
    shown = levels.shown_to_steward(session, viewer, [row.dataset_id for row in rows])
    return [
        {
            "batch": row.batch,
            "id": str(row.dataset_id),
            "title": shown[row.dataset_id]["title"],
            "source": shown[row.dataset_id]["source"]["key"],
            "old": row.old,
            "new": row.new,
            "links_withheld": row.withhold_links,
            "basis": row.basis,
            "proposed": f"{row.proposed.isoformat()[:19]}Z",
            "pending": row.decision == proposals.PENDING,
            "decided_by": row.decided_by,
        }
        for row in sorted(rows, key=lambda row: (row.batch, row.old != Level.SEVERE, row.id))
        if row.dataset_id in shown
    ]


def _of_batch(
    session: Session, batch: str, viewer: Viewer, dataset_id: UUID | None = None
) -> Sequence[ProposedLowering]:
    rows = proposals.undecided(session, batch, dataset_id) if batch else []
    mine = levels.stewarded(session, viewer, [row.dataset_id for row in rows])
    rows = [row for row in rows if row.dataset_id in mine]
    if not rows:
        of = "" if dataset_id is None else " of this record"
        raise Refused(f'Nothing{of} waits in batch "{batch}". List them with "landmark levels proposals --as NAME".')
    return rows


def _accepted(session: Session, row: ProposedLowering, actor: str, reason: str, desk: Desk) -> Act:
    record = levels.taken(session, row.dataset_id, None, desk)
    if row.newest != assertions.newest(session, [row.dataset_id])[row.dataset_id]:
        raise Conflict(SAID_SINCE)
    level = proposals.level_named(row.new)
    said = levels.said_by(record, level, actor, reason, PROPOSED if level else RETRACTED)
    said = replace(said, withhold_links=row.withhold_links, evidence=_evidence(row, row.basis))
    severe = record.level.level is Level.SEVERE
    decision = proposals.PENDING if severe else proposals.ACCEPTED
    proposals.decide(session, [row], decision, actor, reason, record.now)
    return levels.append(session, record, said, levels.asked_or_done(record, row.new))


def _evidence(row: ProposedLowering, basis: str) -> str:
    return f"batch {row.batch}: {basis}"
