"""Which addresses were looked at, and which are dead; safe products are found by what they are made of."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_SAFE = "kind = 'safe_product_of'"


def upgrade() -> None:
    op.create_table(
        "link_check",
        sa.Column("dataset_seq", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("looked", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failing", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["dataset_seq"], ["dataset.seq"], name=op.f("fk_link_check_dataset_seq_dataset"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("dataset_seq", "key", name=op.f("pk_link_check")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_relation_safe_product", "relation", ["target"], sqlite_where=sa.text(_SAFE), postgresql_where=sa.text(_SAFE)
    )


def downgrade() -> None:
    """What was found of links is lost; it is found again by looking."""
    op.drop_index("ix_relation_safe_product", "relation")
    op.drop_table("link_check")
