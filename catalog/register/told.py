"""What a sheet would change, line by line for a terminal; of whatever sheet is looked at before it is taken."""

from collections.abc import Callable, Iterator, Sequence

from catalog.register.kept import CHANGED, NEW, REJECTED, Planned, counts

LONGEST = 80


def lines(
    notes: Sequence[str], planned: Sequence[Planned], title_of: Callable[[Planned], str], heading: Callable[[str], str]
) -> Iterator[str]:
    """Notes, rows that are rejected with cell, reason and mend, rows that are new or changed with what, and counts.

    Args:
        notes: Of the file.
        planned: What each row would become.
        title_of: What a row is called.
        heading: What a column is called.
    """
    yield from notes
    for one in planned:
        title = title_of(one)
        if one.outcome == REJECTED:
            yield f"Row {one.row.number}: rejected. {title}".rstrip()
            for fault in one.faults:
                yield f"  {fault.cell} {heading(fault.column)}: {fault.reason}. {fault.mend}"
        elif one.outcome in {NEW, CHANGED}:
            yield f"Row {one.row.number}: {one.outcome}. {title}"
            for column, old, new in one.changes:
                yield f'  {heading(column)}: "{old[:LONGEST]}" -> "{new[:LONGEST]}"'
    yield ", ".join(f"{count} {outcome}" for outcome, count in counts(planned).items()) + "."
