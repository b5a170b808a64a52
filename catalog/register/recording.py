"""Rows of the register become records, as a harvest of the kind ``register`` would make them, within a transaction."""

from datetime import datetime
from uuid import UUID

import orjson
from sqlalchemy.orm import Session

from catalog.assess import Assessor
from catalog.essence import record_hash
from catalog.register.kept import SOURCE, listed
from catalog.register.record import essence_json, record_of
from catalog.rows import Entry
from catalog.runs import Counts
from catalog.store import Store, known, returned, saw
from catalog.vocabulary import RecordState
from config.declarations import Source

PAGE = 200
"""Records written at a time."""


def record(
    session: Session,
    store: Store,
    source: Source,
    assessor: Assessor,
    run_id: UUID,
    personal: frozenset[str],
    now: datetime,
) -> Counts:
    """Write the records of all rows that are new or not as they were; the others are noted as seen.

    Args:
        session: Writing, under the source's lease.
        store: Of the source.
        source: The register.
        assessor: Judges them.
        run_id: Of the run that holds the lease.
        personal: Columns that no record has.
        now: When.
    """
    counts, changed, same, back = Counts(), [], [], []
    rows = listed(session, personal, now.date())
    held = known(session, SOURCE, [id_ for id_, _ in rows])
    stamp = assessor.stamp(source)
    for id_, payload in rows:
        essence = essence_json(payload)
        digest = record_hash(essence, stamp)
        found = held.get(id_)
        if found is not None and found.hash == digest and found.state is not RecordState.WITHDRAWN:
            same.append(found.seq)
            if found.state is RecordState.MISSING:
                back.append(found.seq)
        else:
            changed.append((id_, essence, digest))
    for start in range(0, len(changed), PAGE):
        entries = []
        for id_, essence, digest in changed[start : start + PAGE]:
            made = record_of(id_, orjson.loads(essence))
            entries.append(Entry(made, assessor.assess(made, source, now.date()), digest, essence, ""))
        for outcome in store.write(session, run_id, entries, now):
            setattr(counts, outcome.kind, getattr(counts, outcome.kind) + 1)
    returned(session, SOURCE, run_id, back, now)
    saw(session, same, run_id, now)
    counts.seen = len(rows)
    counts.unchanged += len(same)
    return counts
