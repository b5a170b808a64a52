"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001.2"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("acronym", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "national_authority",
                "un",
                "international_ngo",
                "national_ngo",
                "red_cross",
                "academic",
                "donor",
                "private",
                "coordination",
                "unknown",
                name="agentkind",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent")),
        sa.UniqueConstraint("key", name=op.f("uq_agent_key")),
    )
    op.create_table(
        "audit",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
    )
    op.create_table(
        "counter",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counter")),
    )
    op.create_table(
        "slug",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("dataset_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_slug")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "source",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("publisher", sa.Text(), nullable=False),
        sa.Column("licence", sa.Text(), nullable=False),
        sa.Column(
            "visibility",
            sa.Enum(
                "public",
                "community",
                "restricted",
                "owner",
                name="visibility",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column(
            "access",
            sa.Enum(
                "open",
                "register",
                "on_request",
                "under_agreement",
                "bilateral",
                "on_site",
                "not_shared",
                "unknown",
                name="accessmodality",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("schedule", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_source")),
    )
    op.create_table(
        "agent_alias",
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agent.id"], name=op.f("fk_agent_alias_agent_id_agent"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("agent_id", "alias", name=op.f("pk_agent_alias")),
    )
    op.create_table(
        "dataset",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source_key", sa.Text(), nullable=False),
        sa.Column("title", sa.JSON(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("landing_page", sa.Text(), nullable=False),
        sa.Column("issued", sa.DateTime(timezone=True), nullable=True),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=True),
        sa.Column("period_start", sa.Date(), nullable=True),
        sa.Column("period_end", sa.Date(), nullable=True),
        sa.Column("period_open", sa.Boolean(), nullable=False),
        sa.Column("update_frequency", sa.Integer(), nullable=True),
        sa.Column("reviewed", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("overdue", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delinquent", sa.DateTime(timezone=True), nullable=True),
        sa.Column("methodology", sa.Text(), nullable=False),
        sa.Column("caveats", sa.Text(), nullable=False),
        sa.Column("licence", sa.Text(), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("keywords", sa.JSON(), nullable=False),
        sa.Column("cod_level", sa.Text(), nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column(
            "visibility",
            sa.Enum(
                "public",
                "community",
                "restricted",
                "owner",
                name="visibility",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("urgency_recipients", sa.JSON(), nullable=False),
        sa.Column("extra", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["source_key"], ["source.key"], name=op.f("fk_dataset_source_key_source")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_dataset")),
        sa.UniqueConstraint("id", name=op.f("uq_dataset_id")),
    )
    with op.batch_alter_table("dataset", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dataset_source_key"), ["source_key"], unique=False)

    op.create_table(
        "harvest_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source_key", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "running",
                "complete",
                "partial",
                "failed",
                "held",
                "cancelled",
                name="runstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("started", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("created", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("portal_total", sa.Integer(), nullable=True),
        sa.Column("page_token", sa.Text(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("heartbeat", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stages", sa.JSON(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "seen = created + updated + unchanged + failed + skipped", name=op.f("ck_harvest_run_counts_add_up")
        ),
        sa.ForeignKeyConstraint(["source_key"], ["source.key"], name=op.f("fk_harvest_run_source_key_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_harvest_run")),
    )
    with op.batch_alter_table("harvest_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_harvest_run_source_key"), ["source_key"], unique=False)
        batch_op.create_index(
            "uq_harvest_run_running",
            ["source_key"],
            unique=True,
            sqlite_where=sa.text("state = 'running'"),
            postgresql_where=sa.text("state = 'running'"),
        )

    op.create_table(
        "change",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("dataset_seq", sa.Integer(), nullable=False),
        sa.Column("source_key", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_seq"], ["dataset.seq"], name=op.f("fk_change_dataset_seq_dataset"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_change")),
    )
    with op.batch_alter_table("change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_change_dataset_seq"), ["dataset_seq"], unique=False)
        batch_op.create_index(batch_op.f("ix_change_run_id"), ["run_id"], unique=False)

    op.create_table(
        "access_route",
        sa.Column("dataset_seq", sa.Integer(), nullable=False),
        sa.Column(
            "artefact",
            sa.Enum(
                "data", "report", "questionnaire", name="artefact", native_enum=False, create_constraint=True, length=20
            ),
            nullable=False,
        ),
        sa.Column(
            "modality",
            sa.Enum(
                "open",
                "register",
                "on_request",
                "under_agreement",
                "bilateral",
                "on_site",
                "not_shared",
                "unknown",
                name="accessmodality",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_seq"], ["dataset.seq"], name=op.f("fk_access_route_dataset_seq_dataset"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("dataset_seq", "artefact", name=op.f("pk_access_route")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "catalog_record",
        sa.Column("dataset_seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source_key", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "listed",
                "missing",
                "withdrawn",
                name="recordstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_run", sa.Uuid(), nullable=True),
        sa.Column("missing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("missing_runs", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_seq"], ["dataset.seq"], name=op.f("fk_catalog_record_dataset_seq_dataset"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["last_seen_run"],
            ["harvest_run.id"],
            name=op.f("fk_catalog_record_last_seen_run_harvest_run"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(["source_key"], ["source.key"], name=op.f("fk_catalog_record_source_key_source")),
        sa.PrimaryKeyConstraint("dataset_seq", name=op.f("pk_catalog_record")),
    )
    with op.batch_alter_table("catalog_record", schema=None) as batch_op:
        batch_op.create_index("uq_catalog_record_source_remote", ["source_key", "remote_id"], unique=True)

    op.create_table(
        "curated_value",
        sa.Column("dataset_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["dataset.id"], name=op.f("fk_curated_value_dataset_id_dataset"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("dataset_id", "field", name=op.f("pk_curated_value")),
    )
    op.create_table(
        "dataset_agent",
        sa.Column("dataset_seq", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "publisher",
                "holder",
                "owner",
                "steward",
                "contact",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_dataset_agent_agent_id_agent")),
        sa.ForeignKeyConstraint(
            ["dataset_seq"], ["dataset.seq"], name=op.f("fk_dataset_agent_dataset_seq_dataset"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("dataset_seq", "agent_id", "role", name=op.f("pk_dataset_agent")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("dataset_agent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dataset_agent_agent_id"), ["agent_id"], unique=False)

    op.create_table(
        "dataset_concept",
        sa.Column("dataset_seq", sa.Integer(), nullable=False),
        sa.Column("concept", sa.Text(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_seq"], ["dataset.seq"], name=op.f("fk_dataset_concept_dataset_seq_dataset"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("dataset_seq", "concept", name=op.f("pk_dataset_concept")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "dataset_location",
        sa.Column("dataset_seq", sa.Integer(), nullable=False),
        sa.Column("iso3", sa.Text(), nullable=False),
        sa.Column("admin_level", sa.Integer(), nullable=True),
        sa.Column("p_coded", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["dataset_seq"], ["dataset.seq"], name=op.f("fk_dataset_location_dataset_seq_dataset"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("dataset_seq", "iso3", name=op.f("pk_dataset_location")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "disclosure",
        sa.Column("dataset_id", sa.Uuid(), nullable=False),
        sa.Column(
            "audience",
            sa.Enum(
                "public", "community", "full", name="audience", native_enum=False, create_constraint=True, length=20
            ),
            nullable=False,
        ),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["seq"], ["dataset.seq"], name=op.f("fk_disclosure_seq_dataset"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("audience", "seq", name=op.f("pk_disclosure")),
    )

    op.create_table(
        "distribution",
        sa.Column("dataset_seq", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("declared_format", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=True),
        sa.Column("under_review", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_seq"], ["dataset.seq"], name=op.f("fk_distribution_dataset_seq_dataset"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("dataset_seq", "key", name=op.f("pk_distribution")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "grant",
        sa.Column("dataset_id", sa.Uuid(), nullable=False),
        sa.Column("grantee", sa.Text(), nullable=False),
        sa.Column("granted_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["dataset.id"], name=op.f("fk_grant_dataset_id_dataset"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("dataset_id", "grantee", name=op.f("pk_grant")),
    )
    op.create_table(
        "harvest_issue",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("source_key", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("mend", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["harvest_run.id"], name=op.f("fk_harvest_issue_run_id_harvest_run"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_harvest_issue")),
    )
    with op.batch_alter_table("harvest_issue", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_harvest_issue_run_id"), ["run_id"], unique=False)

    op.create_table(
        "level_assertion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dataset_id", sa.Uuid(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column(
            "level",
            sa.Enum(
                "low_no",
                "moderate",
                "high",
                "severe",
                name="level",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=True,
        ),
        sa.Column("asserted_by", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("isp_date", sa.Date(), nullable=True),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("review_by", sa.Date(), nullable=True),
        sa.Column("supersedes", sa.Integer(), nullable=True),
        sa.Column("accepted_by", sa.Text(), nullable=True),
        sa.Column("withhold_links", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["dataset.id"], name=op.f("fk_level_assertion_dataset_id_dataset"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["supersedes"], ["level_assertion.id"], name=op.f("fk_level_assertion_supersedes_level_assertion")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_level_assertion")),
    )
    with op.batch_alter_table("level_assertion", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_level_assertion_dataset_id"), ["dataset_id"], unique=False)

    op.create_table(
        "payload_version",
        sa.Column("dataset_seq", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("fetched", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_seq"], ["dataset.seq"], name=op.f("fk_payload_version_dataset_seq_dataset"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("dataset_seq", "version", name=op.f("pk_payload_version")),
    )
    op.create_table(
        "relation",
        sa.Column("dataset_seq", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "based_on",
                "safe_product_of",
                "same_as",
                name="relationkind",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("target", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_seq"], ["dataset.seq"], name=op.f("fk_relation_dataset_seq_dataset"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("dataset_seq", "kind", "target", name=op.f("pk_relation")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "column",
        sa.Column("dataset_seq", sa.Integer(), nullable=False),
        sa.Column("distribution", sa.Text(), nullable=False),
        sa.Column("sheet", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("header", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_seq", "distribution"],
            ["distribution.dataset_seq", "distribution.key"],
            name=op.f("fk_column_dataset_seq_distribution_distribution"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("dataset_seq", "distribution", "sheet", "position", name=op.f("pk_column")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "column_tag",
        sa.Column("dataset_seq", sa.Integer(), nullable=False),
        sa.Column("distribution", sa.Text(), nullable=False),
        sa.Column("sheet", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("tagspec", sa.Text(), nullable=False),
        sa.Column(
            "origin",
            sa.Enum(
                "declared",
                "mapped",
                "inferred",
                "curated",
                name="tagorigin",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_seq", "distribution", "sheet", "position"],
            ["column.dataset_seq", "column.distribution", "column.sheet", "column.position"],
            name=op.f("fk_column_tag_dataset_seq_distribution_sheet_position_column"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "dataset_seq", "distribution", "sheet", "position", "tagspec", "origin", name=op.f("pk_column_tag")
        ),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    with op.batch_alter_table("change", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_change_run_id"))
        batch_op.drop_index(batch_op.f("ix_change_dataset_seq"))

    op.drop_table("change")
    op.drop_table("column_tag")
    op.drop_table("column")
    op.drop_table("relation")
    op.drop_table("payload_version")
    with op.batch_alter_table("level_assertion", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_level_assertion_dataset_id"))

    op.drop_table("level_assertion")
    with op.batch_alter_table("harvest_issue", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_harvest_issue_run_id"))

    op.drop_table("harvest_issue")
    op.drop_table("grant")
    op.drop_table("distribution")
    op.drop_table("disclosure")
    op.drop_table("dataset_location")
    op.drop_table("dataset_concept")
    with op.batch_alter_table("dataset_agent", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dataset_agent_agent_id"))

    op.drop_table("dataset_agent")
    op.drop_table("curated_value")
    with op.batch_alter_table("catalog_record", schema=None) as batch_op:
        batch_op.drop_index("uq_catalog_record_source_remote")

    op.drop_table("catalog_record")
    op.drop_table("access_route")
    with op.batch_alter_table("harvest_run", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_harvest_run_running",
            sqlite_where=sa.text("state = 'running'"),
            postgresql_where=sa.text("state = 'running'"),
        )
        batch_op.drop_index(batch_op.f("ix_harvest_run_source_key"))

    op.drop_table("harvest_run")
    with op.batch_alter_table("dataset", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dataset_source_key"))

    op.drop_table("dataset")
    op.drop_table("agent_alias")
    op.drop_table("source")
    op.drop_table("slug")
    op.drop_table("counter")
    op.drop_table("audit")
    op.drop_table("agent")
