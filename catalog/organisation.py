"""An organisation as people name it: by id, acronym or name."""

from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from catalog.agents import NOBODYS, Agents
from catalog.records import AgentRecord
from catalog.tables import Agent, AgentAlias


def organisation(session: Session, key: str) -> Agent | None:
    """The one organisation that is called so; None if there is none, or if it could be several."""
    wanted = key.strip()
    try:
        return session.get(Agent, UUID(wanted))
    except ValueError:
        pass
    lowered = wanted.lower()
    called = or_(func.lower(Agent.name) == lowered, func.lower(Agent.acronym) == lowered)
    aliases = select(AgentAlias.agent_id).where(func.lower(AgentAlias.alias) == lowered)
    found = session.scalars(select(Agent).where(or_(called, Agent.id.in_(aliases))).limit(2)).all() if wanted else []
    if len(found) == 1:
        return found[0]
    identity = Agents(()).resolve(AgentRecord(wanted))
    return session.get(Agent, identity.id) if wanted else None


def holding(session: Session, key: str) -> Agent | None:
    """The same, of those that may hold a key or a grant: an organisation without a name is nobody in particular."""
    found = organisation(session, key)
    return None if found is None or found.id in NOBODYS else found


def introduce(session: Session, name: str, known: Agents) -> Agent:
    """Make an organisation known that no record names yet; a key or a grant may be given to it.

    Raises ValueError for a name that says nothing.
    """
    identity = known.resolve(AgentRecord(name))
    if identity.id in NOBODYS:
        raise ValueError(f'"{name}" names no organisation.')
    found = session.get(Agent, identity.id)
    if found is None:
        found = Agent(
            id=identity.id, key=identity.key, name=identity.name, acronym=identity.acronym, kind=identity.kind
        )
        session.add(found)
        session.flush()
    return found
