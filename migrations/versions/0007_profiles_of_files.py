"""What files say of their own columns: headers and hashtags, read from their beginnings, never a cell."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "file_profile",
        sa.Column("dataset_seq", sa.Integer(), nullable=False),
        sa.Column("distribution", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("modified", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("declared", sa.Text(), nullable=False),
        sa.Column("looked", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.Column("sheets", sa.JSON(), nullable=False),
        sa.Column("remarks", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_seq"], ["dataset.seq"], name=op.f("fk_file_profile_dataset_seq_dataset"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("dataset_seq", "distribution", name=op.f("pk_file_profile")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """What was read of files is lost; the columns of records stay until they change, and are read again."""
    op.drop_table("file_profile")
