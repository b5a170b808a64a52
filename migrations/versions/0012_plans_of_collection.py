"""Data analysis plans, and what they will collect."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plan_round",
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("round", sa.Text(), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("operation", "round", name=op.f("pk_plan_round")),
    )
    op.create_table(
        "plan_need",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("round", sa.Text(), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("acted", sa.JSON(), nullable=False),
        sa.Column("added", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["operation", "round"],
            ["plan_round.operation", "plan_round.round"],
            name=op.f("fk_plan_need_operation_plan_round"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_need")),
    )
    op.create_index("ix_plan_need_operation_round", "plan_need", ["operation", "round"])


def downgrade() -> None:
    """The plans are lost, with what was acted on of them; import them anew. Their records stay."""
    op.drop_index("ix_plan_need_operation_round", "plan_need")
    op.drop_table("plan_need")
    op.drop_table("plan_round")
