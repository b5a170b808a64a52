"""What an assertion rests on, keys, whose records are shown in full to whom, and lowerings that wait for a steward."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("level_assertion", schema=None) as batch_op:
        for name in ("protocol", "statement", "actor"):
            batch_op.add_column(sa.Column(name, sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("dataset", schema=None) as batch_op:
        batch_op.add_column(sa.Column("harm_if_withheld", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "reach",
        sa.Column("term", sa.Text(), nullable=False),
        sa.Column("dataset_seq", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_seq"], ["dataset.seq"], name=op.f("fk_reach_dataset_seq_dataset"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("term", "dataset_seq", name=op.f("pk_reach")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_reach_dataset_seq"), "reach", ["dataset_seq"])
    op.create_table(
        "access_key",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Uuid(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.Column("countries", sa.JSON(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=False, server_default=""),
        sa.Column("last_used", sa.Date(), nullable=True),
        sa.Column("previous_hash", sa.Text(), nullable=False, server_default=""),
        sa.Column("previous_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_key")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("name", name=op.f("uq_person_name")),
    )
    op.create_table(
        "proposed_lowering",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch", sa.Text(), nullable=False),
        sa.Column("dataset_id", sa.Uuid(), nullable=False),
        sa.Column("old", sa.Text(), nullable=False),
        sa.Column("new", sa.Text(), nullable=False),
        sa.Column("withhold_links", sa.Boolean(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("newest", sa.Integer(), nullable=False),
        sa.Column("proposed", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False, server_default=""),
        sa.Column("decided_by", sa.Text(), nullable=False, server_default=""),
        sa.Column("decided", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["dataset.id"], name=op.f("fk_proposed_lowering_dataset_id_dataset"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposed_lowering")),
    )
    for name in ("batch", "dataset_id"):
        op.create_index(op.f(f"ix_proposed_lowering_{name}"), "proposed_lowering", [name])


def downgrade() -> None:
    op.drop_table("proposed_lowering")
    op.drop_table("person")
    op.drop_table("access_key")
    op.drop_table("reach")
    with op.batch_alter_table("dataset", schema=None) as batch_op:
        batch_op.drop_column("harm_if_withheld")
    with op.batch_alter_table("level_assertion", schema=None) as batch_op:
        for name in ("actor", "statement", "protocol"):
            batch_op.drop_column(name)
