"""Writes assessed records: hash-first, only what changed, in batches, with disclosure and change feed.

One call of :meth:`Store.write` is one transaction's worth; the caller commits at the edge.
"""

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any, NamedTuple
from uuid import UUID, uuid5

import orjson
from slugify import slugify
from sqlalchemy import Table, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from catalog import tables as t
from catalog.assess import Assessment, Assessor
from catalog.disclosure import Document, Holding, disclose
from catalog.records import DatasetRecord
from catalog.sensitivity import Assertion, effective
from catalog.vocabulary import Audience, RecordState
from config.declarations import Source

NAMESPACE = UUID("6f1d6e0c-4c0e-5b57-9a43-8d1f3b7f2a10")
"""Of dataset ids: UUIDv5 of source key and remote id, the same in every rebuild."""
BATCH = 500
SLUG_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Entry:
    """A record ready to be written. ``payload`` is the JSON essence of what the portal gave."""

    record: DatasetRecord
    assessment: Assessment
    hash: str
    payload: bytes
    address: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one entry: ``created``, ``updated`` (with the fields) or ``unchanged``."""

    remote_id: str
    kind: str
    fields: tuple[str, ...] = ()


class Known(NamedTuple):
    """What the catalog already holds of a remote record."""

    dataset_id: UUID
    hash: str
    state: RecordState


def dataset_id(source_key: str, remote_id: str) -> UUID:
    """The id of a portal's record, the same in every rebuild."""
    return uuid5(NAMESPACE, f"{source_key}\n{remote_id}")


def known(session: Session, source_key: str, remote_ids: Sequence[str]) -> dict[str, Known]:
    """What the catalog holds of these records of a source, by remote id."""
    found: dict[str, Known] = {}
    for some in _batches(remote_ids):
        rows = session.execute(
            select(t.CatalogRecord.remote_id, t.CatalogRecord.dataset_id, t.CatalogRecord.hash, t.CatalogRecord.state)
            .where(t.CatalogRecord.source_key == source_key)
            .where(t.CatalogRecord.remote_id.in_(some))
        )
        found |= {row[0]: Known(row[1], row[2], row[3]) for row in rows}
    return found


def saw(session: Session, dataset_ids: Sequence[UUID], run_id: UUID, now: datetime) -> None:
    """Note that the portal still lists these records."""
    for some in _batches(dataset_ids):
        session.execute(
            update(t.CatalogRecord)
            .where(t.CatalogRecord.dataset_id.in_(some))
            .values(last_seen=now, last_seen_run=run_id, state=RecordState.LISTED, missing_since=None, missing_runs=0),
            execution_options={"synchronize_session": False},
        )


def take(session: Session, counter: str, count: int) -> range:
    """The next numbers of a gap-free counter, locked until the transaction ends."""
    last = session.scalar(
        update(t.Counter)
        .where(t.Counter.name == counter)
        .values(value=t.Counter.value + count)
        .returning(t.Counter.value),
        execution_options={"synchronize_session": False},
    )
    if last is None:
        session.execute(insert(t.Counter).values(name=counter, value=count))
        last = count
    return range(last - count + 1, last + 1)


class Store:
    """Writes one source's records.

    Args:
        payload_versions: How many of a record's last payloads are kept.
    """

    def __init__(self, source: Source, assessor: Assessor, payload_versions: int = 2) -> None:
        self._source = source
        self._assessor = assessor
        self._payload_versions = payload_versions
        self._agents: set[UUID] = set()

    def write(self, session: Session, run_id: UUID | None, entries: Sequence[Entry], now: datetime) -> list[Outcome]:
        """Write records that are new or whose hash differs; answers one outcome per entry, in order."""
        before = known(session, self._source.key, [entry.record.remote_id for entry in entries])
        old = [found.dataset_id for found in before.values()]
        documents = dict(
            session.execute(
                select(t.Disclosure.dataset_id, t.Disclosure.document)
                .where(t.Disclosure.audience == Audience.FULL)
                .where(t.Disclosure.dataset_id.in_(old))
            ).all()
        ) if old else {}  # fmt: skip
        asserted = _assertions(session, old)
        numbers = dict(session.execute(select(t.Dataset.id, t.Dataset.seq).where(t.Dataset.id.in_(old))).all())
        names = dict(session.execute(select(t.Slug.dataset_id, t.Slug.name).where(t.Slug.dataset_id.in_(old))).all())
        fresh = iter(take(session, "dataset", len(entries) - len(before)) if len(before) < len(entries) else ())
        rows = _Rows()
        outcomes: list[Outcome] = []
        changes: list[tuple[UUID, str, list[dict[str, Any]]]] = []
        for entry in entries:
            found = before.get(entry.record.remote_id)
            id_ = found.dataset_id if found else dataset_id(self._source.key, entry.record.remote_id)
            seq = numbers[id_] if found else next(fresh)
            earlier = asserted.get(id_, [])
            said = {(assertion.rule, assertion.rule_version, assertion.scope) for assertion in earlier}
            added = [a for a in entry.assessment.assertions if (a.rule, a.rule_version, a.scope) not in said]
            holding = self._holding(entry, id_, seq, names.get(id_, ""), [*earlier, *added])
            rendered = dict(disclose(holding))
            full = rendered[Audience.FULL]
            old_document = orjson.loads(documents[id_]) if id_ in documents else None
            fields = _difference(old_document, full)
            rows.payload(id_, entry, now)
            if found and not fields:
                rows.record(found, id_, self._source.key, entry, run_id, now)
                outcomes.append(Outcome(entry.record.remote_id, "unchanged"))
                continue
            kind = "updated" if found else "created"
            rows.add(found, holding, entry, added, rendered, now)
            rows.record(found, id_, self._source.key, entry, run_id, now)
            changes.append((id_, kind, fields if found else []))
            outcomes.append(Outcome(entry.record.remote_id, kind, tuple(field["field"] for field in fields)))
        self._flush(session, rows)
        if changes:
            feed(session, self._source.key, run_id, changes, now)
        return outcomes

    def _holding(self, entry: Entry, id_: UUID, seq: int, name: str, assertions: Iterable[Assertion]) -> Holding:
        public = Audience.PUBLIC.value == entry.assessment.visibility.value
        return Holding(
            id=id_,
            seq=seq,
            name=name or (_slug(entry.record.display_title, id_) if public else ""),
            source_key=self._source.key,
            source_title=self._source.title,
            record=entry.record,
            assessment=entry.assessment,
            level=effective(assertions),
            titles=self._assessor.titles,
            topics=self._assessor.topics,
        )

    def _flush(self, session: Session, rows: "_Rows") -> None:
        agents = {role.agent.id: role for role in rows.agents if role.agent.id not in self._agents}
        insert_new(
            session,
            t.Agent,
            [
                {"id": id_, "key": r.agent.key, "name": r.agent.name, "acronym": r.agent.acronym, "kind": r.agent.kind}
                for id_, r in agents.items()
            ],
        )
        self._agents |= agents.keys()
        insert_new(session, t.AgentAlias, rows.aliases)
        replaced = [row["id"] for row in rows.updated]
        for child in _CHILDREN:
            for some in _batches(replaced):
                session.execute(
                    delete(child).where(child.dataset_id.in_(some)),
                    execution_options={"synchronize_session": False},
                )
        connection = session.connection()
        if rows.updated:
            table = _table(t.Dataset)
            for row in rows.updated:
                connection.execute(table.update().where(table.c.id == row["id"]), row)
        for entity in _ORDER:
            if rows.inserts[entity]:
                connection.execute(_table(entity).insert(), rows.inserts[entity])
        insert_new(session, t.Slug, rows.slugs)
        if rows.seen:
            table = _table(t.CatalogRecord)
            for row in rows.seen:
                connection.execute(table.update().where(table.c.dataset_id == row["dataset_id"]), row)
        self._keep_payloads(session, rows)

    def _keep_payloads(self, session: Session, rows: "_Rows") -> None:
        versions: dict[UUID, int] = {}
        repeated = [row["dataset_id"] for row in rows.payloads if not row.pop("first")]
        for some in _batches(repeated):
            versions |= dict(
                session.execute(
                    select(t.PayloadVersion.dataset_id, func.max(t.PayloadVersion.version))
                    .where(t.PayloadVersion.dataset_id.in_(some))
                    .group_by(t.PayloadVersion.dataset_id)
                ).all()
            )
        for row in rows.payloads:
            row["version"] = versions.get(row["dataset_id"], 0) + 1
        if rows.payloads:
            session.connection().execute(_table(t.PayloadVersion).insert(), rows.payloads)
        for id_, newest in versions.items():
            session.execute(
                delete(t.PayloadVersion)
                .where(t.PayloadVersion.dataset_id == id_)
                .where(t.PayloadVersion.version <= newest + 1 - self._payload_versions),
                execution_options={"synchronize_session": False},
            )


def feed(
    session: Session,
    source_key: str,
    run_id: UUID | None,
    changes: Sequence[tuple[UUID, str, list[dict[str, Any]]]],
    now: datetime,
) -> None:
    """Append to the change feed: dataset, kind, and fields with ``field``, ``old`` and ``new``."""
    numbers = take(session, "change", len(changes))
    session.connection().execute(
        _table(t.Change).insert(),
        [
            {
                "seq": seq,
                "dataset_id": id_,
                "source_key": source_key,
                "run_id": run_id,
                "at": now,
                "kind": kind,
                "fields": fields,
            }
            for seq, (id_, kind, fields) in zip(numbers, changes, strict=True)
        ],
    )


def insert_new(session: Session, entity: type[t.Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows whose key is not there yet."""
    if not rows:
        return
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    session.connection().execute(dialect.insert(_table(entity)).on_conflict_do_nothing(), list(rows))


_CHILDREN: tuple[Any, ...] = (
    t.ColumnTag, t.Column, t.Distribution, t.DatasetAgent, t.DatasetLocation, t.DatasetConcept, t.AccessRoute,
    t.Relation, t.Disclosure,
)  # fmt: skip
_ORDER: tuple[type[t.Base], ...] = (
    t.Dataset, t.CatalogRecord, t.DatasetAgent, t.DatasetLocation, t.DatasetConcept, t.Distribution, t.Column,
    t.ColumnTag, t.LevelAssertion, t.AccessRoute, t.Relation, t.Disclosure,
)  # fmt: skip


class _Rows:
    """The rows of one batch, by table."""

    def __init__(self) -> None:
        self.inserts: dict[type[t.Base], list[dict[str, Any]]] = {entity: [] for entity in _ORDER}
        self.updated: list[dict[str, Any]] = []
        self.seen: list[dict[str, Any]] = []
        self.payloads: list[dict[str, Any]] = []
        self.slugs: list[dict[str, Any]] = []
        self.agents: list[Any] = []
        self.aliases: list[dict[str, Any]] = []

    def payload(self, id_: UUID, entry: Entry, now: datetime) -> None:
        self.payloads.append(
            {
                "dataset_id": id_,
                "hash": entry.hash,
                "address": entry.address,
                "fetched": now,
                "payload": zlib.compress(entry.payload, 1),
                "first": True,
            }
        )

    def record(
        self, found: Known | None, id_: UUID, source_key: str, entry: Entry, run_id: UUID | None, now: datetime
    ) -> None:
        row = {
            "dataset_id": id_,
            "state": RecordState.LISTED,
            "hash": entry.hash,
            "last_seen": now,
            "last_seen_run": run_id,
            "missing_since": None,
            "missing_runs": 0,
        }
        if found:
            self.payloads[-1]["first"] = False
            self.seen.append(row)
        else:
            remote = {"source_key": source_key, "remote_id": entry.record.remote_id, "first_seen": now}
            self.inserts[t.CatalogRecord].append(row | remote)

    def add(
        self,
        found: Known | None,
        holding: Holding,
        entry: Entry,
        assertions: Sequence[Assertion],
        rendered: Mapping[Audience, Document],
        now: datetime,
    ) -> None:
        record, assessment, id_ = entry.record, entry.assessment, holding.id
        into = self.inserts
        (self.updated if found else into[t.Dataset]).append(_dataset_row(holding))
        for position, role in enumerate(assessment.agents):
            self.agents.append(role)
            self.aliases.append({"agent_id": role.agent.id, "alias": role.spelling})
            into[t.DatasetAgent].append(
                {
                    "dataset_id": id_,
                    "agent_id": role.agent.id,
                    "role": role.role,
                    "position": position,
                    "contact": role.contact,
                }
            )
        places = {place.iso3: place for place in record.locations}
        into[t.DatasetLocation] += [
            {"dataset_id": id_, "iso3": p.iso3, "admin_level": p.admin_level, "p_coded": p.p_coded}
            for p in places.values()
        ]
        into[t.DatasetConcept] += [
            {
                "dataset_id": id_,
                "concept": concept.key,
                "evidence": [{"field": e.field, "words": e.words} for e in concept.evidence],
            }
            for concept in assessment.concepts
        ]
        self._distributions(id_, record)
        into[t.ColumnTag] += [
            {
                "dataset_id": id_,
                "distribution": tag.distribution,
                "sheet": tag.sheet,
                "position": tag.position,
                "tagspec": tag.tagspec,
                "origin": tag.origin,
                "rule": tag.rule,
                "confidence": tag.confidence,
            }
            for tag in {
                (tag.distribution, tag.sheet, tag.position, tag.tagspec, tag.origin): tag for tag in assessment.tags
            }.values()
        ]
        into[t.LevelAssertion] += [
            {"dataset_id": id_, "valid_from": now, "supersedes": None} | asdict(assertion) for assertion in assertions
        ]
        routes = {route.artefact: route for route in assessment.access}
        into[t.AccessRoute] += [
            {
                "dataset_id": id_,
                "artefact": route.artefact,
                "modality": route.modality,
                "steps": list(route.steps),
                "address": route.address,
                "origin": "portal" if record.access else "source default",
            }
            for route in routes.values()
        ]
        into[t.Relation] += [
            {"dataset_id": id_, "kind": kind, "target": target}
            for kind, target in sorted({(relation.kind, relation.target) for relation in record.relations})
        ]
        bodies: dict[int, tuple[bytes, str]] = {}
        for audience, document in rendered.items():
            # Most audiences may know the same, and are given the same object.
            if id(document) not in bodies:
                made = orjson.dumps(document)
                bodies[id(document)] = made, blake2b(made, digest_size=12).hexdigest()
            body, etag = bodies[id(document)]
            into[t.Disclosure].append(
                {
                    "dataset_id": id_,
                    "audience": audience,
                    "seq": holding.seq,
                    "name": holding.name or None,
                    "document": body,
                    "etag": etag,
                }
            )
        if holding.name:
            self.slugs.append({"name": holding.name, "dataset_id": id_})

    def _distributions(self, id_: UUID, record: DatasetRecord) -> None:
        files = self.inserts[t.Distribution]
        columns = self.inserts[t.Column]
        groups = [(entry.key, entry.columns) for entry in record.distributions]
        files += [
            {
                "dataset_id": id_,
                "key": entry.key,
                "position": position,
                "name": entry.name,
                "description": entry.description,
                "url": entry.url,
                "format": entry.format,
                "declared_format": entry.declared_format,
                "media_type": entry.media_type,
                "size": entry.size,
                "modified": entry.modified,
                "under_review": entry.under_review,
            }
            for position, entry in enumerate({entry.key: entry for entry in record.distributions}.values())
        ]
        if record.columns:
            files.append(
                dict.fromkeys(("key", "name", "description", "url", "format", "declared_format", "media_type"), "")
                | {
                    "dataset_id": id_,
                    "position": len(record.distributions),
                    "size": None,
                    "modified": None,
                    "under_review": False,
                }
            )
            groups.append(("", record.columns))
        headers = {(key, column.sheet, column.position): column.header for key, given in groups for column in given}
        columns += [
            {"dataset_id": id_, "distribution": key, "sheet": sheet, "position": position, "header": header}
            for (key, sheet, position), header in headers.items()
        ]


def _dataset_row(holding: Holding) -> dict[str, Any]:
    record, fresh = holding.record, holding.assessment.freshness
    return {
        "id": holding.id,
        "seq": holding.seq,
        "source_key": holding.source_key,
        "title": dict(record.title),
        "notes": dict(record.notes),
        "landing_page": record.landing_page,
        "issued": record.issued,
        "modified": record.modified,
        "period_start": record.period_start,
        "period_end": record.period_end,
        "period_open": record.period_open,
        "update_frequency": record.update_frequency,
        "reviewed": record.reviewed,
        "due": fresh.due,
        "overdue": fresh.overdue,
        "delinquent": fresh.delinquent,
        "methodology": record.methodology,
        "caveats": record.caveats,
        "licence": record.licence,
        "languages": list(record.languages),
        "keywords": list(record.keywords),
        "cod_level": record.cod_level,
        "series": record.series,
        "visibility": holding.assessment.visibility,
        "urgent": record.urgent,
        "urgency_recipients": list(record.urgency_recipients),
        "extra": dict(record.extra),
    }


def _assertions(session: Session, ids: Sequence[UUID]) -> dict[UUID, list[Assertion]]:
    found: dict[UUID, list[Assertion]] = {}
    names = Assertion.__dataclass_fields__
    for some in _batches(ids):
        rows = session.scalars(
            select(t.LevelAssertion).where(t.LevelAssertion.dataset_id.in_(some)).order_by(t.LevelAssertion.id)
        )
        for row in rows:
            found.setdefault(row.dataset_id, []).append(Assertion(**{name: getattr(row, name) for name in names}))
    return found


def _difference(old: Document | None, new: Document) -> list[dict[str, Any]]:
    """Fields of the full document that differ, with old and new value."""
    if old is None:
        return []
    return [
        {"field": name, "old": old.get(name), "new": new.get(name)}
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]


def _slug(title: str, id_: UUID) -> str:
    """Readable and unique; the id's beginning keeps a hidden record's title from showing in another's name."""
    words = slugify(title, max_length=SLUG_LENGTH, word_boundary=True)
    return f"{words or 'dataset'}-{id_.hex[:8]}"


def _table(entity: type[t.Base]) -> Table:
    table = entity.__table__
    assert isinstance(table, Table)  # noqa: S101 - every entity here is a plain table
    return table


def _batches(ids: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]
