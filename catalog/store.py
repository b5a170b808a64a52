"""Writes assessed records: hash-first, only what changed, in batches, with disclosure and change feed.

One call of :meth:`Store.write` or :meth:`Store.create` is part of one transaction; the caller commits at the edge.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from catalog import assertions, links, profiles, proposals, shifts, use
from catalog import tables as t
from catalog.assess import Assessor
from catalog.curation import kept as curation
from catalog.curation.overlay import Laid, laid_over
from catalog.database import PURGED
from catalog.disclosure import Document, Holding, disclose, is_private
from catalog.hxl.lasting import lasting
from catalog.layout import Layout, Row, columns, table
from catalog.rows import (
    MADE_PRIVATE,
    ORDER,
    Created,
    Entry,
    Renderer,
    Rows,
    agent_rows,
    dataset_id,
    dataset_row,
    emptied,
    held_back,
    made_private,
    payload_row,
)  # fmt: skip
from catalog.sensitivity import STEWARD, Assertion, effective, is_quarantine, is_signal
from catalog.visibility import would_open
from catalog.vocabulary import Audience, RecordState
from config.declarations import Source

BATCH = 500
TOLD_OF_HIDDEN = frozenset({"links_withheld", "state", "visibility"})
"""Of these fields a change gives old and new value even where the portal holds the record back."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one entry: ``created``, ``updated`` (with the fields) or ``unchanged``."""

    remote_id: str
    kind: str
    fields: tuple[str, ...] = ()


class Known(NamedTuple):
    """What the catalog already holds of a remote record; ``seq`` is its dataset's number."""

    seq: int
    hash: str
    state: RecordState


def known(session: Session, source_key: str, remote_ids: Sequence[str]) -> dict[str, Known]:
    """What the catalog holds of these records of a source, by remote id."""
    found: dict[str, Known] = {}
    for some in _batches(remote_ids):
        rows = session.execute(
            select(t.CatalogRecord.remote_id, t.CatalogRecord.dataset_seq, t.CatalogRecord.hash, t.CatalogRecord.state)
            .where(t.CatalogRecord.source_key == source_key)
            .where(t.CatalogRecord.remote_id.in_(some))
        )
        found |= {row[0]: Known(row[1], row[2], row[3]) for row in rows}
    return found


def saw(session: Session, numbers: Sequence[int], run_id: UUID, now: datetime) -> None:
    """Note that the portal still lists these records."""
    for some in _batches(numbers):
        session.execute(
            update(t.CatalogRecord)
            .where(t.CatalogRecord.dataset_seq.in_(some))
            .values(last_seen=now, last_seen_run=run_id, state=RecordState.LISTED, missing_since=None, missing_runs=0),
            execution_options={"synchronize_session": False},
        )


def returned(session: Session, source_key: str, run_id: UUID, numbers: Sequence[int], now: datetime) -> None:
    """Tell in the feed that missing records are listed again, as they were; to be called beside :func:`saw`."""
    if numbers:
        back = _state_field(RecordState.MISSING)
        feed(session, source_key, run_id, [(number, "returned", [back]) for number in numbers], now)


def take(session: Session, counter: str, count: int) -> range:
    """The next numbers of a gap-free counter, locked until the transaction ends."""
    last = session.scalar(
        update(t.Counter)
        .where(t.Counter.name == counter)
        .values(value=t.Counter.value + count)
        .returning(t.Counter.value),
        execution_options={"synchronize_session": False},
    )
    if last is None:
        session.execute(insert(t.Counter).values(name=counter, value=count))
        last = count
    return range(last - count + 1, last + 1)


def hold(session: Session) -> None:
    """Let nobody else change what is asserted of records until the transaction ends; to be called before it is read.

    Where a harvest and a steward meet, the second renders what the first has said. It is the feed's counter that is
    held, for whoever changes a level writes to the feed: one lock for both cannot be taken in the wrong order.
    """
    take(session, "change", 0)


class Store:
    """Writes one source's records.

    Args:
        drivername: Of the database's address; see :class:`catalog.layout.Layout`.
        payload_versions: How many of a record's last payloads are kept.

    Attributes:
        would_open: Of how many records that were written more people would know, if they were first seen today.
        purged: Whether something was deleted that a portal holds back; whoever keeps more of the source lets go of it.
    """

    def __init__(self, source: Source, assessor: Assessor, drivername: str, payload_versions: int = 2) -> None:
        self._source, self._assessor = source, assessor
        self._layout = Layout(drivername)
        self.renderer = Renderer(source, assessor, self._layout)
        self._payload_versions = payload_versions
        self._versions, self._batch = assessor.versions, proposals.batch_of(assessor.digest)
        self.would_open = 0
        self.purged = False
        self._emptied: list[str] = []
        self._written: dict[type[t.Base], set[Row]] = {t.Agent: set(), t.AgentAlias: set()}

    def write(self, session: Session, run_id: UUID | None, entries: Sequence[Entry], now: datetime) -> list[Outcome]:
        """Write records that are new or whose hash differs; answers one outcome per entry, in order."""
        before = known(session, self._source.key, [entry.record.remote_id for entry in entries])
        new = [entry for entry in entries if entry.record.remote_id not in before]
        self.create(session, run_id, [self.renderer.created(new, run_id, now)], now)
        held = [(entry, before[entry.record.remote_id]) for entry in entries if entry.record.remote_id in before]
        updated = iter(self._update(session, run_id, held, now))
        return [
            next(updated) if entry.record.remote_id in before else Outcome(entry.record.remote_id, "created")
            for entry in entries
        ]

    def judge_again(self, session: Session, entries: Sequence[Entry], now: datetime) -> list[Outcome]:
        """Write records as they are judged now, from what the portal said last.

        When that was said, and whether the portal lists them, stays as it is. Withdrawn records, and those that the
        catalog does not hold, are left alone; one outcome per other entry, in order. What becomes of levels and
        visibility is written to the audit (:mod:`catalog.shifts`).
        """
        before = known(session, self._source.key, [entry.record.remote_id for entry in entries])
        held = [(entry, before[entry.record.remote_id]) for entry in entries if entry.record.remote_id in before]
        listed = [(entry, found) for entry, found in held if found.state is not RecordState.WITHDRAWN]
        # Held from here on, so that whatever stands in the feed after it is ours.
        newest = take(session, "change", 0).start - 1
        outcomes = self._update(session, None, listed, now, heard=False)
        shifts.write_judged(session, self._source.key, newest)
        return outcomes

    def correct(self, session: Session, entries: Sequence[Entry], now: datetime) -> list[Outcome]:
        """Write records anew under what people say of them now; the entries are as their source gave them last.

        Nothing that was asserted is lifted by it and nothing proposed: the rules had their word when they were read.
        """
        before = known(session, self._source.key, [entry.record.remote_id for entry in entries])
        held = [(entry, before[entry.record.remote_id]) for entry in entries]
        return self._update(session, None, held, now, heard=False, read=False)

    def create(self, session: Session, run_id: UUID | None, created: Sequence[Created], now: datetime) -> None:
        """Write records that the catalog does not hold yet, from their finished rows."""
        count = sum(part.count for part in created)
        if not count:
            return
        numbers = take(session, "dataset", count)
        seq = numbers[0]
        by_table: dict[type[t.Base], list[Row]] = {}
        for part in created:
            for entity, rows in part.by_table.items():
                by_table.setdefault(entity, []).extend(_numbered(entity, rows, seq))
            seq += part.count
            self._insert_new(session, t.Agent, part.agents)
            self._insert_new(session, t.AgentAlias, part.aliases)
        self._insert(session, by_table)
        self._insert_new(session, t.Slug, [row for part in created for row in part.names])
        feed(session, self._source.key, run_id, [(number, "created", []) for number in numbers], now)

    def quiet(self, session: Session) -> None:
        """Take out of issues, once those of a page are written, what they say of records that were emptied in it."""
        for some in _batches(self._emptied):
            session.execute(
                update(t.HarvestIssue)
                .where(t.HarvestIssue.source_key == self._source.key, t.HarvestIssue.remote_id.in_(some))
                .values(message=f"{MADE_PRIVATE}.", address="", mend=""),
                execution_options={"synchronize_session": False},
            )
        self._emptied.clear()

    def _update(
        self,
        session: Session,
        run_id: UUID | None,
        held: Sequence[tuple[Entry, "Known"]],
        now: datetime,
        *,
        heard: bool = True,
        read: bool = True,
    ) -> list[Outcome]:
        """``heard``: the portal has just given these records; ``read``: they were read anew by today's rules."""
        if not held:
            return []
        ids = [dataset_id(self._source.key, entry.record.remote_id) for entry, _ in held]
        hold(session)
        before = _disclosed(session, [found.seq for _, found in held])
        asserted = assertions.live(session, ids)
        rows, outcomes, replaced, lifted = Rows(), [], [], []
        closed: dict[int, UUID | None] = {}
        proposed: dict[UUID, proposals.Lowering | None] = {}
        changes: list[tuple[int, str, list[dict[str, Any]]]] = []
        kept_back: set[int] = set()
        for id_, (entry, found) in zip(ids, self._corrected(session, held, before, now), strict=True):
            name, document = before.get(found.seq, ("", None))
            live = asserted.get(id_, {})
            standing = Standing(live, entry, self._of_new_files(entry, document, live.values(), now))
            lifted += [(id_, assertion) for assertion in standing.lifted.values()]
            proposed[id_] = proposals.lowering(standing.now, entry.assessment.assertions, self._versions)
            entry, holding, rendered = self._rendered(entry, id_, name, standing, document)  # noqa: PLW2901
            full = rendered[Audience.FULL]
            self.would_open += would_open(full["visibility_of"], holding.level.name, holding.table)
            fields = difference(document, full)
            fields += links_withheld(standing.were, standing.now)
            kind = "updated" if fields or found.state is RecordState.WITHDRAWN else "unchanged"
            if heard and found.state is not RecordState.LISTED:
                fields.append(_state_field(found.state))
            hidden = held_back(self._source, entry) or any(map(is_quarantine, standing.now))
            was_hidden = _was_held_back(document, standing.were)
            if hidden:
                kept_back.add(found.seq)
            if hidden and (not was_hidden or holding.emptied):
                closed[found.seq] = id_ if holding.emptied else None
            if kind == "updated" or standing.added or standing.lifted:
                self.renderer.describe(rows, entry, holding, found.seq, standing.added, rendered, now)
                replaced.append(dataset_row(holding, found.seq))
            if fields:
                told = "withheld" if hidden and not was_hidden else "updated"
                told = "returned" if heard and found.state is not RecordState.LISTED else told
                changes.append((found.seq, told, without_values(fields) if hidden or was_hidden else fields))
            outcomes.append(Outcome(entry.record.remote_id, kind, tuple(field["field"] for field in fields)))
        self._replace(session, replaced, rows)
        assertions.end(session, lifted, assertions.LIFTED, "The portal no longer gives the signal.", now)
        proposals.note(session, self._batch, proposed if read else {}, now)
        self._close(session, closed)
        if heard:
            self._keep_payloads(session, [(entry, found.seq) for entry, found in held], kept_back, now)
            _relist(session, held, run_id, now)
        else:
            purge(session, list(closed))
            _rehash(session, held)
        if changes:
            feed(session, self._source.key, run_id, changes, now)
        return outcomes

    def _lasting(
        self,
        session: Session,
        held: Sequence[tuple[Entry, "Known"]],
        before: Mapping[int, tuple[str, Document]],
        now: datetime,
    ) -> Iterator[tuple[Entry, "Known"]]:
        """The entries with the hashtags that their portal declared before and has stopped declaring."""
        for entry, found in held:
            record, document = entry.record, before.get(found.seq, ("", None))[1]
            if document is not None:
                record = lasting(record, document, partial(_last_seen, session, found.seq))
            if record is entry.record:
                yield entry, found
            else:
                assessment = self._assessor.assess(record, self._source, now.date())
                yield replace(entry, record=record, assessment=assessment), found

    def _corrected(
        self,
        session: Session,
        held: Sequence[tuple[Entry, "Known"]],
        before: Mapping[int, tuple[str, Document]],
        now: datetime,
    ) -> Iterator[tuple[Entry, "Known"]]:
        """The entries with what people say in the place of what their portal says, which is noted beside it."""
        corrected: list[tuple[UUID, Laid]] = []
        said = curation.of(session, [dataset_id(self._source.key, entry.record.remote_id) for entry, _ in held])
        for entry, found in self._lasting(session, held, before, now):
            id_ = dataset_id(self._source.key, entry.record.remote_id)
            document = before.get(found.seq, ("", None))[1]
            if id_ not in said or (made_private(self._source, entry) and _was_shown(document)):
                yield entry, found
            else:
                laid = laid_over(entry, said[id_], self._assessor, self._source, now)
                corrected.append((id_, laid))
                yield laid.entry, found
        curation.note(session, corrected)

    def _rendered(
        self, entry: Entry, id_: UUID, name: str, standing: "Standing", before: Document | None
    ) -> tuple[Entry, Holding, dict[Audience, Document]]:
        """What is written of a record: of one that its portal has made private, only what stays of it."""
        private = made_private(self._source, entry) and _was_shown(before)
        left = emptied(entry) if private else entry
        self._emptied += [entry.record.remote_id] * private
        holding = self.renderer.holding(left, id_, name, standing.now, before, emptied=private)
        return left, holding, dict(disclose(holding))

    def _close(self, session: Session, closed: Mapping[int, UUID | None]) -> None:
        """``closed``: datasets that the portal holds back from now on, with the id of those that were emptied."""
        if closed:
            self.purged, session.info[PURGED] = True, True
            _unkey(session, list(closed))
            _silence(session, list(closed))
            emptied_now = [id_ for id_ in closed.values() if id_ is not None]
            _forget_names(session, emptied_now)
            curation.forget(session, emptied_now)

    def _of_new_files(
        self, entry: Entry, before: Document | None, live: Iterable[Assertion], now: datetime
    ) -> Sequence[Assertion]:
        """What the rules say of files that came after a steward spoke: that steward has not weighed them."""
        if before is None or not any(said.asserted_by == STEWARD for said in live):
            return ()
        known = {file["key"] for file in before["distributions"]}
        new = {file.key for file in entry.record.distributions} - known
        if not new:
            return ()
        bare = replace(
            entry.record,
            columns=(),
            distributions=(),
            flags=tuple(flag for flag in entry.record.flags if flag.distribution in new),
        )
        files = tuple(file for file in entry.record.distributions if file.key in new)
        today = now.date()
        flagless = replace(bare, flags=())
        without = {_word(said) for said in self._assessor.assess(flagless, self._source, today).assertions}
        said = self._assessor.assess(replace(bare, distributions=files), self._source, today).assertions
        return [one for one in said if _word(one) not in without]

    def _replace(self, session: Session, datasets: Sequence[Row], rows: Rows) -> None:
        """Put the new rows of datasets in the place of their old ones."""
        if not datasets:
            return
        self._insert_new(session, t.Agent, self._layout.ready(t.Agent, agent_rows(rows)))
        self._insert_new(session, t.AgentAlias, self._layout.ready(t.AgentAlias, list(rows.agents)))
        for child in _CHILDREN:
            for some in _batches([row[1] for row in datasets]):
                # Every audience is named so that the key is used: it begins with the audience.
                these = (
                    t.Disclosure.audience.in_(list(Audience)) & t.Disclosure.seq.in_(some)
                    if child is t.Disclosure
                    else child.dataset_seq.in_(some)
                )
                session.execute(delete(child).where(these), execution_options={"synchronize_session": False})
        connection = session.connection()
        for row in datasets:
            connection.execute(
                table(t.Dataset).update().where(table(t.Dataset).c.id == row[0]),
                dict(zip(columns(t.Dataset), row, strict=True)),
            )
        self._insert(session, {entity: self._layout.ready(entity, made) for entity, made in rows.by_table.items()})
        self._insert_new(session, t.Slug, self._layout.ready(t.Slug, [(name, id_) for id_, name in rows.names.items()]))

    def _insert(self, session: Session, by_table: Mapping[type[t.Base], list[Row]]) -> None:
        connection = session.connection()
        for entity in ORDER:
            if rows := by_table.get(entity):
                connection.exec_driver_sql(self._layout.statement(entity), rows)

    def _insert_new(self, session: Session, entity: type[t.Base], rows: Sequence[Row]) -> None:
        """Insert rows whose key is not there yet, without asking twice for what this store has written."""
        fresh = [row for row in rows if row not in self._written.get(entity, ())]
        if fresh:
            session.connection().exec_driver_sql(self._layout.statement(entity, only_new=True), fresh)
        if entity in self._written:
            self._written[entity].update(fresh)

    def _keep_payloads(
        self, session: Session, held: Sequence[tuple[Entry, int]], kept_back: Collection[int], now: datetime
    ) -> None:
        """Keep the last few versions; none of what the portal holds back."""
        open_ = [(entry, seq) for entry, seq in held if seq not in kept_back]
        purge(session, [seq for _, seq in held if seq in kept_back])
        version = t.PayloadVersion.version
        versions: dict[int, int] = {}
        for some in _batches([seq for _, seq in open_]):
            versions |= dict(
                session.execute(
                    select(t.PayloadVersion.dataset_seq, func.max(version))
                    .where(t.PayloadVersion.dataset_seq.in_(some))
                    .group_by(t.PayloadVersion.dataset_seq)
                ).all()
            )
        rows = [(seq, versions.get(seq, 0) + 1, *payload_row(entry, now)) for entry, seq in open_]
        self._insert(session, {t.PayloadVersion: self._layout.ready(t.PayloadVersion, rows)})
        for seq, newest in versions.items():
            session.execute(
                delete(t.PayloadVersion)
                .where(t.PayloadVersion.dataset_seq == seq)
                .where(version <= newest + 1 - self._payload_versions),
                execution_options={"synchronize_session": False},
            )


def _was_shown(document: Document | None) -> bool:
    """Whether the portal showed the record before it made it private; what it gave as private from the first stays."""
    return document is not None and (not is_private(document) or "emptied" in document)


def _was_held_back(document: Document | None, assertions: Sequence[Assertion]) -> bool:
    return (document is not None and is_private(document)) or any(map(is_quarantine, assertions))


class Standing:
    """What is asserted of a record before and after it is judged again.

    Args:
        live: What holds, by number, oldest first.
        entry: The record as it is judged now.
        anew: What is said of files that no steward has weighed yet.

    Attributes:
        were: Live until now, oldest first.
        lifted: By number: signals that the portal no longer gives.
        added: What is said for the first time.
        now: Live from now on.
    """

    def __init__(self, live: Mapping[int, Assertion], entry: Entry, anew: Sequence[Assertion] = ()) -> None:
        judged = entry.assessment.assertions
        self.were = list(live.values())
        self.lifted = {number: said for number, said in live.items() if is_signal(said) and _has_ended(said, entry)}
        # What is seen in another place is said anew: a steward who lowered the level has not weighed it.
        known = {_kept(said) for said in self.were}
        before = effective(self.were).strictness
        again = {_word(said) for said in anew if effective([*self.were, said]).strictness > before}
        self.added = [said for said in judged if _kept(said) not in known or _word(said) in again]
        self.now = [*(said for number, said in live.items() if number not in self.lifted), *self.added]


def _has_ended(signal: Assertion, entry: Entry) -> bool:
    """A portal's quarantine ends with the portal's flag, not with our rule; what asks for attention, with either."""
    field, _, value = signal.evidence.partition("=")
    if any((flag.field, flag.value) == (field, value) for flag in entry.record.flags):
        rules = {said.rule for said in entry.assessment.assertions}
        return not signal.withhold_links and signal.rule not in rules
    return True


def _kept(said: Assertion) -> tuple[object, ...]:
    """A new version of a rule that sees the same and says the same says nothing new."""
    return said.rule, said.scope, said.evidence, said.level, said.withhold_links


def _word(said: Assertion) -> tuple[object, ...]:
    return said.rule, said.level, said.withhold_links


_SEQ_AT = {t.Dataset: 1, t.Disclosure: 2, t.Reach: 1, t.LevelAssertion: None}
"""Where a row has the dataset's number, if it has it and not at its beginning."""


def _numbered(entity: type[t.Base], rows: list[Row], first: int) -> list[Row]:
    """Rows with the numbers they get, counted from ``first``."""
    place = _SEQ_AT.get(entity, 0)
    if place is None:
        return rows
    if place == 0:
        return [(row[0] + first, *row[1:]) for row in rows]
    return [(*row[:place], row[place] + first, *row[place + 1 :]) for row in rows]


def _relist(session: Session, held: Sequence[tuple[Entry, "Known"]], run_id: UUID | None, now: datetime) -> None:
    """Note the new hash, and that the portal lists the records."""
    record = table(t.CatalogRecord)
    for entry, found in held:
        session.connection().execute(
            record.update().where(record.c.dataset_seq == found.seq),
            {
                "state": RecordState.LISTED, "hash": entry.hash, "last_seen": now, "last_seen_run": run_id,
                "missing_since": None, "missing_runs": 0,
            },
        )  # fmt: skip


def _rehash(session: Session, held: Sequence[tuple[Entry, "Known"]]) -> None:
    """Note the new hash alone."""
    record = table(t.CatalogRecord)
    for entry, found in held:
        if entry.hash != found.hash:
            session.connection().execute(record.update().where(record.c.dataset_seq == found.seq), {"hash": entry.hash})


def purge(session: Session, numbers: Sequence[int]) -> None:
    """Delete every native payload of datasets, the profiles of their files, what was found of their addresses, use."""
    profiles.forget(session, numbers)
    links.forget(session, numbers)
    use.forget(session, numbers)
    for some in _batches(numbers):
        session.execute(
            delete(t.PayloadVersion).where(t.PayloadVersion.dataset_seq.in_(some)),
            execution_options={"synchronize_session": False},
        )


def _unkey(session: Session, numbers: Sequence[int]) -> None:
    """What a record was compared by was made of its words; what is still to be compared is keyed anew."""
    for some in _batches(numbers):
        session.execute(
            delete(t.SameKey).where(t.SameKey.dataset_seq.in_(some)), execution_options={"synchronize_session": False}
        )


def _forget_names(session: Session, ids: Sequence[UUID]) -> None:
    """A name is made of the title's words; its end is the id's, so that it is never given to another record."""
    for some in _batches(ids):
        session.execute(
            delete(t.Slug).where(t.Slug.dataset_id.in_(some)), execution_options={"synchronize_session": False}
        )


def feed(
    session: Session,
    source_key: str,
    run_id: UUID | None,
    changes: Sequence[tuple[int, str, list[dict[str, Any]]]],
    now: datetime,
) -> None:
    """Append to the change feed: dataset's number, kind, and fields with ``field``, ``old`` and ``new``."""
    numbers = take(session, "change", len(changes))
    session.connection().execute(
        table(t.Change).insert(),
        [
            {
                "seq": seq,
                "dataset_seq": dataset,
                "source_key": source_key,
                "run_id": run_id,
                "at": now,
                "kind": kind,
                "fields": fields,
            }
            for seq, (dataset, kind, fields) in zip(numbers, changes, strict=True)
        ],
    )


_CHILDREN: tuple[Any, ...] = (
    t.ColumnTag, t.Column, t.Distribution, t.DatasetAgent, t.DatasetLocation, t.DatasetConcept, t.AccessRoute,
    t.Relation, t.Disclosure, t.Reach,
)  # fmt: skip


def _disclosed(session: Session, numbers: Sequence[int]) -> dict[int, tuple[str, Document]]:
    """Name and full document as last rendered, by the dataset's number."""
    found: dict[int, tuple[str, Document]] = {}
    for some in _batches(numbers):
        rows = session.execute(
            select(t.Disclosure.seq, t.Disclosure.name, t.Disclosure.document)
            .where(t.Disclosure.audience == Audience.FULL)
            .where(t.Disclosure.seq.in_(some))
        )
        found |= {seq: (name or "", orjson.loads(document)) for seq, name, document in rows}
    return found


def _last_seen(session: Session, number: int) -> date:
    """When the portal listed a dataset last."""
    return session.scalars(select(t.CatalogRecord.last_seen).where(t.CatalogRecord.dataset_seq == number)).one().date()


def _silence(session: Session, numbers: Sequence[int]) -> None:
    """Take old and new values out of the feed's lines of datasets that the portal holds back from now on."""
    for some in _batches(numbers):
        told = select(t.Change.seq, t.Change.fields).where(t.Change.dataset_seq.in_(some))
        for seq, fields in session.execute(told).all():
            session.execute(
                update(t.Change).where(t.Change.seq == seq).values(fields=without_values(fields)),
                execution_options={"synchronize_session": False},
            )


def without_values(fields: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Which fields changed, without what they were and are."""
    return [
        dict(field)
        if field["field"] in TOLD_OF_HIDDEN
        else {"field": field["field"], "old": None, "new": None, "hidden": True}
        for field in fields
    ]


def links_withheld(were: Sequence[Assertion], now: Sequence[Assertion]) -> list[dict[str, Any]]:
    """Whether links are withheld is no part of the full document, for that withholds none."""
    before, after = effective(were).withhold_links, effective(now).withhold_links
    return [] if before is after else [{"field": "links_withheld", "old": before, "new": after}]


def _state_field(before: RecordState) -> dict[str, Any]:
    return {"field": "state", "old": before.value, "new": RecordState.LISTED.value}


def difference(old: Document | None, new: Document) -> list[dict[str, Any]]:
    """Fields of the full document that differ, with old and new value."""
    if old is None:
        return []
    return [
        {"field": name, "old": old.get(name), "new": new.get(name)}
        for name in sorted((old.keys() | new.keys()) - {"state", "emptied"})
        if old.get(name) != new.get(name)
    ]


def _batches(ids: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]
