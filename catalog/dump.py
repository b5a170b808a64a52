"""Every content table by natural key, as JSON lines: the measure of "the same catalog".

Left out are only run ids and clock times, and with them the numbers that stand for an order of writing. What a
portal said of time stays.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.tables import (
    AccessRoute,
    Agent,
    AgentAlias,
    Base,
    CatalogRecord,
    Change,
    Column,
    ColumnTag,
    CuratedValue,
    Dataset,
    DatasetAgent,
    DatasetConcept,
    DatasetLocation,
    Disclosure,
    Distribution,
    Grant,
    LevelAssertion,
    PayloadVersion,
    ProposedLowering,
    Reach,
    Relation,
    Slug,
    SourceRow,
)

CONTENT: tuple[type[Base], ...] = (
    SourceRow, Agent, AgentAlias, Dataset, CatalogRecord, Slug, DatasetAgent, DatasetLocation, DatasetConcept,
    Distribution, Column, ColumnTag, LevelAssertion, AccessRoute, Relation, CuratedValue, PayloadVersion, Grant,
    ProposedLowering, Reach, Disclosure, Change,
)  # fmt: skip
CLOCK = frozenset(
    {
        "first_seen",
        "last_seen",
        "missing_since",
        "fetched",
        "valid_from",
        "review_by",
        "at",
        "last_seen_run",
        "run_id",
        "approved",
        "paused",
        "proposed",
        "decided",
    }
)
"""Columns that hold run ids and clock times of our own."""


def lines(session: Session) -> Iterator[bytes]:
    """One JSON object per row: its table and its columns, ordered by table and content."""
    ids = dict(session.execute(select(Dataset.seq, Dataset.id)).all())
    for entity in CONTENT:
        table = entity.__tablename__
        rows = [_row(entity, row, ids) for row in session.execute(select(entity.__table__)).mappings()]
        if entity is Change:
            rows = list(_numbered_within_dataset(rows))
        yield from sorted(
            orjson.dumps({"table": table} | row, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS) for row in rows
        )


def _row(entity: type[Base], row: Any, ids: Mapping[int, UUID]) -> dict[str, Any]:  # noqa: ANN401 - a RowMapping
    kept: dict[str, Any] = {}
    for column in entity.__table__.columns:
        if column.name in CLOCK or (
            entity in {LevelAssertion, ProposedLowering} and column.name in {"id", "supersedes", "newest"}
        ):
            continue
        value = row[column.name]
        if column.name == "dataset_seq":
            kept["dataset_id"] = ids[value]
            continue
        if isinstance(value, bytes):
            value = orjson.loads(value)
            if entity is Disclosure:
                value["level"].pop("review_by")
        kept[column.name] = value
    if entity is Disclosure:
        kept.pop("etag")
    return kept


def _numbered_within_dataset(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Sources harvested side by side interleave; within a dataset the order is fixed."""
    counted: dict[Any, int] = defaultdict(int)
    for row in sorted(rows, key=lambda row: row["seq"]):
        counted[row["dataset_id"]] += 1
        yield row | {"seq": counted[row["dataset_id"]]}
