"""The catalog's tables (SQLAlchemy 2.1 typed models).

Natural keys wherever a record gives one, so that two catalogs harvested from the same portals hold the same rows
(``landmark dump`` relies on it) and bulk writes need no round trip to learn an id.
"""

from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from isal import isal_zlib
from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    Text,
    TypeDecorator,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from catalog.vocabulary import (
    AccessModality,
    AgentKind,
    Artefact,
    Audience,
    Level,
    RecordState,
    RelationKind,
    Role,
    RunState,
    TagOrigin,
    Visibility,
)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC on both databases: SQLite drops the zone, so it is put back; a naive value is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Refuse naive times, store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time needs a zone: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give back aware UTC."""
        return value if value is None else value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


@lru_cache(maxsize=4)
def _packed(content: bytes) -> bytes:
    # Audiences that may know the same are given the same bytes, so they are packed once.
    return isal_zlib.compress(content, 0)


class PackedBytes(TypeDecorator[bytes]):
    """Bytes kept compressed: documents are the bulk of the catalog and are written once per audience."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        """Compress (zlib's format, fastest)."""
        return value if value is None else _packed(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        """Give back what was written."""
        return value if value is None else isal_zlib.decompress(value)


def _words(kind: type[Any]) -> Enum:
    """A closed list stored by its values and checked by the database."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        length=20,
        name=kind.__name__.lower(),
        values_callable=lambda members: [member.value for member in members],
    )


class Base(DeclarativeBase):
    """Names every constraint: SQLite's batch migrations need them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        datetime: UtcDateTime(),
        date: Date(),
        str: Text(),
        UUID: Uuid(),
        bytes: LargeBinary(),
        dict[str, Any]: JSON(),
        list[Any]: JSON(),
    } | {
        words: _words(words)
        for words in (
            AccessModality,
            AgentKind,
            Artefact,
            Audience,
            Level,
            RecordState,
            RelationKind,
            Role,
            RunState,
            TagOrigin,
            Visibility,
        )
    }


CLUSTERED = {"sqlite_with_rowid": False}
"""Rows lie together under their natural key, instead of once more in an index beside the table."""


class Counter(Base):
    """Gap-free numbers. Taking one locks its row to the end of the transaction, so numbers appear in commit order."""

    __tablename__ = "counter"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]


class SourceRow(Base):
    """A source as last declared, so that readers need no YAML.

    ``declaration`` is that of a source proposed by a command or the API; it waits in preview until it is approved.
    ``standing`` is what readers are told of how it is declared: ``state`` and, where it has them, ``note``, ``key``
    (how one is got), ``of`` and ``query`` of a view, ``since``, ``reason`` and ``successors`` of one that has ended.
    """

    __tablename__ = "source"
    key: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    title: Mapped[str]
    url: Mapped[str]
    publisher: Mapped[str]
    licence: Mapped[str]
    visibility: Mapped[Visibility]
    access: Mapped[AccessModality]
    enabled: Mapped[bool]
    schedule: Mapped[str]
    declaration: Mapped[dict[str, Any] | None]
    proposed_by: Mapped[str] = mapped_column(default="", server_default="")
    approved_by: Mapped[str] = mapped_column(default="", server_default="")
    approved: Mapped[datetime | None]
    paused_by: Mapped[str] = mapped_column(default="", server_default="")
    paused_reason: Mapped[str] = mapped_column(default="", server_default="")
    paused: Mapped[datetime | None]
    standing: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")


class HarvestRun(Base):
    """One run of one source. The counts must add up, and a source has one running run at the most.

    ``decision`` is ``released`` or ``rejected`` where a person has decided on a held run.
    """

    __tablename__ = "harvest_run"
    __table_args__ = (
        CheckConstraint("seen = created + updated + unchanged + failed + skipped", name="counts_add_up"),
        Index(
            "uq_harvest_run_running",
            "source_key",
            unique=True,
            sqlite_where=text("state = 'running'"),
            postgresql_where=text("state = 'running'"),
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    source_key: Mapped[str] = mapped_column(ForeignKey("source.key"), index=True)
    mode: Mapped[str]
    state: Mapped[RunState]
    started: Mapped[datetime]
    ended: Mapped[datetime | None]
    seen: Mapped[int] = mapped_column(default=0)
    created: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    missing: Mapped[int] = mapped_column(default=0)
    portal_total: Mapped[int | None]
    page_token: Mapped[str | None]
    since: Mapped[datetime | None]
    lease_owner: Mapped[str | None]
    heartbeat: Mapped[datetime | None]
    stages: Mapped[dict[str, Any]]
    outcome: Mapped[str] = mapped_column(default="")
    requests: Mapped[int] = mapped_column(default=0, server_default="0")
    not_modified: Mapped[int] = mapped_column(default=0, server_default="0")
    bytes: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    decision: Mapped[str] = mapped_column(default="", server_default="")
    decided_by: Mapped[str] = mapped_column(default="", server_default="")
    decided: Mapped[datetime | None]


class HarvestIssue(Base):
    """Something a person should know of one record or page; outlives the record."""

    __tablename__ = "harvest_issue"
    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[UUID | None] = mapped_column(ForeignKey("harvest_run.id", ondelete="SET NULL"), index=True)
    source_key: Mapped[str]
    code: Mapped[str]
    severity: Mapped[str]
    remote_id: Mapped[str] = mapped_column(default="")
    field: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(default="")
    message: Mapped[str]
    mend: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]


class Agent(Base):
    """An organisation, one row however it is spelt; ``id`` is UUIDv5 of its canonical key."""

    __tablename__ = "agent"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    acronym: Mapped[str]
    kind: Mapped[AgentKind]


class AgentAlias(Base):
    """A spelling under which an agent was met."""

    __tablename__ = "agent_alias"
    agent_id: Mapped[UUID] = mapped_column(ForeignKey("agent.id", ondelete="CASCADE"), primary_key=True)
    alias: Mapped[str] = mapped_column(primary_key=True)


class Dataset(Base):
    """A dataset as harvested or registered; ``id`` is what it is called everywhere outside.

    ``seq`` is the catalog's own number: it breaks ties in every order, and what belongs to a dataset hangs on it. Ids
    are as good as random, and rows in their order would be written all over the file.
    """

    __tablename__ = "dataset"
    id: Mapped[UUID] = mapped_column(unique=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    source_key: Mapped[str] = mapped_column(ForeignKey("source.key"), index=True)
    title: Mapped[dict[str, Any]]
    notes: Mapped[dict[str, Any]]
    landing_page: Mapped[str]
    issued: Mapped[datetime | None]
    modified: Mapped[datetime | None]
    period_start: Mapped[date | None]
    period_end: Mapped[date | None]
    period_open: Mapped[bool]
    update_frequency: Mapped[int | None]
    reviewed: Mapped[datetime | None]
    due: Mapped[datetime | None]
    overdue: Mapped[datetime | None]
    delinquent: Mapped[datetime | None]
    methodology: Mapped[str]
    caveats: Mapped[str]
    licence: Mapped[str]
    languages: Mapped[list[Any]]
    keywords: Mapped[list[Any]]
    cod_level: Mapped[str]
    series: Mapped[str]
    visibility: Mapped[Visibility]
    urgent: Mapped[bool]
    urgency_recipients: Mapped[list[Any]]
    harm_if_withheld: Mapped[str] = mapped_column(default="", server_default="")
    extra: Mapped[dict[str, Any]]


class CatalogRecord(Base):
    """The catalog's entry about a dataset (DCAT): where it came from, when it was seen, what its hash is."""

    __tablename__ = "catalog_record"
    __table_args__ = (Index("uq_catalog_record_source_remote", "source_key", "remote_id", unique=True),)
    dataset_seq: Mapped[int] = mapped_column(
        ForeignKey("dataset.seq", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    source_key: Mapped[str] = mapped_column(ForeignKey("source.key"))
    remote_id: Mapped[str]
    state: Mapped[RecordState]
    hash: Mapped[str]
    first_seen: Mapped[datetime]
    last_seen: Mapped[datetime]
    last_seen_run: Mapped[UUID | None] = mapped_column(ForeignKey("harvest_run.id", ondelete="SET NULL"))
    missing_since: Mapped[datetime | None]
    missing_runs: Mapped[int] = mapped_column(default=0)


class Slug(Base):
    """The readable name of a dataset that was public once; never given to another."""

    __tablename__ = "slug"
    __table_args__ = CLUSTERED
    name: Mapped[str] = mapped_column(primary_key=True)
    dataset_id: Mapped[UUID]


class DatasetAgent(Base):
    """A role of an agent on a dataset."""

    __tablename__ = "dataset_agent"
    __table_args__ = CLUSTERED
    dataset_seq: Mapped[int] = mapped_column(ForeignKey("dataset.seq", ondelete="CASCADE"), primary_key=True)
    agent_id: Mapped[UUID] = mapped_column(ForeignKey("agent.id"), primary_key=True, index=True)
    role: Mapped[Role] = mapped_column(primary_key=True)
    position: Mapped[int]
    contact: Mapped[str]


class DatasetLocation(Base):
    """A place a dataset is about; ``p_coded`` NULL is *not assessed*."""

    __tablename__ = "dataset_location"
    __table_args__ = CLUSTERED
    dataset_seq: Mapped[int] = mapped_column(ForeignKey("dataset.seq", ondelete="CASCADE"), primary_key=True)
    iso3: Mapped[str] = mapped_column(primary_key=True)
    admin_level: Mapped[int | None]
    p_coded: Mapped[bool | None]


class DatasetConcept(Base):
    """A concept found in a dataset, with the words and fields that say so."""

    __tablename__ = "dataset_concept"
    __table_args__ = CLUSTERED
    dataset_seq: Mapped[int] = mapped_column(ForeignKey("dataset.seq", ondelete="CASCADE"), primary_key=True)
    concept: Mapped[str] = mapped_column(primary_key=True)
    evidence: Mapped[list[Any]]


class Distribution(Base):
    """A file or service of a dataset; ``key`` is the portal's resource id, ``""`` holds columns of no known file."""

    __tablename__ = "distribution"
    __table_args__ = CLUSTERED
    dataset_seq: Mapped[int] = mapped_column(ForeignKey("dataset.seq", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    name: Mapped[str]
    description: Mapped[str]
    url: Mapped[str]
    format: Mapped[str]
    declared_format: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int | None]
    modified: Mapped[datetime | None]
    under_review: Mapped[bool]


class FileProfileRow(Base):
    """What a file says of its own columns: headers and hashtags, never a cell; ``looked`` is when it was asked last.

    It does not hang on the distribution, which every harvest writes anew. ``declared`` is what the portal said of its
    last change then; ``fault`` the code of why it could not be had, empty if it could.
    """

    __tablename__ = "file_profile"
    __table_args__ = CLUSTERED
    dataset_seq: Mapped[int] = mapped_column(ForeignKey("dataset.seq", ondelete="CASCADE"), primary_key=True)
    distribution: Mapped[str] = mapped_column(primary_key=True)
    address: Mapped[str]
    etag: Mapped[str]
    modified: Mapped[str]
    size: Mapped[int | None] = mapped_column(BigInteger)
    format: Mapped[str]
    declared: Mapped[str]
    looked: Mapped[datetime]
    fault: Mapped[str]
    sheets: Mapped[list[Any]]
    remarks: Mapped[list[Any]]


class Column(Base):
    """A column of a table: its header, never a cell."""

    __tablename__ = "column"
    __table_args__ = (
        ForeignKeyConstraint(
            ["dataset_seq", "distribution"], ["distribution.dataset_seq", "distribution.key"], ondelete="CASCADE"
        ),
        CLUSTERED,
    )
    dataset_seq: Mapped[int] = mapped_column(primary_key=True)
    distribution: Mapped[str] = mapped_column(primary_key=True)
    sheet: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    header: Mapped[str]


class ColumnTag(Base):
    """A hashtag of a column with where it came from; ``tagspec`` is canonical (``#adm1+code+v_pcode``)."""

    __tablename__ = "column_tag"
    __table_args__ = (
        ForeignKeyConstraint(
            ["dataset_seq", "distribution", "sheet", "position"],
            ["column.dataset_seq", "column.distribution", "column.sheet", "column.position"],
            ondelete="CASCADE",
        ),
        CLUSTERED,
    )
    dataset_seq: Mapped[int] = mapped_column(primary_key=True)
    distribution: Mapped[str] = mapped_column(primary_key=True)
    sheet: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    tagspec: Mapped[str] = mapped_column(primary_key=True)
    origin: Mapped[TagOrigin] = mapped_column(primary_key=True)
    rule: Mapped[str]
    confidence: Mapped[float]


class LevelAssertion(Base):
    """One statement about how sensitive the data is; appended, never changed save by a second steward's name.

    ``protocol`` and ``statement`` name what it rests on: an information sharing protocol's key, and level and number.
    A steward's lowering from *severe* counts from the moment that ``accepted_by`` names another steward.
    """

    __tablename__ = "level_assertion"
    id: Mapped[int] = mapped_column(primary_key=True)
    dataset_id: Mapped[UUID] = mapped_column(ForeignKey("dataset.id", ondelete="CASCADE"), index=True)
    scope: Mapped[str]
    level: Mapped[Level | None]
    asserted_by: Mapped[str]
    basis: Mapped[str]
    rule: Mapped[str]
    rule_version: Mapped[int]
    evidence: Mapped[str]
    confidence: Mapped[float]
    reason: Mapped[str]
    isp_date: Mapped[date | None]
    protocol: Mapped[str] = mapped_column(default="", server_default="")
    statement: Mapped[str] = mapped_column(default="", server_default="")
    actor: Mapped[str] = mapped_column(default="", server_default="")
    key: Mapped[str] = mapped_column(default="", server_default="")
    valid_from: Mapped[datetime]
    review_by: Mapped[date | None]
    supersedes: Mapped[int | None] = mapped_column(ForeignKey("level_assertion.id"))
    accepted_by: Mapped[str | None]
    withhold_links: Mapped[bool]


class AccessRoute(Base):
    """How one artefact of a dataset can be had."""

    __tablename__ = "access_route"
    __table_args__ = CLUSTERED
    dataset_seq: Mapped[int] = mapped_column(ForeignKey("dataset.seq", ondelete="CASCADE"), primary_key=True)
    artefact: Mapped[Artefact] = mapped_column(primary_key=True)
    modality: Mapped[AccessModality]
    steps: Mapped[list[Any]]
    address: Mapped[str]
    origin: Mapped[str]


IS_SAFE = "kind = 'safe_product_of'"


class Relation(Base):
    """A link from one dataset to another record, named by address or remote id."""

    __tablename__ = "relation"
    # Of the others no index: a target may be an address longer than PostgreSQL takes.
    __table_args__ = (
        Index("ix_relation_safe_product", "target", sqlite_where=text(IS_SAFE), postgresql_where=text(IS_SAFE)),
        CLUSTERED,
    )
    dataset_seq: Mapped[int] = mapped_column(ForeignKey("dataset.seq", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[RelationKind] = mapped_column(primary_key=True)
    target: Mapped[str] = mapped_column(primary_key=True)


class CuratedValue(Base):
    """What a person put over a harvested field; both stay.

    ``harvested`` is what the source said of it last, ``caught_up`` since when that is the same, ``gone`` since when the
    column is not there that it is of. ``keeper`` looks after it: whoever said it, until they hand it over.
    """

    __tablename__ = "curated_value"
    dataset_id: Mapped[UUID] = mapped_column(ForeignKey("dataset.id", ondelete="CASCADE"), primary_key=True)
    field: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[dict[str, Any]]
    actor: Mapped[str]
    reason: Mapped[str]
    at: Mapped[datetime]
    keeper: Mapped[str] = mapped_column(default="", server_default="")
    harvested: Mapped[dict[str, Any] | None]
    caught_up: Mapped[datetime | None]
    gone: Mapped[datetime | None]
    verified: Mapped[datetime | None]
    verified_by: Mapped[str] = mapped_column(default="", server_default="")


class HarvestedRecord(Base):
    """A record that people correct, as its source gave it last: JSON of :class:`catalog.records.DatasetRecord`."""

    __tablename__ = "harvested_record"
    dataset_id: Mapped[UUID] = mapped_column(ForeignKey("dataset.id", ondelete="CASCADE"), primary_key=True)
    record: Mapped[bytes] = mapped_column(PackedBytes())


class CuratedName(Base):
    """A spelling that a person says is of an organisation, wherever a portal writes it; ``spelling`` is folded."""

    __tablename__ = "curated_name"
    spelling: Mapped[str] = mapped_column(primary_key=True)
    written: Mapped[str]
    organisation: Mapped[str]
    actor: Mapped[str]
    reason: Mapped[str]
    at: Mapped[datetime]
    keeper: Mapped[str]
    verified: Mapped[datetime | None]
    verified_by: Mapped[str] = mapped_column(default="", server_default="")


class PayloadVersion(Base):
    """The native payload's essence as it was read, JSON; the last few versions are kept."""

    __tablename__ = "payload_version"
    dataset_seq: Mapped[int] = mapped_column(ForeignKey("dataset.seq", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    hash: Mapped[str]
    address: Mapped[str]
    fetched: Mapped[datetime]
    payload: Mapped[bytes] = mapped_column(PackedBytes())


class Reach(Base):
    """Whose records are shown in full to whom: terms that a viewer may share with a record (:mod:`catalog.viewer`).

    Only records that some audience is shown less of, or nothing, have any: of the others everybody is shown the same.
    """

    __tablename__ = "reach"
    __table_args__ = CLUSTERED
    term: Mapped[str] = mapped_column(primary_key=True)
    dataset_seq: Mapped[int] = mapped_column(
        ForeignKey("dataset.seq", ondelete="CASCADE"), primary_key=True, index=True
    )


class AccessKey(Base):
    """A key that a steward gave to a named organisation for a stated purpose; what is kept of it is a hash.

    ``id`` is the key's own beginning. ``sources`` and ``countries`` are what a steward's key is appointed for, or an
    organisation's bound to, both empty for everything. ``previous_hash`` is of the secret before the last rotation,
    good until ``previous_until``.
    """

    __tablename__ = "access_key"
    id: Mapped[str] = mapped_column(primary_key=True)
    hash: Mapped[str]
    name: Mapped[str]
    audience: Mapped[str]
    organisation: Mapped[UUID | None]
    purpose: Mapped[str]
    sources: Mapped[list[Any]]
    countries: Mapped[list[Any]]
    created: Mapped[datetime]
    created_by: Mapped[str]
    expires: Mapped[datetime]
    revoked: Mapped[datetime | None]
    revoked_by: Mapped[str] = mapped_column(default="", server_default="")
    last_used: Mapped[date | None]
    previous_hash: Mapped[str] = mapped_column(default="", server_default="")
    previous_until: Mapped[datetime | None]


class Person(Base):
    """The name behind a person's id in the audit; the id is made of name and salt, so the row proves it."""

    __tablename__ = "person"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    salt: Mapped[str]


class ProposedLowering(Base):
    """What a new version of the rules would say less strictly of one record; a named steward decides.

    ``newest`` is the number of the last thing that was asserted of the record when it was proposed, ``withhold_links``
    whether the new level withholds them; ``decision`` is empty, ``pending`` (a second steward must agree),
    ``accepted``, ``rejected`` or ``obsolete``.
    """

    __tablename__ = "proposed_lowering"
    id: Mapped[int] = mapped_column(primary_key=True)
    batch: Mapped[str] = mapped_column(index=True)
    dataset_id: Mapped[UUID] = mapped_column(ForeignKey("dataset.id", ondelete="CASCADE"), index=True)
    old: Mapped[str]
    new: Mapped[str]
    withhold_links: Mapped[bool]
    basis: Mapped[str]
    newest: Mapped[int]
    proposed: Mapped[datetime]
    decision: Mapped[str] = mapped_column(default="", server_default="")
    decided_by: Mapped[str] = mapped_column(default="", server_default="")
    decided: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="", server_default="")


class Grant(Base):
    """A named organisation or owner may reach one record beyond its audience."""

    __tablename__ = "grant"
    dataset_id: Mapped[UUID] = mapped_column(ForeignKey("dataset.id", ondelete="CASCADE"), primary_key=True)
    grantee: Mapped[str] = mapped_column(primary_key=True)
    granted_by: Mapped[str]
    reason: Mapped[str]
    at: Mapped[datetime]
    until: Mapped[datetime | None]


class Disclosure(Base):
    """What one audience may know of a record, rendered with the record itself. No row: nothing may be known."""

    __tablename__ = "disclosure"
    dataset_id: Mapped[UUID]
    audience: Mapped[Audience] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(ForeignKey("dataset.seq", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str | None]
    document: Mapped[bytes] = mapped_column(PackedBytes())
    etag: Mapped[str]


class Change(Base):
    """The change feed: one line per changed record, written with the change. ``fields`` has field, old and new."""

    __tablename__ = "change"
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    dataset_seq: Mapped[int] = mapped_column(ForeignKey("dataset.seq", ondelete="CASCADE"), index=True)
    source_key: Mapped[str]
    run_id: Mapped[UUID | None] = mapped_column(index=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    fields: Mapped[list[Any]]


class Audit(Base):
    """Who did what and why, hash-chained; never the content. ``actor`` is the id of a :class:`Person`."""

    __tablename__ = "audit"
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    reason: Mapped[str]
    prev_hash: Mapped[str]
    hash: Mapped[str]


class RegisterRow(Base):
    """A holding as its organisation's sheet says it (:mod:`catalog.register`): by column what is kept of it.

    ``acted`` has the level and the visibility of the row that were acted on already.
    """

    __tablename__ = "register_row"
    id: Mapped[str] = mapped_column(primary_key=True)
    values: Mapped[dict[str, Any]]
    acted: Mapped[dict[str, Any]]
    added: Mapped[datetime]
    changed: Mapped[datetime]


class PlanRound(Base):
    """A round of collection that a data analysis plan was imported for (:mod:`catalog.plans`): its facts by name."""

    __tablename__ = "plan_round"
    operation: Mapped[str] = mapped_column(primary_key=True)
    round: Mapped[str] = mapped_column(primary_key=True)
    values: Mapped[dict[str, Any]]
    changed: Mapped[datetime]


class PlanNeed(Base):
    """An information need of a plan: what is kept of its row; ``acted`` is as in :class:`RegisterRow`."""

    __tablename__ = "plan_need"
    __table_args__ = (
        ForeignKeyConstraint(["operation", "round"], ["plan_round.operation", "plan_round.round"]),
        Index("ix_plan_need_operation_round", "operation", "round"),
    )
    id: Mapped[str] = mapped_column(primary_key=True)
    operation: Mapped[str]
    round: Mapped[str]
    values: Mapped[dict[str, Any]]
    acted: Mapped[dict[str, Any]]
    added: Mapped[datetime]
    changed: Mapped[datetime]


class LinkCheck(Base):
    """Whether an address that everybody is told of a record was there when it was looked at (:mod:`catalog.links`).

    The address itself is not kept: ``key`` is a hash of it. ``on`` is the day of what ``state`` says, ``failing`` the
    first day since when it was only found gone, ``code`` why it was not there when it was looked at last.
    """

    __tablename__ = "link_check"
    __table_args__ = CLUSTERED
    dataset_seq: Mapped[int] = mapped_column(ForeignKey("dataset.seq", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    on: Mapped[date]
    code: Mapped[str]
    looked: Mapped[datetime]
    failing: Mapped[date | None]


class ReportedUse(Base):
    """How often a dataset was downloaded or looked at since its portal began to count (:mod:`catalog.use`).

    ``what`` is ``downloads`` or ``views``; ``on`` the day on which the portal first gave this count.
    """

    __tablename__ = "reported_use"
    __table_args__ = CLUSTERED
    dataset_seq: Mapped[int] = mapped_column(ForeignKey("dataset.seq", ondelete="CASCADE"), primary_key=True)
    what: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)
    on: Mapped[date]


class SharingSnapshot(Base):
    """How sharing stood on a day in a country, all together if that is empty (:mod:`catalog.sharing`), as counts only.

    ``audience`` is whose records are counted; ``full`` stands for those that stewards are shown. The community has no
    row where it would be that of the public.
    """

    __tablename__ = "sharing_snapshot"
    __table_args__ = CLUSTERED
    day: Mapped[date] = mapped_column(primary_key=True)
    audience: Mapped[Audience] = mapped_column(primary_key=True)
    country: Mapped[str] = mapped_column(primary_key=True)
    cells: Mapped[bytes] = mapped_column(PackedBytes())


class EnteredFigure(Base):
    """A figure of an indicator that a steward wrote by hand; of those for one day and country the last one holds."""

    __tablename__ = "entered_figure"
    id: Mapped[int] = mapped_column(primary_key=True)
    indicator: Mapped[str] = mapped_column(index=True)
    country: Mapped[str]
    day: Mapped[date]
    value: Mapped[float]
    source: Mapped[str]
    entered: Mapped[datetime]


class SameKey(Base):
    """What brings two records together to be compared (:func:`catalog.sameness.keys`): hashes, no words."""

    __tablename__ = "same_key"
    __table_args__ = CLUSTERED
    key: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    dataset_seq: Mapped[int] = mapped_column(
        ForeignKey("dataset.seq", ondelete="CASCADE"), primary_key=True, index=True
    )


class SameLink(Base):
    """Two records that may be of one dataset, the lower number first: reasons by code, and what a steward decided.

    ``decision`` is empty, ``confirmed`` or ``refused``; where it is not empty no harvest takes the link away.
    """

    __tablename__ = "same_link"
    __table_args__ = (CheckConstraint("first_seq < second_seq", name="in_order"),)
    first_seq: Mapped[int] = mapped_column(ForeignKey("dataset.seq", ondelete="CASCADE"), primary_key=True)
    second_seq: Mapped[int] = mapped_column(ForeignKey("dataset.seq", ondelete="CASCADE"), primary_key=True, index=True)
    score: Mapped[float]
    reasons: Mapped[list[Any]]
    found: Mapped[datetime]
    decision: Mapped[str] = mapped_column(default="", server_default="")
    decided_by: Mapped[str] = mapped_column(default="", server_default="")
    decided: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="", server_default="")


class DataRequest(Base):
    """That somebody asks for a record's data (:mod:`catalog.requests`); how it stands follows from its notes.

    ``key`` is the id of the requester's key, ``requester`` the name and ``organisation`` the one it was given to.
    ``expected_days`` is after how many an answer that has not come is noted as none.
    """

    __tablename__ = "data_request"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    dataset_id: Mapped[UUID] = mapped_column(ForeignKey("dataset.id", ondelete="CASCADE"), index=True)
    key: Mapped[str] = mapped_column(index=True)
    requester: Mapped[str]
    organisation: Mapped[UUID | None]
    purpose: Mapped[str]
    for_whom: Mapped[str]
    until: Mapped[date]
    agreement: Mapped[str]
    language: Mapped[str]
    expected_days: Mapped[int]
    opened: Mapped[datetime]


class RequestNote(Base):
    """That a request came into a state: when, noted by whom (``actor``, with ``key``) as what, and why."""

    __tablename__ = "request_note"
    request_id: Mapped[UUID] = mapped_column(ForeignKey("data_request.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str]
    at: Mapped[datetime]
    part: Mapped[str]
    actor: Mapped[str]
    key: Mapped[str]
    reason: Mapped[str]
    category: Mapped[str]


class NeedOverrule(Base):
    """What a person says of a need in a country in the place of what is judged (:mod:`catalog.needs.overruling`).

    It stands from ``at`` to the end of the day ``expires``, or until ``ended``. ``by`` and ``ended_by`` are ids of a
    :class:`Person`. Rows stay.
    """

    __tablename__ = "need_overrule"
    id: Mapped[int] = mapped_column(primary_key=True)
    country: Mapped[str] = mapped_column(index=True)
    need: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]
    expires: Mapped[date]
    ended: Mapped[datetime | None]
    ended_by: Mapped[str] = mapped_column(default="", server_default="")


class NeedAction(Base):
    """What is to be done about a need in a country: by which role of which organisation, and by when.

    ``state`` is ``open``, ``done`` or ``dropped``. ``by`` and ``closed_by`` are ids of a :class:`Person`.
    """

    __tablename__ = "need_action"
    id: Mapped[int] = mapped_column(primary_key=True)
    country: Mapped[str] = mapped_column(index=True)
    need: Mapped[str]
    what: Mapped[str]
    owner: Mapped[str]
    organisation: Mapped[str]
    due: Mapped[date]
    state: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]
    closed: Mapped[datetime | None]
    closed_by: Mapped[str] = mapped_column(default="", server_default="")
    closing: Mapped[str] = mapped_column(default="", server_default="")


class UnmetNeed(Base):
    """What was looked for, not found and logged, by its words and country (:mod:`catalog.needs.unmet`).

    ``folded`` are the words made comparable, ``closed_by`` is the id of a :class:`Person`; nothing is of who asked.
    """

    __tablename__ = "unmet_need"
    __table_args__ = (UniqueConstraint("folded", "country"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    folded: Mapped[str]
    country: Mapped[str] = mapped_column(index=True)
    words: Mapped[str]
    count: Mapped[int]
    first: Mapped[date]
    last: Mapped[date]
    closed: Mapped[datetime | None]
    closed_by: Mapped[str] = mapped_column(default="", server_default="")
    closing: Mapped[str] = mapped_column(default="", server_default="")
