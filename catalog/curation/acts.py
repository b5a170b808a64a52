"""What stewards correct: set, taken back, looked at again. A harvest in between changes none of it.

Each act writes the record anew under what is said of it now, in the caller's transaction, with a line of the change
feed and one of the audit. Whether the actor is a steward of the record is for the caller to see to.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog import assertions, audit, levels
from catalog.assess import Assessment, Assessor
from catalog.curation import columns, fields, kept
from catalog.curation.columns import Place
from catalog.curation.fields import FIELDS, Wrong
from catalog.curation.overlay import Fact, harvested_value, laid_over, says_the_same
from catalog.curation.remembered import record_of
from catalog.disclosure import Document
from catalog.levels import DESK, Desk, Refused
from catalog.records import DatasetRecord
from catalog.rows import Entry
from catalog.store import Store, hold
from catalog.tables import CatalogRecord, CuratedValue, Dataset, Disclosure, HarvestedRecord, SourceRow
from catalog.viewer import Viewer
from catalog.vocabulary import Audience, RecordState
from config.declarations import Source

REVIEW_MONTHS = 12
"""After which a correction is to be looked at again."""
NEW, CHANGED, UNCHANGED = "new", "changed", "unchanged"
_ASSERTED = 'Levels are set by "landmark classify", and who may know of a record by "landmark visibility".'


class Faulty(Refused):
    """Some values are not taken; ``faults`` has for each field the reason and the mend."""

    def __init__(self, faults: Mapping[str, Wrong]) -> None:
        super().__init__(" ".join(str(fault) for fault in faults.values()))
        self.faults = dict(faults)


@dataclass(frozen=True, slots=True)
class Bench:
    """With what records are written anew: the rules, and the database's driver as in an address."""

    assessor: Assessor
    drivername: str


@dataclass(frozen=True, slots=True)
class State:
    """A record with what its source says and what people say.

    Attributes:
        record: As its source gave it last.
        judged: That record as today's rules see it.
        facts: By field.
    """

    id: UUID
    seq: int
    source: Source
    full: Document
    record: DatasetRecord
    judged: Assessment
    facts: Mapping[str, Fact]
    address: str


@dataclass(frozen=True, slots=True)
class Change:
    """What would become of one field: ``new``, ``changed`` or ``unchanged``; texts as people write them.

    ``after`` is empty where the correction is taken back.
    """

    field: str
    outcome: str
    value: Any
    before: str
    after: str
    taken_back: bool = False


def state_of(session: Session, dataset_id: UUID, bench: Bench, today: date) -> State:
    """A record as it may be corrected; raises Refused if there is none, or nothing of it to correct."""
    row = session.execute(
        select(Dataset.seq, SourceRow, Disclosure.document, CatalogRecord.state)
        .join(Disclosure, (Disclosure.seq == Dataset.seq) & (Disclosure.audience == Audience.FULL))
        .join(SourceRow, SourceRow.key == Dataset.source_key)
        .join(CatalogRecord, CatalogRecord.dataset_seq == Dataset.seq)
        .where(Dataset.id == dataset_id)
    ).first()
    if row is None:
        raise Refused("There is no such record.")
    seq, declared, body, state = row
    full = orjson.loads(body)
    if "emptied" in full:
        raise Refused("Its portal has made it private: nothing of it is kept that could be corrected.")
    if state is RecordState.WITHDRAWN:
        raise Refused("It is withdrawn: correct it when its source lists it again.")
    source = _source(declared)
    live = list(assertions.live(session, [dataset_id]).get(dataset_id, {}).values())
    record = kept.harvested(session, dataset_id) or record_of(session, seq, full, live)
    facts = {fact.field: fact for fact in kept.of(session, [dataset_id]).get(dataset_id, ())}
    judged = bench.assessor.assess(record, source, today)
    return State(dataset_id, seq, source, full, record, judged, facts, full["link"])


def planned(state: State, given: Mapping[str, str | None], assessor: Assessor) -> tuple[list[Change], dict[str, Wrong]]:
    """What would become of fields, and by field what is wrong with the values that are not taken.

    Args:
        state: The record.
        given: By field what it is to be, as people write it; None, or ``as source``, takes the correction back.
        assessor: Whose topics and organisations are known.
    """
    changes: list[Change] = []
    faults: dict[str, Wrong] = {}
    for key, text in given.items():
        try:
            changes.append(_planned(state, key, text, assessor))
        except Wrong as wrong:
            faults[key] = wrong
    return changes, faults


def correct(
    session: Session,
    dataset_id: UUID,
    given: Mapping[str, str | None],
    actor: str,
    reason: str,
    bench: Bench,
    *,
    desk: Desk = DESK,
    viewer: Viewer | None = None,
) -> list[Change]:
    """Put values in the place of what a record's source says, or take that back where None is given.

    With a ``viewer`` it is seen to here as well that they are steward of the record at this moment.

    Raises:
        Faulty: Some value cannot be taken; then none is.
        Refused: Nobody or no reason is named, nothing would change, there is nothing to correct, or the viewer is no
            steward of the record.
    """
    levels.named(actor, reason)
    hold(session)
    if viewer is not None and not levels.stewarded(session, viewer, [dataset_id]):
        raise Refused("There is no such record.")
    now = desk.time()
    state = state_of(session, dataset_id, bench, now.date())
    changes, faults = planned(state, given, bench.assessor)
    if faults:
        raise Faulty(faults)
    real = [change for change in changes if change.outcome != UNCHANGED]
    if not real:
        raise Refused(
            "Nothing would change: it is corrected so already, or its source says so itself. "
            'To say that a correction still holds: "landmark curate verify".'
        )
    write(session, state, real, actor.strip(), reason.strip(), bench, now, key=desk.key)
    return changes


def write(
    session: Session,
    state: State,
    changes: Sequence[Change],
    actor: str,
    reason: str,
    bench: Bench,
    now: datetime,
    *,
    key: str = "",
) -> None:
    """Write changes that were planned, and the record anew; see :func:`correct`."""
    for change in changes:
        row = session.get(CuratedValue, (state.id, change.field), populate_existing=True)
        if change.taken_back:
            session.delete(row)
            continue
        if row is None:
            row = CuratedValue(dataset_id=state.id, field=change.field)
            session.add(row)
        row.value, row.actor, row.reason, row.at = {"value": change.value}, actor, reason, now
        row.keeper, row.verified, row.verified_by = actor, None, ""
        row.harvested, row.caught_up, row.gone = None, None, None
    session.flush()
    _anew(session, state, bench, now)
    under = f" under the key {key}" if key else ""
    for change in changes:
        what = label(change.field) if columns.place_of(change.field) is None else "a column's hashtag"
        action = f"took back the correction of {what}" if change.taken_back else f"corrected {what}"
        audit.append(session, actor, action.lower() + under, str(state.id), reason)
        session.flush()


def verify(session: Session, dataset_id: UUID, wanted: Collection[str], actor: str, *, desk: Desk = DESK) -> list[str]:
    """Note that corrections still hold; of all that the record has, if none is named. Answers their fields.

    Raises Refused if there are none.
    """
    levels.named(actor, "looked at again")
    rows = list(
        session.scalars(
            select(CuratedValue)
            .where(CuratedValue.dataset_id == dataset_id, CuratedValue.field != kept.VISIBILITY)
            .order_by(CuratedValue.field)
            .execution_options(populate_existing=True)
        )
    )
    found = [row for row in rows if not wanted or row.field in wanted]
    if not found or len(found) < len(set(wanted)):
        raise Refused('There is no such correction to look at again. See "landmark curate --show".')
    for row in found:
        row.verified, row.verified_by = desk.time(), actor.strip()
    session.flush()
    what = "a correction" if len(found) == 1 else f"{len(found)} corrections"
    audit.append(session, actor.strip(), f"looked at {what} again", str(dataset_id))
    return [row.field for row in found]


def side_by_side(
    session: Session, dataset_id: UUID, bench: Bench, today: date, *, most_columns: int = 0
) -> list[dict[str, Any]]:
    """Every field with what its source says, what people say and what is shown, in texts as people write them.

    Each is ``{field, label, help, long, harvested, curated, effective, by, reason, at, verified, verified_by, keeper,
    caught_up, gone, overdue}``; of what nobody corrected ``curated`` is null and the rest empty. Corrected columns come
    last. For stewards of the record alone. Raises Refused as :func:`correct` does.

    Args:
        session: Reading.
        dataset_id: Of the record.
        bench: Whose rules know topics and organisations.
        today: By which reviews are overdue.
        most_columns: So many of the columns that nobody corrected are told too.
    """
    state = state_of(session, dataset_id, bench, today)
    rows = {
        row.field: row
        for row in session.scalars(
            select(CuratedValue)
            .where(CuratedValue.dataset_id == dataset_id, CuratedValue.field != kept.VISIBILITY)
            .execution_options(populate_existing=True)
        )
    }
    of_columns = sorted(field for field in rows if columns.place_of(field) is not None)
    others = list(islice((place.field for place in columns_of(state) if place.field not in rows), most_columns))
    wanted = [*FIELDS, *of_columns, *others]
    shown = _effective(state, bench, today)
    found = []
    for key in wanted:
        row = rows.get(key)
        harvested = harvested_value(key, state.record, state.judged, bench.assessor)
        found.append(
            {
                "field": key,
                "label": label(key),
                "help": FIELDS[key].help if key in FIELDS else "",
                "long": FIELDS[key].long if key in FIELDS else False,
                "harvested": text_of(key, harvested, bench.assessor),
                "curated": None if row is None else text_of(key, row.value["value"], bench.assessor),
                "effective": text_of(key, shown(key), bench.assessor),
            }
            | standing(row, today)
        )
    return found


def standing(row: CuratedValue | None, today: date) -> dict[str, Any]:
    """Who said a correction, why, when it was looked at last and whether the source has caught up."""
    if row is None:
        empty = dict.fromkeys(("by", "reason", "at", "verified", "verified_by", "keeper"), "")
        return {**empty, "caught_up": None, "gone": None, "overdue": False}
    return {
        "by": row.actor,
        "reason": row.reason,
        "at": _iso(row.at),
        "verified": _iso(row.verified or row.at),
        "verified_by": row.verified_by or row.actor,
        "keeper": row.keeper or row.actor,
        "caught_up": _iso(row.caught_up),
        "gone": _iso(row.gone),
        "overdue": due(row.verified or row.at) < today,
    }


def review(session: Session, viewer: Viewer, today: date, *, overdue: bool = False) -> list[dict[str, Any]]:
    """A steward's corrections by when they were looked at last, those that are overdue first.

    Each is ``{id, title, source, field, label}`` with what :func:`standing` says.
    """
    rows = session.scalars(
        select(CuratedValue).where(CuratedValue.field != kept.VISIBILITY).execution_options(populate_existing=True)
    ).all()
    shown = levels.shown_to_steward(session, viewer, list({row.dataset_id for row in rows}))
    found = [
        {
            "id": str(row.dataset_id),
            "title": shown[row.dataset_id]["title"],
            "source": shown[row.dataset_id]["source"]["key"],
            "field": row.field,
            "label": label(row.field),
        }
        | standing(row, today)
        for row in rows
        if row.dataset_id in shown
    ]
    left = [one for one in found if one["overdue"] or not overdue]
    return sorted(left, key=lambda one: (not one["overdue"], one["verified"], one["id"], one["field"]))


def due(looked: datetime) -> date:
    """When a correction that was looked at then is to be looked at again."""
    years, month = divmod(looked.month - 1 + REVIEW_MONTHS, 12)
    return date(looked.year + years, month + 1, min(looked.day, 28))


def field_of(text: str) -> str:
    """The field that is meant by ``title``, or by ``hxl`` and a header (``hxl:Number of IDPs``); raises Wrong."""
    if text.startswith(columns.PREFIX + "["):
        return _kept_form(text)
    head, mark, header = text.partition(":")
    if mark and head.strip().casefold() in {"hxl", "column", "hashtag"}:
        return Place(" ".join(header.split())).field
    if text.strip().casefold() in {"level", "sensitivity", "visibility"}:
        raise Wrong(text.strip(), "it is not corrected here", _ASSERTED)
    return fields.named(text).key


def _kept_form(text: str) -> str:
    try:
        place = columns.place_of(text)
    except ValueError:
        place = None
    parts = () if place is None else (place.header, place.sheet or "", place.file or "")
    if place is None or not place.header or not all(isinstance(part, str) for part in parts):
        raise Wrong("hashtag", "it names no column", 'Write "hxl:" and the header.')
    return place.field


def label(field: str) -> str:
    """What people call a field."""
    place = columns.place_of(field)
    return place.label if place is not None else FIELDS[field].label if field in FIELDS else field


def text_of(field: str, value: Any, assessor: Assessor) -> str:  # noqa: ANN401 - JSON
    """A value as people write it; of a column its hashtags, with where they come from."""
    if columns.place_of(field) is None:
        return fields.shown(FIELDS[field], value, assessor)
    if isinstance(value, str):
        return value or fields.NONE
    return "; ".join(f"{tag} ({origin})" for tag, origin in value) or fields.NONE


def _planned(state: State, key: str, text: str | None, assessor: Assessor) -> Change:
    fact = state.facts.get(key)
    text = None if text is not None and text.strip().casefold() == fields.AS_SOURCE else text
    before = "" if fact is None else text_of(key, fact.value, assessor)
    if text is None:
        return Change(key, UNCHANGED if fact is None else CHANGED, None, before, "", taken_back=fact is not None)
    place = columns.place_of(key)
    if place is not None:
        value = columns.read_tag(text)
        if fact is None and not columns.found(state.record, place):
            raise columns.missing(state.record, place)
    else:
        value = fields.read(FIELDS[key], text, assessor)
    after = text_of(key, value, assessor)
    if fact is not None:
        return Change(key, UNCHANGED if fact.value == value else CHANGED, value, before, after)
    harvested = harvested_value(key, state.record, state.judged, assessor)
    declared = place is None or all(origin == "declared" for _, origin in harvested)
    outcome = UNCHANGED if declared and says_the_same(key, value, harvested) else NEW
    return Change(key, outcome, value, text_of(key, harvested, assessor), after)


def _anew(session: Session, state: State, bench: Bench, now: datetime) -> None:
    """Write the record under what is said of it now; where nothing is left, as its source gives it."""
    store = Store(state.source, bench.assessor, bench.drivername)
    hashed = session.scalars(select(CatalogRecord.hash).where(CatalogRecord.dataset_seq == state.seq)).one()
    store.correct(session, [Entry(state.record, state.judged, hashed, b"", state.address)], now)
    if not kept.of(session, [state.id]):
        found = session.get(HarvestedRecord, state.id)
        if found is not None:
            session.delete(found)
    session.flush()


def _effective(state: State, bench: Bench, today: date) -> Any:  # noqa: ANN401 - a function of fields
    """What is shown of each field."""
    entry = Entry(state.record, state.judged, "", b"", state.address)
    now = datetime.combine(today, datetime.min.time())
    laid = laid_over(entry, [replace(fact) for fact in state.facts.values()], bench.assessor, state.source, now)
    return lambda key: harvested_value(key, laid.entry.record, laid.entry.assessment, bench.assessor)


def _source(row: SourceRow) -> Source:
    """A source as records of it are judged and rendered; its file need not be there any more."""
    return Source.model_construct(
        key=row.key,
        kind=row.kind,
        title=row.title,
        url=row.url,
        publisher=row.publisher,
        licence=row.licence,
        visibility=row.visibility.value,
        access=row.access.value,
    )


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment.isoformat()[:19]}Z"


def columns_of(state: State) -> Iterator[Place]:
    """Where hashtags can be corrected: each header of a sheet once."""
    seen = set()
    for _, column in columns.tables(state.record):
        place = Place(column.header)
        if place.field not in seen:
            seen.add(place.field)
            yield place
