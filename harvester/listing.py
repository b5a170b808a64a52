"""What a portal lists, as it is read: each record once, with its hash; what is odd about the list is reported."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from catalog.essence import record_hash
from catalog.issues import Issue
from catalog.runs import Counts
from harvester.essence import essence_json
from harvester.normaliser import Changed
from harvester.portal import Portal, RawPage, use_of

_NOT_KNOWN = 0
"""In the place of what a record said, where it was read before an interruption."""
_HARVEST_AGAIN = "Harvest again; if it stays, tell the portal."


@dataclass(slots=True)
class Listed:
    """One page: its records, none of them taken for held yet, with what was counted and noticed on the way.

    Attributes:
        use: How often each record was used, by its remote id; only of those of which the portal counts it.
    """

    records: list[Changed] = field(default_factory=list)
    use: dict[str, dict[str, int]] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)
    issues: list[Issue] = field(default_factory=list)


class Listing:
    """One reading of a portal's list.

    Args:
        rules: The assessor's digest, part of every hash.
    """

    def __init__(self, portal: Portal, rules: str) -> None:
        self._portal, self._rules = portal, rules
        # Numbers, for of a large portal the words themselves would be most of what a harvest holds.
        self._seen: dict[int, int] = {}
        self.duplicates = 0
        self.total: int | None = None
        self._count_changed = False

    def go_on(self, ids: Iterable[str], duplicates: int, total: int | None) -> None:
        """Take up what an interrupted reading had read."""
        self._seen = dict.fromkeys(map(hash, ids), _NOT_KNOWN)
        self.duplicates, self.total = duplicates, total

    def page(self, read: RawPage) -> Listed:
        """The records of a page; those without id, and repeated ones, are left out and reported."""
        page = Listed()
        address = read.records[0].address if read.records else ""
        for severity, notes in (("error", read.notes), ("warning", read.remarks)):
            page.issues += [
                Issue(note.code, note.message, severity=severity, field=note.field, address=address) for note in notes
            ]
        page.issues += self._moved(read.total, address)
        page.records += self._records(read, page)
        return page

    def mismatch(self, seen: int, total: int | None) -> Iterator[Issue]:
        """At the end: whether the portal gave as many different records as it says it has."""
        distinct = seen - self.duplicates
        if total is not None and distinct != total:
            yield Issue(
                "count-mismatch",
                f"The portal says it has {total} records and gave {distinct} different ones.",
                mend=_HARVEST_AGAIN,
            )

    def _moved(self, total: int | None, address: str) -> Iterator[Issue]:
        """Said once, where the portal's total is not what it was: while pages shift, a record can slip by unseen."""
        first = self.total
        if total is None or first is None or total == first or self._count_changed:
            self.total = total if total is not None else first
            return
        self._count_changed = True
        yield Issue(
            "count-changed",
            f"The portal counted {first} records on one page and {total} on a later one: while it was read, "
            "records came or went, and others may have slipped by.",
            address=address,
            mend="Harvest again, at an hour at which the portal changes less.",
        )

    def _records(self, read: RawPage, page: Listed) -> Iterator[Changed]:
        for record in read.records:
            page.counts.seen += 1
            if not record.remote_id:
                page.counts.failed += 1
                page.issues.append(
                    Issue("no-id", "The record has no identifier.", address=record.address, mend="Tell the portal.")
                )
                continue
            body = essence_json(self._portal, record.payload)
            digest = record_hash(body, self._rules)
            id_, said = hash(record.remote_id), hash(digest)
            if id_ in self._seen:
                self.duplicates += 1
                same = self._seen[id_] in {_NOT_KNOWN, said}
                page.counts.skipped += same
                page.counts.failed += not same
                page.issues.append(_repeated(record.remote_id, record.address, same=same))
                continue
            self._seen[id_] = said
            if counted := use_of(self._portal, record.payload):
                page.use[record.remote_id] = counted
            yield Changed(record.remote_id, record.address, body, digest, held=False)


def _repeated(remote_id: str, address: str, *, same: bool) -> Issue:
    said = "this record twice" if same else "two different records under one identifier"
    return Issue(
        "duplicate-id",
        f"The portal gave {said}; the first one is kept.",
        severity="warning" if same else "error",
        remote_id=remote_id,
        address=address,
        mend=_HARVEST_AGAIN,
    )
