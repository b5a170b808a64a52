"""Who has to do with a request: whoever opened it, who owns or holds its record, and its stewards."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from catalog import levels
from catalog.agents import NOBODYS
from catalog.reach import terms
from catalog.requests.states import Part
from catalog.tables import DataRequest, Dataset, DatasetAgent, DatasetLocation, Disclosure
from catalog.viewer import ORGANISATION, Viewer, shown_to
from catalog.vocabulary import Audience, Role, Visibility

BATCH = 500
Parts = Mapping[UUID, frozenset[Part]]
_Reached = tuple[UUID, str, Visibility, list[tuple[UUID, Role]], list[str]]


class NoRequest(Exception):  # noqa: N818
    """There is no such request or record, or it is nothing to the one who asks."""


def one(session: Session, viewer: Viewer, id_: UUID) -> tuple[DataRequest, frozenset[Part]]:
    """A request, and as what a viewer has to do with it. Raises NoRequest."""
    row = session.get(DataRequest, id_)
    found = parts(session, viewer, [row]).get(id_) if row is not None else None
    if row is None or not found:
        raise NoRequest
    return row, found


def theirs(session: Session, viewer: Viewer) -> tuple[list[DataRequest], Parts]:
    """The requests that a viewer has to do with, newest first, and as what."""
    rows = session.scalars(_perhaps(viewer).order_by(DataRequest.opened.desc(), DataRequest.id)).all()
    found = parts(session, viewer, rows)
    return [row for row in rows if row.id in found], found


def parts(session: Session, viewer: Viewer, rows: Iterable[DataRequest]) -> dict[UUID, frozenset[Part]]:
    """As what a viewer has to do with requests; one that is nothing to them is left out."""
    given = list(rows)
    ids = sorted({row.dataset_id for row in given})
    mine = levels.stewarded(session, viewer, ids)
    owned = _owned(session, viewer, ids)
    found = {}
    for row in given:
        is_ = {
            Part.REQUESTER: bool(viewer.key) and row.key == viewer.key,
            Part.OWNER: row.dataset_id in owned,
            Part.STEWARD: row.dataset_id in mine,
        }
        if any(is_.values()):
            found[row.id] = frozenset(part for part, true in is_.items() if true)
    return found


def documents(session: Session, viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, Mapping[str, Any]]:
    """What a viewer is shown of records, by id; one that they may not know of is left out."""
    found: dict[UUID, Mapping[str, Any]] = {}
    for some in batches(sorted(ids)):
        rows = session.execute(
            select(Disclosure.dataset_id, Disclosure.document).where(shown_to(viewer), Disclosure.dataset_id.in_(some))
        )
        found |= {id_: orjson.loads(body) for id_, body in rows}
    return found


def batches(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    """So many at once as a statement bears."""
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]


def _perhaps(viewer: Viewer) -> Select[DataRequest]:
    """Requests among which all are that a viewer has to do with."""
    own = DataRequest.key == viewer.key if viewer.key else DataRequest.id.in_(())
    if viewer.is_steward or viewer.sees_all:
        return select(DataRequest)
    if agents := _agents(viewer):
        of_theirs = select(Dataset.id).join(DatasetAgent, DatasetAgent.dataset_seq == Dataset.seq)
        of_theirs = of_theirs.where(DatasetAgent.agent_id.in_(agents))
        return select(DataRequest).where(or_(own, DataRequest.dataset_id.in_(of_theirs)))
    return select(DataRequest).where(own)


def _agents(viewer: Viewer) -> list[UUID]:
    found = (term.removeprefix(ORGANISATION) for term in viewer.reach if term.startswith(ORGANISATION))
    return sorted(UUID(agent) for agent in found)


def _owned(session: Session, viewer: Viewer, ids: Sequence[UUID]) -> frozenset[UUID]:
    """Which of these records are a viewer's: their organisation owns them, or holds them and is shown them."""
    if not _agents(viewer):
        return frozenset()
    shown = documents(session, viewer, ids)
    found = set()
    for id_, source, visibility, roles, countries in _reached(session, ids):
        own = terms(roles, source, countries, visibility)
        holders = {f"{ORGANISATION}{agent}" for agent, role in roles if role is Role.HOLDER and agent not in NOBODYS}
        if viewer.sees(own) is Audience.FULL or (id_ in shown and viewer.sees(own | holders) is Audience.FULL):
            found.add(id_)
    return frozenset(found)


def _reached(session: Session, ids: Sequence[UUID]) -> Iterator[_Reached]:
    for some in batches(ids):
        chosen = Dataset.id.in_(some)
        roles: dict[UUID, list[tuple[UUID, Role]]] = {}
        of_agents = select(Dataset.id, DatasetAgent.agent_id, DatasetAgent.role).where(chosen)
        for id_, agent, role in session.execute(of_agents.join(DatasetAgent, DatasetAgent.dataset_seq == Dataset.seq)):
            roles.setdefault(id_, []).append((agent, role))
        places: dict[UUID, list[str]] = {}
        of_places = select(Dataset.id, DatasetLocation.iso3).where(chosen)
        for id_, iso3 in session.execute(of_places.join(DatasetLocation, DatasetLocation.dataset_seq == Dataset.seq)):
            places.setdefault(id_, []).append(iso3)
        for id_, source, visibility in session.execute(
            select(Dataset.id, Dataset.source_key, Dataset.visibility).where(chosen)
        ):
            yield id_, source, visibility, roles.get(id_, []), places.get(id_, [])
