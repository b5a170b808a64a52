"""Which records are of one dataset: what brings two together, and the links with what stewards decided."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "same_key",
        sa.Column("key", sa.BigInteger(), nullable=False),
        sa.Column("dataset_seq", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_seq"], ["dataset.seq"], name=op.f("fk_same_key_dataset_seq_dataset"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key", "dataset_seq", name=op.f("pk_same_key")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_same_key_dataset_seq"), "same_key", ["dataset_seq"])
    op.create_table(
        "same_link",
        sa.Column("first_seq", sa.Integer(), nullable=False),
        sa.Column("second_seq", sa.Integer(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("found", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False, server_default=""),
        sa.Column("decided_by", sa.Text(), nullable=False, server_default=""),
        sa.Column("decided", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.ForeignKeyConstraint(
            ["first_seq"], ["dataset.seq"], name=op.f("fk_same_link_first_seq_dataset"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["second_seq"], ["dataset.seq"], name=op.f("fk_same_link_second_seq_dataset"), ondelete="CASCADE"
        ),
        sa.CheckConstraint("first_seq < second_seq", name=op.f("ck_same_link_in_order")),
        sa.PrimaryKeyConstraint("first_seq", "second_seq", name=op.f("pk_same_link")),
    )
    op.create_index(op.f("ix_same_link_second_seq"), "same_link", ["second_seq"])
    # Two harvests that end at once would both make them.
    op.execute("insert into counter (name, value) values ('same', 0), ('same-version', 0)")


def downgrade() -> None:
    """What stewards decided is lost; the links are found again."""
    op.drop_table("same_link")
    op.drop_table("same_key")
    op.execute("delete from counter where name in ('same', 'same-version')")
