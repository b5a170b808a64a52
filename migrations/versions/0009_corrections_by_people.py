"""What people correct of a record, beside what its source says."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_ADDED = ("keeper", "harvested", "caught_up", "gone", "verified", "verified_by")


def upgrade() -> None:
    with op.batch_alter_table("curated_value") as batch:
        batch.add_column(sa.Column("keeper", sa.Text(), nullable=False, server_default=""))
        batch.add_column(sa.Column("harvested", sa.JSON(), nullable=True))
        batch.add_column(sa.Column("caught_up", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("gone", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("verified", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("verified_by", sa.Text(), nullable=False, server_default=""))
    op.execute("update curated_value set keeper = actor")
    op.create_table(
        "harvested_record",
        sa.Column("dataset_id", sa.Uuid(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["dataset.id"], name=op.f("fk_harvested_record_dataset_id_dataset"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("dataset_id", name=op.f("pk_harvested_record")),
    )
    op.create_table(
        "curated_name",
        sa.Column("spelling", sa.Text(), nullable=False),
        sa.Column("written", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("keeper", sa.Text(), nullable=False),
        sa.Column("verified", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_by", sa.Text(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("spelling", name=op.f("pk_curated_name")),
    )


def downgrade() -> None:
    """Corrections are lost, those of organisations' names too; what stewards decided on visibility stays.

    Records keep the corrected values until the next time they are judged: run "landmark reassess" afterwards.
    """
    op.drop_table("curated_name")
    op.drop_table("harvested_record")
    op.execute("delete from curated_value where field <> 'visibility'")
    with op.batch_alter_table("curated_value") as batch:
        for name in _ADDED:
            batch.drop_column(name)
