"""Links between records that are of one dataset: found as the change feed goes on, shown, decided on by stewards.

Records are never merged. A link is kept with the codes of its reasons and a score, and quotes nothing of either record:
what a reason rests on is compared anew for the steward who asks. Links are followed from the change feed, so a harvest
in which nothing changed costs one question.

A link is told to whom both records are shown whole, at the moment of reading, and to nobody else: who is told that a
record of which part is withheld is also elsewhere, is told what was withheld.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, and_, case, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from catalog import audit
from catalog.database import Catalog
from catalog.disclosure import Document
from catalog.layout import Layout
from catalog.levels import Refused, named, stewarded
from catalog.sameness import MOST_ALIKE, SAID, SAME, VERSION, WORTH_A_LOOK, Likeness, Traits, compare, keys, of_document
from catalog.store import take
from catalog.tables import CatalogRecord, Change, Counter, Dataset, Disclosure, SameKey, SameLink
from catalog.viewer import Viewer, shown_to
from catalog.vocabulary import Audience, RecordState

CONFIRMED, REFUSED, OPEN = "confirmed", "refused", ""
"""What a steward has decided on a link."""
ACTS: Mapping[str, str] = {"confirm": CONFIRMED, "refuse": REFUSED, "reopen": OPEN}
FOLLOWED, JUDGED_BY = "same", "same-version"
"""Counters: the newest change that was followed, and the version of the comparison that it was followed by."""
BATCH = 100
_SOME = 500
_QUIETLY = {"synchronize_session": False}
Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Followed:
    """What following came to: records that were looked at, links that are new, links that are gone."""

    records: int = 0
    found: int = 0
    gone: int = 0


@dataclass(frozen=True, slots=True)
class Decided:
    """A link before and after a decision."""

    ids: tuple[UUID, UUID]
    before: str
    decision: str


def follow(catalog: Catalog) -> Followed:
    """Compare what changed since it was last done with all that may be the same; one transaction per batch."""
    done = Followed()
    if not _behind(catalog):
        return done
    while True:
        with catalog.writing() as session:
            # The counter is held to the end, so two processes follow one after the other.
            last = take(session, FOLLOWED, 0).start - 1
            last = _anew(session) if _version(session) != VERSION else last
            lines = session.execute(
                select(Change.seq, Change.dataset_seq).where(Change.seq > last).order_by(Change.seq).limit(BATCH)
            ).all()
            if not lines:
                return done
            numbers = sorted({dataset for _, dataset in lines})
            found, gone = _followed(session, numbers)
            _count(session, FOLLOWED, lines[-1][0])
        done = Followed(done.records + len(numbers), done.found + found, done.gone + gone)


def also_at(session: Session, viewer: Viewer, number: int, body: bytes) -> list[dict[str, Any]]:
    """Where else a record's dataset is, as the viewer may know: other records, the likeliest first.

    Each is ``{id, name, title, source {key, title}, link, access, confirmed, reasons [{code, said}]}``; ``access`` is
    the other record's, so every way to the data stays. Empty where no other record is, or none that may be told.

    Args:
        session: Reading.
        viewer: Who asks.
        number: The record's.
        body: Its document (JSON) as it is shown to them.
    """
    other = case((SameLink.first_seq == number, SameLink.second_seq), else_=SameLink.first_seq)
    # Asked for together, so that a link to a hidden record takes no longer than none.
    links = {
        seq: (score, reasons, decision)
        for seq, score, reasons, decision in session.execute(
            select(other, SameLink.score, SameLink.reasons, SameLink.decision)
            .join(Disclosure, Disclosure.seq == other)
            .where(or_(SameLink.first_seq == number, SameLink.second_seq == number))
            .where(_told(), shown_to(viewer))
        )
    }
    # Most records have none; only of the others the document is read.
    others = _shown_whole(session, viewer, sorted(links)) if links and _whole(orjson.loads(body)) else {}
    found = []
    for seq, document in others.items():
        score, reasons, decision = links[seq]
        confirmed = decision == CONFIRMED
        codes = [*reasons, "steward"] if confirmed else reasons
        entry = {name: document[name] for name in ("id", "name", "title", "source", "link", "access")}
        entry["source"] = {name: document["source"][name] for name in ("key", "title")}
        entry |= {"confirmed": confirmed, "reasons": [{"code": code, "said": SAID[code]} for code in codes]}
        found.append((not confirmed, -score, document["source"]["title"], document["id"], entry))
    return [entry for *_, entry in sorted(found, key=lambda one: one[:-1])]


def groups(session: Session, viewer: Viewer) -> list[list[Document]]:
    """The records that are of one dataset, dataset by dataset, as far as they are shown whole to the viewer.

    Linked one by one: the first with the second and the second with the third makes three of one dataset.
    """
    pairs = session.execute(select(SameLink.first_seq, SameLink.second_seq).where(_told())).all()
    documents = _shown_whole(session, viewer, sorted({number for pair in pairs for number in pair}))
    of: dict[int, set[int]] = {}
    for first, second in pairs:
        if first in documents and second in documents:
            together = of.get(first, {first}) | of.get(second, {second})
            of |= dict.fromkeys(together, together)
    distinct = {min(together): together for together in of.values()}
    return [[documents[number] for number in sorted(distinct[first])] for first in sorted(distinct)]


def candidates(
    session: Session, viewer: Viewer, decision: str = OPEN, limit: int = 50, start: int = 0
) -> tuple[list[dict[str, Any]], int]:
    """Links among a steward's records with one decision, the likeliest first, and how many there are.

    Each is ``{first {id, title, source}, second {..}, score, shown, reasons [{code, said, evidence}], decision,
    decided_by, decided, reason}``. Both records are shown whole to the steward, who is steward of one at the least.
    """
    rows = session.scalars(
        select(SameLink)
        .where(SameLink.decision == decision)
        .order_by(SameLink.score.desc(), SameLink.first_seq, SameLink.second_seq)
    ).all()
    documents = _shown_whole(
        session, viewer, sorted({number for row in rows for number in (row.first_seq, row.second_seq)})
    )
    mine = stewarded(session, viewer, [UUID(document["id"]) for document in documents.values()])
    theirs = [
        row
        for row in rows
        if row.first_seq in documents
        and row.second_seq in documents
        and not mine.isdisjoint(UUID(documents[number]["id"]) for number in (row.first_seq, row.second_seq))
    ]
    shown = theirs[start : start + limit]
    traits = _traits(session, sorted({number for row in shown for number in (row.first_seq, row.second_seq)}))
    return [_candidate(row, documents, traits) for row in shown], len(theirs)


def decide(session: Session, viewer: Viewer, ids: tuple[UUID, UUID], decision: str, reason: str) -> Decided:
    """Say that two records are of one dataset, or that they are not, or leave it open again; it survives harvests.

    Two that nothing has linked can be confirmed. Raises Refused for who is steward of neither, for a record that is
    not shown to them whole as for one that there is not, and where there is nothing to refuse or reopen.
    """
    named(viewer.name, reason)
    take(session, FOLLOWED, 0)
    numbers = dict(session.execute(select(Dataset.id, Dataset.seq).where(Dataset.id.in_(ids))).all())
    whole = _shown_whole(session, viewer, sorted(numbers.values()))
    if len(whole) < 2:  # noqa: PLR2004
        raise Refused("Name two records that are shown to you whole.")
    if not stewarded(session, viewer, list(ids)):
        raise Refused("Only a steward of one of the two may decide on it.")
    first, second = sorted(whole)
    row = session.get(SameLink, (first, second))
    if row is None and decision != CONFIRMED:
        raise Refused("Nothing links these two.")
    if row is None:
        row = SameLink(
            first_seq=first, second_seq=second, score=0.0, reasons=[], decision=OPEN, found=datetime.now(UTC)
        )
        session.add(row)
    before = row.decision
    if before == decision:
        raise Refused(f"It is {decision or 'open'} already.")
    row.decision, row.decided_by, row.reason = decision, viewer.name, reason.strip()
    row.decided = datetime.now(UTC)
    if not decision and row.score < WORTH_A_LOOK:
        session.delete(row)
    session.flush()
    said = {CONFIRMED: "confirmed", REFUSED: "refused", OPEN: "reopened"}[decision]
    audit.append(session, viewer.name, f"{said} that two records are of one dataset", " ".join(map(str, ids)), reason)
    return Decided(ids, before, decision)


def _told() -> ColumnElement[bool]:
    """Links that are shown: those that a steward confirmed, and the likely ones that none refused."""
    likely = and_(SameLink.score >= SAME, SameLink.decision == OPEN)
    return or_(SameLink.decision == CONFIRMED, likely)


def _whole(document: Document) -> bool:
    """Whether nothing of a record is left out for who is shown it, so that naming its twin tells nothing more."""
    if document["mode"] != "shown" or document["withheld"] or "emptied" in document:
        return False
    return document.get("state") != RecordState.WITHDRAWN and {"title", "titles"}.isdisjoint(document["masked"])


def _shown_whole(session: Session, viewer: Viewer, numbers: Sequence[int]) -> dict[int, Document]:
    """Of these records the documents of those that are shown whole to a viewer, by number."""
    found: dict[int, Document] = {}
    for start in range(0, len(numbers), _SOME):
        some = Disclosure.seq.in_(numbers[start : start + _SOME])
        for number, body in session.execute(select(Disclosure.seq, Disclosure.document).where(shown_to(viewer), some)):
            document = orjson.loads(body)
            if _whole(document):
                found[number] = document
    return found


def _candidate(row: SameLink, documents: Mapping[int, Document], traits: Mapping[int, Traits | None]) -> dict[str, Any]:
    one, other = traits.get(row.first_seq), traits.get(row.second_seq)
    reasons = compare(one, other).reasons if one and other else ()
    return {
        **{
            place: {
                "id": documents[number]["id"],
                "title": documents[number]["title"],
                "source": documents[number]["source"]["key"],
            }
            for place, number in (("first", row.first_seq), ("second", row.second_seq))
        },
        "score": row.score,
        "shown": row.decision == CONFIRMED or (row.decision == OPEN and row.score >= SAME),
        "reasons": [{"code": one.code, "said": SAID[one.code], "evidence": one.evidence} for one in reasons],
        "decision": row.decision,
        "decided_by": row.decided_by,
        "decided": f"{row.decided.isoformat()[:19]}Z" if row.decided else None,
        "reason": row.reason,
    }


def _behind(catalog: Catalog) -> bool:
    with catalog.reading() as session:
        newest = session.scalar(select(func.max(Change.seq))) or 0
        return newest > _value(session, FOLLOWED) or (newest > 0 and _version(session) != VERSION)


def _value(session: Session, counter: str) -> int:
    return session.scalar(select(Counter.value).where(Counter.name == counter)) or 0


def _version(session: Session) -> int:
    return _value(session, JUDGED_BY)


def _count(session: Session, counter: str, value: int) -> None:
    take(session, counter, 0)
    session.execute(update(Counter).where(Counter.name == counter).values(value=value), execution_options=_QUIETLY)


def _anew(session: Session) -> int:
    """Forget what another version found, save what stewards decided; answers where to follow from."""
    session.execute(delete(SameKey), execution_options=_QUIETLY)
    session.execute(delete(SameLink).where(SameLink.decision == OPEN), execution_options=_QUIETLY)
    _count(session, JUDGED_BY, VERSION)
    return 0


def _followed(session: Session, numbers: Sequence[int]) -> tuple[int, int]:
    """Compare these records with all others; how many links are new and gone."""
    own = _traits(session, numbers)
    pairs = {pair for together in _meeting(session, _key(session, own)).values() for pair in _pairs(together, own)}
    likely = dict(_alike((pair for pair in pairs if own.keys() >= set(pair)), own))
    others = sorted({number for pair in pairs for number in pair} - own.keys())
    for start in range(0, len(others), BATCH):
        # A record may share keys with many; their documents are not all held at once.
        some = _traits(session, others[start : start + BATCH])
        likely |= _alike((pair for pair in pairs if not some.keys().isdisjoint(pair)), own | some)
    return _link(session, numbers, likely)


def _alike(pairs: Iterable[Pair], traits: Mapping[int, Traits | None]) -> Iterator[tuple[Pair, Likeness]]:
    for first, second in pairs:
        one, other = traits[first], traits[second]
        if one is not None and other is not None and (likeness := compare(one, other)).score >= WORTH_A_LOOK:
            yield (first, second), likeness


def _traits(session: Session, numbers: Sequence[int]) -> dict[int, Traits | None]:
    """By number; None for what is withdrawn or emptied: it is compared with nothing."""
    found: dict[int, Traits | None] = dict.fromkeys(numbers)
    for start in range(0, len(numbers), _SOME):
        rows = session.execute(
            select(Disclosure.seq, Disclosure.document, CatalogRecord.remote_id)
            .join(CatalogRecord, CatalogRecord.dataset_seq == Disclosure.seq)
            .where(Disclosure.audience == Audience.FULL, Disclosure.seq.in_(numbers[start : start + _SOME]))
        )
        for number, body, remote_id in rows:
            document = orjson.loads(body)
            if "emptied" not in document and document.get("state") != RecordState.WITHDRAWN:
                found[number] = of_document(document, remote_id)
    return found


def _key(session: Session, own: Mapping[int, Traits | None]) -> dict[int, set[int]]:
    """Write the keys of these records anew; answers them with the records that have each."""
    by_key: dict[int, set[int]] = defaultdict(set)
    for number, traits in own.items():
        for key in keys(traits) if traits else ():
            by_key[key].add(number)
    for some in _batches(list(own)):
        session.execute(delete(SameKey).where(SameKey.dataset_seq.in_(some)), execution_options=_QUIETLY)
    rows = [(key, number) for key in sorted(by_key) for number in sorted(by_key[key])]
    if rows:
        # A record has some twenty: SQLAlchemy would take longer over the rows than the database does.
        session.connection().exec_driver_sql(Layout(session.get_bind().engine.url.drivername).statement(SameKey), rows)
    return by_key


def _meeting(session: Session, by_key: Mapping[int, set[int]]) -> dict[int, set[int]]:
    """By key, the records that share it; without keys that too many share, or only one has.

    Where too many share it, those of them that the community is shown, or else the public, if they are not too many:
    links between these would otherwise be gone as soon as a hidden record has the key, and so tell of it.
    """
    found: dict[int, set[int]] = defaultdict(set)
    sharing = select(SameKey.key, SameKey.dataset_seq).join(Disclosure, Disclosure.seq == SameKey.dataset_seq)
    for some in _batches(sorted(by_key)):
        counts = dict(
            session.execute(
                select(SameKey.key, func.count())
                .where(SameKey.key.in_(some))
                .group_by(SameKey.key)
                .having(func.count() > 1)
            ).all()
        )
        few = [key for key, count in counts.items() if count <= MOST_ALIKE]
        for key, number in session.execute(select(SameKey.key, SameKey.dataset_seq).where(SameKey.key.in_(few))):
            found[key].add(number)
        many = counts.keys() - set(few)
        for audience in (Audience.COMMUNITY, Audience.PUBLIC) if many else ():
            of = Disclosure.audience == audience
            telling = session.scalars(
                select(SameKey.key)
                .join(Disclosure, Disclosure.seq == SameKey.dataset_seq)
                .where(SameKey.key.in_(sorted(many)), of)
                .group_by(SameKey.key)
                .having(func.count() <= MOST_ALIKE)
            ).all()
            for key, number in session.execute(sharing.where(SameKey.key.in_(telling), of)):
                found[key].add(number)
            many -= set(telling)
    return found


def _pairs(together: Iterable[int], own: Mapping[int, object]) -> Iterator[Pair]:
    for first, second in combinations(sorted(together), 2):
        if first in own or second in own:
            yield first, second


def _link(session: Session, numbers: Sequence[int], likely: Mapping[Pair, Likeness]) -> tuple[int, int]:
    """Write the links of these records; what a steward decided stays, whatever is found."""
    kept: dict[Pair, SameLink] = {}
    for some in _batches(numbers):
        rows = session.scalars(select(SameLink).where(or_(SameLink.first_seq.in_(some), SameLink.second_seq.in_(some))))
        kept |= {(row.first_seq, row.second_seq): row for row in rows}
    gone = 0
    for pair, row in kept.items():
        likeness = likely.get(pair, Likeness((), 0.0))
        if pair not in likely and not row.decision:
            session.delete(row)
            gone += 1
            continue
        codes = [reason.code for reason in likeness.reasons]
        if (row.score, row.reasons) != (likeness.score, codes):
            row.score, row.reasons = likeness.score, codes
    new = [
        {
            "first_seq": first,
            "second_seq": second,
            "score": likeness.score,
            "reasons": [reason.code for reason in likeness.reasons],
            "found": datetime.now(UTC),
        }
        for (first, second), likeness in sorted(likely.items())
        if (first, second) not in kept
    ]
    if new:
        session.execute(insert(SameLink), new)
    session.flush()
    return len(new), gone


def _batches(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(numbers), _SOME):
        yield numbers[start : start + _SOME]
