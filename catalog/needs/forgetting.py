"""A person's name in what was looked for: it was typed by somebody else, and goes when the name is erased."""

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.database import PURGED
from catalog.tables import UnmetNeed


def forget(session: Session, name: str) -> int:
    """Delete the logged needs whose words or closing name a person; answers how many."""
    in_text = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)
    named = [row for row in session.scalars(select(UnmetNeed)) if in_text.search(f"{row.words}\n{row.closing}")]
    for row in named:
        session.delete(row)
        session.info[PURGED] = True
    return len(named)
