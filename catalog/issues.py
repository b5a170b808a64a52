"""What went wrong with one record or page of a harvest."""

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
