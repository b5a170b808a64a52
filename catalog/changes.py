"""What changed: the feed as each viewer may know it, in plain sentences with the machine form beside.

The feed holds differences of full documents. A viewer is told only of records that they may know of now, only since
they may (what a record was before it became visible, or before it was withdrawn, stays untold), and only as documents
are disclosed to them: a record whose links were ever withheld has none in its history. What is not told is not counted.
Of a record that they reach a viewer is told all, save what a steward's record was while it was for its owner alone.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, Select, Text, cast, func, or_, select
from sqlalchemy.orm import Session

from catalog.disclosure import PARTLY, SEES, Document
from catalog.history import Told, told
from catalog.query import QueryError
from catalog.sentences import sentences
from catalog.tables import Change, Dataset, Disclosure, LevelAssertion, Slug
from catalog.viewer import Viewer, as_audience, as_reached, shown_to
from catalog.vocabulary import Audience, Level, RecordState, Visibility

S = TypeVar("S", bound=Select[*tuple[Any, ...]])

MOST = 1000
"""Changes on a page."""
_CHUNK = 500
UNTOLD = "reach"
"""Of lines that only the indexes follow: somebody was granted a record, or is no longer."""


@dataclass(frozen=True, slots=True)
class ChangeQuery:
    """Which changes are asked for, in the feed's order: the oldest first.

    Attributes:
        since: At this time or later (UTC).
        source: Key of a source.
        dataset: Id or name.
        limit: Changes on a page, 0 to 1,000.
        after: The ``next`` of the page before.
        datasets: Ids; only of these, if any are named.
    """

    since: datetime | None = None
    source: str = ""
    dataset: str = ""
    limit: int = 50
    after: str = ""
    datasets: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangePage:
    """A page of changes; ``next`` is empty after the last.

    An item is ``{at, source, dataset, name, title, kind, sentences [..], fields [{field, old, new, sentences [..]}]}``.
    ``kind`` is ``created``, ``updated``, ``withheld``, ``missing``, ``withdrawn`` or ``returned``; title and name are
    today's. A field that also has ``hidden`` changed as well, but its values are held back. Who does not reach the
    record is told old values of few fields, and new ones only where the record shows them today
    (:mod:`catalog.history`).
    """

    items: Sequence[Mapping[str, Any]]
    total: int
    next: str


def changes(session: Session, viewer: Viewer, query: ChangeQuery) -> ChangePage:
    """What a viewer may know of what changed.

    Raises:
        QueryError: A ``limit`` out of bounds, or an ``after`` that no page gave.
    """
    if not 0 <= query.limit <= MOST:
        raise QueryError("limit", "limit: it must be a whole number from 0 to 1,000.")
    wanted = list(_wanted(session, viewer, query))
    history = _History(session, viewer, wanted)
    period = [] if query.since is None else [Change.at >= query.since]
    told = _disclosed(viewer, select(Change.seq, Change.dataset_seq).where(*wanted, *period))
    total = session.scalar(select(func.count()).select_from(told.subquery())) or 0
    total -= history.untold_in(session, query.since)
    numbers: list[int] = []
    position = _position(session, viewer, history, wanted, query.after) if query.after else 0
    while len(numbers) <= query.limit:
        rows = session.scalars(
            _disclosed(viewer, select(Change.seq).where(*wanted, *period, Change.seq > position))
            .order_by(Change.seq)
            .limit(_CHUNK)
        ).all()
        numbers += [seq for seq in rows if seq not in history.untold]
        if len(rows) < _CHUNK:
            break
        position = rows[-1]
    page = numbers[: query.limit]
    items = list(_items(session, viewer, history, page))
    more = bool(page) and len(numbers) > query.limit
    return ChangePage([item for item, _ in items], total, items[-1][1] if more and items else "")


def told_by_run(session: Session, viewer: Viewer, runs: Collection[UUID]) -> Mapping[tuple[UUID | None, str], int]:
    """How many changes of each kind a viewer is told of, by run: as many as :func:`changes` lists."""
    of_runs = Change.run_id.in_(runs)
    touched = select(Change.dataset_seq).where(of_runs)
    history = _History(session, viewer, [Change.dataset_seq.in_(touched)])
    lines = _disclosed(viewer, select(Change.run_id, Change.kind, func.count()).where(of_runs))
    counts = Counter(
        {(run, kind): count for run, kind, count in session.execute(lines.group_by(Change.run_id, Change.kind))}
    )
    otherwise = sorted(history.untold | history.appeared)
    for start in range(0, len(otherwise), _CHUNK):
        some = Change.seq.in_(otherwise[start : start + _CHUNK])
        for seq, run, kind in session.execute(select(Change.seq, Change.run_id, Change.kind).where(some, of_runs)):
            counts[run, kind] -= 1
            counts[run, "created"] += seq in history.appeared
    return counts


def moment(text: str) -> datetime:
    """A day or a time, UTC where no zone is said; raises ValueError with the mend."""
    try:
        said = datetime.fromisoformat(text)
        return said.replace(tzinfo=UTC) if said.tzinfo is None else said.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("It must be a day such as 2024-01-31, or a time such as 2024-01-31T08:00:00Z.") from None


class _History:
    """What of the feed a viewer is not told.

    Attributes:
        untold: Numbers of changes of disclosed records that are not told.
        appeared: Numbers of changes by which a record became visible: told as if it had been created then.
    """

    def __init__(self, session: Session, viewer: Viewer, wanted: Sequence[ColumnElement[bool]]) -> None:
        self.untold: set[int] = set()
        self.appeared: set[int] = set()
        self._severe: Mapping[int, bool] = {}
        if viewer.sees_all:
            return
        plain = as_audience(viewer)
        marks = or_(Change.kind == RecordState.WITHDRAWN, _has(Change.fields, "visibility"))
        self._begins(session, plain, SEES[viewer.audience], wanted, marks)
        self._withholds(session, plain, wanted)
        if viewer.is_steward:
            not_owners = frozenset(Visibility) - {Visibility.OWNER}
            self._begins(session, as_reached(viewer), not_owners, wanted, _has(Change.fields, "visibility"))

    def fields(self, dataset: int, given: Iterable[Mapping[str, Any]], document: Document | None) -> list[Told]:
        """The fields of a change as whoever is shown the record as this document may know them; None: they reach it."""
        if document is None:
            return [Told(entry, entry) for entry in given]
        severe = self._severe.get(dataset)
        left = (told(entry, document, links_gone=severe is not None, severe=bool(severe)) for entry in given)
        return [entry for entry in left if entry is not None]

    def untold_in(self, session: Session, since: datetime | None) -> int:
        """How many of the untold are in the period."""
        if since is None:
            return len(self.untold)
        numbers = sorted(self.untold)
        count = 0
        for start in range(0, len(numbers), _CHUNK):
            some = Change.seq.in_(numbers[start : start + _CHUNK])
            count += session.scalar(select(func.count()).where(some, Change.at >= since)) or 0
        return count

    def _begins(
        self,
        session: Session,
        shown: ColumnElement[bool],
        seen: frozenset[Visibility],
        wanted: Sequence[ColumnElement[bool]],
        marks: ColumnElement[bool],
    ) -> None:
        """Where what is told of each record begins, for who is shown it so."""
        rows = session.execute(
            _shown(
                shown, select(Change.seq, Change.dataset_seq, Change.kind, Change.fields).where(*wanted, marks)
            ).order_by(Change.seq)
        ).all()
        begins: dict[int, int] = {}
        appeared: dict[int, int] = {}
        for seq, dataset, kind, fields in rows:
            if kind == RecordState.WITHDRAWN:
                begins[dataset] = seq + 1
            for entry in fields:
                if entry["field"] == "visibility":
                    was, becomes = (_visible(entry[side], seen) for side in ("old", "new"))
                    if not (was and becomes):
                        begins[dataset] = seq if becomes else seq + 1
                        appeared[dataset] = seq
        if not begins:
            return
        marked = select(Change.dataset_seq).where(marks)
        lines = session.execute(
            _shown(shown, select(Change.seq, Change.dataset_seq).where(*wanted, Change.dataset_seq.in_(marked)))
        )
        self.untold |= {seq for seq, dataset in lines if seq < begins.get(dataset, 0)}
        self.appeared |= {seq for dataset, seq in appeared.items() if seq == begins[dataset]}

    def _withholds(self, session: Session, shown: ColumnElement[bool], wanted: Sequence[ColumnElement[bool]]) -> None:
        """Assertions are never deleted, so they tell which records' links were ever withheld."""
        ever = or_(LevelAssertion.withhold_links, LevelAssertion.level.in_([Level.HIGH, Level.SEVERE]))
        of = (
            select(Dataset.seq, LevelAssertion.level)
            .join(Dataset, Dataset.id == LevelAssertion.dataset_id)
            .where(ever, Dataset.seq.in_(select(Disclosure.seq).where(shown)))
        )
        severe: dict[int, bool] = {}
        for dataset, level in session.execute(of):
            severe[dataset] = severe.get(dataset, False) or level is Level.SEVERE
        self._severe = severe
        withheld = (
            select(Dataset.seq)
            .join(LevelAssertion, Dataset.id == LevelAssertion.dataset_id, isouter=True)
            .where(or_(ever, Dataset.visibility.in_(PARTLY)))
        )
        rows = session.execute(
            _shown(
                shown,
                select(Change.seq, Change.dataset_seq, Change.fields).where(
                    *wanted, Change.kind == "updated", Change.dataset_seq.in_(withheld)
                ),
            )
        ).all()
        documents = _documents(session, shown, sorted({dataset for _, dataset, _ in rows}))
        self.untold |= {
            seq
            for seq, dataset, fields in rows
            if seq not in self.appeared and fields and not self.fields(dataset, fields, documents[dataset])
        }


def _documents(session: Session, shown: ColumnElement[bool], numbers: Sequence[int]) -> dict[int, Document]:
    found: dict[int, Document] = {}
    for start in range(0, len(numbers), _CHUNK):
        some = Disclosure.seq.in_(numbers[start : start + _CHUNK])
        rows = session.execute(select(Disclosure.seq, Disclosure.document).where(shown, some))
        found |= {seq: orjson.loads(body) for seq, body in rows}
    return found


def _wanted(session: Session, viewer: Viewer, query: ChangeQuery) -> Iterator[ColumnElement[bool]]:
    if query.source:
        yield Change.source_key == query.source
    if query.dataset:
        try:
            key: UUID | None = UUID(query.dataset)
        except ValueError:
            # A name leads only to records that are shown under it.
            of_name = select(Slug.dataset_id).join(Disclosure, Disclosure.dataset_id == Slug.dataset_id)
            key = session.scalar(
                of_name.where(Slug.name == query.dataset, Disclosure.name.is_not(None), shown_to(viewer))
            )
        number = None if key is None else session.scalar(select(Dataset.seq).where(Dataset.id == key))
        yield Change.dataset_seq == (0 if number is None else number)

    if query.datasets:
        yield Change.dataset_seq.in_(select(Dataset.seq).where(Dataset.id.in_(query.datasets)))


def _disclosed(viewer: Viewer, statement: S) -> S:
    """Only records that the viewer may know of; never that a grant was made or has ended."""
    return _shown(shown_to(viewer), statement)


def _shown(shown: ColumnElement[bool], statement: S) -> S:
    of_record = (Disclosure.seq == Change.dataset_seq) & shown
    return statement.select_from(Change).join(Disclosure, of_record).where(Change.kind != UNTOLD)


def _has(fields: Any, name: str) -> ColumnElement[bool]:  # noqa: ANN401 - a column of JSON
    """Whether a change names a field; a text within a value has its quotes escaped and does not match."""
    return cast(fields, Text).like(f'%"field":"{name}"%')


def _visible(value: object, seen: frozenset[Visibility]) -> bool:
    return value in {visibility.value for visibility in seen}


def _position(
    session: Session,
    viewer: Viewer,
    history: _History,
    wanted: Sequence[ColumnElement[bool]],
    after: str,
) -> int:
    """The number after which a page begins.

    A cursor is the time and the dataset of the last item: numbers would tell how many changes are hidden. Where that
    item is told no longer, the page begins with the first that is as old: rather twice than never.
    """
    try:
        said, _, key = after.partition("~")
        at, dataset = datetime.strptime(said, _CURSOR_TIME).replace(tzinfo=UTC), UUID(key)
    except ValueError:
        message = f'after: "{after[:80]}" is no "next" of a page before. Leave it out to begin anew.'
        raise QueryError("after", message) from None
    rows = session.execute(
        _disclosed(viewer, select(Change.seq, Dataset.id).where(*wanted, Change.at == at))
        .join(Dataset, Dataset.seq == Change.dataset_seq)
        .order_by(Change.seq)
    ).all()
    for seq, id_ in rows:
        if id_ == dataset and seq not in history.untold:
            return int(seq)
    first = session.scalar(_disclosed(viewer, select(func.min(Change.seq)).where(*wanted, Change.at >= at)))
    newest = session.scalar(select(func.max(Change.seq))) or 0
    return newest if first is None else first - 1


_CURSOR_TIME = "%Y%m%dT%H%M%S%fZ"


def _items(
    session: Session, viewer: Viewer, history: _History, numbers: Sequence[int]
) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Each change as it is told, with the cursor that goes on after it."""
    for start in range(0, len(numbers), _CHUNK):
        # Two questions: joined, SQLite looks through all records of the audience for each change.
        lines = session.scalars(
            select(Change).where(Change.seq.in_(numbers[start : start + _CHUNK])).order_by(Change.seq)
        ).all()
        shown = {
            seq: (id_, audience, body)
            for seq, id_, audience, body in session.execute(
                select(Disclosure.seq, Disclosure.dataset_id, Disclosure.audience, Disclosure.document)
                .where(shown_to(viewer))
                .where(Disclosure.seq.in_({change.dataset_seq for change in lines}))
            )
        }
        for change in lines:
            if change.dataset_seq not in shown:
                continue  # hidden just now
            id_, audience, body = shown[change.dataset_seq]
            document = orjson.loads(body)
            appeared = change.seq in history.appeared
            fields = (
                []
                if appeared
                else history.fields(change.dataset_seq, change.fields, None if audience is Audience.FULL else document)
            )
            spoken = sentences([field.spoken for field in fields])
            said = [{**field.entry, "sentences": found} for field, found in zip(fields, spoken, strict=True)]
            kind = "created" if appeared else change.kind
            at = change.at.astimezone(UTC)
            yield (
                {
                    "at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
                    "source": change.source_key,
                    "dataset": str(id_),
                    "name": document["name"],
                    "title": document["title"],
                    "kind": kind,
                    "sentences": ["newly listed"]
                    if kind == "created"
                    else [sentence for entry in said for sentence in entry["sentences"]],
                    "fields": said,
                },
                f"{at.strftime(_CURSOR_TIME)}~{id_}",
            )
