"""What is done with the changed records of a page between reading and storing: pure, in this process or another."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from catalog.assess import Assessor
from catalog.issues import Issue
from catalog.profiles import FileProfile, with_profiles
from catalog.records import DatasetRecord
from catalog.rows import Created, Entry, Renderer
from config.declarations import Source
from harvester.portal import Portal, RawRecord, RecordError, SkipRecord
from harvester.reading.disguise import disguise

PAGES_BETWEEN = 10
"""Pages after which cycles are looked for; hardly anything we make has any."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A record that is new or not as it was.

    Attributes:
        essence: As JSON, from which it is normalised and which is kept as its native payload.
        hash: Of the essence and the rules.
        held: The catalog has an earlier state of it.
        profiles: What its files say of their columns, by the files' keys.
    """

    remote_id: str
    address: str
    essence: bytes
    hash: str
    held: bool
    profiles: Mapping[str, FileProfile] | None = None


@dataclass(frozen=True, slots=True)
class Normalised:
    """Changed records, ready to be stored; with the count of those that are not and the reasons."""

    created: Created
    updated: tuple[Entry, ...]
    issues: tuple[Issue, ...]
    failed: int
    skipped: int


class Normaliser:
    """Normalises, assesses and renders the records of one source."""

    def __init__(self, portal: Portal, source: Source, assessor: Assessor, renderer: Renderer) -> None:
        self._portal, self._source, self._assessor, self._renderer = portal, source, assessor, renderer

    def page(self, changed: Sequence[Changed], run_id: UUID, now: datetime) -> Normalised:
        """Each record as far as it can be read; none stops the others."""
        issues: list[Issue] = []
        new: list[Entry] = []
        updated: list[Entry] = []
        failed = skipped = 0
        for record in changed:
            try:
                entry = self._entry(record, now)
            except SkipRecord as skip:
                skipped += 1
                issues.append(Issue(skip.code, str(skip), "warning", record.remote_id, address=record.address))
            except RecordError as error:
                failed += 1
                issues.append(
                    Issue(
                        error.code, str(error), "error", record.remote_id, error.field, record.address, mend=error.mend
                    )
                )  # fmt: skip
            except Exception as error:  # noqa: BLE001 - one record we cannot read must not end a run of 26,000
                failed += 1
                issues.append(_unreadable(record, error))
            else:
                (updated if record.held else new).append(entry)
                issues += [
                    Issue(note.code, note.message, "warning", record.remote_id, note.field, record.address)
                    for note in entry.record.reading_notes
                ]
                issues += _disguised(record, entry.record)
        created = self._renderer.created(new, run_id, now)
        return Normalised(created, tuple(updated), tuple(issues), failed, skipped)

    def _entry(self, record: Changed, now: datetime) -> Entry:
        raw = RawRecord(record.remote_id, orjson.loads(record.essence), record.address)
        normal = with_profiles(self._portal.normalize(self._source, raw), record.profiles or {})
        assessment = self._assessor.assess(normal, self._source, now.date())
        return Entry(normal, assessment, record.hash, record.essence, record.address)


def _disguised(record: Changed, normal: DatasetRecord) -> Iterator[Issue]:
    """Names that a person should look at: two that look alike are not taken for one, nor the other way round."""
    named = [("title", title) for title in normal.title.values()]
    named += [("organization", name) for name in {role.agent.name for role in normal.agents}]
    for field, text in named:
        if why := disguise(text):
            message = f'"{ascii(text)[1:81]}" {why}.'
            mend = "Look at it; if it stands for another name, tell the portal."
            yield Issue("disguised-text", message, "warning", record.remote_id, field, record.address, mend=mend)


def _unreadable(record: Changed, error: Exception) -> Issue:
    return Issue(
        "unreadable-record",
        f"Landmark failed on this record ({type(error).__name__}: {error})."[:300],
        "error",
        record.remote_id,
        address=record.address,
        mend="Report it to Landmark's developers with the record's address.",
    )
