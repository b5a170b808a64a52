"""Readable names of records: made of the title's words, so given only to a record whose title the public is shown."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from slugify import slugify
from sqlalchemy.orm import Session

from catalog.disclosure import renderings
from catalog.sensitivity import EffectiveLevel
from catalog.tables import Slug
from catalog.vocabulary import Audience, RecordState, Visibility
from config.disclosure import Disclosing

LENGTH = 60
"""Characters of a name before the id's beginning."""


def name_of(title: str, id_: UUID) -> str:
    """Readable and unique; the id's beginning keeps a hidden record's title from showing in another's name."""
    words = slugify(title, max_length=LENGTH, word_boundary=True)
    return f"{words or 'dataset'}-{id_.hex[:8]}"


def named(session: Session, full: Mapping[str, Any], level: EffectiveLevel, table: Disclosing | None) -> dict[str, Any]:
    """A full document with the name that a steward's act gives its record, at once; as it is, where it gives none.

    Args:
        session: Of the transaction in which the act is rendered.
        full: With the level and visibility that it has after the act.
        level: The one in effect then.
        table: Who is shown what.
    """
    name = name_of(full["title"], UUID(full["id"]))
    said = {**full, "name": name}
    visibility = Visibility(full["visibility"])
    if visibility is not Visibility.PUBLIC or full["name"] == name or full.get("state") == RecordState.WITHDRAWN:
        return dict(full)
    shown = dict(renderings(said, level, visibility, table=table)).get(Audience.PUBLIC)
    if shown is None or not shown["name"]:
        return dict(full)
    session.merge(Slug(name=name, dataset_id=UUID(full["id"])))
    return said
