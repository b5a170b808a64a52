"""A steward who leaves hands over: what they keep an eye on, what they are appointed for, and what waits for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from catalog import assertions, audit, levels, proposals
from catalog.levels import Refused
from catalog.names import same_person
from catalog.sensitivity import effective
from catalog.store import hold
from catalog.tables import AccessKey, CuratedName, CuratedValue, LevelAssertion, ProposedLowering
from catalog.viewer import steward
from catalog.vocabulary import UNCLASSIFIED

STEWARD = "steward"


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What passed from one steward to another.

    Attributes:
        corrections: How many corrections the other looks after now, names of organisations among them.
        sources: What the other is appointed for since, beside what they were; so with ``countries``.
        everything: The other is a steward of everything now.
        revoked: Ids of the keys that ended.
        waiting: Lowerings that who leaves asked for, or began to accept, and that a second steward decides on: ``{id,
            title, level, since}``. They stay asked for by who asked: the other may be the second.
    """

    corrections: int
    sources: tuple[str, ...]
    countries: tuple[str, ...]
    everything: bool
    revoked: tuple[str, ...]
    waiting: tuple[dict[str, Any], ...]


def hand_over(session: Session, leaving: str, to: str, actor: str, reason: str) -> HandedOver:
    """Hand over all that the catalog knows a steward to look after; one transaction, written to the audit.

    Keys are not handed over, for who leaves knows their secrets: those of who leaves end, and the other's own are
    appointed for what these were for.

    Raises:
        Refused: Nobody or no reason is named, both are one person, there is nothing to hand over, or who leaves has a
            steward's key and the other has none to appoint.
    """
    levels.named(actor, reason)
    levels.plain(leaving)
    levels.plain(to)
    leaving, to = leaving.strip(), to.strip()
    if not leaving or not to or same_person(leaving, to):
        raise Refused("Name who leaves and who takes over: two people.")
    hold(session)
    corrections = _kept(session, leaving, to)
    theirs, others = _keys(session, leaving), _keys(session, to)
    if theirs and not others:
        raise Refused(
            f"{to} has no steward's key that could be appointed for what {leaving}'s is for. "
            'Give them one first: "landmark keys create", with the audience steward.'
        )
    before = [(set(key.sources), set(key.countries)) for key in others]
    everything = _appoint(theirs, others)
    for key in theirs:
        key.revoked, key.revoked_by = datetime.now(UTC), actor.strip()
    waiting = _waiting(session, leaving, actor)
    if not (corrections or theirs or waiting):
        raise Refused(f'Nothing is known that "{leaving}" looks after. Names are written as in "landmark audit".')
    session.flush()
    widened = [
        (set(key.sources) - sources, set(key.countries) - countries)
        for key, (sources, countries) in zip(others, before, strict=True)
    ]
    done = HandedOver(
        corrections,
        tuple(sorted(set().union(*(sources for sources, _ in widened)))) if widened else (),
        tuple(sorted(set().union(*(countries for _, countries in widened)))) if widened else (),
        everything,
        tuple(key.id for key in theirs),
        tuple(waiting),
    )
    for key in theirs:
        audit.append(session, actor, "revoked a key", key.id, "handed over")
        session.flush()
    for key in others if theirs else ():
        scope = " ".join([*key.sources, *key.countries]) or "everything"
        audit.append(session, actor, "appointed a key", key.id, f"handed over: {scope}")
        session.flush()
    # Who they are stands in the audit by the ids of people alone.
    audit.append(session, leaving, "handed over", f"{corrections} corrections, {len(theirs)} keys", reason)
    session.flush()
    audit.append(session, to, "took over", f"{corrections} corrections, {len(theirs)} keys", reason)
    return done


def _kept(session: Session, leaving: str, to: str) -> int:
    moved = 0
    for table in (CuratedValue, CuratedName):
        result: Any = session.execute(
            update(table).where(table.keeper == leaving).values(keeper=to),
            execution_options={"synchronize_session": False},
        )
        moved += int(result.rowcount)
    return moved


def _keys(session: Session, name: str) -> Sequence[AccessKey]:
    good = AccessKey.revoked.is_(None), AccessKey.expires > datetime.now(UTC)
    return session.scalars(
        select(AccessKey).where(AccessKey.name == name, AccessKey.audience == STEWARD, *good).order_by(AccessKey.id)
    ).all()


def _appoint(theirs: Sequence[AccessKey], others: Sequence[AccessKey]) -> bool:
    """Appoint keys for what others are appointed for; whether one is of everything since. No scope is everything."""
    if not theirs:
        return False
    whole = any(not key.sources and not key.countries for key in theirs)
    widened = False
    for key in others:
        if not key.sources and not key.countries:
            continue
        if whole:
            key.sources, key.countries, widened = [], [], True
        else:
            key.sources = sorted({*key.sources, *(source for one in theirs for source in one.sources)})
            key.countries = sorted({*key.countries, *(iso3 for one in theirs for iso3 in one.countries)})
    return widened


def _waiting(session: Session, leaving: str, actor: str) -> list[dict[str, Any]]:
    """Lowerings that who leaves asked for and that wait for a second steward, as far as they are shown to who acts."""
    ids = set(session.scalars(select(LevelAssertion.dataset_id).where(LevelAssertion.actor == leaving)))
    ids |= set(
        session.scalars(
            select(ProposedLowering.dataset_id).where(
                ProposedLowering.decided_by == leaving, ProposedLowering.decision == proposals.PENDING
            )
        )
    )
    shown = levels.shown_to_steward(session, steward(actor), sorted(ids))
    live = assertions.live(session, list(shown))
    return [
        {
            "id": str(id_),
            "title": document["title"],
            "level": said.level.value if said.level else UNCLASSIFIED,
            "since": f"{said.valid_from:%Y-%m-%d}" if said.valid_from else "",
        }
        for id_, document in shown.items()
        for said in effective(live.get(id_, {}).values()).pending
        if said.actor == leaving
    ]
