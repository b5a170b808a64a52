"""The data management registry: sheets are read, shown for what they would change, accepted, and given back.

It is what the command, the API and the pages do alike. What is accepted becomes rows, records, levels and visibility in
one transaction, as a run of the source ``register``: it is found as soon as the indexes have followed.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import orjson
from sqlalchemy.orm import Session

from catalog import audit, runs
from catalog.assess import Assessor
from catalog.database import Catalog
from catalog.lease import Lease, now_utc
from catalog.levels import Conflict, Desk, Refused
from catalog.register import book, kept, scope
from catalog.register.acts import Acted, act
from catalog.register.kept import CHANGED, NEW, REJECTED, SOURCE, Planned
from catalog.register.reading import Reading, read
from catalog.register.recording import record
from catalog.register.scope import Mine
from catalog.register.words import Words
from catalog.store import Store, hold
from catalog.viewer import Viewer
from catalog.vocabulary import RunState, Visibility
from config import load
from config.declarations import Source
from config.load import ConfigurationError
from config.settings import Settings

LOOK_AGAIN = "The register or the sheet is not as it was when it was looked at. Look at what it would change once more."
NOTHING = "No row of the sheet can be taken. Mend the rows that are rejected."
SOME = "Some rows are rejected. Mend them, or say that the others are to be taken without them."


@dataclass(frozen=True, slots=True)
class Preview:
    """What a sheet would change.

    Attributes:
        stamp: Of the file, of who brings it, and of what each row would become: who gives it back accepts just that.
        named: Ids of the rows whose columns about people may be told to who brings it.
        personal: These columns.
    """

    reading: Reading
    planned: tuple[Planned, ...]
    stamp: str
    named: frozenset[str]
    personal: frozenset[str]

    @property
    def counts(self) -> dict[str, int]:
        """How many rows are new, changed, unchanged and rejected."""
        return kept.counts(self.planned)

    @property
    def untold(self) -> frozenset[str]:
        """Ids of the rows of which something about people stays that whoever brings the sheet is not told."""
        left = self.personal.difference(self.reading.columns)
        others = (one for one in self.planned if one.id and one.id not in self.named)
        return frozenset(one.id for one in others if not left.isdisjoint(one.values))


@dataclass(frozen=True, slots=True)
class Accepted:
    """What was written: the rows as they were shown, their register ids by the sheet's rows, and what was done."""

    preview: Preview
    ids: Mapping[int, str]
    acted: Acted


class Registry:
    """The register of one installation; its words and rules are read when they are first needed.

    Raises ConfigurationError, from whatever needs them, where they cannot be used.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._templates: dict[tuple[str, str], bytes] = {}

    @cached_property
    def words(self) -> Words:
        """The words of the sheet."""
        try:
            return Words(load.register_sheet(self._settings))
        except ValueError as error:
            raise ConfigurationError(f"vocab/register.yaml: {error}. Remove it from one of them.") from error

    @cached_property
    def source(self) -> Source:
        """The source whose records are the rows."""
        return load.source(self._settings, SOURCE)

    @cached_property
    def assessor(self) -> Assessor:
        """Judges records."""
        return Assessor(load.rules(self._settings))

    def template(self, language: str, kind: str) -> bytes:
        """An empty sheet in a language, as ``xlsx`` or ``csv``; made once."""
        found = self._templates.get((language, kind))
        if found is None:
            found = self._templates[language, kind] = book.template(self.words, language, kind)
        return found

    def read(self, body: bytes) -> Reading:
        """A filled sheet; raises :class:`catalog.register.files.Unreadable`."""
        return read(body, self.words)

    def preview(self, session: Session, body: bytes, reading: Reading, viewer: Viewer) -> Preview:
        """What a sheet would change. A row that is not shown to who brings it is, to them, not there."""
        mine = scope.mine(session, viewer)
        agents = self.assessor.agents
        planned = kept.plan(
            reading,
            {id_: row.values for id_, row in mine.items()},
            lambda values: scope.barred(viewer, agents, values),
        )
        told = [[one.row.number, one.outcome, one.id, dict(one.values), one.changes] for one in planned]
        faults = [[fault.cell, fault.reason] for one in planned for fault in one.faults]
        seen = [hashlib.sha256(body).hexdigest(), viewer.key, told, faults]
        stamp = hashlib.sha256(orjson.dumps(seen, option=orjson.OPT_SORT_KEYS)).hexdigest()
        named = frozenset(id_ for id_, row in mine.items() if row.named)
        return Preview(reading, planned, stamp, named, self.words.personal)

    def accept(
        self,
        catalog: Catalog,
        body: bytes,
        viewer: Viewer,
        seen: str,
        *,
        valid: bool = False,
        opens: bool = False,
    ) -> Accepted:
        """Write what a sheet says: all that was shown, or nothing.

        Args:
            catalog: Open.
            body: The file.
            viewer: Who brings it.
            seen: The stamp of the preview that was looked at.
            valid: The good rows are taken although others are rejected.
            opens: Records are shown to as many as their rows ask for; only where a steward brings it.

        Raises:
            Unreadable: The file is none that can be read.
            Conflict: It would change something else than was looked at.
            Refused: No row can be taken, or some are rejected and it was not said to leave them.
            RunInProgress: The register is being read or written.
        """
        reading = self.read(body)
        with catalog.reading() as session:
            _check(self.preview(session, body, reading, viewer), seen, valid=valid)
        run = runs.begin(catalog, self.source, "full", now=now_utc())
        run.counts, run.token, run.total = runs.Counts(), None, None
        try:
            with Lease(catalog, run.id), catalog.writing() as session:
                # Rows are kept and records rendered by what stands now: nobody changes either meanwhile.
                hold(session)
                preview = self.preview(session, body, reading, viewer)
                _check(preview, seen, valid=valid)
                ids, acted = self._write(session, catalog, preview, viewer, run, opens=opens)
                runs.finish(session, run, RunState.COMPLETE, [], "")
        except BaseException:
            with catalog.writing() as session:
                runs.finish(session, run, RunState.CANCELLED, [], "Nothing was written.")
            raise
        return Accepted(preview, ids, acted)

    def sheet(self, rows: Mapping[str, Mine], language: str, kind: str) -> bytes:
        """Rows as a sheet that can be brought again as it is; raises nothing.

        Where the columns about people of a single row are not told, they are left out: a column that is not there
        leaves what is kept.
        """
        left = frozenset() if all(row.named for row in rows.values()) else self.words.personal
        return book.written(self.words, language, kind, [row.values for row in rows.values()], without=left)

    def returned(self, accepted: Accepted, kind: str) -> bytes:
        """The sheet that was brought, with its register ids; rows that were rejected as they stood."""
        rows = []
        for one in accepted.preview.planned:
            known = one.outcome != REJECTED
            rows.append({**one.values, "id": accepted.ids[one.row.number]} if known else dict(one.row.given))
        # What a row keeps beside the sheet's own columns is not added to it.
        there = {"id", *accepted.preview.reading.columns}
        left = frozenset(self.words.columns) - there
        return book.written(self.words, accepted.preview.reading.language, kind, rows, without=left)

    def _write(
        self, session: Session, catalog: Catalog, preview: Preview, viewer: Viewer, run: runs.Run, *, opens: bool
    ) -> tuple[dict[int, str], Acted]:
        now = now_utc().replace(microsecond=0)
        ids = kept.save(session, preview.planned, now, viewer.key, preview.untold)
        store = Store(self.source, self.assessor, catalog.address.drivername, self._settings.payload_versions)
        given = session, store, self.source, self.assessor, run.id, self.words.personal, now
        run.counts = record(*given)
        run.total = run.counts.seen
        counts = preview.counts
        said = f"{counts[NEW]} new, {counts[CHANGED]} changed" + (f", key {viewer.key}" if viewer.key else "")
        audit.append(session, viewer.name, "imported holdings", SOURCE, said)
        desk = Desk(self.assessor.rules.disclosing, key=viewer.key)
        if viewer.sees_all or viewer.is_steward:
            acted = act(session, set(ids.values()), viewer.name, desk, opens=opens)
        else:
            # An owner lets stewards know of what is its own; to whom else it is shown is a steward's to decide.
            acted = act(session, set(ids.values()), viewer.name, desk, opens=True, most=Visibility.RESTRICTED)
        if acted.opened or acted.narrowed:
            # Which closed holdings a safe product may name hangs on who may know of them.
            record(*given)
        return ids, acted


def _check(preview: Preview, seen: str, *, valid: bool) -> None:
    if preview.stamp != seen:
        raise Conflict(LOOK_AGAIN)
    rejected = preview.counts[REJECTED]
    if rejected == len(preview.planned):
        raise Refused(NOTHING)
    if rejected and not valid:
        raise Refused(SOME)
