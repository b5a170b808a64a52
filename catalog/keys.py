"""Keys: who holds one is shown more than the public, because a steward gave it to a named organisation for a purpose.

A key reads ``lmk_<id>_<secret>``. The secret is 32 random bytes, of which only a SHA-256 is kept: what a machine drew
cannot be guessed from its hash, so that a slow hash, which is for passwords that people think up, would only make every
request slow. Whether a key is unknown, wrong, expired or revoked is told to nobody.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from catalog import audit, people
from catalog.agents import NOBODYS, Agents
from catalog.names import disguise
from catalog.organisation import holding, introduce
from catalog.reach import terms
from catalog.tables import AccessKey, Agent, Dataset, DatasetAgent
from catalog.viewer import ORGANISATION, Viewer, community, organisation, steward
from catalog.vocabulary import Visibility

CREATED, ROTATED = "created a key", "rotated a key"
"""The audit's words for who was handed a secret."""
AUDIENCES = ("community", "organisation", "steward")
"""Who a key may be for."""
PREFIX = "lmk"
_FORM = re.compile(rf"{PREFIX}_(?P<id>[0-9a-f]{{12}})_(?P<secret>[A-Za-z0-9_-]{{20,100}})")
_NOBODYS = sha256(b"nobody's").hexdigest()


class KeyRefused(Exception):  # noqa: N818
    """The key cannot be made or changed; the message says why and names no secret."""


class NoKey(KeyRefused):
    """There is no such key."""


class NotKnown(KeyRefused):
    """No record names the organisation that a key is for."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """What a steward says of a key to be made.

    Attributes:
        name: Of who will hold it; a person or a desk.
        audience: ``community``, ``organisation`` or ``steward``.
        organisation: Its id, acronym or name.
        purpose: What it is for, in a sentence.
        expires: The last day (UTC) on which it is good.
        sources: Keys of sources that a steward is appointed for, or that an organisation's key is bound to.
        countries: ISO 3166 alpha-3, likewise; with neither a steward is one of everything, and an organisation's key
            shows all that is its own.
        introduce: The organisation is made known, if no record names it.
    """

    name: str
    audience: str
    organisation: str
    purpose: str
    expires: date
    sources: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    introduce: bool = False


def create(session: Session, asked: NewKey, actor: str, known: Agents | None = None, *, by: str = "") -> str:
    """Make a key and answer it: it is not shown again. Raises KeyRefused.

    ``known`` are the organisations of the vocabulary, by which one that is introduced gets its id; ``by`` is the id of
    the key under which the actor asks, empty on the machine itself.
    """
    now = datetime.now(UTC)
    agent = _checked(session, asked, now, known or Agents(()))
    id_, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    session.add(
        AccessKey(
            id=id_,
            hash=_hash(secret),
            name=asked.name.strip(),
            audience=asked.audience,
            organisation=agent.id,
            purpose=asked.purpose.strip(),
            sources=sorted(set(asked.sources)),
            countries=sorted({iso3.upper() for iso3 in asked.countries}),
            created=now,
            created_by=actor,
            expires=_end_of(asked.expires),
            previous_hash="",
        )
    )
    scope = " ".join([*asked.sources, *asked.countries])
    given = f"{asked.audience} {agent.id} {scope} until {asked.expires}{_under(by)}"
    audit.append(session, actor, CREATED, id_, given)
    return f"{PREFIX}_{id_}_{secret}"


def find(session: Session, given: str, now: datetime) -> Viewer | None:
    """Who holds a key; None for one that is unknown, wrong, expired or revoked."""
    said = _FORM.fullmatch(given)
    row = session.get(AccessKey, said["id"]) if said else None
    return _holder(row, fingerprint(given), now)


def fingerprint(given: str) -> str:
    """What a key's secret is known by, to ask with :func:`still` whether it is good yet."""
    said = _FORM.fullmatch(given)
    return _hash(said["secret"] if said else given)


def still(session: Session, key: str, secret: str, now: datetime) -> Viewer | None:
    """Who holds the key of an id, if its secret of this fingerprint is still good: of who signed in with it before."""
    return _holder(session.get(AccessKey, key), secret, now)


def of(session: Session, key: str, now: datetime) -> Viewer | None:
    """Who holds the key of an id, to do something for them; None if it is not good."""
    row = session.get(AccessKey, key)
    return _viewer(row) if row is not None and _live(row, now) else None


def owns(session: Session, viewer: Viewer, dataset: UUID) -> bool:
    """Whether the organisation that a viewer's key was given to owns a record, whatever the key is for."""
    agent = session.scalar(select(AccessKey.organisation).where(AccessKey.id == viewer.key))
    roles = select(DatasetAgent.agent_id, DatasetAgent.role).join(Dataset, Dataset.seq == DatasetAgent.dataset_seq)
    of = session.execute(roles.where(Dataset.id == dataset)).all()
    owners = terms([(id_, role) for id_, role in of], "", (), Visibility.OWNER)
    return agent is not None and f"{ORGANISATION}{agent}" in owners


def used(session: Session, viewer: Viewer, now: datetime) -> None:
    """Write once a day that a key was used."""
    today = now.date()
    changed = session.execute(
        update(AccessKey)
        .where(AccessKey.id == viewer.key, (AccessKey.last_used.is_(None)) | (AccessKey.last_used < today))
        .values(last_used=today)
        .returning(AccessKey.id),
        execution_options={"synchronize_session": False},
    ).first()
    if changed is not None:
        audit.append(session, viewer.name, "used a key", viewer.key)


def keys(session: Session, now: datetime) -> Sequence[Mapping[str, Any]]:
    """Every key without its secret: id, name, audience, organisation {id, name}, purpose, scope and how it stands."""
    rows = session.scalars(select(AccessKey).order_by(AccessKey.created, AccessKey.id)).all()
    names = dict(session.execute(select(Agent.id, Agent.name)).all()) if rows else {}
    return [
        {
            "id": row.id,
            "name": row.name,
            "audience": row.audience,
            "organisation": {
                "id": str(row.organisation or ""),
                "name": names.get(row.organisation, "") if row.organisation else "",
            },
            "purpose": row.purpose,
            "sources": row.sources,
            "countries": row.countries,
            "state": "revoked" if row.revoked else "expired" if row.expires <= now else "good",
            "created": f"{row.created:%Y-%m-%dT%H:%M:%SZ}",
            "created_by": row.created_by,
            "expires": (row.expires - timedelta(days=1)).date().isoformat(),
            "last_used": row.last_used.isoformat() if row.last_used else None,
        }
        for row in rows
    ]


def revoke(session: Session, key: str, reason: str, actor: str) -> None:
    """End a key at once; raises KeyRefused."""
    found = row(session, key)
    if found.revoked is not None:
        raise KeyRefused(f"The key {key} is revoked already.")
    found.revoked, found.revoked_by = datetime.now(UTC), actor
    audit.append(session, actor, "revoked a key", found.id, reason)


def rotate(session: Session, key: str, overlap: int, actor: str, *, by: str = "") -> str:
    """Give a key a new secret and answer it; the old one is good for so many days more. Raises KeyRefused.

    ``by`` as in :func:`create`.
    """
    now = datetime.now(UTC)
    found = row(session, key)
    if not _live(found, now):
        raise KeyRefused(f"The key {key} is revoked or expired; create another one.")
    if not 0 <= overlap <= MOST_OVERLAP:
        raise KeyRefused(f"The old secret may go on for 0 to {MOST_OVERLAP} days.")
    secret = secrets.token_urlsafe(32)
    found.previous_hash, found.previous_until = found.hash, now + timedelta(days=overlap)
    found.hash = _hash(secret)
    audit.append(session, actor, ROTATED, found.id, f"The old secret is good for {overlap} days more{_under(by)}")
    return f"{PREFIX}_{found.id}_{secret}"


def row(session: Session, key: str) -> AccessKey:
    """What is kept of a key, by its id; raises NoKey."""
    found = session.get(AccessKey, key.strip().removeprefix(f"{PREFIX}_"))
    if found is None:
        raise NoKey(no_key(key))
    return found


def no_key(key: str) -> str:
    """What is said where there is no such key."""
    return f'There is no key "{key[:40]}". List them with "landmark keys list --as NAME".'


MOST_OVERLAP = 90
LAST_YEAR = 9998
"""In which something may end: the day after it, in whatever zone, has to be a day as well."""
UNDER = "under the key "
"""How a line of the audit says that a key was handed out over HTTP."""


def _checked(session: Session, asked: NewKey, now: datetime, known: Agents) -> Agent:
    if asked.audience not in AUDIENCES:
        raise KeyRefused(f'There is no audience "{asked.audience}" for a key; there is {", ".join(AUDIENCES)}.')
    if not asked.name.strip() or not asked.purpose.strip():
        raise KeyRefused("Say who will hold the key and what it is for: --name, --purpose.")
    if why := disguise(asked.name):
        raise KeyRefused(f'The name "{asked.name.strip()}" {why}. Write it in one.')
    if why := people.reserved(asked.name):
        raise KeyRefused(f'The name "{asked.name.strip()}" {why}. Write another.')
    if asked.expires < now.date():
        raise KeyRefused(f"{asked.expires} is past; a key is good until a day to come.")
    if asked.expires.year > LAST_YEAR:
        raise KeyRefused(f"{asked.expires} is too late: a key is good until {LAST_YEAR} at the latest.")
    if (asked.sources or asked.countries) and asked.audience == "community":
        raise KeyRefused("Only a steward is appointed for sources and countries, and an organisation bound to them.")
    if any(len(iso3) != len("SSD") or not iso3.isalpha() for iso3 in asked.countries):
        raise KeyRefused("Countries are named by their codes of three letters, such as SSD.")
    agent = holding(session, asked.organisation)
    if agent is None and asked.introduce and asked.organisation.strip():
        try:
            return introduce(session, asked.organisation.strip(), known)
        except ValueError as error:
            raise KeyRefused(str(error)) from None
    if agent is None:
        raise NotKnown(
            f'No record names the organisation "{asked.organisation}". List them with "landmark organizations", '
            "or say --new-organisation if it is spelt right."
        )
    return agent


def _under(key: str) -> str:
    return f", {UNDER}{key}" if key else ""


def _live(row: AccessKey, now: datetime) -> bool:
    return row.revoked is None and row.expires > now


def _holder(row: AccessKey | None, digest: str, now: datetime) -> Viewer | None:
    # Unknown ids are compared as well, so that they take as long.
    current = compare_digest(digest, row.hash if row else _NOBODYS)
    previous = compare_digest(digest, row.previous_hash if row and row.previous_hash else _NOBODYS)
    if row is None or not _live(row, now):
        return None
    in_overlap = row.previous_until is not None and row.previous_until > now
    return _viewer(row) if current or (previous and in_overlap) else None


def _viewer(row: AccessKey) -> Viewer:
    if row.audience == "steward":
        return steward(row.name, row.sources, row.countries, row.id)
    if row.audience == "organisation" and row.organisation is not None and row.organisation not in NOBODYS:
        return organisation(UUID(str(row.organisation)), row.name, row.id, row.sources, row.countries)
    return community(row.name, row.id)


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), UTC)
