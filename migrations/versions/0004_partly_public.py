"""Records of which the public is shown a part, or only that they exist."""

import json
import zlib
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003.1"
branch_labels = None
depends_on = None

_FORMER = ("public", "community", "restricted", "owner")
_NEW = ("described", "listed")
_TABLES = ("source", "dataset")


def upgrade() -> None:
    _may_be(_FORMER, (*_FORMER[:1], *_NEW, *_FORMER[1:]))


def downgrade() -> None:
    """What the public was shown in part it is shown no longer."""
    for table in _TABLES:
        op.execute(f"update {table} set visibility = 'community' where visibility in ('described', 'listed')")  # noqa: S608
    connection = op.get_bind()
    named = sa.table("disclosure", sa.column("seq"), sa.column("audience"), sa.column("document", sa.LargeBinary()))
    for seq, audience, packed in connection.execute(sa.select(named.c.seq, named.c.audience, named.c.document)).all():
        document = json.loads(zlib.decompress(packed))
        if not _of_new(document):
            continue
        of = (named.c.seq == seq) & (named.c.audience == audience)
        if audience == "public" and document["visibility"] in _NEW:
            connection.execute(named.delete().where(of))
            continue
        said = {name: _narrowed(value) for name, value in document.get("visibility_of", {}).items()}
        document |= {"visibility": _narrowed(document["visibility"]), "visibility_of": said}
        body = zlib.compress(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(), 1)
        connection.execute(named.update().where(of).values(document=body))
    _may_be((*_FORMER[:1], *_NEW, *_FORMER[1:]), _FORMER)


def _may_be(before: tuple[str, ...], after: tuple[str, ...]) -> None:
    for table in _TABLES:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.alter_column(
                "visibility", existing_type=_words(before), type_=_words(after), existing_nullable=False
            )


def _words(values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, name="visibility", native_enum=False, create_constraint=True, length=20)


def _of_new(document: dict[str, Any]) -> bool:
    return not set(_NEW).isdisjoint({document["visibility"], *document.get("visibility_of", {}).values()})


def _narrowed(value: str) -> str:
    return "community" if value in _NEW else value
