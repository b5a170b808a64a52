"""A record as its source gave it last, put together from what the catalog shows of it.

Only for a record that nobody has corrected yet: from its first correction on it is kept beside it
(:mod:`catalog.curation.kept`). What a portal's flags say stands in what was asserted by them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.assess import CONTRADICTED
from catalog.records import (
    AccessRecord,
    AgentRecord,
    AgentRole,
    ColumnRecord,
    DatasetRecord,
    DistributionRecord,
    LocationRecord,
    PortalFlag,
    RelationRecord,
)
from catalog.sensitivity import PORTAL, Assertion
from catalog.tables import AccessRoute, Agent, CatalogRecord, Dataset, DatasetAgent
from catalog.vocabulary import AccessModality, Artefact, RelationKind, TagOrigin, Visibility

_OF_NO_FILE = "no file"
"""Stands for a file's key in a flag of which only that it is a file's is known."""


def record_of(session: Session, seq: int, full: Mapping[str, Any], live: Iterable[Assertion]) -> DatasetRecord:
    """The record that its full document was rendered from.

    Args:
        session: Reading.
        seq: Its dataset's number.
        full: The document.
        live: What is asserted of it.
    """
    row = session.scalars(select(Dataset).where(Dataset.seq == seq)).one()
    remote_id = session.scalars(select(CatalogRecord.remote_id).where(CatalogRecord.dataset_seq == seq)).one()
    asked = (full.get("visibility_of") or {}).get("record", "")
    return DatasetRecord(
        remote_id=remote_id,
        title=dict(row.title),
        notes=dict(row.notes),
        landing_page=row.landing_page,
        issued=row.issued,
        modified=row.modified,
        period_start=row.period_start,
        period_end=row.period_end,
        period_open=row.period_open,
        update_frequency=row.update_frequency,
        reviewed=row.reviewed,
        methodology=row.methodology,
        caveats=row.caveats,
        licence=row.licence,
        languages=tuple(row.languages),
        keywords=tuple(row.keywords),
        agents=tuple(_agents(session, seq, full)),
        locations=tuple(
            LocationRecord(place["iso3"], place["admin_level"], place["p_coded"]) for place in full["locations"]
        ),
        distributions=tuple(_distributions(full)),
        columns=tuple(column for file in full["distributions"] if not file["key"] for column in _columns(file)),
        access=_access(session, seq, full),
        relations=tuple(RelationRecord(RelationKind(one["kind"]), one["target"]) for one in full["relations"]),
        flags=tuple(_flags(live)),
        cod_level=row.cod_level,
        series=row.series,
        visibility=Visibility(asked) if asked else None,
        urgent=row.urgent,
        urgency_recipients=tuple(row.urgency_recipients),
        harm_if_withheld=row.harm_if_withheld,
        extra=dict(row.extra),
    )


def _agents(session: Session, seq: int, full: Mapping[str, Any]) -> Iterator[AgentRole]:
    spelt = {one["id"]: one.get("spelling", "") for one in full["organizations"]}
    rows = session.execute(
        select(Agent, DatasetAgent.role, DatasetAgent.contact)
        .join(DatasetAgent, DatasetAgent.agent_id == Agent.id)
        .where(DatasetAgent.dataset_seq == seq)
        .order_by(DatasetAgent.position)
    )
    for agent, role, contact in rows:
        # The record's own spelling leads to the same organisation, whatever the name is split into.
        name = spelt.get(str(agent.id)) or agent.name
        yield AgentRole(AgentRecord(name, agent.acronym, agent.kind), role, contact)


def _distributions(full: Mapping[str, Any]) -> Iterator[DistributionRecord]:
    for file in full["distributions"]:
        if file["key"]:
            yield DistributionRecord(
                key=file["key"],
                name=file["name"],
                url=file["url"],
                description=file["description"],
                format=file["format"],
                declared_format=file["declared_format"],
                media_type=file["media_type"],
                size=file["size"],
                modified=datetime.fromisoformat(file["modified"]) if file["modified"] else None,
                under_review=file["under_review"],
                columns=tuple(_columns(file)),
            )


def _columns(file: Mapping[str, Any]) -> Iterator[ColumnRecord]:
    for column in file["columns"]:
        declared = _declared(column["tags"])
        told_by = declared["rule"].removesuffix(f"; {CONTRADICTED}") if declared else "portal"
        yield ColumnRecord(
            column["sheet"], column["position"], column["header"], declared["tag"] if declared else "", told_by
        )


def _declared(tags: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    return next((tag for tag in tags if tag["origin"] == TagOrigin.DECLARED), None)


def _access(session: Session, seq: int, full: Mapping[str, Any]) -> tuple[AccessRecord, ...]:
    """What the portal says of it; nothing where the source's default stands."""
    by_portal = session.scalars(
        select(AccessRoute.origin).where(AccessRoute.dataset_seq == seq, AccessRoute.origin == "portal")
    ).first()
    if by_portal is None:
        return ()
    return tuple(
        AccessRecord(
            AccessModality(entry["modality"]), tuple(entry["steps"]), entry["address"], Artefact(entry["artefact"])
        )
        for entry in full["access"]["artefacts"]
    )


def _flags(live: Iterable[Assertion]) -> Iterator[PortalFlag]:
    for said in live:
        name, mark, value = said.evidence.partition("=")
        if said.asserted_by == PORTAL and said.basis == "portal flag" and mark:
            yield PortalFlag(name, value, _OF_NO_FILE if said.scope == "distribution" else "")
