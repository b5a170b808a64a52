"""Who may hand out, renew and end which key: nobody by a key is shown or may do more than by their own.

A steward of everything, which who works on the machine itself is too, may do so with any key. One of some sources and
countries gives keys for these alone, and has to do with the keys that they gave. Whoever holds a key may renew and end
it. A key that somebody has nothing to do with is told from none by nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog import keys, people, sources
from catalog.agents import Agents
from catalog.keys import CREATED, ROTATED, UNDER, KeyRefused, NewKey, NoKey, NotKnown
from catalog.names import reads_alike, same_person
from catalog.organisation import introduce
from catalog.tables import AccessKey, Audit, SourceRow
from catalog.viewer import STEWARD, Viewer
from config import load
from config.settings import Settings

WIDER = "A key that you give shows no more than your own: name sources or countries that you are appointed for."
TAKEN = "A steward acts under this name already. Write one by which the two are told apart."
NO_STEWARD = "Only a steward gives keys."
REPLACED = "This secret was replaced by a newer one, which alone can replace itself."


class NotYours(Exception):  # noqa: N818
    """A key that this viewer may not give; the message says why."""


def everything(viewer: Viewer) -> bool:
    """Whether it is a steward of everything."""
    return STEWARD in viewer.reach


def give(
    session: Session,
    settings: Settings,
    asked: NewKey,
    viewer: Viewer,
    look_up: Callable[[str], str] = lambda _: "",
) -> str:
    """Make a key and answer it: it is not shown again.

    Where a steward of some sources and countries names none for an organisation's key, it is bound to all of theirs.

    Args:
        session: Writing.
        settings: Where sources and organisations are declared.
        asked: What is said of the key.
        viewer: Who gives it.
        look_up: The id of an organisation by the name it is shown to the viewer under, empty if it is not; of use to a
            steward of some sources and countries, who may not learn of others.

    Raises:
        NotYours: The viewer may give no such key.
        KeyRefused: It cannot be made.
        ConfigurationError: There is no such source.
    """
    known = Agents(load.rules(settings).agents) if asked.introduce else Agents(())
    if not everything(viewer):
        asked = _bounded(session, asked, viewer)
        if _is_somebody_elses(session, viewer, asked.name):
            raise KeyRefused(TAKEN)
        asked = replace(asked, organisation=_known(session, asked, known, look_up), introduce=False)
    for key in asked.sources:
        if session.get(SourceRow, key) is None:
            sources.named(session, settings, key)
    return keys.create(session, asked, viewer.name, known, by=viewer.key)


def rotate(session: Session, viewer: Viewer, key: str, overlap: int, secret: str = "") -> str:
    """Give a key a new secret and answer it; the old one is good for so many days more.

    ``secret`` is the fingerprint of the one that the viewer asks with: one that was replaced, and is good for some days
    yet, is not enough for another. Raises KeyRefused; NoKey also where the viewer has nothing to do with the key.
    """
    row = _held(session, viewer, key)
    if row.id == viewer.key and secret and secret != row.hash:
        raise KeyRefused(REPLACED)
    return keys.rotate(session, row.id, overlap, viewer.name, by=viewer.key)


def revoke(session: Session, viewer: Viewer, key: str, reason: str) -> None:
    """End a key at once. Raises KeyRefused; NoKey also where the viewer has nothing to do with the key."""
    keys.revoke(session, _held(session, viewer, key).id, reason, viewer.name)


def listed(
    session: Session, viewer: Viewer, now: datetime, limit: int | None = None, start: int = 0
) -> tuple[Sequence[Mapping[str, Any]], int]:
    """The keys that a viewer has to do with, as :func:`catalog.keys.keys` has them; and how many in all.

    Who is no steward is told of their own one, and not who gave it.
    """
    given = _given(session, viewer)
    mine = [
        item
        for item in keys.keys(session, now)
        if _has_to_do(viewer, item["id"], item["audience"], _terms(item["sources"], item["countries"]), given)
    ]
    page = mine[start:] if limit is None else mine[start : start + limit]
    if not viewer.is_steward:
        page = [{name: value for name, value in item.items() if name != "created_by"} for item in page]
    return page, len(mine)


def kin(session: Session, one: str, other: str) -> bool:
    """Whether two stewards may be one: a key of one was handed out by the other, or both by the same, over HTTP.

    Whoever was handed a key knows its secret. Keys that were made on the machine itself make nobody kin.
    """
    handed = select(Audit.actor, Audit.subject, Audit.reason).where(
        Audit.action.in_((CREATED, ROTATED)), Audit.reason.contains(UNDER, autoescape=True)
    )
    lines = session.execute(handed.order_by(Audit.seq)).all()
    if not lines:
        return False
    holders = dict(session.execute(select(AccessKey.id, AccessKey.name).where(AccessKey.audience == "steward")).all())
    names = people.names(session, {actor for actor, *_ in lines})
    ties = [
        (names.get(actor, actor), holders[key])
        for actor, key, reason in lines
        if key in holders and not reason.endswith(UNDER + key)
    ]
    reached = [one]
    for name in reached:
        for tie in ties:
            if any(same_person(name, end) for end in tie):
                reached += [end for end in tie if end not in reached]
    return any(same_person(name, other) for name in reached[1:])


def _bounded(session: Session, asked: NewKey, viewer: Viewer) -> NewKey:
    if not viewer.is_steward:
        raise NotYours(NO_STEWARD)
    wanted = _terms(asked.sources, asked.countries)
    if not wanted <= viewer.reach or (asked.audience == "steward" and not wanted):
        raise NotYours(WIDER)
    own = session.get(AccessKey, viewer.key)
    if asked.audience == "steward" and own is not None:
        last = (own.expires - timedelta(days=1)).astimezone(UTC).date()
        if asked.expires > last:
            raise KeyRefused(f"A steward's key that you give is good until {last} at the latest, as your own is.")
    if asked.audience == "organisation" and not wanted:
        return replace(asked, sources=_of(viewer, "source:"), countries=_of(viewer, "country:"))
    return asked


def _known(session: Session, asked: NewKey, known: Agents, look_up: Callable[[str], str]) -> str:
    found = look_up(asked.organisation)
    if found:
        return found
    if not asked.introduce:
        raise NotKnown(f'No record that you are shown names the organisation "{asked.organisation}".')
    try:
        # By its name alone: an acronym, or a name in other words, could be that of one they may not know of.
        return str(introduce(session, asked.organisation.strip(), known).id)
    except ValueError as error:
        raise KeyRefused(str(error)) from None


def _held(session: Session, viewer: Viewer, key: str) -> AccessKey:
    row = keys.row(session, key)
    if not _has_to_do(viewer, row.id, row.audience, _terms(row.sources, row.countries), _given(session, viewer)):
        raise NoKey(keys.no_key(key))
    return row


def _given(session: Session, viewer: Viewer) -> frozenset[str]:
    """The keys that were given under the viewer's own: a name is no proof, for who gives a key chooses its name."""
    if not viewer.is_steward or not viewer.key:
        return frozenset()
    under = Audit.reason.endswith(f", {UNDER}{viewer.key}", autoescape=True)
    return frozenset(session.scalars(select(Audit.subject).where(Audit.action == CREATED, under)))


def _is_somebody_elses(session: Session, viewer: Viewer, name: str) -> bool:
    """Whether a steward goes by a name whom the viewer gave no key: what is done under it would seem to be theirs."""
    own = _given(session, viewer)
    rows = session.execute(select(AccessKey.id, AccessKey.name, AccessKey.created_by, AccessKey.audience)).all()
    theirs = {row.created_by for row in rows} | {
        row.name for row in rows if row.audience == "steward" and row.id not in own
    }
    return any(reads_alike(name, other) for other in theirs - {viewer.name})


def _has_to_do(viewer: Viewer, key: str, audience: str, scope: frozenset[str], given: frozenset[str]) -> bool:
    if everything(viewer) or (viewer.key and viewer.key == key):
        return True
    return key in given and (audience == "community" or (bool(scope) and scope <= viewer.reach))


def _terms(given: Iterable[str], countries: Iterable[str]) -> frozenset[str]:
    return frozenset({f"source:{key}" for key in given} | {f"country:{iso3.upper()}" for iso3 in countries})


def _of(viewer: Viewer, kind: str) -> tuple[str, ...]:
    return tuple(sorted(term.removeprefix(kind) for term in viewer.reach if term.startswith(kind)))
