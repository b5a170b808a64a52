"""What will be collected: the information needs of data analysis plans.

Publisher: whoever collects; each round names them.
API: none: plans are imported with ``landmark plan import`` and kept in the catalog; no network is asked.
Terms: as each need's dissemination category says.
Unit: an information need, which is a planned holding.

Caveats:
    - Nobody may know of a need but its owner until a steward opens it: see docs/plan.md.
    - A need without a category, or with one that is not known, is not classified and stays its owner's alone.
    - *Data for Urgent Action* is urgency with recipients. It is no level, and raises and lowers none.
    - A need that a new version of its plan no longer has is no longer listed.
    - Names and numbers of persons in a plan's texts are not kept; a name alone in a sentence cannot be told.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from catalog.database import Catalog, NoCatalog
from catalog.plans import kept
from catalog.records import UNDETERMINED, AccessRecord, AgentRecord, AgentRole, DatasetRecord, LocationRecord
from catalog.vocabulary import AccessModality, Role
from config.declarations import Source
from harvester.portal import Native, PortalError, RawPage, RawRecord, RecordError, Start, filled
from harvester.reading.fields import Fields

if TYPE_CHECKING:
    from harvester.http import Client

kind = "plan"

PAGE = 200
_KEPT = (
    "title", "use", "question", "category", "urgent", "recipients", "sectors", "question_type", "channel", "access",
    "agreement", "sharing", "state", "operation", "round", "holder", "countries", "ask_at", "until", "expected",
)  # fmt: skip
_FACTS = {
    "state": "state",
    "expected": "expected",
    "until": "questions can be added until",
    "operation": "operation",
    "round": "round",
    "category": "dissemination category",
    "sectors": "interested sectors",
    "question_type": "type of question",
    "channel": "channel",
    "agreement": "agreement",
}
_MOST_RECIPIENTS = 50


def records(source: Source, client: "Client", start: Start) -> Iterator[RawPage]:  # noqa: ARG001 - plans are in the catalog
    """All needs, page by page, by id; the token is the last id. Raises PortalError without a catalog."""
    try:
        with Catalog(client.settings.catalog_url) as catalog, catalog.reading() as session:
            found = sorted(kept.listed(session))
    except NoCatalog as error:
        raise PortalError("no-catalog", str(error), mend='Make one with "landmark init".') from None
    left = [RawRecord(id_, payload, "") for id_, payload in found if id_ > (start.token or "")]
    for place in range(0, max(1, len(left)), PAGE):
        page = tuple(left[place : place + PAGE])
        more = place + PAGE < len(left)
        yield RawPage(page, page[-1].remote_id if more else None, len(found))


def essence(payload: Native) -> dict[str, Any]:
    """The need without what is empty."""
    return filled(payload, _KEPT)


def normalize(source: Source, record: RawRecord) -> DatasetRecord:  # noqa: ARG001 - rounds say who collects
    """The need in DCAT words; raises RecordError without its words or without who collects."""
    fields = Fields(essence(record.payload))
    title, holder = fields.line("title", 400), fields.line("holder", 300)
    if not title or not holder:
        raise RecordError("no-title", "title", "the need has no words or no holder", "Import the plan anew.")
    operation, name = fields.line("operation", 200), fields.line("round", 100)
    urgent = fields.line("urgent", 5) == "yes"
    told = {fact: fields.line(key, 500) for key, fact in _FACTS.items()}
    recipients = [entry.strip() for entry in fields.line("recipients", 2000).split(";") if entry.strip()]
    return DatasetRecord(
        remote_id=record.remote_id,
        title={UNDETERMINED: title},
        notes=_notes(fields),
        agents=_agents(fields, holder),
        locations=_places(fields),
        access=(_access(fields),),
        series=", ".join(filter(None, (operation, name))),
        urgent=urgent,
        urgency_recipients=tuple(recipients[:_MOST_RECIPIENTS]),
        extra={fact: value for fact, value in told.items() if value},
        reading_notes=tuple(fields.notes),
    )


def _notes(fields: Fields) -> dict[str, str]:
    lines = (("Will be used for", fields.prose("use")), ("Question", fields.prose("question")))
    told = "\n".join(f"{name}: {text}" for name, text in lines if text)
    return {UNDETERMINED: told} if told else {}


def _agents(fields: Fields, holder: str) -> tuple[AgentRole, ...]:
    asked = fields.line("ask_at", 300)
    return (AgentRole(AgentRecord(holder), Role.HOLDER, asked if "@" in asked and "://" not in asked else ""),)


def _places(fields: Fields) -> tuple[LocationRecord, ...]:
    codes = [code for code in fields.line("countries", 2000).split("; ") if len(code) == 3 and code.isalpha()]  # noqa: PLR2004
    return tuple(LocationRecord(code.upper()) for code in dict.fromkeys(codes))


def _access(fields: Fields) -> AccessRecord:
    said = fields.line("access", 40)
    modality = AccessModality(said) if said in set(AccessModality) else AccessModality.UNKNOWN
    asked = fields.line("ask_at", 300)
    steps = [step.strip() for step in fields.prose("sharing").splitlines() if step.strip()]
    if channel := fields.line("channel", 300):
        steps.append(f"Channel: {channel.rstrip('.')}.")
    if agreement := fields.line("agreement", 300):
        steps.append(f"Agreement needed: {agreement.rstrip('.')}.")
    return AccessRecord(modality, tuple(steps), asked if asked.startswith(("https://", "http://")) else "")
