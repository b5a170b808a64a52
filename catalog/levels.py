"""What people do about levels: raise, lower, accept, decline, confirm. What new rules propose: :mod:`catalog.batches`.

Each act appends an assertion, renders the record anew for every audience, and writes a line of the change feed and one
of the audit, all in the caller's transaction. Whether the actor is a steward is for the caller to see to; that nobody
is their own second is seen to here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from catalog import assertions, audit, keyring, naming, people, privacy, proposals, reach
from catalog.disclosure import Document, is_private, renderings, with_level
from catalog.explanation import Proposal, explain, words
from catalog.names import disguise, same_person
from catalog.sensitivity import (
    PERSONS,
    STEWARD,
    Assertion,
    EffectiveLevel,
    effective,
    is_quarantine,
    review_by,
)
from catalog.store import difference, feed, hold, links_withheld, without_values
from catalog.tables import Dataset, DatasetLocation, Disclosure, LevelAssertion, Reach
from catalog.viewer import Viewer, shown_to
from catalog.vocabulary import Audience, Level, RecordState, Visibility
from config.disclosure import Disclosing

JUDGED, CONFIRMED, PROPOSED = "a person's judgement", "review", "new version of the rules"
"""Bases of what people assert."""
SAID_SINCE = "Somebody else said something of this record's level since you looked. Look again, then decide."
BATCH = 500


class Refused(Exception):  # noqa: N818
    """The act is not allowed, or there is nothing to act on; the message says why."""


class Conflict(Refused):
    """Somebody else said something of the record since it was looked at."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where an act is done.

    Attributes:
        table: Who is shown what, by which records are rendered anew; the shipped one, if none is given.
        now: When, instead of at the moment itself.
        key: Id of the key that the act is done with; empty on the machine itself.
    """

    table: Disclosing | None = None
    now: datetime | None = None
    key: str = ""

    def time(self) -> datetime:
        """When it is, to the second."""
        return self.now or datetime.now(UTC).replace(microsecond=0)


DESK = Desk()


@dataclass(frozen=True, slots=True)
class Act:
    """What an act came to.

    Attributes:
        before: The level that was in effect.
        level: The level in effect now.
        assertion: Number of what was appended or accepted.
    """

    dataset_id: UUID
    before: EffectiveLevel
    level: EffectiveLevel
    assertion: int

    @property
    def pending(self) -> bool:
        """Whether it waits for a second steward."""
        return any(waiting.id == self.assertion for waiting in self.level.pending)


def raise_level(
    session: Session,
    dataset_id: UUID,
    level: Level,
    actor: str,
    reason: str,
    *,
    by: str = STEWARD,
    expected: int | None = None,
    desk: Desk = DESK,
) -> Act:
    """Raise a level, at once; anyone who is named may. ``by`` is ``steward``, ``owner`` or ``member``.

    Raises Refused if it would raise nothing; Conflict as :func:`lower` does, where ``expected`` is given.
    """
    record = taken(session, dataset_id, expected, desk)
    named(actor, reason)
    if level.rank <= record.level.strictness[0]:
        raise Refused(f"The level is {words(record.level.level)} already; that would not raise it.")
    if by not in PERSONS:
        raise ValueError(f"a person is steward, owner or member, not {by}")
    said = said_by(record, level, actor, reason, JUDGED, by=by)
    return append(session, record, said, f"raised the level to {level.value}")


def lower(
    session: Session,
    dataset_id: UUID,
    level: Level,
    actor: str,
    reason: str,
    *,
    expected: int | None,
    release_links: bool = False,
    desk: Desk = DESK,
) -> Act:
    """Lower a level as a steward; from *severe* it is pending until another steward accepts it.

    Args:
        session: Of a writing transaction.
        dataset_id: Of the record.
        level: The new one.
        actor: The steward.
        reason: Why, in a sentence; it is kept.
        expected: ``newest`` of the explanation that the steward has seen; None only where it is read in this very
            transaction.
        release_links: Whether links that a rule withholds are given again; a portal's quarantine withholds them still.
        desk: When, and by which table it is rendered.

    Raises:
        Conflict: Something was said of the record since ``expected``.
        Refused: It would lower nothing, or nobody or no reason is named, or there is no such record.
    """
    record = taken(session, dataset_id, expected, desk)
    named(actor, reason)
    if level.rank >= record.level.strictness[0]:
        raise Refused(f"The level is {words(record.level.level)}; that would not lower it.")
    said = said_by(record, level, actor, reason, JUDGED)
    said = replace(said, withhold_links=_withheld(record.live) and not release_links)
    return append(session, record, said, asked_or_done(record, level.value))


def accept(
    session: Session,
    dataset_id: UUID,
    actor: str,
    reason: str = "",
    *,
    assertion: int | None = None,
    expected: int | None = None,
    desk: Desk = DESK,
) -> Act:
    """Agree, as a second steward, to a lowering from *severe* that waits.

    Where several wait, ``assertion`` names one, or ``expected`` shows that the newest was seen; see :func:`lower`.
    What was raised since it was asked for stays raised. Raises Refused if nothing waits, if it is not said which, if
    the actor asked for it, or if the rules that proposed it have changed.
    """
    record = taken(session, dataset_id, expected, desk)
    waiting = _waiting(record, assertion)
    if len(record.level.pending) > 1 and assertion is expected is None:
        raise Refused('More than one lowering waits. Look at them, and give back the "newest" that you have seen.')
    if not actor.strip():
        raise Refused("Say who accepts it.")
    plain(actor)
    if waiting.actor.startswith(people.PREFIX) or waiting.actor in {"", privacy.ERASED}:
        raise Refused(
            "It is not known any more who asked for it, so nobody can be told to be another. Ask for it anew."
        )
    if same_person(waiting.actor, actor) or (desk.key and desk.key == waiting.key):
        raise Refused(f"{waiting.actor} asked for this lowering; another steward must accept it.")
    if keyring.kin(session, waiting.actor, actor):
        raise Refused("The keys of who asked and who accepts were given by one hand; another steward must accept it.")
    proposed = [row for row in proposals.undecided(session, dataset_id=dataset_id) if row.decision == proposals.PENDING]
    if waiting.basis == PROPOSED and not proposed:
        raise Refused("The rules or the record have changed since this was proposed; decline it.")
    accepted = assertions.accept(session, waiting, actor)
    proposals.decide(session, proposed, proposals.ACCEPTED, actor, reason, record.now)
    said = [accepted if one.id == accepted.id else one for one in record.live]
    target = words(waiting.level)
    return _render(session, record, said, accepted.id, actor, f"accepted the lowering to {target}", reason)


def decline(
    session: Session,
    dataset_id: UUID,
    actor: str,
    reason: str,
    *,
    assertion: int | None = None,
    desk: Desk = DESK,
) -> Act:
    """Refuse, as any steward, a lowering that waits for a second one; it can be accepted no longer."""
    record = taken(session, dataset_id, None, desk)
    named(actor, reason)
    waiting = _waiting(record, assertion)
    assertions.end(session, [(dataset_id, waiting)], assertions.DECLINED, reason, record.now, actor=actor)
    if waiting.basis == PROPOSED:
        found = proposals.undecided(session, dataset_id=dataset_id)
        proposed = [row for row in found if row.decision == proposals.PENDING]
        proposals.decide(session, proposed, proposals.REJECTED, actor, reason, record.now)
    said = [one for one in record.live if one.id != waiting.id]
    target = words(waiting.level)
    return _render(session, record, said, waiting.id, actor, f"declined the lowering to {target}", reason)


def confirm(
    session: Session,
    dataset_id: UUID,
    actor: str,
    reason: str,
    *,
    expected: int | None,
    release_links: bool = False,
    desk: Desk = DESK,
) -> Act:
    """Keep the level as reviewed by a steward; it is to be reviewed again after the level's months.

    ``release_links`` as in :func:`lower`; refused where the level is severe, for that takes two.
    """
    record = taken(session, dataset_id, expected, desk)
    named(actor, reason)
    if record.level.level is None:
        raise Refused("Nothing is asserted of this record: there is no level to confirm.")
    said = said_by(record, record.level.level, actor, reason, CONFIRMED)
    if release_links and record.level.level is Level.SEVERE:
        raise Refused("Links of severe data are not given by one: lower it with a second steward.")
    said = replace(said, withhold_links=_withheld(record.live) and not release_links)
    return append(session, record, said, f"confirmed the level {record.level.name}")


def stewarded(session: Session, viewer: Viewer, ids: Sequence[UUID]) -> frozenset[UUID]:
    """Which of these records a viewer is the steward of: appointed for their source or one of their countries.

    Those that are for their owner alone only where the glass was broken.
    """
    if not (viewer.is_steward or viewer.sees_all):
        return frozenset()
    found: set[UUID] = set()
    for start in range(0, len(ids), BATCH):
        some = Dataset.id.in_(ids[start : start + BATCH])
        places: dict[int, list[str]] = {}
        in_places = select(DatasetLocation.dataset_seq, DatasetLocation.iso3)
        for seq, iso3 in session.execute(
            in_places.join(Dataset, Dataset.seq == DatasetLocation.dataset_seq).where(some)
        ):
            places.setdefault(seq, []).append(iso3)
        for id_, seq, source, visibility in session.execute(
            select(Dataset.id, Dataset.seq, Dataset.source_key, Dataset.visibility).where(some)
        ):
            appointed = visibility is not Visibility.OWNER and viewer.stewards(source, places.get(seq, ()))
            if viewer.sees_all or appointed:
                found.add(id_)
    return frozenset(found)


def explanation(session: Session, shown: Document, today: date, *, named: bool) -> dict[str, Any]:
    """What :func:`catalog.explanation.explain` says of a record, with ``newest``, which an act on it must give back.

    Args:
        session: Reading.
        shown: The record as the asker is shown it; where it is shown without its level's grounds, they are not told,
            and where they are only told that it exists, nothing but the level is.
        today: By which reviews are overdue.
        named: Whether people are named and proposals told: to stewards of the record.
    """
    if shown["mode"] == "ask":
        return explain((), today, named=False) | {"level": shown["level"]["level"], "would_change": [], "newest": 0}
    id_ = UUID(shown["id"])
    number = assertions.numbers(session, id_)
    live = [
        replace(said, id=number[said.id], supersedes=number.get(said.supersedes or 0))
        for said in assertions.live(session, [id_]).get(id_, {}).values()
    ]
    found = proposals.undecided(session, dataset_id=id_) if named else []
    proposed = [Proposal(row.batch, row.old, row.new, row.basis, row.decision == proposals.PENDING) for row in found]
    told = explain(live, today, proposed, named=named, grounds="level" not in shown["withheld"])
    return told | {"newest": len(number)}


def overdue(session: Session, viewer: Viewer, today: date) -> list[dict[str, Any]]:
    """A steward's records whose level was to be reviewed before today, the longest overdue first.

    Each is ``{id, title, source, level, review_by, basis}``. Being overdue lowers nothing.
    """
    late = select(LevelAssertion.dataset_id).where(LevelAssertion.review_by < today).distinct()
    found = []
    ids = list(session.scalars(late))
    for start in range(0, len(ids), BATCH):
        some = ids[start : start + BATCH]
        live = assertions.live(session, some)
        levels = {id_: effective(live[id_].values()) for id_ in some}
        due = {id_: level for id_, level in levels.items() if level.overdue(today)}
        for id_, document in shown_to_steward(session, viewer, list(due)).items():
            basis = due[id_].basis
            found.append(
                {
                    "id": str(id_),
                    "title": document["title"],
                    "source": document["source"]["key"],
                    "level": due[id_].name,
                    "review_by": str(basis.review_by) if basis else None,
                    "basis": basis.basis if basis else "",
                }
            )
    return sorted(found, key=lambda entry: (entry["review_by"], entry["id"]))


@dataclass(frozen=True, slots=True)
class Taken:
    """A record as it is before an act, held until the transaction ends."""

    id: UUID
    seq: int
    source_key: str
    full: Document
    live: list[Assertion]
    level: EffectiveLevel
    now: datetime
    table: Disclosing | None
    key: str


def taken(session: Session, dataset_id: UUID, expected: int | None, desk: Desk) -> Taken:
    """A record to be acted on, held until the transaction ends. Raises Refused; Conflict if ``expected`` is past."""
    hold(session)
    row = session.execute(
        select(Dataset.seq, Dataset.source_key, Disclosure.document)
        .join(Disclosure, (Disclosure.seq == Dataset.seq) & (Disclosure.audience == Audience.FULL))
        .where(Dataset.id == dataset_id)
    ).first()
    if row is None:
        raise Refused("There is no such record.")
    live = list(assertions.live(session, [dataset_id]).get(dataset_id, {}).values())
    if expected is not None and expected != len(assertions.numbers(session, dataset_id)):
        raise Conflict(SAID_SINCE)
    seq, source_key, document = row
    full = orjson.loads(document)
    return Taken(dataset_id, seq, source_key, full, live, effective(live), desk.time(), desk.table, desk.key)


def named(actor: str, reason: str) -> None:
    """Raise Refused if nobody or no reason is named."""
    if not actor.strip():
        raise Refused("Say who you are.")
    plain(actor)
    if not reason.strip():
        raise Refused("Say why, in a sentence.")


def plain(actor: str) -> None:
    """Raise Refused for a name that may be made to look like another's."""
    if why := disguise(actor):
        raise Refused(f'The name "{actor.strip()}" {why}. Write it in one.')
    if why := people.reserved(actor):
        raise Refused(f'The name "{actor.strip()}" {why}. Write another.')


def said_by(record: Taken, level: Level | None, actor: str, reason: str, basis: str, *, by: str = STEWARD) -> Assertion:
    """What a person says of a record's level, to be appended; it supersedes what the level rests on."""
    return Assertion(
        scope="dataset",
        level=level,
        asserted_by=by,
        basis=basis,
        rule="",
        rule_version=0,
        evidence="",
        reason=reason.strip(),
        actor=actor.strip(),
        review_by=review_by(level, record.now.date()),
        key=record.key,
        supersedes=record.level.basis.id if record.level.basis else None,
    )


def asked_or_done(record: Taken, target: str) -> str:
    """What a lowering is called in the audit: from severe it is only asked for."""
    return f"{'asked to lower' if record.level.level is Level.SEVERE else 'lowered'} the level to {target}"


def _waiting(record: Taken, assertion: int | None) -> Assertion:
    waiting = [one for one in record.level.pending if assertion in {None, one.id}]
    if not waiting:
        raise Refused("No lowering of this record waits for a second steward.")
    return waiting[-1]


def _withheld(live: Iterable[Assertion]) -> bool:
    """Whether links are withheld for more than a quarantine, which ends by itself."""
    return effective(one for one in live if not is_quarantine(one)).withhold_links


def append(session: Session, record: Taken, said: Assertion, action: str) -> Act:
    """Append what is said of a record, render it anew and write the feed's line and the audit's."""
    kept = assertions.append(session, record.id, said, record.now)
    return _render(session, record, [*record.live, kept], kept.id, said.actor, action, said.reason)


def _render(
    session: Session,
    record: Taken,
    said: Sequence[Assertion],
    assertion: int,
    actor: str,
    action: str,
    reason: str,
) -> Act:
    """Render the record by what is said of it now; no title that is redacted from now on stays in an index."""
    level = effective(said)
    full = naming.named(session, with_level(record.full, level, table=record.table), level, record.table)
    fields = difference(record.full, full) + links_withheld(record.live, said)
    if fields:
        disclose_anew(session, record, full, level)
        hidden = is_private(full) or any(map(is_quarantine, said))
        told = without_values(fields) if hidden else fields
        feed(session, record.source_key, None, [(record.seq, "updated", told)], record.now)
    session.flush()
    audit.append(session, actor.strip(), action, str(record.id), reason)
    return Act(record.id, record.level, level, assertion)


def disclose_anew(session: Session, record: Taken, full: Document, level: EffectiveLevel) -> None:
    """Put what every audience is shown of a record in the place of what it was shown."""
    shown: Mapping[Audience, Document] = {Audience.FULL: full}
    if full.get("state") != RecordState.WITHDRAWN:
        shown = dict(renderings(full, level, Visibility(full["visibility"]), table=record.table))
    bodies = {audience: orjson.dumps(document) for audience, document in shown.items()}
    quietly = {"synchronize_session": False}
    of_record = Disclosure.audience.in_(list(Audience)), Disclosure.seq == record.seq
    session.execute(delete(Disclosure).where(*of_record), execution_options=quietly)
    session.execute(
        insert(Disclosure),
        [
            {
                "dataset_id": record.id,
                "audience": audience,
                "seq": record.seq,
                "name": shown[audience]["name"] or None,
                "document": body,
                "etag": blake2b(body, digest_size=12).hexdigest(),
            }
            for audience, body in bodies.items()
        ],
    )
    visibility = Visibility(full["visibility"])
    open_to = update(Dataset).where(Dataset.seq == record.seq).values(visibility=visibility)
    session.execute(open_to, execution_options=quietly)
    if len(shown) < len(Audience) or len(set(bodies.values())) > 1:
        reach.put(session, [record.seq])
    else:
        session.execute(delete(Reach).where(Reach.dataset_seq == record.seq), execution_options=quietly)


def shown_to_steward(session: Session, viewer: Viewer, ids: Sequence[UUID]) -> dict[UUID, Document]:
    """The documents of a steward's records, by id."""
    found: dict[UUID, Document] = {}
    mine = sorted(stewarded(session, viewer, ids))
    for start in range(0, len(mine), BATCH):
        some = mine[start : start + BATCH]
        rows = session.execute(
            select(Disclosure.dataset_id, Disclosure.document).where(shown_to(viewer), Disclosure.dataset_id.in_(some))
        )
        found |= {id_: orjson.loads(document) for id_, document in rows}
    return found
