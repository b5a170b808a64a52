"""Corrections of many records in one sheet: a row for each record, a column for each field; first it is looked at.

The column ``dataset`` has ids or names, ``why`` the reason; every other column is a field (:data:`FIELDS`) or
``hxl:HEADER``. An empty cell leaves its field as it is, ``none`` says that there is none, ``as source`` takes a
correction back.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import orjson
from sqlalchemy.orm import Session

from catalog import audit, levels, reading
from catalog.curation import acts
from catalog.curation.acts import Bench, Change, State
from catalog.curation.fields import Wrong
from catalog.levels import DESK, Desk, Refused
from catalog.register.files import Formula, Line, Page, Unreadable, Value, opened
from catalog.register.kept import CHANGED, NEW, REJECTED, UNCHANGED, Planned
from catalog.register.reading import Fault, Row, address, clean
from catalog.store import hold
from catalog.viewer import Viewer

RECORD, WHY = "dataset", "why"
_RECORD_WORDS = frozenset({"dataset", "id", "record", "dataset id", "dataset_id", "key"})
_WHY_WORDS = frozenset({"why", "reason"})
_BESIDE = frozenset({"name", "source", "link", "modified", "level"})
"""Columns of an export of a search, which are left out without a word."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A sheet as it was read.

    Attributes:
        columns: By field, ``dataset`` and ``why``: the place of its column, from 0.
        notes: What was left out, in sentences.
    """

    rows: tuple[Row, ...]
    columns: Mapping[str, int]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """What a sheet would change; with each row that is taken the record and its changes."""

    planned: tuple[Planned, ...]
    taken: Mapping[int, tuple[State, list[Change], str]]


def read(body: bytes) -> Batch:
    """The rows of a sheet: CSV, XLSX or ODS; raises :class:`catalog.register.files.Unreadable`."""
    file = opened(body, lambda cells: len(_columns(cells)[0]))
    for page in file.pages:
        for place, line in enumerate(page.lines):
            columns, notes = _columns(line.cells, line.number)
            if RECORD in columns and len(columns) > 1:
                rows = tuple(_row(one, columns) for one in page.lines[place + 1 :])
                told = (*file.notes, *page.notes, *notes)
                return Batch(tuple(row for row in rows if row.given), columns, told)
    raise Unreadable(
        f'No sheet has a row of headings with "{RECORD}" and at least one field, such as {_first(file.pages)}. '
        'Fields are listed by "landmark curate --fields".'
    )


def look(session: Session, batch: Batch, viewer: Viewer, bench: Bench, today: date, *, because: str = "") -> Look:
    """What a sheet would change, of records that the viewer is steward of; nothing is written.

    Args:
        session: Reading.
        batch: The sheet.
        viewer: Who brings it.
        bench: The rules.
        today: By which reviews are reckoned.
        because: The reason of rows that have none of their own.
    """
    planned: list[Planned] = []
    taken: dict[int, tuple[State, list[Change], str]] = {}
    met: dict[UUID, int] = {}
    for row in batch.rows:
        one, found = _looked(session, row, batch, viewer, bench, today, because, met)
        planned.append(one)
        if found is not None:
            taken[row.number] = found
    return Look(tuple(planned), taken)


def accept(
    session: Session, batch: Batch, viewer: Viewer, bench: Bench, *, because: str = "", desk: Desk = DESK
) -> Look:
    """Write what a sheet says, save the rows that are rejected; answers what was looked at in the same transaction.

    Raises Refused if nobody is named.
    """
    levels.named(viewer.name, "a sheet")
    hold(session)
    now = desk.time()
    seen = look(session, batch, viewer, bench, now.date(), because=because)
    for state, changes, why in seen.taken.values():
        acts.write(session, state, changes, viewer.name.strip(), why, bench, now, key=desk.key)
    audit.append(session, viewer.name, "corrected records by a sheet", f"{len(seen.taken)} records", because)
    return seen


def _looked(
    session: Session,
    row: Row,
    batch: Batch,
    viewer: Viewer,
    bench: Bench,
    today: date,
    because: str,
    met: dict[UUID, int],
) -> tuple[Planned, tuple[State, list[Change], str] | None]:
    faults = list(row.faults)

    def fault(column: str, reason: str, mend: str) -> None:
        faults.append(Fault(address(batch.columns.get(column, 0), row.number), column, reason, mend))

    key, why = row.values.get(RECORD, ""), row.values.get(WHY, "") or because.strip()
    given = {field: text for field, text in row.values.items() if field not in {RECORD, WHY}}
    changes: list[Change] = []
    state: State | None = None
    try:
        state = _state(session, key, viewer, bench, today)
        if met.setdefault(state.id, row.number) != row.number:
            fault(RECORD, f"it is the same record as in row {met[state.id]}", "Put both into one row.")
        changes, wrong = acts.planned(state, given, bench.assessor)
        for field, one in wrong.items():
            fault(field, one.reason, one.mend)
    except Wrong as one:
        fault(RECORD, one.reason, one.mend)
    if not why:
        fault(WHY, "nobody says why", 'Fill it in, or say "--why" for the whole sheet.')
    if faults or state is None:
        return Planned(row, REJECTED, key, row.values, faults=tuple(faults)), None
    real = [change for change in changes if change.outcome != acts.UNCHANGED]
    kinds = {change.outcome for change in real}
    outcome = UNCHANGED if not real else CHANGED if acts.CHANGED in kinds else NEW
    told = tuple((change.field, change.before, change.after or "(as its source says)") for change in real)
    one_planned = Planned(row, outcome, str(state.id), row.values, told)
    return one_planned, ((state, real, why) if real else None)


def _state(session: Session, key: str, viewer: Viewer, bench: Bench, today: date) -> State:
    """The record of a row; raises Wrong."""
    if not key:
        raise Wrong(RECORD, "it is empty", "Write the record's id or name.")
    found = reading.document(session, viewer, key)
    id_ = UUID(orjson.loads(found[0])["id"]) if found else None
    if id_ is None or not levels.stewarded(session, viewer, [id_]):
        raise Wrong(RECORD, f'there is no record "{key[:60]}" that you are the steward of', "Write its id or name.")
    try:
        return acts.state_of(session, id_, bench, today)
    except Refused as refused:
        raise Wrong(RECORD, str(refused).rstrip("."), "Take the row out.") from None


def _columns(cells: Iterable[Value], number: int = 0) -> tuple[dict[str, int], list[str]]:
    found: dict[str, int] = {}
    notes: list[str] = []
    for place, cell in enumerate(cells):
        heading = " ".join(cell.split()) if isinstance(cell, str) else ""
        if not heading:
            continue
        told = heading.casefold()
        try:
            key = RECORD if told in _RECORD_WORDS else WHY if told in _WHY_WORDS else acts.field_of(heading)
        except Wrong as wrong:
            if told not in _BESIDE:
                where = f'The column "{heading[:60]}" ({address(place, number or 1)})'
                notes.append(f"{where} was left out: {wrong.reason}. {wrong.mend}")
            continue
        found.setdefault(key, place)
    return found, notes


def _row(line: Line, columns: Mapping[str, int]) -> Row:
    values: dict[str, str] = {}
    faults: list[Fault] = []
    for key, place in columns.items():
        cell = line.cells[place] if place < len(line.cells) else None
        if isinstance(cell, Formula):
            mend = "Copy the cell, and paste its value in its place."
            faults.append(Fault(address(place, line.number), key, "it is a formula", mend))
        elif text := _text(cell):
            values[key] = text
    return Row(line.number, values, tuple(faults), dict(values))


def _text(cell: Value) -> str:
    if cell is None or isinstance(cell, Formula):
        return ""
    if isinstance(cell, date):
        return cell.isoformat()[:10]
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return clean(str(cell))


def _first(pages: Iterable[Page]) -> str:
    headings = [cell for page in pages for line in page.lines[:1] for cell in line.cells if isinstance(cell, str)]
    return f'"title"; the first row has {", ".join(headings[:5])}' if headings else '"title"'
