"""What makes a full reading suspicious, so that nothing is taken for gone before a person has looked. Pure."""

from catalog.issues import Issue
from catalog.removal import SMALL_DROP
from config.declarations import Source


def few(source: Source, seen: int, before: int, release: str = "") -> Issue | None:
    """That a source gave too few records, or none where some were listed before; None where that is not so.

    Args:
        source: What it is expected to give.
        seen: Records that were read.
        before: Records that were listed before.
        release: What a person can do about the run, in a sentence.
    """
    expected = source.expect.min_records
    if seen >= expected and (seen or not before):
        return None
    message, mend = f"The portal gave {seen} records; at least {expected} were expected.", "Look at the portal."
    if seen >= expected:
        message = f"The portal gave no records; {before} were listed before."
    if release:
        mend += f" {release}"
    if 0 < seen < expected:
        mend += f" If it stays so small, lower expect.min_records of {source.key}."
    return Issue("too-few-records" if seen else "empty-answer", message, mend=mend)


def drop(source: Source, vanished: int, before: int, release: str = "") -> Issue | None:
    """That more records vanished than ``expect.max_drop`` allows; None where that is not so.

    Args:
        source: How much of it may vanish at once.
        vanished: Records that were listed before and are no longer.
        before: Records that were listed before.
        release: What a person can do about the run, in a sentence.
    """
    limit = max(SMALL_DROP, source.expect.max_drop * before)
    if vanished <= limit:
        return None
    message = f"{vanished} of {before} records are no longer listed, more than {limit:.0f}."
    return Issue("large-drop", message, mend=release or "Look at the portal.")
