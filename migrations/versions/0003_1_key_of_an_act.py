"""With which key a person said something of a level: two names of one key are one person."""

import sqlalchemy as sa
from alembic import op

revision = "0003.1"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("level_assertion", schema=None) as batch_op:
        batch_op.add_column(sa.Column("key", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("level_assertion", schema=None) as batch_op:
        batch_op.drop_column("key")
