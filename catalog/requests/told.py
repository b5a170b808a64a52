"""What each who has to do with requests is told of them, and their figures.

A request as it is told (JSON object)::

    id, dataset {id, shown, name, title, holders [..], countries [ISO3], link}, as [requester | owner | steward],
    requester {name, organisation {id, name}}, purpose, for_whom, until, agreement, language, expected_days, opened,
    state, since, due, newest, history [{number, state, at, as, by, why, category}], possible [state],
    message {language, direction, subject, body, to, mailto, whole, form} or null

``dataset`` is what the reader may know of the record now; where they may not know of it any more, ``shown`` is false
and nothing is left but the id. ``due`` is when an answer that has not come is noted as none, else null; ``newest`` is
what an act gives back as expected. ``message`` is drafted from what the requester may know of the record now; lists
leave it out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog import keys
from catalog.requests import parties, states
from catalog.requests.kept import notes
from catalog.requests.message import Said, message
from catalog.requests.outcomes import Figures, Outcome, figures
from catalog.requests.parties import Parts
from catalog.requests.route import route
from catalog.requests.states import ANSWERS, Note, Part, State
from catalog.route import Ways
from catalog.tables import Agent, DataRequest
from catalog.viewer import Viewer


def request(
    session: Session,
    viewer: Viewer,
    id_: UUID,
    now: datetime | None = None,
    language: str = "",
    ways: Ways | None = None,
) -> dict[str, Any]:
    """One request as it is told to a viewer, its message in another language if one is named. Raises NoRequest.

    ``ways`` is what is known of access beside the record; the shipped entries, if none is given.
    """
    now = now or datetime.now(UTC)
    row, parts = parties.one(session, viewer, id_)
    (told,) = _told(session, viewer, [row], {id_: parts}, now)
    return told | {"message": _message(session, viewer, row, told["requester"], language, now, ways)}


def requests(
    session: Session, viewer: Viewer, now: datetime | None = None, *, state: str = "", limit: int = 50, start: int = 0
) -> tuple[list[dict[str, Any]], int]:
    """The requests that a viewer has to do with, newest first, in a state if one is named; and how many in all."""
    now = now or datetime.now(UTC)
    rows, parts = parties.theirs(session, viewer)
    if state:
        standing = _standing(session, rows, now)
        rows = [row for row in rows if standing[row.id].state.value == state]
    return _told(session, viewer, rows[start : start + limit], parts, now), len(rows)


def outcomes(session: Session, viewer: Viewer, now: datetime | None = None) -> list[Figures]:
    """What becomes of requests about records that a viewer is shown (:func:`catalog.requests.outcomes.figures`)."""
    now = now or datetime.now(UTC)
    rows = session.scalars(select(DataRequest).order_by(DataRequest.opened, DataRequest.id)).all()
    shown = parties.documents(session, viewer, {row.dataset_id for row in rows})
    rows = [row for row in rows if row.dataset_id in shown]
    seen = parties.parts(session, viewer, rows)
    standing, written = _standing(session, rows, now), notes(session, [row.id for row in rows])
    return figures(
        Outcome(
            frozenset(shown[row.dataset_id]["countries"]),
            standing[row.id].state,
            _days(written[row.id]),
            row.id in seen,
        )
        for row in rows
    )


def _days(written: Sequence[Note]) -> float | None:
    """From the first sending to the first answer."""
    sent = next((one.at for one in written if one.state is State.SENT), None)
    answered = next((one.at for one in written if one.state in ANSWERS), None)
    return None if sent is None or answered is None else (answered - sent) / timedelta(days=1)


def _standing(session: Session, rows: Sequence[DataRequest], now: datetime) -> dict[UUID, Note]:
    written = notes(session, [row.id for row in rows])
    return {row.id: states.history(written[row.id], row.until, row.expected_days, now)[-1] for row in rows}


def _told(
    session: Session, viewer: Viewer, rows: Sequence[DataRequest], parts: Parts, now: datetime
) -> list[dict[str, Any]]:
    shown = parties.documents(session, viewer, {row.dataset_id for row in rows})
    written = notes(session, [row.id for row in rows])
    agents = {row.organisation for row in rows if row.organisation}
    names = dict(session.execute(select(Agent.id, Agent.name).where(Agent.id.in_(agents))).all()) if agents else {}
    return [
        _one(
            row,
            states.history(written[row.id], row.until, row.expected_days, now),
            parts[row.id],
            _record(row.dataset_id, shown.get(row.dataset_id)),
            names.get(row.organisation, "") if row.organisation else "",
        )
        for row in rows
    ]


def _one(
    row: DataRequest, told: Sequence[Note], parts: frozenset[Part], record: Mapping[str, Any], organisation: str
) -> dict[str, Any]:
    last = told[-1]
    over = states.due(last, row.expected_days)
    return {
        "id": str(row.id),
        "dataset": record,
        "as": [part.value for part in Part if part in parts],
        "requester": {
            "name": row.requester,
            "organisation": {"id": str(row.organisation or ""), "name": organisation},
        },
        "purpose": row.purpose,
        "for_whom": row.for_whom,
        "until": row.until.isoformat(),
        "agreement": row.agreement,
        "language": row.language,
        "expected_days": row.expected_days,
        "opened": _iso(row.opened),
        "state": last.state.value,
        "since": _iso(last.at),
        "due": _iso(over) if over else None,
        "newest": max(one.number for one in told),
        "history": [_line(one, row.requester, parts) for one in told],
        "possible": [state.value for state in states.possible(last.state, parts)],
    }


def _line(one: Note, requester: str, parts: frozenset[Part]) -> dict[str, Any]:
    """A steward is told every name; others the requester's, and names of those who are what they are."""
    named = Part.STEWARD in parts or one.part in parts or (one.part is Part.REQUESTER and one.by == requester)
    return {
        "number": one.number,
        "state": one.state.value,
        "at": _iso(one.at),
        "as": one.part.value,
        "by": one.by if named else "",
        "why": one.why,
        "category": one.category.value if one.category else "",
    }


def _record(id_: UUID, shown: Mapping[str, Any] | None) -> dict[str, Any]:
    if shown is None:
        return {"id": str(id_), "shown": False, "name": "", "title": "", "holders": [], "countries": [], "link": ""}
    told = {name: shown[name] for name in ("name", "title", "holders", "countries", "link")}
    return {"id": str(id_), "shown": True} | told


def _message(
    session: Session,
    viewer: Viewer,
    row: DataRequest,
    by: Mapping[str, Any],
    language: str,
    now: datetime,
    ways: Ways | None,
) -> dict[str, Any] | None:
    """Drafted from what the requester may know; none where they, or who asks for it, may not know of the record."""
    requester = keys.of(session, row.key, now)
    if requester is None or row.dataset_id not in parties.documents(session, viewer, [row.dataset_id]):
        return None
    shown = parties.documents(session, requester, [row.dataset_id]).get(row.dataset_id)
    if shown is None:
        return None
    said = Said(by["name"], by["organisation"]["name"], row.purpose, row.for_whom, row.until, row.agreement)
    return asdict(message(shown, route(shown, ways), said, language or row.language, row.expected_days))


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
