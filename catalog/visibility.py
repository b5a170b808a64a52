"""Who may know of a record at the most: judged freely when it is first seen, and from then on only narrowed by itself.

What a portal, a rule or an edited configuration would open stays as narrow as it is, until a steward opens it
(:mod:`catalog.opening`). One thing opens by itself: what the portal alone had closed, when the portal lifts that; it
is then as before. What a steward decided stays, save that what is for its owner alone is so.
"""

from collections.abc import Mapping
from typing import Any

from catalog.vocabulary import Visibility
from config.disclosure import Disclosing

BY_STEWARD = "steward"
_ORDER = list(Visibility)


def narrower(*given: Visibility) -> Visibility:
    """The one that shows a record to the fewest."""
    return max(given, key=_ORDER.index)


def stands(full: Mapping[str, Any]) -> Visibility:
    """As whom a stored record may be known, whatever its portal asks for; of its full document."""
    return Visibility((full.get("visibility_of") or {}).get("stands") or full["visibility"])


def declared(
    source: str, record: str, level: str, table: Disclosing, before: Mapping[str, Any] | None
) -> dict[str, str]:
    """What decides on a record's visibility: a document's ``visibility_of``.

    Args:
        source: The source's visibility.
        record: What the portal asks for, or empty.
        level: The one in effect, by name.
        table: Who is shown what.
        before: The record's full document until now; None if it is new.
    """
    given = Visibility(table.visibility[source][level])
    kept, by = given, ""
    if before is not None:
        by = (before.get("visibility_of") or {}).get("by", "")
        closed = Visibility(source) if source == Visibility.OWNER.value else Visibility.PUBLIC
        kept = narrower(stands(before), closed if by else given)
    said = {"source": source, "record": record}
    # Told only where it does not follow from the rest: most records are as the table says.
    if by or kept is not given or (record and narrower(kept, Visibility(record)) is not kept):
        said["stands"] = kept.value
    return said | ({"by": by} if by else {})


def would_open(said: Mapping[str, str], level: str, table: Disclosing) -> bool:
    """Whether more people would know of a record if it was first seen today, and no steward has decided on it."""
    if "stands" not in said or "by" in said:
        return False
    asked = Visibility(said["record"] or Visibility.PUBLIC)
    given = Visibility(table.visibility[said["source"]][level])
    return narrower(given, asked) is not narrower(Visibility(said["stands"]), asked)
