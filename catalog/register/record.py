"""A row of the register as a record in DCAT words: pure, and of whatever is kept, however it came there."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import orjson

from catalog.essence import without_keys
from catalog.records import (
    UNDETERMINED,
    AccessRecord,
    AgentRecord,
    AgentRole,
    ColumnRecord,
    DatasetRecord,
    LocationRecord,
    PortalFlag,
    RelationRecord,
)
from catalog.register.reading import clean
from catalog.vocabulary import AccessModality, RelationKind, Role, Visibility

Payload = Mapping[str, Any]
_KEPT = (
    "title", "contents", "holder", "owner", "countries", "admin_level", "unit", "period_start", "period_end", "state",
    "expected", "update_rhythm", "columns", "form", "personal_data", "consent_on", "consent_until", "consent_over",
    "mailing_list", "access", "how_to_ask", "ask_at", "agreement", "expected_days", "conditions", "safe_of",
    "harm_if_withheld", "last_verified", "id",
)  # fmt: skip
_DAYS = {
    "live": 0, "daily": 1, "weekly": 7, "monthly": 30, "quarterly": 90, "half_yearly": 180, "yearly": 365,
    "as_needed": -2, "never": -1,
}  # fmt: skip
_FACTS = {
    "state": "state",
    "expected": "expected",
    "unit": "unit",
    "form": "form",
    "personal_data": "personal data",
    "agreement": "agreement",
    "expected_days": "expected days",
    "conditions": "conditions",
    "mailing_list": "mailing list",
    "consent_on": "consent to list given on",
    "consent_until": "consent to list until",
    "last_verified": "last verified",
}
_MOST_COLUMNS = 500
_MOST_TEXT = 100_000


class NoHolding(Exception):  # noqa: N818
    """The row has no title or no holder: it cannot become a record."""


def essence(payload: Payload) -> dict[str, Any]:
    """The row without what is empty, and without what tells of a person."""
    return {name: payload[name] for name in _KEPT if payload.get(name) not in (None, "", [], {}, ())}


def essence_json(payload: Payload) -> bytes:
    """The essence as the harvest of the kind ``register`` keeps and hashes it."""
    return without_keys(orjson.dumps(essence(payload), option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS))


def record_of(id_: str, payload: Payload) -> DatasetRecord:
    """The record of a row, from its essence; raises NoHolding."""
    title, holder = _line(payload, "title", 200), _line(payload, "holder", 300)
    if not title or not holder:
        raise NoHolding("the row has no title or no holder")
    contents = _text(payload, "contents")
    since, until = _day(payload, "period_start"), _day(payload, "period_end")
    told = {name: _line(payload, key, 500) for key, name in _FACTS.items()}
    if _line(payload, "admin_level", 10) == "point":
        told["finest places"] = "points"
    return DatasetRecord(
        remote_id=id_,
        title={UNDETERMINED: title},
        notes={UNDETERMINED: contents} if contents else {},
        period_start=since,
        period_end=until,
        period_open=since is not None and until is None,
        update_frequency=_DAYS.get(_line(payload, "update_rhythm", 20)),
        agents=_agents(payload, holder),
        locations=_places(payload),
        columns=_columns(payload),
        access=(_access(payload),),
        relations=tuple(RelationRecord(RelationKind.SAFE_PRODUCT_OF, closed) for closed in _ids(payload, "safe_of")),
        flags=(PortalFlag("pii", "true"),) if _line(payload, "personal_data", 5) == "yes" else (),
        visibility=Visibility.RESTRICTED if payload.get("consent_over") is True else None,
        harm_if_withheld=_text(payload, "harm_if_withheld"),
        extra={name: value for name, value in told.items() if value},
    )


def _text(payload: Payload, key: str) -> str:
    value = payload.get(key)
    return clean(value)[:_MOST_TEXT].rstrip() if isinstance(value, str) else ""


def _line(payload: Payload, key: str, most: int) -> str:
    value = payload.get(key)
    text = str(value) if isinstance(value, str | int | float) else ""
    return " ".join(clean(text).split())[:most].rstrip()


def _day(payload: Payload, key: str) -> date | None:
    try:
        return date.fromisoformat(_line(payload, key, 10))
    except ValueError:
        return None


def _ids(payload: Payload, key: str) -> list[str]:
    value = payload.get(key)
    given = value if isinstance(value, list) else []
    return [one for part in given if isinstance(part, str) and (one := " ".join(clean(part).split())[:100])]


def _agents(payload: Payload, holder: str) -> tuple[AgentRole, ...]:
    asked = _line(payload, "ask_at", 300)
    contact = asked if "@" in asked and "://" not in asked else ""
    owner = _line(payload, "owner", 300)
    given = [AgentRole(AgentRecord(holder), Role.HOLDER, contact)]
    return (*given, AgentRole(AgentRecord(owner), Role.OWNER)) if owner else tuple(given)


def _places(payload: Payload) -> tuple[LocationRecord, ...]:
    level = _line(payload, "admin_level", 10)
    finest = int(level) if level in set("01234") else None
    codes = [code for code in _line(payload, "countries", 2000).split("; ") if len(code) == 3 and code.isalpha()]  # noqa: PLR2004
    return tuple(LocationRecord(code.upper(), finest) for code in dict.fromkeys(codes))


def _columns(payload: Payload) -> tuple[ColumnRecord, ...]:
    told = _text(payload, "columns").replace("\n", ";").split(";")
    headers = [header.strip() for header in told if header.strip()][:_MOST_COLUMNS]
    return tuple(ColumnRecord("", place, header) for place, header in enumerate(headers))


def _access(payload: Payload) -> AccessRecord:
    told = _line(payload, "access", 40)
    modality = AccessModality(told) if told in set(AccessModality) else AccessModality.UNKNOWN
    asked = _line(payload, "ask_at", 300)
    steps = [step.strip() for step in _text(payload, "how_to_ask").splitlines() if step.strip()]
    if agreement := _line(payload, "agreement", 500):
        steps.append(f"Agreement needed: {agreement.rstrip('.')}.")
    if days := _line(payload, "expected_days", 10):
        steps.append(f"An answer usually takes {days} days.")
    if conditions := _line(payload, "conditions", 2000):
        steps.append(f"Conditions: {conditions.rstrip('.')}.")
    return AccessRecord(modality, tuple(steps), asked if asked.startswith(("https://", "http://")) else "")
