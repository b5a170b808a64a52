"""How often a dataset was downloaded and looked at, as its portal counts."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reported_use",
        sa.Column("dataset_seq", sa.Integer(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_seq"],
            ["dataset.seq"],
            name=op.f("fk_reported_use_dataset_seq_dataset"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("dataset_seq", "what", name=op.f("pk_reported_use")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Downloads and views are lost until each source is harvested again; snapshots keep the sums of past days."""
    op.drop_table("reported_use")
