"""Corrections as they are kept, with the record as its source gave it last."""

from collections.abc import Iterable, Sequence
from functools import cache
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from catalog.curation.overlay import Fact, Laid
from catalog.records import DatasetRecord
from catalog.tables import CuratedValue, HarvestedRecord

VISIBILITY = "visibility"
"""The field of what :mod:`catalog.opening` keeps in the same table; it is no correction."""
_CHUNK = 500


def of(session: Session, ids: Sequence[UUID]) -> dict[UUID, tuple[Fact, ...]]:
    """What people say of records, by id; of those of which they say something."""
    found: dict[UUID, list[Fact]] = {}
    for start in range(0, len(ids), _CHUNK):
        some = CuratedValue.dataset_id.in_(ids[start : start + _CHUNK])
        rows = session.scalars(
            select(CuratedValue)
            .where(some, CuratedValue.field != VISIBILITY)
            .order_by(CuratedValue.dataset_id, CuratedValue.field)
            .execution_options(populate_existing=True)
        )
        for row in rows:
            found.setdefault(row.dataset_id, []).append(fact(row))
    return {id_: tuple(facts) for id_, facts in found.items()}


def fact(row: CuratedValue) -> Fact:
    """A row as what somebody says."""
    said = row.harvested
    return Fact(
        row.field,
        row.value.get("value"),
        row.at,
        said is not None,
        said.get("value") if said else None,
        row.caught_up,
        row.gone,
    )


def note(session: Session, laid: Iterable[tuple[UUID, Laid]]) -> None:
    """Keep what the sources say now beside what people say."""
    for id_, one in laid:
        for told in one.facts:
            session.execute(
                update(CuratedValue)
                .where(CuratedValue.dataset_id == id_, CuratedValue.field == told.field)
                .values(harvested={"value": told.harvested}, caught_up=told.caught_up, gone=told.gone),
                execution_options={"synchronize_session": False},
            )
        if one.facts:
            keep(session, id_, one.harvested)
    session.flush()


def keep(session: Session, id_: UUID, record: DatasetRecord) -> None:
    """Keep a record as its source gives it."""
    session.execute(
        delete(HarvestedRecord).where(HarvestedRecord.dataset_id == id_),
        execution_options={"synchronize_session": False},
    )
    session.add(HarvestedRecord(dataset_id=id_, record=_adapter().dump_json(record)))
    session.flush()


def harvested(session: Session, id_: UUID) -> DatasetRecord | None:
    """A record that people correct, as its source gave it last; None of one that nobody corrects."""
    found = session.scalar(select(HarvestedRecord.record).where(HarvestedRecord.dataset_id == id_))
    return None if found is None else _adapter().validate_json(found)


def forget(session: Session, ids: Sequence[UUID]) -> None:
    """Delete all that was said of records, and the records as they were given: their portal has made them private."""
    quietly = {"synchronize_session": False}
    for start in range(0, len(ids), _CHUNK):
        some = ids[start : start + _CHUNK]
        session.execute(delete(HarvestedRecord).where(HarvestedRecord.dataset_id.in_(some)), execution_options=quietly)
        session.execute(
            delete(CuratedValue).where(CuratedValue.dataset_id.in_(some), CuratedValue.field != VISIBILITY),
            execution_options=quietly,
        )


@cache
def _adapter() -> TypeAdapter[DatasetRecord]:
    return TypeAdapter(DatasetRecord)
