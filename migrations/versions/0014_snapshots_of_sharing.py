"""How sharing stood on a day, and figures that are written by hand."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    audience = sa.Enum(
        "public", "community", "full", name="audience", native_enum=False, create_constraint=True, length=20
    )
    op.create_table(
        "sharing_snapshot",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("audience", audience, nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("cells", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("day", "audience", "country", name=op.f("pk_sharing_snapshot")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "entered_figure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("entered", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entered_figure")),
    )
    op.create_index(op.f("ix_entered_figure_indicator"), "entered_figure", ["indicator"])


def downgrade() -> None:
    """How sharing stood on past days is lost for good, and so are figures written by hand; export both first."""
    op.drop_index(op.f("ix_entered_figure_indicator"), table_name="entered_figure")
    op.drop_table("entered_figure")
    op.drop_table("sharing_snapshot")
