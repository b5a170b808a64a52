"""Breaking the glass over one record: it is shown whole, to its owner's secrets, and stewards are told."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.asker import broken
from catalog.reading import dataset_of
from catalog.tables import Dataset, DatasetLocation
from catalog.viewer import STEWARD, Viewer, breaking_glass

SHOW = "show"
"""The command by which the same is done on the machine."""
LONGEST = 200
"""Characters of what was asked for that are kept where it is no record."""


def break_for(session: Session, viewer: Viewer, key: str, because: str) -> Viewer | None:
    """Whom a record is shown to as a whole; None if there is none, or none that the viewer was appointed for.

    That it was tried is written in either case, and has to be committed before anything is shown.

    Args:
        session: Writing.
        viewer: A steward; of everything, or of the record's source or one of its countries.
        key: The record's id or name.
        because: Why.
    """
    found = dataset_of(session, key)
    if found is not None and not _appointed(session, viewer, found):
        found = None
    asked = "".join(one for one in key[:LONGEST] if one.isprintable())
    broken(session, viewer.name, f"{SHOW} {asked if found is None else found}", because)
    return None if found is None else breaking_glass(viewer.name)


def _appointed(session: Session, viewer: Viewer, dataset: UUID) -> bool:
    row = session.execute(select(Dataset.seq, Dataset.source_key).where(Dataset.id == dataset)).first()
    if row is None:
        return False
    places = session.scalars(select(DatasetLocation.iso3).where(DatasetLocation.dataset_seq == row.seq)).all()
    return STEWARD in viewer.reach or viewer.stewards(row.source_key, places)
