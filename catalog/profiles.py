"""Profiles of files: what their own sheets call the columns, told apart from what their portal says of them.

A profile hangs on a dataset and the key of its file. It holds header texts, hashtags and where they stand, never a
cell. It outlives harvests, which put it into the record that they normalise anew; it goes where the native payloads of
a record go: when its portal makes it private, quarantines a file or withdraws it (:func:`catalog.store.purge`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from catalog import assertions
from catalog.listed import listed
from catalog.records import ColumnRecord, DatasetRecord
from catalog.sensitivity import is_quarantine
from catalog.tables import FileProfileRow
from catalog.vocabulary import AccessModality, Audience, Level, Visibility

FORMATS = frozenset({"CSV", "TSV", "XLSX", "XLS", "ODS", "GEOJSON"})
"""Formats, as portals name them, of files that are looked at."""
RECHECK = timedelta(days=30)
"""After which a file is asked about again of which the portal does not say when it changed."""
RETRY = timedelta(days=3)
"""After which a file is asked for again that could not be had."""
TOLD_BY_FILE = "file"
_TOO_SENSITIVE = frozenset({Level.HIGH.value, Level.SEVERE.value})
_MICRODATA = "microdata="
_PAGE = 200


@dataclass(frozen=True, slots=True)
class Remark:
    """Something a person should know of a file or one of its sheets: a code and a sentence, without any content."""

    code: str
    message: str
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class SheetProfile:
    """What a sheet calls its columns, as :class:`catalog.hxl.rows.HeaderRead`, and its size where that is known."""

    name: str
    headers: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    tag_row: int | None = None
    header_rows: tuple[int, ...] = ()
    rows: int | None = None
    columns: int | None = None
    notes: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class FileProfile:
    """What was found in a file.

    Attributes:
        etag: By which its server tells that it is as it was, as ``modified``; empty if it does not say.
        size: Bytes, if its server says so.
        format: What it is, whatever its portal calls it; empty if that is none that is read.
        remarks: Why it, or a sheet of it, was not read; or what should be known of it.
    """

    address: str
    etag: str = ""
    modified: str = ""
    size: int | None = None
    format: str = ""
    sheets: tuple[SheetProfile, ...] = ()
    remarks: tuple[Remark, ...] = ()

    @property
    def columns(self) -> tuple[ColumnRecord, ...]:
        """The columns that have a header or a tag."""
        return tuple(
            ColumnRecord(sheet.name, at, header, tag, TOLD_BY_FILE)
            for sheet in self.sheets
            for at, (header, tag) in enumerate(zip_longest(sheet.headers, sheet.tags, fillvalue=""))
            if header or tag
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may be looked at: of a record that everybody may know of, have and read without asking.

    Attributes:
        seq: Its dataset's number.
        declared: What the portal says of when it changed and how large it is; empty if nothing.
        etag: As its server gave it last; empty for one that was never looked at, as ``modified``.
        looked: When it was looked at last.
        due: Whether it is to be looked at now.
    """

    seq: int
    distribution: str
    address: str
    declared: str
    etag: str
    modified: str
    looked: datetime | None
    due: bool


def with_profiles(record: DatasetRecord, profiles: Mapping[str, FileProfile]) -> DatasetRecord:
    """A record with the columns that its files have of themselves, where its portal tells none. Pure."""
    if not profiles:
        return record
    files = tuple(
        replace(file, columns=found.columns)
        if not file.columns and (found := profiles.get(file.key)) is not None and found.address == file.url
        else file
        for file in record.distributions
    )
    return replace(record, distributions=files)


def of(session: Session, numbers: Sequence[int]) -> dict[int, dict[str, FileProfile]]:
    """The profiles of datasets, by their numbers and the keys of their files."""
    found: dict[int, dict[str, FileProfile]] = {}
    for start in range(0, len(numbers), _PAGE):
        rows = session.scalars(
            select(FileProfileRow).where(FileProfileRow.dataset_seq.in_(numbers[start : start + _PAGE]))
        )
        for row in rows:
            found.setdefault(row.dataset_seq, {})[row.distribution] = _profile(row)
    return found


def candidates(
    session: Session, source_key: str, now: datetime, numbers: Sequence[int] | None = None
) -> Iterator[Candidate]:
    """The files of a source's records that may be looked at; of some records, if their ``numbers`` are given."""
    for documents in listed(session, source_key, Audience.FULL, numbers):
        open_ = {seq: document for seq, document in documents.items() if _is_open(document)}
        live = assertions.live(session, [UUID(document["id"]) for document in open_.values()])
        free = {
            seq: document
            for seq, document in open_.items()
            if not any(
                is_quarantine(said) or said.withhold_links or said.evidence.startswith(_MICRODATA)
                for said in live.get(UUID(document["id"]), {}).values()
            )
        }
        looked = _looked(session, list(free))
        for seq, document in free.items():
            for file in document["distributions"]:
                row = looked.get((seq, file["key"]))
                if _is_looked_at(file, row):
                    yield _candidate(seq, file, row, now)


def save(
    session: Session,
    seq: int,
    distribution: str,
    declared: str,
    profile: FileProfile,
    now: datetime,
) -> bool:
    """Keep a file's profile in the place of the one before; whether its columns are others now."""
    row = session.get(FileProfileRow, (seq, distribution))
    before = _profile(row).columns if row is not None and row.address == profile.address else ()
    if row is None:
        row = FileProfileRow(dataset_seq=seq, distribution=distribution)
        session.add(row)
    row.address, row.etag, row.modified, row.size = profile.address, profile.etag, profile.modified, profile.size
    row.format, row.declared, row.looked, row.fault = profile.format, declared, now, ""
    row.sheets = [asdict(sheet) for sheet in profile.sheets]
    row.remarks = [asdict(remark) for remark in profile.remarks]
    session.flush()
    return before != profile.columns


def note(session: Session, seq: int, distribution: str, declared: str, address: str, fault: str, now: datetime) -> None:
    """Note that a file is as it was, or with ``fault`` (a code) that it could not be had; its columns stay."""
    row = session.get(FileProfileRow, (seq, distribution))
    if row is None:
        row = FileProfileRow(dataset_seq=seq, distribution=distribution, etag="", modified="", size=None, format="")
        row.address, row.sheets, row.remarks = address, [], []
        session.add(row)
    row.looked, row.fault = now, fault
    row.declared = row.declared or "" if fault else declared
    session.flush()


def forget(session: Session, numbers: Sequence[int]) -> None:
    """Delete the profiles of datasets."""
    for start in range(0, len(numbers), _PAGE):
        session.execute(
            delete(FileProfileRow).where(FileProfileRow.dataset_seq.in_(numbers[start : start + _PAGE])),
            execution_options={"synchronize_session": False},
        )


def _is_open(document: Mapping[str, Any]) -> bool:
    """Whether the record and its data are everybody's, by its source, its portal and its level."""
    return (
        document["visibility"] == Visibility.PUBLIC.value
        and (document.get("visibility_of") or {"source": "public"})["source"] == Visibility.PUBLIC.value
        and document["access"]["modality"] == AccessModality.OPEN.value
        and document["level"]["level"] not in _TOO_SENSITIVE
        and not document.get("emptied")
    )


def _is_looked_at(file: Mapping[str, Any], row: FileProfileRow | None) -> bool:
    """Whether it is a table by its format, and its portal says nothing of its columns."""
    told = file["columns"] and (row is None or not row.sheets)
    return (
        file["format"] in FORMATS
        and not file["under_review"]
        and not told
        and file["url"].startswith(("http://", "https://"))
    )


def _looked(session: Session, numbers: Sequence[int]) -> dict[tuple[int, str], FileProfileRow]:
    rows = session.scalars(select(FileProfileRow).where(FileProfileRow.dataset_seq.in_(numbers)))
    return {(row.dataset_seq, row.distribution): row for row in rows}


def _candidate(seq: int, file: Mapping[str, Any], row: FileProfileRow | None, now: datetime) -> Candidate:
    # Without a day the size alone says little: a table is often as long as it was.
    declared = f"{file['modified']} {file['size'] or ''}".strip() if file["modified"] else ""
    address = file["url"]
    if row is None or row.address != address:
        return Candidate(seq, file["key"], address, declared, "", "", None, due=True)
    if row.fault:
        due = row.looked + RETRY <= now
    else:
        due = declared != row.declared if declared else row.looked + RECHECK <= now
    return Candidate(seq, file["key"], address, declared, row.etag, row.modified, row.looked, due)


def _profile(row: FileProfileRow) -> FileProfile:
    return FileProfile(
        address=row.address,
        etag=row.etag,
        modified=row.modified,
        size=row.size,
        format=row.format,
        sheets=tuple(
            SheetProfile(
                name=sheet["name"],
                headers=tuple(sheet["headers"]),
                tags=tuple(sheet["tags"]),
                tag_row=sheet["tag_row"],
                header_rows=tuple(sheet["header_rows"]),
                rows=sheet["rows"],
                columns=sheet["columns"],
                notes=tuple(Remark(**entry) for entry in sheet["notes"]),
            )
            for sheet in row.sheets
        ),
        remarks=tuple(Remark(**entry) for entry in row.remarks),
    )
