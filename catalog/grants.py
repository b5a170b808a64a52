"""Grants: one organisation is shown one record in full until a day, because a named steward said so with a reason.

A grant and its end are lines of the change feed, so that the indexes follow; they say nothing of whom or why.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from catalog import audit
from catalog.changes import UNTOLD
from catalog.database import Catalog
from catalog.keys import LAST_YEAR
from catalog.levels import stewarded
from catalog.organisation import holding, organisation
from catalog.reading import dataset_of
from catalog.store import feed
from catalog.tables import Agent, Dataset, Grant
from catalog.viewer import Viewer

EXPIRED = "landmark"
"""Who ends a grant whose day has passed."""


class NoGrant(Exception):  # noqa: N818
    """The grant cannot be made or ended; the message says why."""


class NotKnown(NoGrant):
    """No record names the organisation."""


class NotGranted(NoGrant):
    """The organisation, if there is one, has no grant of the record."""


def grant(session: Session, key: str, to: str, until: date, reason: str, actor: str) -> str:
    """Grant an organisation a record; answers the organisation's name.

    Args:
        session: Of the catalog, writing.
        key: Id or name of the dataset, hidden ones too.
        to: Id, acronym or name of the organisation.
        until: The last day (UTC) on which it holds.
        reason: Why; goes into the audit.
        actor: The steward.

    Raises:
        NoGrant: There is no such record or organisation, or the day is past.
    """
    if not reason.strip():
        raise NoGrant("Say why it is granted: --reason ...")
    now = datetime.now(UTC)
    if until < now.date():
        raise NoGrant(f"{until} is past; a grant ends on a day to come.")
    if until.year > LAST_YEAR:
        raise NoGrant(f"{until} is too late: a grant holds until {LAST_YEAR} at the latest.")
    dataset = _dataset(session, key)
    agent = holding(session, to)
    if agent is None:
        raise NotKnown(f'No record names the organisation "{to}". List them with "landmark organizations".')
    session.execute(_one(dataset.id, agent.id), execution_options={"synchronize_session": False})
    session.add(
        Grant(
            dataset_id=dataset.id,
            grantee=str(agent.id),
            granted_by=actor,
            reason=reason,
            at=now,
            until=datetime.combine(until + timedelta(days=1), time(), UTC),
        )
    )
    audit.append(session, actor, "granted a record", f"{dataset.id} to {agent.id} until {until}", reason)
    _tell(session, [dataset], now)
    return agent.name


def revoke(session: Session, key: str, of: str, reason: str, actor: str) -> None:
    """End a grant before its day; raises NoGrant if there is none."""
    dataset = _dataset(session, key)
    agent = organisation(session, of)
    found = None if agent is None else session.get(Grant, (dataset.id, str(agent.id)))
    if agent is None or found is None:
        raise NotGranted(f'"{of}" has no grant of that record. List them with "landmark grants list --as NAME".')
    session.delete(found)
    audit.append(session, actor, "revoked a grant", f"{dataset.id} of {agent.id}", reason)
    _tell(session, [dataset], datetime.now(UTC))


def grants(session: Session, now: datetime) -> Sequence[Mapping[str, Any]]:
    """Live grants by the day they end: ``{dataset, organisation {id, name}, until, reason, granted_by, at}``.

    ``until`` is the last day on which it holds.
    """
    rows = session.scalars(select(Grant).order_by(Grant.until, Grant.dataset_id, Grant.grantee)).all()
    names = {str(id_): name for id_, name in session.execute(select(Agent.id, Agent.name))} if rows else {}
    return [
        {
            "dataset": str(row.dataset_id),
            "organisation": {"id": row.grantee, "name": names.get(row.grantee, "")},
            "until": None if row.until is None else (row.until - timedelta(days=1)).date().isoformat(),
            "reason": row.reason,
            "granted_by": row.granted_by,
            "at": f"{row.at:%Y-%m-%dT%H:%M:%SZ}",
        }
        for row in rows
        if row.until is None or row.until > now
    ]


def of_steward(
    session: Session, viewer: Viewer, now: datetime, limit: int, start: int = 0
) -> tuple[Sequence[Mapping[str, Any]], int]:
    """Live grants of the records that a viewer is the steward of, as :func:`grants` has them; and how many in all.

    Those of records for their owner alone are listed on the machine itself.
    """
    live = grants(session, now)
    mine = {str(id_) for id_ in stewarded(session, viewer, sorted({UUID(item["dataset"]) for item in live}))}
    theirs = [item for item in live if item["dataset"] in mine]
    return theirs[start : start + limit], len(theirs)


def expire(catalog: Catalog, now: datetime | None = None) -> int:
    """End grants whose day has passed, so that the indexes forget them; answers how many.

    Answers from the database end with the moment itself.
    """
    now = now or datetime.now(UTC)
    with catalog.reading() as session:
        if session.scalar(select(Grant.dataset_id).where(Grant.until <= now).limit(1)) is None:
            return 0
    with catalog.writing() as session:
        past = session.scalars(select(Grant).where(Grant.until <= now).order_by(Grant.dataset_id, Grant.grantee)).all()
        for row in past:
            audit.append(session, EXPIRED, "ended a grant", f"{row.dataset_id} of {row.grantee}", "Its day has passed.")
            session.delete(row)
            session.flush()
        ids = {row.dataset_id for row in past}
        _tell(session, session.scalars(select(Dataset).where(Dataset.id.in_(ids)).order_by(Dataset.seq)).all(), now)
    return len(past)


def _dataset(session: Session, key: str) -> Dataset:
    found = dataset_of(session, key)
    dataset = None if found is None else session.scalar(select(Dataset).where(Dataset.id == found))
    if dataset is None:
        raise NoGrant(f'There is no dataset "{key}".')
    return dataset


def _one(dataset: UUID, agent: UUID) -> Any:  # noqa: ANN401 - a statement
    return delete(Grant).where(Grant.dataset_id == dataset, Grant.grantee == str(agent))


def _tell(session: Session, datasets: Sequence[Dataset], now: datetime) -> None:
    session.flush()
    for dataset in datasets:
        feed(session, dataset.source_key, None, [(dataset.seq, UNTOLD, [])], now)
