"""Names of people whom the audit mentions, kept apart from it so that a name can be erased and the chain still holds.

A line of the audit names a person by an id that is made of their name and a random salt. While the row is there the id
proves the name; when it is erased nothing leads back.
"""

import secrets
from collections.abc import Collection, Mapping
from hashlib import sha256

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from catalog.tables import Person

PREFIX = "person-"
SYSTEM = "landmark"
"""Who does what this register does by itself."""


def pseudonym(session: Session, name: str) -> str:
    """The id under which somebody is in the audit; made when they first are. Our own acts keep their name."""
    clean = name.strip()
    if not clean or clean == SYSTEM:
        return clean
    found = session.scalar(select(Person.id).where(Person.name == clean))
    if found is None:
        salt = secrets.token_hex(16)
        found = _id(clean, salt)
        session.add(Person(id=found, name=clean, salt=salt))
        session.flush()
    return found


def reserved(name: str) -> str:
    """Why a name is nobody's, as the end of a sentence; empty if it may be somebody's."""
    clean = name.strip().casefold()
    return "is not a person's" if clean == SYSTEM or clean.startswith(PREFIX) else ""


def names(session: Session, ids: Collection[str]) -> Mapping[str, str]:
    """Names by id; one that was erased is left out."""
    if not ids:
        return {}
    return dict(session.execute(select(Person.id, Person.name).where(Person.id.in_(sorted(ids)))).all())


def forget(session: Session, name: str) -> str:
    """Erase what leads from the audit to a name; answers the id that stays, empty if the audit never named them."""
    found = session.scalar(select(Person.id).where(Person.name == name.strip()))
    if found is not None:
        session.execute(delete(Person).where(Person.id == found))
    return found or ""


def faults(session: Session) -> list[str]:
    """Rows whose id was not made of their name, in sentences."""
    rows = session.execute(select(Person.id, Person.name, Person.salt).order_by(Person.id))
    return [f"The name of {id_} was changed." for id_, name, salt in rows if _id(name, salt) != id_]


def _id(name: str, salt: str) -> str:
    return PREFIX + sha256(f"{salt}\n{name}".encode()).hexdigest()[:24]
