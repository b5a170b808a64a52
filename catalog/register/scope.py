"""Whose rows of the register somebody is shown and may change.

A row is shown to whoever is shown its record in full by their own right (its stewards, save where it is for its owner
alone, and its owner), and to the key under which it was written last, which knows it anyway. To everybody else it is
not there: a sheet that has the same holding lists it anew. A steward lists what is of their source or countries, an
organisation what it holds or owns.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.agents import NOBODYS, Agents
from catalog.reach import terms
from catalog.records import AgentRecord
from catalog.register.kept import KEY, LEFT, SOURCE
from catalog.rows import dataset_id
from catalog.tables import Dataset, DatasetAgent, DatasetLocation, RegisterRow
from catalog.viewer import ORGANISATION, Viewer
from catalog.vocabulary import Audience, Role, Visibility


@dataclass(frozen=True, slots=True)
class Mine:
    """A row that somebody is shown.

    Attributes:
        dataset: Of its record.
        visibility: As whom the record may be known now.
        named: Whether its columns about people are shown too: to its stewards, and to who wrote them last.
        reached: Whether they are shown the record too, not the row alone.
    """

    values: Mapping[str, str]
    dataset: UUID
    visibility: Visibility
    named: bool
    reached: bool


def lists(viewer: Viewer) -> bool:
    """Whether somebody may list holdings at all: a steward, an organisation, or who works on the machine itself."""
    return viewer.sees_all or viewer.is_steward or any(term.startswith(ORGANISATION) for term in viewer.reach)


def mine(session: Session, viewer: Viewer) -> dict[str, Mine]:
    """The rows that a viewer is shown, by register id, in the order in which they came."""
    if not lists(viewer):
        return {}
    agents: dict[int, list[tuple[UUID, Role]]] = {}
    of_register = Dataset.source_key == SOURCE
    roles = select(DatasetAgent.dataset_seq, DatasetAgent.agent_id, DatasetAgent.role)
    for seq, agent, role in session.execute(
        roles.join(Dataset, Dataset.seq == DatasetAgent.dataset_seq).where(of_register)
    ):
        agents.setdefault(seq, []).append((agent, role))
    places: dict[int, list[str]] = {}
    in_places = select(DatasetLocation.dataset_seq, DatasetLocation.iso3)
    for seq, iso3 in session.execute(
        in_places.join(Dataset, Dataset.seq == DatasetLocation.dataset_seq).where(of_register)
    ):
        places.setdefault(seq, []).append(iso3)
    records = {
        id_: (seq, visibility)
        for id_, seq, visibility in session.execute(
            select(Dataset.id, Dataset.seq, Dataset.visibility).where(of_register)
        )
    }
    found = {}
    rows = select(RegisterRow.id, RegisterRow.values, RegisterRow.acted).order_by(RegisterRow.added, RegisterRow.id)
    for id_, values, acted in session.execute(rows):
        record = dataset_id(SOURCE, id_)
        seq, visibility = records.get(record, (0, Visibility.OWNER))
        countries = places.get(seq, [])
        reached = viewer.sees(terms(agents.get(seq, ()), SOURCE, countries, visibility)) is Audience.FULL
        wrote = bool(viewer.key) and acted.get(KEY) == viewer.key
        if reached or wrote:
            named = (wrote and not acted.get(LEFT)) or viewer.sees_all or viewer.stewards(SOURCE, countries)
            found[id_] = Mine(dict(values), record, visibility, named, reached)
    return found


def barred(viewer: Viewer, agents: Agents, values: Mapping[str, str]) -> str:
    """Why a viewer may not list a row of these values, in words; empty if they may."""
    countries = [code for code in values.get("countries", "").split("; ") if code]
    if viewer.sees_all:
        return ""
    if viewer.is_steward:
        return "" if viewer.stewards(SOURCE, countries) else "your key is for other countries or sources"
    named = [name for name in (values.get("holder", ""), values.get("owner", "")) if name]
    ids = [agents.resolve(AgentRecord(name)).id for name in named]
    if viewer.reach.isdisjoint(f"{ORGANISATION}{id_}" for id_ in ids if id_ not in NOBODYS):
        return "your organisation is neither its holder nor its owner"
    bounds = {f"source:{SOURCE}", *(f"country:{iso3}" for iso3 in countries)}
    return (
        "your key is bound to other countries or sources" if viewer.within and viewer.within.isdisjoint(bounds) else ""
    )
