"""The audit is a chain: what is changed in it or taken out of it shows; and what a run did by itself stands in it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, update

from catalog import audit
from catalog.audit import Wanted
from catalog.database import Catalog
from catalog.records import DatasetRecord
from catalog.rows import dataset_id
from catalog.tables import Audit
from catalog.vocabulary import Visibility
from tests.api.conftest import PUBLIC, RECORDS, write

SECOND = Audit.seq == 2


@pytest.mark.parametrize(
    ("harm", "faults"),
    [
        (update(Audit).where(SECOND).values(reason="Another."), ["Line 2 was changed after it was written."]),
        (update(Audit).where(SECOND).values(actor="B. Sample"), ["Line 2 was changed after it was written."]),
        (delete(Audit).where(SECOND), ["Line 3 does not follow the line before it."]),
        (delete(Audit).where(Audit.seq == 3), ["The newest line is 2 but 3 were written: the last were taken out."]),
        (delete(Audit), ["The newest line is 0 but 3 were written: the last were taken out."]),
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


def test_what_a_run_did_to_levels_and_visibility_is_one_line(catalog: Catalog) -> None:
    def told() -> list[str]:
        with catalog.reading() as session:
            return [line["reason"] for line in audit.lines(session) if line["actor"] == "landmark"]

    counts, *others = RECORDS[:5]
    ids = [str(dataset_id(PUBLIC.key, record.remote_id)) for record in (counts, *others)]
    silent = replace(counts, distributions=())
    write(catalog, PUBLIC, (silent, *others))
    assert told() == [], "nobody had known of them before"
    closing = [replace(record, visibility=Visibility.COMMUNITY) for record in others[:2]]
    run = write(catalog, PUBLIC, (counts, *closing, *others[2:]))
    assert told() == [f"levels raised: 1 ({ids[0]}); closed: 2 ({ids[1]} {ids[2]})"]
    write(catalog, PUBLIC, (counts, *closing, *others[2:]))
    assert len(told()) == 1, "nothing had changed"
    many = tuple(_numbered(number) for number in range(11))
    write(catalog, PUBLIC, many)
    write(catalog, PUBLIC, tuple(replace(record, visibility=Visibility.OWNER) for record in many))
    assert told()[1:] == ["closed: 11"]
    with catalog.reading() as session:
        assert next(line["subject"] for line in audit.lines(session)) == f"{PUBLIC.key} {run}"
        assert audit.verify(session) == []


def _numbered(number: int) -> DatasetRecord:
    return replace(RECORDS[3], remote_id=f"many-{number}", title={"en": f"Sample {number}"})


def test_lines_are_found_by_who_what_and_when_page_by_page(catalog: Catalog) -> None:
    with catalog.writing() as session:
        for actor, action, subject in (
            ("A. Sample", "pause source", "sample-1"),
            ("B. Sample", "Pause source", "sample_2"),
            ("A. Sample", "resume source", "sample-1"),
        ):
            audit.append(session, actor, action, subject)
            session.flush()
    with catalog.reading() as session:
        whole = list(audit.lines(session))
        today = datetime.now(UTC).date()

        def found(wanted: Wanted) -> list[int]:
            return [line["seq"] for line in audit.page(session, wanted, 10)[0]]

        assert found(Wanted()) == found(Wanted(day=today)) == [1, 2, 3]
        assert found(Wanted(actor=" A. Sample ")) == [1, 3]
        assert [found(Wanted(action=text)) for text in ("pause", "source", "%")] == [[1, 2], [], []]
        assert [found(Wanted(subject=text)) for text in ("SAMPLE-1", "e_2", "e%2")] == [[1, 3], [2], []]
        assert found(Wanted(day=today - timedelta(days=1))) == []
        asked = Wanted(actor="A. Sample")
        assert [audit.page(session, asked, 1, after) for after in (0, 1, 3)] == [
            ([whole[0]], 2, 1), ([whole[2]], 2, 0), ([], 2, 0),
        ]  # fmt: skip
