"""Holdings as organisations list them themselves, in the sheet of ``landmark register template``.

Publisher: whoever keeps this installation; each row names the holder and the owner.
API: none: rows are imported with ``landmark register import`` and kept in the catalog; no network is asked.
Terms: as each row says.
Unit: a row, which is a holding: planned, being collected, held, shared or retired.

Caveats:
    - Nobody may know of a row but its owner until a steward opens it: see docs/register.md.
    - Who consented, who reviewed and which role looks after a holding are kept in the register, and are in no record.
    - A row that its sheet no longer has stays; to end one its state is set to retired.
    - Once the owner's consent has ended, the next harvest closes the record to all but stewards and owner.
"""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

from catalog.database import Catalog, NoCatalog
from catalog.lease import now_utc
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
from catalog.register import kept
from catalog.vocabulary import AccessModality, RelationKind, Role, Visibility
from config import load
from config.declarations import Source
from harvester.portal import Native, PortalError, RawPage, RawRecord, RecordError, Start, filled
from harvester.reading.fields import Fields

if TYPE_CHECKING:
    from harvester.http import Client

kind = "register"

PAGE = 200
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


def records(source: Source, client: "Client", start: Start) -> Iterator[RawPage]:  # noqa: ARG001 - there is one register
    """All rows, page by page, by id; the token is the last id. Raises PortalError without a catalog."""
    words = load.register_sheet(client.settings)
    personal = frozenset(column.key for column in words.columns if column.personal)
    try:
        with Catalog(client.settings.catalog_url) as catalog, catalog.reading() as session:
            found = sorted(kept.listed(session, personal, now_utc().date()))
    except NoCatalog as error:
        raise PortalError("no-catalog", str(error), mend='Make one with "landmark init".') from None
    left = [RawRecord(id_, payload, "") for id_, payload in found if id_ > (start.token or "")]
    for place in range(0, max(1, len(left)), PAGE):
        page = tuple(left[place : place + PAGE])
        more = place + PAGE < len(left)
        yield RawPage(page, page[-1].remote_id if more else None, len(found))


def essence(payload: Native) -> dict[str, Any]:
    """The row without what is empty, and without what tells of a person."""
    return filled(payload, _KEPT)


def normalize(source: Source, record: RawRecord) -> DatasetRecord:  # noqa: ARG001 - rows say all themselves
    """The row in DCAT words; raises RecordError without a title or a holder."""
    fields = Fields(essence(record.payload))
    title, holder = fields.line("title", 200), fields.line("holder", 300)
    if not title or not holder:
        raise RecordError("no-title", "title", "the row has no title or no holder", "Import it anew with both.")
    contents = fields.prose("contents")
    rhythm = fields.line("update_rhythm", 20)
    until = _day(fields, "period_end")
    since = _day(fields, "period_start")
    told = {name: fields.line(key, 500) for key, name in _FACTS.items()}
    if fields.line("admin_level", 10) == "point":
        told["finest places"] = "points"
    return DatasetRecord(
        remote_id=record.remote_id,
        title={UNDETERMINED: title},
        notes={UNDETERMINED: contents} if contents else {},
        period_start=since,
        period_end=until,
        period_open=since is not None and until is None,
        update_frequency=_DAYS.get(rhythm),
        agents=_agents(fields, holder),
        locations=_places(fields),
        columns=_columns(fields),
        access=(_access(fields),),
        relations=tuple(
            RelationRecord(RelationKind.SAFE_PRODUCT_OF, closed) for closed in fields.words("safe_of", 100)
        ),
        flags=(PortalFlag("pii", "true"),) if fields.line("personal_data", 5) == "yes" else (),
        visibility=Visibility.RESTRICTED if record.payload.get("consent_over") is True else None,
        harm_if_withheld=fields.prose("harm_if_withheld"),
        extra={name: value for name, value in told.items() if value},
        reading_notes=tuple(fields.notes),
    )


def _day(fields: Fields, name: str) -> date | None:
    try:
        return date.fromisoformat(fields.line(name, 10))
    except ValueError:
        return None


def _agents(fields: Fields, holder: str) -> tuple[AgentRole, ...]:
    asked = fields.line("ask_at", 300)
    contact = asked if "@" in asked and "://" not in asked else ""
    owner = fields.line("owner", 300)
    given = [AgentRole(AgentRecord(holder), Role.HOLDER, contact)]
    return (*given, AgentRole(AgentRecord(owner), Role.OWNER)) if owner else tuple(given)


def _places(fields: Fields) -> tuple[LocationRecord, ...]:
    level = fields.line("admin_level", 10)
    finest = int(level) if level in set("01234") else None
    codes = [code for code in fields.line("countries", 2000).split("; ") if len(code) == 3 and code.isalpha()]  # noqa: PLR2004
    return tuple(LocationRecord(code.upper(), finest) for code in dict.fromkeys(codes))


def _columns(fields: Fields) -> tuple[ColumnRecord, ...]:
    told = fields.prose("columns").replace("\n", ";").split(";")
    headers = [header.strip() for header in told if header.strip()][:_MOST_COLUMNS]
    return tuple(ColumnRecord("", place, header) for place, header in enumerate(headers))


def _access(fields: Fields) -> AccessRecord:
    told = fields.line("access", 40)
    modality = AccessModality(told) if told in set(AccessModality) else AccessModality.UNKNOWN
    asked = fields.line("ask_at", 300)
    steps = [step.strip() for step in fields.prose("how_to_ask").splitlines() if step.strip()]
    if agreement := fields.line("agreement", 500):
        steps.append(f"Agreement needed: {agreement.rstrip('.')}.")
    if days := fields.line("expected_days", 10):
        steps.append(f"An answer usually takes {days} days.")
    if conditions := fields.line("conditions", 2000):
        steps.append(f"Conditions: {conditions.rstrip('.')}.")
    return AccessRecord(modality, tuple(steps), asked if asked.startswith(("https://", "http://")) else "")
