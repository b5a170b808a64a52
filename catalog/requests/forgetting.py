"""Names of people in requests, which are personal data of ours: erased by name, or with the keys they hung on."""

import re
from collections.abc import Collection

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from catalog.tables import DataRequest, RequestNote

_TEXTS = ("purpose", "for_whom", "agreement")


def erase(session: Session, name: str, instead: str) -> int:
    """Replace a person's name wherever it stands in requests; answers in how many places it was."""
    places = 0
    in_text = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    for row in (*session.scalars(select(DataRequest)), *session.scalars(select(RequestNote))):
        whole, texts = ("requester", _TEXTS) if isinstance(row, DataRequest) else ("actor", ("reason",))
        if getattr(row, whole) == name:
            setattr(row, whole, instead)
            places += 1
        for field in texts:
            left = in_text.sub(instead, getattr(row, field))
            if left != getattr(row, field):
                setattr(row, field, left)
                places += 1
    return places


def erase_keys(session: Session, keys: Collection[str], instead: str) -> None:
    """Leave no name of who held these keys; what became of their requests stays."""
    quietly = {"synchronize_session": False}
    asked = update(DataRequest).where(DataRequest.key.in_(keys)).values(requester=instead)
    session.execute(asked, execution_options=quietly)
    noted = update(RequestNote).where(RequestNote.key.in_(keys)).values(actor=instead)
    session.execute(noted, execution_options=quietly)
