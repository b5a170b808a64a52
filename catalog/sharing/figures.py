"""Values of indicators, with what they are of: made of the cells of snapshots, or entered by hand."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog import audit
from catalog.needs.judging import State as NeedState
from catalog.places import country_name
from catalog.sharing import snapshots
from catalog.sharing.cells import ALL, Cell
from catalog.tables import EnteredFigure
from catalog.viewer import Viewer
from catalog.vocabulary import AccessModality
from config.indicators import Indicator

ENTERED = "entered a figure"
MOST = 1e12
_REQUESTED = (
    AccessModality.REGISTER, AccessModality.ON_REQUEST, AccessModality.UNDER_AGREEMENT, AccessModality.BILATERAL,
    AccessModality.ON_SITE,
)  # fmt: skip
_WHOLE = frozenset({"needs_met", "requests", "answered", "days_to_answer", "silent_donors", "entered"})
"""Measures that no topic and no kind of organisation has a part of."""


class FigureRefused(ValueError):  # noqa: N818
    """A figure that cannot be entered; the message names the field and the mend."""


@dataclass(frozen=True, slots=True)
class Value:
    """An indicator on a day.

    Attributes:
        value: A share from 0 to 1, days, or a count; None where it is not told or there is nothing it could be of.
        of: What a share or a median is of, or of how many datasets a sum is; None for any other count.
        source: Where an entered figure is from; else empty.
    """

    day: date
    value: float | None
    of: int | None = None
    source: str = ""


def series(session: Session, viewer: Viewer, indicator: Indicator, country: str = ALL, cut: str = ALL) -> list[Value]:
    """An indicator over time, the oldest first, as far as the viewer may know; see :mod:`catalog.sharing.cells`."""
    if indicator.measure == "entered":
        return [] if cut else list(_entered(session, indicator, country))
    if cut and indicator.measure in _WHOLE:
        return []
    return [value_of(indicator, day, cell) for day, cell in snapshots.history(session, viewer, country, cut)]


def value_of(indicator: Indicator, day: date, cell: Cell) -> Value:
    """What a cell says of an indicator."""
    value, of = _MEASURES[indicator.measure](cell)
    return Value(day, value, of)


def shown(indicator: Indicator, viewer: Viewer) -> bool:
    """Whether a viewer is told of the indicator at all."""
    return not indicator.stewards or viewer.is_steward or viewer.sees_all


def enter(
    session: Session,
    actor: str,
    indicator: Indicator,
    country: str,
    day: date,
    value: float,
    source: str,
    now: datetime,
) -> None:
    """Write a figure by hand; of several for a day and country the last one holds. It is in the audit.

    Args:
        session: Writing.
        actor: Who enters it, a steward.
        indicator: One whose measure is ``entered``.
        country: ISO 3166 alpha-3, empty for all countries together.
        day: What it was on.
        value: In the indicator's unit.
        source: Where it is from, in words; everybody is told it.
        now: When it is entered.

    Raises:
        FigureRefused: The message says what to mend.
    """
    if indicator.measure != "entered":
        raise FigureRefused(f'indicator: "{indicator.id}" is computed; choose one that is entered by hand')
    if country and country_name(country) == country:
        raise FigureRefused(f'country: "{country}" is no code of a country; write three letters such as SSD')
    if day > now.date():
        raise FigureRefused(f"day: {day} has not come yet; write the day that the figure was true on")
    top = 1.0 if indicator.unit == "share" else MOST
    if not 0 <= value <= top:
        raise FigureRefused(f"value: {value:g} is out of range; write a number from 0 to {top:g}")
    words = " ".join(source.split())
    if not words:
        raise FigureRefused("source: it is empty; write where the figure is from")
    session.add(
        EnteredFigure(indicator=indicator.id, country=country, day=day, value=value, source=words[:500], entered=now)
    )
    audit.append(session, actor, ENTERED, f"{indicator.id} {country or 'all'} {day}")


def _entered(session: Session, indicator: Indicator, country: str) -> Iterator[Value]:
    rows = session.scalars(
        select(EnteredFigure)
        .where(EnteredFigure.indicator == indicator.id, EnteredFigure.country == country)
        .order_by(EnteredFigure.id)
    )
    last = {row.day: row for row in rows}
    for day in sorted(last):
        yield Value(day, last[day].value, None, last[day].source)


_Told = tuple[float | None, int | None]


def _share(part: Callable[[Cell], int]) -> Callable[[Cell], _Told]:
    def told(cell: Cell) -> _Told:
        return (round(part(cell) / cell["n"], 4) if cell["n"] else None), cell["n"]

    return told


def _access(*ways: AccessModality) -> Callable[[Cell], _Told]:
    return _share(lambda cell: sum(cell.get("access", {}).get(way.value, 0) for way in ways))


def _meaning(origin: str) -> Callable[[Cell], _Told]:
    return _share(lambda cell: cell.get("tags", {}).get(origin, 0))


def _age(cell: Cell) -> _Told:
    return cell.get("ages"), cell.get("dated", 0)


def _needs(cell: Cell) -> _Told:
    states: Mapping[str, int] = cell.get("needs") or {}
    of = sum(count for state, count in states.items() if state != NeedState.NOT_APPLICABLE)
    return (round(states.get(NeedState.MET, 0) / of, 4) if of else None), of


def _asked(cell: Cell) -> dict[str, Any]:
    return cell.get("requests") or {}


def _answered(cell: Cell) -> _Told:
    asked = _asked(cell)
    if not asked.get("n") or asked.get("answered") is None:
        return None, asked.get("n")
    return round(asked["answered"] / asked["n"], 4), asked["n"]


def _hidden(cell: Cell) -> _Told:
    # In a cell that is not as stewards are shown it nobody counted them: that is not none.
    return _share(lambda counted: int(counted["hidden"]))(cell) if "hidden" in cell else (None, None)


def _used(what: str) -> Callable[[Cell], _Told]:
    def told(cell: Cell) -> _Told:
        # In a cell of a time before it was noted, nobody asked the portals: that is not none.
        if cell["n"] and "use" not in cell:
            return None, None
        said = cell.get("use", {}).get(what)
        return (said["n"], said["of"]) if said else (None, 0)

    return told


_MEASURES: Mapping[str, Callable[[Cell], _Told]] = {
    "holdings": lambda cell: (cell["n"], None),
    "open": _access(AccessModality.OPEN),
    "by_request": _access(*_REQUESTED),
    "closed": _access(AccessModality.NOT_SHARED),
    "access_unknown": _access(AccessModality.UNKNOWN),
    "age": _age,
    "meaning": _meaning("any"),
    "meaning_declared": _meaning("declared"),
    "meaning_mapped": _meaning("mapped"),
    "meaning_inferred": _meaning("inferred"),
    "meaning_curated": _meaning("curated"),
    "route": _share(lambda cell: int(cell.get("routes", 0))),
    "needs_met": _needs,
    "requests": lambda cell: (_asked(cell).get("n"), None),
    "answered": _answered,
    "days_to_answer": lambda cell: (_asked(cell).get("days"), _asked(cell).get("answered")),
    "downloads": _used("downloads"),
    "views": _used("views"),
    "hidden": _hidden,
    "silent_donors": lambda cell: ((cell.get("donors") or {}).get("silent"), None),
}


def told(indicator: Indicator, values: list[Value]) -> dict[str, Any]:
    """An indicator with its definition and values, as JSON has it."""
    return {
        "id": indicator.id,
        "name": indicator.name,
        "definition": indicator.definition,
        "version": indicator.version,
        "source": indicator.source,
        "unit": indicator.unit,
        "better": indicator.better,
        "baseline": indicator.baseline,
        "target": indicator.target,
        "values": [
            {"day": one.day.isoformat(), "value": one.value, "of": one.of, "source": one.source} for one in values
        ],
    }


def words(indicator: Indicator, value: Value) -> str:
    """A value as people read it."""
    if value.value is None:
        return "not told" if value.of is None else "none"
    if indicator.unit == "share":
        return f"{value.value:.1%}".replace(".0%", "%")
    return f"{value.value:,.0f} days" if indicator.unit == "days" else f"{value.value:,.0f}"
