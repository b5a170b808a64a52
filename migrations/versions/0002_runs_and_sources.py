"""Decisions about held runs, what the client counted, and sources that wait for approval or are paused."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001.2"
branch_labels = None
depends_on = None

_RUN = (
    sa.Column("requests", sa.Integer(), nullable=False, server_default="0"),
    sa.Column("not_modified", sa.Integer(), nullable=False, server_default="0"),
    sa.Column("bytes", sa.BigInteger(), nullable=False, server_default="0"),
    sa.Column("decision", sa.Text(), nullable=False, server_default=""),
    sa.Column("decided_by", sa.Text(), nullable=False, server_default=""),
    sa.Column("decided", sa.DateTime(timezone=True), nullable=True),
)
_SOURCE = (
    sa.Column("declaration", sa.JSON(), nullable=True),
    sa.Column("proposed_by", sa.Text(), nullable=False, server_default=""),
    sa.Column("approved_by", sa.Text(), nullable=False, server_default=""),
    sa.Column("approved", sa.DateTime(timezone=True), nullable=True),
    sa.Column("paused_by", sa.Text(), nullable=False, server_default=""),
    sa.Column("paused_reason", sa.Text(), nullable=False, server_default=""),
    sa.Column("paused", sa.DateTime(timezone=True), nullable=True),
)


def upgrade() -> None:
    for table, columns in (("harvest_run", _RUN), ("source", _SOURCE)):
        with op.batch_alter_table(table, schema=None) as batch_op:
            for column in columns:
                batch_op.add_column(column.copy())


def downgrade() -> None:
    for table, columns in (("harvest_run", _RUN), ("source", _SOURCE)):
        with op.batch_alter_table(table, schema=None) as batch_op:
            for column in columns:
                batch_op.drop_column(column.name)
