"""Decisions about held runs, what the client counted, and sources that wait for approval or are paused."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001.2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("harvest_run", schema=None) as batch_op:
        batch_op.add_column(sa.Column("requests", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("not_modified", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("bytes", sa.BigInteger(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("decision", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("decided_by", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("decided", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("source", schema=None) as batch_op:
        batch_op.add_column(sa.Column("declaration", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("proposed_by", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("approved_by", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("approved", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("paused_by", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("paused_reason", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("paused", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("source", schema=None) as batch_op:
        for name in (
            "paused", "paused_reason", "paused_by", "approved", "approved_by", "proposed_by", "declaration",
        ):  # fmt: skip
            batch_op.drop_column(name)
    with op.batch_alter_table("harvest_run", schema=None) as batch_op:
        for name in ("decided", "decided_by", "decision", "bytes", "not_modified", "requests"):
            batch_op.drop_column(name)
