"""Holdings as organisations list them themselves, in the sheet of ``landmark register template``.

Publisher: whoever keeps this installation; each row names the holder and the owner.
API: none: rows come by the page ``/register``, its API or ``landmark register import``, and are kept in the catalog; no
network is asked.
Terms: as each row says.
Unit: a row, which is a holding: planned, being collected, held, shared or retired.

Caveats:
    - A row becomes a record when it is accepted (:mod:`catalog.register.registry`); a harvest does the same again, for
      the day on which an owner's consent ends and for rules that have changed.
    - Nobody may know of a row but its owner until a steward opens it: see docs/register.md.
    - Who consented, who reviewed and which role looks after a holding are kept in the register, and are in no record.
    - A row that its sheet no longer has stays; to end one its state is set to retired.
    - Once the owner's consent has ended, the next harvest closes the record to all but stewards and owner.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from catalog.database import Catalog, NoCatalog
from catalog.lease import now_utc
from catalog.records import DatasetRecord
from catalog.register import kept
from catalog.register.record import NoHolding, record_of
from catalog.register.record import essence as of_row
from config import load
from config.declarations import Source
from harvester.portal import Native, PortalError, RawPage, RawRecord, RecordError, Start

if TYPE_CHECKING:
    from harvester.http import Client

kind = "register"

PAGE = 200


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
    return of_row(payload)


def normalize(source: Source, record: RawRecord) -> DatasetRecord:  # noqa: ARG001 - rows say all themselves
    """The row in DCAT words; raises RecordError without a title or a holder."""
    try:
        return record_of(record.remote_id, essence(record.payload))
    except NoHolding as error:
        raise RecordError("no-title", "title", str(error), "Import it anew with both.") from None
