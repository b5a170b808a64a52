"""How a source stands: live, needs a key, off by default, retired; and what a view is a part of."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("source", schema=None) as batch_op:
        batch_op.add_column(sa.Column("standing", sa.JSON(), server_default="{}", nullable=False))


def downgrade() -> None:
    """Sources are noted again by the next command that reads their files."""
    with op.batch_alter_table("source", schema=None) as batch_op:
        batch_op.drop_column("standing")
