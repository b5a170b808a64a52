"""By which terms a record is reached: what a viewer must share with it to be shown it in full."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, delete, insert, or_, select
from sqlalchemy.orm import Session

from catalog.agents import NOBODYS
from catalog.tables import Dataset, DatasetAgent, DatasetLocation, Grant, Reach
from catalog.viewer import ORGANISATION, STEWARD
from catalog.vocabulary import Role, Visibility

_OWNERS = (Role.OWNER, Role.HOLDER, Role.PUBLISHER)
BATCH = 500


def terms(
    agents: Iterable[tuple[UUID, Role]], source: str, countries: Iterable[str], visibility: Visibility
) -> frozenset[str]:
    """The terms of a record; of one for its owner alone, only the owner's. An owner without a name is nobody's term.

    Args:
        agents: Who has which role. Its owner is who is called so, else its holder, else its publisher.
        source: Key.
        countries: ISO 3166 alpha-3.
        visibility: Of the record.
    """
    given = list(agents)
    role = next((role for role in _OWNERS if any(role is has for _, has in given)), None)
    owners = {f"{ORGANISATION}{agent}" for agent, has in given if has is role and agent not in NOBODYS}
    if visibility is Visibility.OWNER:
        return frozenset(owners)
    return frozenset(owners | {STEWARD, f"source:{source}"} | {f"country:{iso3}" for iso3 in countries})


def put(session: Session, numbers: Sequence[int]) -> None:
    """Note anew how datasets are reached, from what the tables say of them."""
    for start in range(0, len(numbers), BATCH):
        some = numbers[start : start + BATCH]
        agents: dict[int, list[tuple[UUID, Role]]] = {}
        for seq, agent, role in session.execute(
            select(DatasetAgent.dataset_seq, DatasetAgent.agent_id, DatasetAgent.role).where(
                DatasetAgent.dataset_seq.in_(some)
            )
        ):
            agents.setdefault(seq, []).append((agent, role))
        places: dict[int, list[str]] = {}
        for seq, iso3 in session.execute(
            select(DatasetLocation.dataset_seq, DatasetLocation.iso3).where(DatasetLocation.dataset_seq.in_(some))
        ):
            places.setdefault(seq, []).append(iso3)
        rows = [
            {"term": term, "dataset_seq": seq}
            for seq, source, visibility in session.execute(
                select(Dataset.seq, Dataset.source_key, Dataset.visibility).where(Dataset.seq.in_(some))
            )
            for term in sorted(terms(agents.get(seq, ()), source, places.get(seq, ()), visibility))
        ]
        session.execute(
            delete(Reach).where(Reach.dataset_seq.in_(some)), execution_options={"synchronize_session": False}
        )
        if rows:
            session.execute(insert(Reach), rows)


def of(session: Session, ids: Sequence[UUID], now: datetime) -> Mapping[str, frozenset[str]]:
    """Terms by dataset id, those of live grants among them; a dataset without any is left out."""
    found: dict[str, set[str]] = {}
    for start in range(0, len(ids), BATCH):
        some = ids[start : start + BATCH]
        own = select(Dataset.id, Reach.term).join(Reach, Reach.dataset_seq == Dataset.seq).where(Dataset.id.in_(some))
        for id_, term in session.execute(own):
            found.setdefault(str(id_), set()).add(term)
        granted = select(Grant.dataset_id, Grant.grantee).where(Grant.dataset_id.in_(some), live(now))
        for id_, grantee in session.execute(granted):
            found.setdefault(str(id_), set()).add(f"{ORGANISATION}{grantee}")
    return {id_: frozenset(made) for id_, made in found.items()}


def live(now: datetime) -> ColumnElement[bool]:
    """Grants that have not ended."""
    return or_(Grant.until.is_(None), Grant.until > now)
