"""What follows from a row for its record: its level is said by its owner, and who may know of it is decided by name.

A sheet raises a level and never lowers one. It narrows who may know of a record at once; it opens one only where
whoever imports it says so, a level is in effect, and the owner's consent stands. What was acted on once is not acted on
again: what stewards decide later stands over the same sheet.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from catalog import assertions, levels, opening
from catalog.levels import Desk
from catalog.register.kept import SOURCE, asked_visibility, consented
from catalog.rows import dataset_id
from catalog.sensitivity import OWNER, effective
from catalog.tables import Dataset, PlanNeed, RegisterRow
from catalog.visibility import narrower
from catalog.vocabulary import Level, Visibility


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows that become records of a source.

    Attributes:
        source: Its key.
        table: Where they are kept.
        because: Why a record's level or visibility is what its row says, for the audit.
        no_level: What to do about a row that gives no level, in a sentence.
    """

    source: str
    table: type[RegisterRow] | type[PlanNeed]
    because: str
    no_level: str


REGISTER = Rows(
    SOURCE,
    RegisterRow,
    "The sheet of the register says so.",
    "Nobody has given it a level: fill in Sensitivity level.",
)
SAY_OPEN = "Say --open, and it is shown as its row asks, under your name."


@dataclass(slots=True)
class Acted:
    """What was done, in numbers, and what was not, by title and reason.

    Attributes:
        lower: Titles of rows whose level in effect is higher than their sheet says.
        waiting: Title and reason of those that ask to be known to more people than they are.
    """

    raised: int = 0
    opened: int = 0
    narrowed: int = 0
    lower: list[str] = field(default_factory=list)
    waiting: list[tuple[str, str]] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether any record is otherwise than before."""
        return bool(self.raised or self.opened or self.narrowed)

    @property
    def told(self) -> dict[str, Any]:
        """As JSON has it."""
        waiting = [{"title": title, "reason": reason} for title, reason in self.waiting]
        return {
            "raised": self.raised,
            "opened": self.opened,
            "narrowed": self.narrowed,
            "lower": self.lower,
            "waiting": waiting,
        }


def act(
    session: Session,
    ids: Collection[str],
    actor: str,
    desk: Desk,
    *,
    opens: bool,
    most: Visibility = Visibility.PUBLIC,
    of: Rows = REGISTER,
) -> Acted:
    """Do what the rows ask for and has not been done; of rows that have a record.

    Args:
        session: Writing.
        ids: Of the rows of the sheet that is imported; what others ask for is not the importer's to do.
        actor: Who imports.
        desk: When, and by which table records are rendered.
        opens: Whether records are shown to as many as their rows ask for.
        most: But to no more than these: an owner lets stewards know of what is its own, who show it to others.
        of: Which rows.
    """
    done = Acted()
    rows = session.execute(
        select(of.table.id, of.table.values, of.table.acted).order_by(of.table.added, of.table.id)
    ).all()
    visibilities = dict(
        session.execute(select(Dataset.id, Dataset.visibility).where(Dataset.source_key == of.source)).all()
    )
    for id_, values, acted in rows:
        record = dataset_id(of.source, id_)
        if id_ not in ids or record not in visibilities:
            continue
        now = dict(acted)
        if (level := values.get("level", "")) != acted.get("level", ""):
            _level(session, record, values, level, actor, desk, done, of)
            now["level"] = level
        wanted = asked_visibility(values)
        if wanted.value != acted.get("visibility", acted.get("shown") or Visibility.OWNER.value):
            given = session, record, values, wanted, actor, desk, done, of
            now |= _visibility(*given, acted.get("shown", ""), opens=opens, most=most)
        if now != acted:
            session.execute(
                update(of.table).where(of.table.id == id_).values(acted=now),
                execution_options={"synchronize_session": False},
            )
    return done


def _level(
    session: Session,
    record: Any,  # noqa: ANN401
    values: Any,  # noqa: ANN401
    level: str,
    actor: str,
    desk: Desk,
    done: Acted,
    of: Rows,
) -> None:
    now = effective(assertions.live(session, [record]).get(record, {}).values())
    if level and Level(level).rank > now.strictness[0]:
        levels.raise_level(session, record, Level(level), actor, of.because, by=OWNER, desk=desk)
        done.raised += 1
    elif now.level is not None and now.name != level:
        done.lower.append(values["title"])


def _visibility(
    session: Session,
    record: Any,  # noqa: ANN401
    values: Any,  # noqa: ANN401
    wanted: Visibility,
    actor: str,
    desk: Desk,
    done: Acted,
    of: Rows,
    shown: str,
    *,
    opens: bool,
    most: Visibility,
) -> dict[str, str]:
    """What was acted on: the visibility that the row asks for, or ``shown``, to whom it was shown on the way there."""
    now = session.scalar(select(Dataset.visibility).where(Dataset.id == record))
    if now is None:
        return {}
    asked = {"visibility": wanted.value}
    if now is wanted:
        return asked
    if narrower(now, wanted) is wanted:
        opening.show_to(session, record, wanted, actor, of.because, desk=desk)
        done.narrowed += 1
        return asked | ({"shown": ""} if shown else {})
    hindrance = _hindrance(session, record, values, desk, of, opens=opens)
    if hindrance:
        done.waiting.append((values["title"], hindrance))
        return {}
    to = narrower(wanted, most)
    if to is wanted:
        opening.show_to(session, record, wanted, actor, of.because, desk=desk)
        done.opened += 1
        return asked
    if shown != to.value and now is not to and narrower(now, to) is now:
        opening.show_to(session, record, to, actor, of.because, desk=desk)
    done.waiting.append((values["title"], SAY_OPEN))
    return {"shown": to.value}


def _hindrance(session: Session, record: Any, values: Any, desk: Desk, of: Rows, *, opens: bool) -> str:  # noqa: ANN401
    """Why a record is not opened, as a sentence; empty if it may be."""
    if effective(assertions.live(session, [record]).get(record, {}).values()).level is None:
        return of.no_level
    if not consented(values, desk.time().date()):
        return "Its owner's consent to list it is missing or over: fill in who gave it, when, and until when."
    return "" if opens else SAY_OPEN
