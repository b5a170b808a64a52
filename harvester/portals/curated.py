"""Holdings of systems without an interface, as people wrote them down in ``config/register``.

Publisher: whoever keeps this installation; each entry names the holder.
API: none: one file per entry, ``config/register/<key>.yaml``, and more of them in ``register/`` of LANDMARK_CONFIG_DIR.
Terms: the entries are our own words.
Unit: an entry, which is a holding or a product that guides.

Caveats:
    - An entry is as good as its last check: it says when that was, or that it was not verified.
    - Nothing is asked over the network; that a page is gone does not show.
    - A system that has ended stays listed, with what came after it: people still look for its name.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from catalog.records import AccessRecord, AgentRecord, AgentRole, DatasetRecord, LocationRecord
from catalog.vocabulary import AccessModality, Role
from config import load
from config.declarations import Source
from config.load import ConfigurationError
from harvester.portal import Native, PortalError, RawPage, RawRecord, RecordError, Start, filled
from harvester.reading.fields import Fields

if TYPE_CHECKING:
    from harvester.http import Client

kind = "curated"

_LANGUAGE = "en"
_KEPT = (
    "key", "title", "what", "sort", "holder", "acronym", "countries", "access", "how", "page", "contact", "languages",
    "keywords", "verified", "evidence", "retired",
)  # fmt: skip
_SORTS = {"holding": "Holding", "guidance": "Guidance"}


def records(source: Source, client: "Client", start: Start) -> Iterator[RawPage]:  # noqa: ARG001 - they are one page
    """All entries on one page, by key; raises PortalError naming the file that cannot be used."""
    try:
        entries = load.register(client.settings)
    except ConfigurationError as error:
        # A run's issues are shown to others than whoever keeps the folder: they need the file's name, not its place.
        told = f"register/{str(error).partition('register/')[2]}"
        raise PortalError("entry-unreadable", told, mend="Mend the file and harvest again.") from None
    found = [RawRecord(entry.key, entry.model_dump(mode="json"), f"register/{entry.key}.yaml") for entry in entries]
    yield RawPage(tuple(found), None, len(found))


def essence(payload: Native) -> dict[str, Any]:
    """The entry, without what is empty."""
    return filled(payload, _KEPT)


def normalize(source: Source, record: RawRecord) -> DatasetRecord:  # noqa: ARG001 - entries say all themselves
    """The entry in DCAT words; raises RecordError without a key or a title."""
    fields = Fields(essence(record.payload))
    key, title = fields.line("key", 60), fields.line("title", 200)
    if not key or not title:
        raise RecordError("no-title", "title", "the entry has no key or no title", "Add it to the file.")
    ended = record.payload.get("retired")
    retired = Fields(ended if isinstance(ended, dict) else {}, fields.notes, "retired.")
    reason, successors = retired.line("reason", 500), retired.words("successors", 300)
    page = fields.address("page")
    verified = fields.line("verified", 10)
    return DatasetRecord(
        remote_id=key,
        title={_LANGUAGE: f"{title} (ended)" if reason else title},
        notes={_LANGUAGE: " ".join(filter(None, (fields.prose("what"), reason)))},
        landing_page=page,
        caveats=_caveats(fields, verified),
        languages=tuple(fields.words("languages", 20)),
        keywords=tuple(dict.fromkeys(fields.words("keywords"))),
        agents=_holders(fields),
        locations=tuple(LocationRecord(code) for code in fields.words("countries", 3)),
        access=(_access(fields, page, successors),),
        series=_SORTS.get(fields.line("sort", 20), ""),
        extra={
            name: told
            for name, told in (
                ("sort", fields.line("sort", 20)),
                ("last verified", verified or "not verified"),
                ("ended", retired.line("since", 20) or ("yes" if reason else "")),
                ("successors", "; ".join(successors)),
            )
            if told
        },
        reading_notes=tuple(fields.notes),
    )


def _holders(fields: Fields) -> tuple[AgentRole, ...]:
    holder = fields.line("holder", 300)
    who = AgentRecord(holder, fields.line("acronym", 40))
    return (AgentRole(who, Role.HOLDER, fields.line("contact", 300)),) if holder else ()


def _caveats(fields: Fields, verified: str) -> str:
    seen = f"Last verified {verified}." if verified else "Not verified: nobody has checked lately that this is so."
    evidence = fields.line("evidence", 500)
    return f"{seen} What is said here rests on: {evidence}" if evidence else seen


def _access(fields: Fields, page: str, successors: list[str]) -> AccessRecord:
    told = fields.line("access", 40)
    modality = AccessModality(told) if told in set(AccessModality) else AccessModality.UNKNOWN
    steps = [*fields.words("how", 500), *(f"Today: {successor}" for successor in successors)]
    return AccessRecord(modality, tuple(steps), page)
