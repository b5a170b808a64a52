"""What people looked for and did not find."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unmet_need",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("closed", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Text(), server_default="", nullable=False),
        sa.Column("closing", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unmet_need")),
        sa.UniqueConstraint("folded", "country", name=op.f("uq_unmet_need_folded_country")),
    )
    op.create_index(op.f("ix_unmet_need_country"), "unmet_need", ["country"])
    # It is there from the first: two that log at once wait for one another at this row.
    op.execute(sa.text("insert into counter (name, value) values ('unmet_need', 0)"))


def downgrade() -> None:
    """Logged needs are lost for good; take them out with "landmark needs logged --json" first. The audit stays."""
    op.execute(sa.text("delete from counter where name = 'unmet_need'"))
    op.drop_index(op.f("ix_unmet_need_country"), table_name="unmet_need")
    op.drop_table("unmet_need")
