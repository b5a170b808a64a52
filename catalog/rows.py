"""What records become in the tables: rows by table, made without a database.

A record that is new needs nothing that only the database knows, save its number (``seq``); its rows can be made by
another process and are only executed by the one that writes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID, uuid5

import orjson

from catalog import tables as t
from catalog.assess import Assessment, Assessor, IdentifiedRole
from catalog.disclosure import Document, Holding, disclose
from catalog.freshness import Freshness
from catalog.layout import Layout, Row
from catalog.naming import name_of
from catalog.reach import terms
from catalog.records import AgentRecord, DatasetRecord, LocationRecord
from catalog.sensitivity import Assertion, effective, is_quarantine
from catalog.vocabulary import Audience, RecordState, Visibility
from config.declarations import Source

NAMESPACE = UUID("6f1d6e0c-4c0e-5b57-9a43-8d1f3b7f2a10")
"""Of dataset ids: UUIDv5 of source key and remote id, the same in every rebuild."""
MADE_PRIVATE = "Made private by its portal"
"""Stands for the title of a record that was shown before."""
ORDER: tuple[type[t.Base], ...] = (
    t.Dataset, t.CatalogRecord, t.DatasetAgent, t.DatasetLocation, t.DatasetConcept, t.Distribution, t.Column,
    t.ColumnTag, t.LevelAssertion, t.AccessRoute, t.Relation, t.Disclosure, t.Reach, t.PayloadVersion,
)  # fmt: skip
"""The order in which tables are filled: what is referred to first."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A record ready to be written.

    Attributes:
        payload: The JSON essence of what the portal gave.
        curated: Marks of what people say in the place of what the portal says (:mod:`catalog.curation.overlay`).
    """

    record: DatasetRecord
    assessment: Assessment
    hash: str
    payload: bytes
    address: str
    curated: tuple[Mapping[str, Any], ...] = ()


@dataclass(slots=True)
class Rows:
    """Rows of some records.

    Attributes:
        by_table: In the order of :func:`catalog.layout.columns`.
        agents: Organisations met, with the spellings.
        names: Readable names given, by dataset.
    """

    by_table: dict[type[t.Base], list[Row]] = field(default_factory=lambda: {entity: [] for entity in ORDER})
    agents: dict[tuple[UUID, str], IdentifiedRole] = field(default_factory=dict)
    names: dict[UUID, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Created:
    """Rows of new records as the driver takes them, save their numbers: ``seq`` counts from 0 in each batch.

    Attributes:
        count: How many records they are of.
    """

    count: int
    by_table: Mapping[type[t.Base], list[Row]]
    agents: list[Row]
    aliases: list[Row]
    names: list[Row]


class Renderer:
    """Makes rows of one source's records.

    Args:
        layout: Of the database they are for.
    """

    def __init__(self, source: Source, assessor: Assessor, layout: Layout) -> None:
        self._source = source
        self._titles, self._topics = assessor.titles, assessor.topics
        self.table = assessor.rules.disclosing
        publisher = AgentRecord(source.publisher) if source.publisher else None
        self._publisher = assessor.agents.resolve(publisher).id if publisher else None
        self._layout = layout

    def created(self, entries: Sequence[Entry], run_id: UUID | None, now: datetime) -> Created:
        """Everything that is written of records which the catalog does not hold yet."""
        rows = Rows()
        for seq, entry in enumerate(entries):
            id_ = dataset_id(self._source.key, entry.record.remote_id)
            holding = self.holding(entry, id_, "", entry.assessment.assertions)
            rows.by_table[t.Dataset].append(dataset_row(holding, seq))
            self.describe(rows, entry, holding, seq, entry.assessment.assertions, dict(disclose(holding)), now)
            rows.by_table[t.CatalogRecord].append(
                (
                    seq, self._source.key, entry.record.remote_id, RecordState.LISTED, entry.hash, now, now, run_id,
                    None, 0,
                )
            )  # fmt: skip
            if not held_back(self._source, entry):
                rows.by_table[t.PayloadVersion].append((seq, 1, *payload_row(entry, now)))
        return Created(
            count=len(entries),
            by_table={entity: self._layout.ready(entity, made) for entity, made in rows.by_table.items() if made},
            agents=self._layout.ready(t.Agent, agent_rows(rows)),
            aliases=self._layout.ready(t.AgentAlias, list(dict.fromkeys((id_, said) for id_, said in rows.agents))),
            names=self._layout.ready(t.Slug, [(name, id_) for id_, name in rows.names.items()]),
        )

    def holding(
        self,
        entry: Entry,
        id_: UUID,
        name: str,
        assertions: Iterable[Assertion],
        before: Document | None = None,
        *,
        emptied: bool = False,
    ) -> Holding:
        """What the disclosure is rendered from; a name is kept as long as the title is."""
        # Our address must not go on telling what the portal took out of its title.
        of_title = "" if emptied else name_of(entry.record.display_title, id_)
        name = name if name == of_title else ""
        return Holding(
            id=id_,
            name=name,
            source_key=self._source.key,
            source_title=self._source.title,
            record=entry.record,
            assessment=entry.assessment,
            level=effective(assertions),
            titles=self._titles,
            topics=self._topics,
            source_visibility=Visibility(self._source.visibility),
            source_publisher=self._publisher,
            table=self.table,
            before=before,
            new_name="" if name else of_title,
            emptied=emptied,
            curated=entry.curated,
        )

    def describe(
        self,
        rows: Rows,
        entry: Entry,
        holding: Holding,
        seq: int,
        assertions: Sequence[Assertion],
        rendered: Mapping[Audience, Document],
        now: datetime,
    ) -> None:
        """Add the rows that hang on a dataset, disclosures among them; ``assertions`` are those not yet written."""
        record, assessment, id_ = entry.record, entry.assessment, holding.id
        into = rows.by_table
        for position, role in enumerate(assessment.agents):
            rows.agents.setdefault((role.agent.id, role.spelling), role)
            into[t.DatasetAgent].append((seq, role.agent.id, role.role, position, role.contact))
        into[t.DatasetLocation] += {
            place.iso3: (seq, place.iso3, place.admin_level, place.p_coded) for place in record.locations
        }.values()
        into[t.DatasetConcept] += [
            (seq, concept.key, [{"field": e.field, "words": e.words} for e in concept.evidence])
            for concept in assessment.concepts
        ]
        _distributions(rows, seq, record)
        into[t.ColumnTag] += {
            (tag.distribution, tag.sheet, tag.position, tag.tagspec, tag.origin): (
                seq, tag.distribution, tag.sheet, tag.position, tag.tagspec, tag.origin, tag.rule, tag.confidence
            )
            for tag in assessment.tags
        }.values()  # fmt: skip
        into[t.LevelAssertion] += [_assertion_row(id_, assertion, now) for assertion in assertions]
        origin = "portal" if record.access else "source default"
        into[t.AccessRoute] += {
            route.artefact: (seq, route.artefact, route.modality, list(route.steps), route.address, origin)
            for route in assessment.access
        }.values()
        into[t.Relation] += [
            (seq, kind, target) for kind, target in sorted({(entry.kind, entry.target) for entry in record.relations})
        ]
        bodies: dict[int, tuple[bytes, str]] = {}
        for audience, document in rendered.items():
            # Most audiences may know the same, and are given the same object.
            if id(document) not in bodies:
                made = orjson.dumps(document)
                bodies[id(document)] = made, blake2b(made, digest_size=12).hexdigest()
            # A name tells the title: who is not shown the one does not reach the record by the other.
            into[t.Disclosure].append((id_, audience, seq, document["name"] or None, *bodies[id(document)]))
        if len(rendered) < len(Audience) or len({etag for _, etag in bodies.values()}) > 1:
            reached = terms(
                ((role.agent.id, role.role) for role in assessment.agents),
                holding.source_key,
                (place.iso3 for place in record.locations),
                holding.visibility,
            )
            into[t.Reach] += [(term, seq) for term in sorted(reached)]
        if name := rendered[Audience.FULL]["name"]:
            rows.names[id_] = name


def held_back(source: Source, entry: Entry) -> bool:
    """Whether the portal has made the record private, or quarantined a file: then no native payload is kept."""
    return made_private(source, entry) or any(is_quarantine(assertion) for assertion in entry.assessment.assertions)


def made_private(source: Source, entry: Entry) -> bool:
    """Whether the portal says that the record is private."""
    return entry.record.visibility is Visibility.OWNER and source.visibility != Visibility.OWNER.value


def emptied(entry: Entry) -> Entry:
    """What stays of a record that was shown before its portal made it private: who holds it, of which countries."""
    record, judged = entry.record, entry.assessment
    left = DatasetRecord(
        remote_id=record.remote_id,
        title={"en": MADE_PRIVATE},
        agents=tuple(replace(role, contact="") for role in record.agents),
        locations=tuple(LocationRecord(iso3) for iso3 in dict.fromkeys(place.iso3 for place in record.locations)),
        visibility=record.visibility,
    )
    judgement = replace(
        judged,
        concepts=(),
        tags=(),
        agents=tuple(replace(role, contact="") for role in judged.agents),
        access=tuple(replace(route, steps=(), address="") for route in judged.access),
        freshness=Freshness(None, None, None, always_fresh=False),
    )
    return replace(entry, record=left, assessment=judgement, curated=())


def dataset_id(source_key: str, remote_id: str) -> UUID:
    """The id of a portal's record, the same in every rebuild."""
    return uuid5(NAMESPACE, f"{source_key}\n{remote_id}")


def agent_rows(rows: Rows) -> list[Row]:
    """One row per organisation that was met."""
    agents = {role.agent.id: role.agent for role in rows.agents.values()}
    return [(id_, agent.key, agent.name, agent.acronym, agent.kind) for id_, agent in agents.items()]


def payload_row(entry: Entry, now: datetime) -> Row:
    """What is kept of a native payload, after dataset and version."""
    return entry.hash, entry.address, now, entry.payload


def dataset_row(holding: Holding, seq: int) -> Row:
    """The row of a dataset."""
    record, fresh = holding.record, holding.assessment.freshness
    return (
        holding.id, seq, holding.source_key, dict(record.title), dict(record.notes), record.landing_page,
        record.issued, record.modified, record.period_start, record.period_end, record.period_open,
        record.update_frequency, record.reviewed, fresh.due, fresh.overdue, fresh.delinquent, record.methodology,
        record.caveats, record.licence, list(record.languages), list(record.keywords), record.cod_level, record.series,
        holding.visibility, record.urgent, list(record.urgency_recipients),
        record.harm_if_withheld, dict(record.extra),
    )  # fmt: skip


def _assertion_row(id_: UUID, said: Assertion, now: datetime) -> Row:
    return (
        id_, said.scope, said.level, said.asserted_by, said.basis, said.rule, said.rule_version, said.evidence,
        said.confidence, said.reason, said.isp_date, said.protocol, said.statement, said.actor, said.key, now,
        said.review_by, None, said.accepted_by, said.withhold_links,
    )  # fmt: skip


def _distributions(rows: Rows, seq: int, record: DatasetRecord) -> None:
    groups = [(entry.key, entry.columns) for entry in record.distributions]
    files = rows.by_table[t.Distribution]
    files += [
        (
            seq, entry.key, position, entry.name, entry.description, entry.url, entry.format, entry.declared_format,
            entry.media_type, entry.size, entry.modified, entry.under_review,
        )
        for position, entry in enumerate({entry.key: entry for entry in record.distributions}.values())
    ]  # fmt: skip
    if record.columns:
        files.append((seq, "", len(record.distributions), "", "", "", "", "", "", None, None, False))
        groups.append(("", record.columns))
    rows.by_table[t.Column] += {
        (key, column.sheet, column.position): (seq, key, column.sheet, column.position, column.header)
        for key, given in groups
        for column in given
    }.values()
