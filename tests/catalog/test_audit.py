"""The audit is a chain: what is changed in it or taken out of it shows."""

import pytest
from sqlalchemy import delete, update

from catalog import audit
from catalog.database import Catalog
from catalog.tables import Audit

SECOND = Audit.seq == 2


@pytest.mark.parametrize(
    ("harm", "faults"),
    [
        (update(Audit).where(SECOND).values(reason="Another."), ["Line 2 was changed after it was written."]),
        (update(Audit).where(SECOND).values(actor="B. Sample"), ["Line 2 was changed after it was written."]),
        (delete(Audit).where(SECOND), ["Line 3 does not follow the line before it."]),
    ],
)
def test_a_line_that_was_changed_or_taken_out_is_noticed(catalog: Catalog, harm: object, faults: list[str]) -> None:
    with catalog.writing() as session:
        for number in range(3):
            audit.append(session, "A. Sample", "pause source", f"sample-{number}", "Sample reason.")
            session.flush()
    with catalog.reading() as session:
        assert audit.verify(session) == []
    with catalog.writing() as session:
        session.execute(harm)  # type: ignore[call-overload]
    with catalog.reading() as session:
        assert audit.verify(session) == faults
