"""Names that portals write and a person says whose they are: they count wherever a record is judged.

They are part of the rules: with them every record's hash changes, so that the next harvest judges all records again,
and "landmark reassess" does so at once.
"""

from dataclasses import replace
from datetime import date
from hashlib import blake2b
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog import audit, levels
from catalog.agents import Agents, spelling
from catalog.curation.acts import due
from catalog.curation.fields import Wrong
from catalog.database import Catalog
from catalog.levels import DESK, Desk, Refused
from catalog.masking import personal
from catalog.records import AgentRecord
from catalog.tables import CuratedName
from config import load
from config.load import Rules
from config.settings import Settings

_MOST = 300


def with_names(session: Session, rules: Rules) -> Rules:
    """The rules with the names that people corrected; the same ones where there are none."""
    rows = session.execute(select(CuratedName.spelling, CuratedName.organisation).order_by(CuratedName.spelling)).all()
    if not rows:
        return rules
    said = dict(rows)
    digest = blake2b(orjson.dumps([rules.digest, *said.items()]), digest_size=12).hexdigest()
    return replace(rules, names=said, digest=digest)


def say(
    session: Session, written: str, organisation: str, actor: str, reason: str, known: Agents, *, desk: Desk = DESK
) -> str:
    """Say of which organisation a name is; answers that organisation's own name.

    Raises Refused if nobody or no reason is named, if it says nothing new, or if a name is none.
    """
    levels.named(actor, reason)
    key = spelling(written)
    for field, name in (("name", written), ("organisation", organisation)):
        if not spelling(name) or len(name) > _MOST or personal(name):
            raise Refused(str(Wrong(field, f'"{name[:60]}" is no name of an organisation', "Write it as it is spelt.")))
    meant = known.resolve(AgentRecord(organisation))
    if spelling(meant.name) == key:
        raise Refused(f'"{written}" is the name of that organisation already.')
    row = session.get(CuratedName, key)
    if row is not None and row.organisation == meant.name:
        raise Refused(f'It was said already that "{written}" is {meant.name}.')
    if row is None:
        row = CuratedName(spelling=key)
        session.add(row)
    row.written, row.organisation, row.actor, row.reason = written.strip(), meant.name, actor.strip(), reason.strip()
    row.at, row.keeper, row.verified, row.verified_by = desk.time(), actor.strip(), None, ""
    session.flush()
    audit.append(session, actor.strip(), "said whose a name is", f"name:{key}", reason)
    return meant.name


def take_back(session: Session, written: str, actor: str, reason: str) -> None:
    """Leave it to the rules of which organisation a name is; raises Refused if nothing was said of it."""
    levels.named(actor, reason)
    row = session.get(CuratedName, spelling(written))
    if row is None:
        raise Refused(f'Nothing was said of the name "{written}". List them with "landmark curate names".')
    session.delete(row)
    session.flush()
    audit.append(session, actor.strip(), "left to the rules whose a name is", f"name:{row.spelling}", reason)


def listed(session: Session, today: date) -> list[dict[str, Any]]:
    """All names of which somebody said whose they are, with who, why and when it was looked at last."""
    rows = session.scalars(select(CuratedName).order_by(CuratedName.spelling)).all()
    return [
        {
            "name": row.written,
            "organisation": row.organisation,
            "by": row.actor,
            "reason": row.reason,
            "at": f"{row.at:%Y-%m-%dT%H:%M:%SZ}",
            "verified": f"{row.verified or row.at:%Y-%m-%dT%H:%M:%SZ}",
            "keeper": row.keeper,
            "overdue": due(row.verified or row.at) < today,
        }
        for row in rows
    ]


def rules_of(catalog: Catalog, settings: Settings) -> Rules:
    """The rules of an installation, with the names that people corrected."""
    with catalog.reading() as session:
        return with_names(session, load.rules(settings))
