"""What a steward says of who may know of a record: the one way by which a record opens, save its portal's own word.

Each act renders the record anew for every audience, and writes a line of the change feed and one of the audit, in the
caller's transaction. What was decided is kept beside the record, with who decided and why, and stands over later
harvests; but what a portal has made private, and the sources that are for their owners alone, stay closed.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog import audit, levels
from catalog.disclosure import decided, is_private
from catalog.levels import DESK, Desk, Refused
from catalog.naming import named
from catalog.sensitivity import is_quarantine
from catalog.store import difference, feed, without_values
from catalog.tables import CuratedValue, Dataset
from catalog.viewer import Viewer
from catalog.visibility import BY_STEWARD
from catalog.vocabulary import Visibility

FIELD = "visibility"
"""Of the curated value."""


@dataclass(frozen=True, slots=True)
class Opened:
    """Who may know of a record, before and now. What its portal closes stays narrower than what was decided."""

    dataset_id: UUID
    before: Visibility
    visibility: Visibility


def show_to(
    session: Session, dataset_id: UUID, to: Visibility, actor: str, reason: str, *, desk: Desk = DESK
) -> Opened:
    """Decide as a steward who may know of a record.

    Raises Refused if nobody or no reason is named, if it is decided so already, if its source is for its owners alone,
    or if there is no such record.
    """
    levels.named(actor, reason)
    done = _decide(session, dataset_id, to, actor, reason, desk)
    session.flush()
    audit.append(session, actor.strip(), f"decided that {_WHOM[to]} may know of it", str(dataset_id), reason)
    return done


def of_source(session: Session, source: str, to: Visibility, viewer: Viewer) -> list[UUID]:
    """A steward's records of a source that :func:`show_source_to` would show to others than now.

    Those that are for their owner alone are among them only where the glass was broken.
    """
    ids = session.scalars(
        select(Dataset.id).where(Dataset.source_key == source, Dataset.visibility != to).order_by(Dataset.seq)
    ).all()
    decisions = select(CuratedValue.dataset_id, CuratedValue.value).join(Dataset, Dataset.id == CuratedValue.dataset_id)
    of_source = decisions.where(Dataset.source_key == source, CuratedValue.field == FIELD)
    done = {id_ for id_, value in session.execute(of_source) if value["to"] == to.value}
    mine = levels.stewarded(session, viewer, ids)
    return [id_ for id_ in ids if id_ in mine and id_ not in done]


def show_source_to(
    session: Session, source: str, to: Visibility, viewer: Viewer, reason: str, expected: int, *, desk: Desk = DESK
) -> list[Opened]:
    """Decide as a steward who may know of all their records of a source; one line of the audit for all.

    Raises Refused as :func:`show_to` does, and if they are not as many as were ``expected``.
    """
    levels.named(viewer.name, reason)
    ids = of_source(session, source, to, viewer)
    if len(ids) != expected:
        raise Refused("The records have changed since they were counted. Count again, then decide.")
    done = [_decide(session, id_, to, viewer.name, reason, desk) for id_ in ids]
    session.flush()
    action = f"decided that {_WHOM[to]} may know of {len(done)} records"
    audit.append(session, viewer.name, action, source, reason)
    return done


_WHOM = {
    Visibility.PUBLIC: "everybody",
    Visibility.DESCRIBED: "everybody, the public in part,",
    Visibility.LISTED: "everybody, the public only that it exists,",
    Visibility.COMMUNITY: "the community",
    Visibility.RESTRICTED: "its stewards and owner alone",
    Visibility.OWNER: "its owner alone",
}


def _decide(session: Session, dataset_id: UUID, to: Visibility, actor: str, reason: str, desk: Desk) -> Opened:
    record = levels.taken(session, dataset_id, None, desk)
    was = record.full.get("visibility_of") or {"source": record.full["visibility"], "record": ""}
    if was["source"] == Visibility.OWNER.value:
        raise Refused("Its source is for its owners alone. Change that in the source's file first.")
    said = {"source": was["source"], "record": was["record"], "stands": to.value, "by": BY_STEWARD}
    if said == was:
        raise Refused(f"It was decided already that {_WHOM[to]} may know of it.")
    visibility = decided(said, record.level, record.table)
    full = {**record.full, "visibility_of": said, "visibility": visibility.value}
    full = named(session, full, record.level, record.table)
    levels.disclose_anew(session, record, full, record.level)
    _tell(session, record, full)
    session.merge(
        CuratedValue(
            dataset_id=dataset_id,
            field=FIELD,
            value={"to": to.value},
            actor=actor.strip(),
            reason=reason.strip(),
            at=record.now,
        )
    )
    return Opened(dataset_id, Visibility(record.full["visibility"]), visibility)


def _tell(session: Session, record: levels.Taken, full: dict[str, Any]) -> None:
    fields = difference(record.full, full)
    if is_private(full) or any(map(is_quarantine, record.live)):
        fields = without_values(fields)
    feed(session, record.source_key, None, [(record.seq, "updated", fields)], record.now)
