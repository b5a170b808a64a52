"""ArcGIS Hubs: the open data site of a city, a ministry or an agency, read by its one-document feed.

Publisher: each hub its own; the software is by Esri.
API: part of Esri's documentation of ArcGIS Hub; read is ``GET {url}/api/feed/dcat-us/1.1.json``, the whole hub.
Terms: the feed is meant to be harvested; each item names the licence of its data, or none.
Unit: an item, or one layer of an item that has several.

Caveats:
    - The feed lists what is shared with everyone only: its ``accessLevel`` is always public and says nothing of
      what the hub keeps. Closed items show to who has a token, by the kind ``arcgis-portal``.
    - An item is known by its id and layer (``<32 hex>_<layer>``), for the address in ``identifier`` differs by host.
    - ``license`` is empty for most, or HTML; ``description`` is HTML; ``spatial`` is a box or empty.
    - The first distribution is the page for people, not a file.
    - A closed hub answers 401, a hub that was renamed 404.
    - Everything else is as in ``dcat-us``, which reads it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from catalog.records import DatasetRecord
from config.declarations import Source
from harvester.portal import Native, PortalError, RawPage, RawRecord, RecordError, Start
from harvester.portals import dcat_us
from harvester.reading.fields import Fields

if TYPE_CHECKING:
    from harvester.http import Client

kind = "arcgis-hub"

_FEED = "api/feed/dcat-us/1.1.json"
_ITEM = re.compile(r"[?&]id=([0-9a-f]{32})(?:.*?[?&]sublayer=(\d{1,6}))?", re.IGNORECASE)


def records(source: Source, client: "Client", start: Start) -> Iterator[RawPage]:  # noqa: ARG001 - nothing to go on from
    """The one page; raises PortalError if the feed has no list ``dataset``."""
    address = f"{source.url}/{_FEED}"
    feed = client.get_json(address)
    listed = feed.get("dataset") if isinstance(feed, Mapping) else None
    if not isinstance(listed, list) or not all(isinstance(entry, Mapping) for entry in listed):
        mend = "Check that the address is that of a hub, such as https://name.hub.arcgis.com."
        raise PortalError("unexpected-answer", 'the feed has no list "dataset"', address, mend)
    yield RawPage(tuple(RawRecord(_item(entry), entry, address) for entry in listed), total=len(listed))


def essence(payload: Native) -> dict[str, Any]:
    """As of ``dcat-us``."""
    return dcat_us.essence(payload)


def normalize(source: Source, record: RawRecord) -> DatasetRecord:
    """The item in DCAT words; raises RecordError without an identifier or a title."""
    item = _item(record.payload)
    if not item:
        raise RecordError("no-id", "identifier", "the item has none", "Ask the hub's publisher to share it again.")
    return replace(dcat_us.normalize(source, record), remote_id=item)


def _item(entry: Native) -> str:
    """The item's id with its layer; the identifier as it stands where it names no item."""
    identifier = Fields(entry).line("identifier", 500)
    found = _ITEM.search(identifier)
    if found is None:
        return identifier
    item, layer = found[1].lower(), found[2]
    return f"{item}_{layer}" if layer else item
