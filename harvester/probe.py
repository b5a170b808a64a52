"""One page of a source, looked at closely: does it answer, what do its records carry, and what becomes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from catalog.assess import Assessor
from catalog.database import Catalog
from catalog.preview import Difference
from catalog.records import DatasetRecord
from catalog.viewer import PUBLIC, Viewer
from config.declarations import Source
from config.settings import Settings
from harvester.http import Client
from harvester.portal import Portal, PortalError, RawRecord, RecordError, SkipRecord, Start
from harvester.preview import DryRun, Preview

LOOKED_AT = 25
"""Records of the page whose fields are mapped: each is normalised once for every field that it has."""
_EMPTY: tuple[Any, ...] = (None, "", [], {}, ())
_OURS = tuple(field.name for field in fields(DatasetRecord) if field.name not in {"remote_id", "reading_notes"})


@dataclass(frozen=True, slots=True)
class NativeField:
    """A field of the portal's records.

    Attributes:
        filled: In how many of the records that were looked at.
        becomes: Fields of our record that depend on it.
        needed: A record cannot be read without it.
        kept: Whether it belongs to what is kept of a record.
    """

    name: str
    filled: int
    becomes: tuple[str, ...]
    needed: bool
    kept: bool


@dataclass(frozen=True, slots=True)
class Probe:
    """What one page of a source gave.

    Attributes:
        error: Why it could not be read; then all else is empty.
        looked_at: Records whose fields were mapped.
        empty: Fields of our record that none of these fills.
        would: What a harvest of the page would create and change, as far as the viewer may know.
    """

    source: Source
    preview: Preview
    error: PortalError | None = None
    looked_at: int = 0
    fields: tuple[NativeField, ...] = ()
    empty: tuple[str, ...] = ()
    would: tuple[Difference, ...] = ()


def probe(
    catalog: Catalog,
    source: Source,
    portal: Portal,
    assessor: Assessor,
    settings: Settings,
    viewer: Viewer = PUBLIC,
) -> Probe:
    """Read the first page of a source; writes nothing and takes no lease."""
    dry = DryRun(catalog, source, portal, assessor, viewer)
    try:
        with Client(source, settings) as client:
            page = next(iter(portal.records(source, client, Start())), None)
    except PortalError as error:
        return Probe(source, dry.preview, error)
    would = tuple(dry.page(page)) if page is not None else ()
    dry.judge_page(page)
    if page is None:
        return Probe(source, dry.preview)
    looked_at = [record for record in page.records if record.remote_id][:LOOKED_AT]
    made = [record for raw in looked_at if (record := _normalised(source, portal, raw, raw.payload)) is not None]
    return Probe(
        source,
        dry.preview,
        None,
        len(looked_at),
        tuple(_native_fields(source, portal, looked_at)),
        tuple(name for name in _OURS if made and all(getattr(record, name) in _EMPTY for record in made)),
        would,
    )


def _native_fields(source: Source, portal: Portal, records: Sequence[RawRecord]) -> list[NativeField]:
    """Each field is taken away, and written otherwise: what of our record then differs, it becomes."""
    names = dict.fromkeys(name for record in records for name in record.payload)
    filled = dict.fromkeys(names, 0)
    becomes: dict[str, dict[str, None]] = {name: {} for name in names}
    needed, kept = set(), set()
    for raw in records:
        whole = _normalised(source, portal, raw, raw.payload)
        essence = portal.essence(raw.payload)
        for name, value in raw.payload.items():
            if value in _EMPTY:
                continue
            filled[name] += 1
            rest = {key: given for key, given in raw.payload.items() if key != name}
            if portal.essence(rest) == essence:
                continue
            kept.add(name)
            without = _normalised(source, portal, raw, rest)
            if whole is not None and without is None:
                needed.add(name)
            # What another field stands in for is only seen when it says something else.
            changed = {**raw.payload, name: f"{value}z"} if isinstance(value, str) else raw.payload
            otherwise = _normalised(source, portal, raw, changed)
            for other in (without, otherwise):
                if whole is not None and other is not None:
                    becomes[name] |= dict.fromkeys(our for our in _OURS if getattr(whole, our) != getattr(other, our))
    return [
        NativeField(name, filled[name], tuple(becomes[name]), name in needed, name in kept) for name in sorted(names)
    ]


def _normalised(source: Source, portal: Portal, raw: RawRecord, payload: Mapping[str, Any]) -> DatasetRecord | None:
    try:
        return portal.normalize(source, RawRecord(raw.remote_id, portal.essence(payload), raw.address))
    except (RecordError, SkipRecord):
        return None
    except Exception:  # noqa: BLE001 - a record without one of its fields is none that a portal ever gave
        return None
