"""What went wrong with one record or page of a harvest."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Issue:
    """Something a person should know of one record or page. ``severity`` is ``error`` or ``warning``."""

    code: str
    message: str
    severity: str = "error"
    remote_id: str = ""
    field: str = ""
    address: str = ""
    mend: str = ""


def would_open(records: int, source: str) -> Iterator[Issue]:
    """Told where a harvest, a rule or an edited configuration would show records to more people: none is."""
    if records:
        yield Issue(
            "would-open",
            f"More people would know of {records} records by what portal, rules or configuration say now; they stay "
            "as they are until a steward opens them.",
            severity="warning",
            mend=f'Open all of them with "landmark visibility --source {source} --to WHOM --as NAME --reason WHY", or '
            "one by its id.",
        )
