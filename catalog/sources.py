"""Sources as they stand: declared by a file or proposed, approved by whom, paused by whom and why.

A file in a configuration folder counts as approved. A proposal waits in preview: it may be checked, and nothing of it
gets into the catalog before somebody approves it. Where both have the same key the file is used.
"""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog import audit
from catalog.runs import source_row
from catalog.tables import SourceRow
from catalog.vocabulary import Visibility
from config import load
from config.declarations import LIVE, NEEDS_KEY, VIEW, Removal, Source
from config.load import ConfigurationError
from config.settings import Settings

FILE, APPROVED, PREVIEW = "file", "approved", "preview"
"""Where a source's declaration comes from: a file, a proposal that was approved, one that waits."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Since when, by whom and why a source is not read."""

    since: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Registered:
    """A source and how it stands.

    Attributes:
        origin: ``file``, ``approved`` or ``preview``.
        proposed_by: Who proposed it; of a source from a file, who proposed the one that is not used.
        approved_by: Who approved the proposal.
        keyed: It has the key that it needs, or needs none.
    """

    source: Source
    origin: str
    proposed_by: str = ""
    approved_by: str = ""
    pause: Pause | None = None
    keyed: bool = True

    @property
    def state(self) -> str:
        """``live``, ``needs key``, ``off by default`` or ``retired``: as declared, and live where its key is set."""
        declared = self.source.state
        return LIVE if declared == NEEDS_KEY and self.keyed else declared

    @property
    def is_read(self) -> bool:
        """Whether it is a source to be read at all: switched on, no part of another, not ended."""
        return self.state in {LIVE, NEEDS_KEY} and self.source.kind != VIEW

    @property
    def ready(self) -> bool:
        """Whether it may be harvested by itself."""
        return self.is_read and self.keyed and self.origin != PREVIEW and self.pause is None

    @property
    def shadows(self) -> str:
        """That a proposal of the same key is not used, in a sentence; empty if there is none."""
        if self.origin != FILE or not self.proposed_by:
            return ""
        return (
            f"{self.source.key}: the file {self.source.key}.yaml is used, "
            f"not what {self.proposed_by} proposed under the same key."
        )

    @property
    def hindrance(self) -> str:
        """Why it must not be harvested now, not even by hand, and what to do; empty if it may."""
        key, of, ended = self.source.key, self.source.of, self.source.retired
        if self.source.kind == VIEW:
            return f'{key} is a part of {of}, and not read by itself: "landmark harvest {of}".'
        if ended is not None:
            today = f" Today: {'; '.join(ended.successors)}." if ended.successors else ""
            return f"{key} has ended{f' ({ended.since})' if ended.since else ''}: {ended.reason.rstrip('.')}.{today}"
        if self.origin == PREVIEW:
            return f'{key} was proposed by {self.proposed_by} and waits for "landmark sources approve {key} --as NAME".'
        if self.pause is not None:
            reason = self.pause.reason.rstrip(".")
            return (
                f"{key} is paused by {self.pause.by} since {self.pause.since:%Y-%m-%d}: {reason}. "
                f'Go on with "landmark sources resume {key} --as NAME".'
            )
        return "" if self.keyed else f"{key} is read with a key only. {self.source.key_wanted}"


def registered(
    session: Session, settings: Settings, faults: list[ConfigurationError] | None = None
) -> tuple[Registered, ...]:
    """Every source by key: those of files, and those proposed.

    A file with a fault is left out, and so is a proposal of its key: its error is put into ``faults``. Without that,
    the first one is raised.
    """
    rows = {row.key: row for row in session.scalars(select(SourceRow))}
    found = {
        source.key: _from_file(source, rows.get(source.key), settings) for source in load.sources(settings, faults)
    }
    declared = load.source_keys(settings)
    for key, row in rows.items():
        if row.declaration is not None and key not in declared:
            found[key] = _proposed(row, settings)
    return tuple(found[key] for key in sorted(found))


def named(session: Session, settings: Settings, key: str) -> Registered:
    """One source; raises ConfigurationError naming the nearest key. A fault in another's file does not matter."""
    files = load.source_keys(settings)
    row = session.get(SourceRow, key)
    if key in files:
        return _from_file(load.source(settings, key), row, settings)
    if row is not None and row.declaration is not None:
        return _proposed(row, settings)
    proposals = session.scalars(select(SourceRow.key).where(SourceRow.proposed_by != ""))
    raise unknown(key, {*files, *proposals})


def removal_rule(session: Session, settings: Settings, key: str) -> Removal:
    """When a source's records count as gone; as by default of one that is not declared any more.

    Raises ConfigurationError if its own file has a fault.
    """
    row = session.get(SourceRow, key)
    declared = (row is not None and row.declaration is not None) or key in load.source_keys(settings)
    return named(session, settings, key).source.removal if declared else Removal()


def unknown(key: str, known: Iterable[str]) -> ConfigurationError:
    """The error for a source that does not exist."""
    keys = sorted(known)
    near = difflib.get_close_matches(key, keys, 1)
    hint = f'Did you mean "{near[0]}"?' if near else f"Known: {', '.join(keys) or 'none'}."
    return ConfigurationError(f'There is no source "{key}". {hint}')


def propose(session: Session, settings: Settings, source: Source, actor: str, *, over_others: bool = True) -> None:
    """Store a proposal; one that waits under the same key is replaced, somebody else's only ``over_others``.

    Raises ConfigurationError if the key belongs to a file, to an approved source or to one that has been harvested.
    """
    if source.key in load.source_keys(settings):
        raise ConfigurationError(
            f"{source.key} is declared by the file {source.key}.yaml, which would be used instead. "
            "Change the file, or choose another key."
        )
    row = session.get(SourceRow, source.key)
    if row is not None and (row.approved is not None or row.declaration is None):
        what = f"was approved by {row.approved_by}" if row.approved is not None else "was harvested before"
        raise ConfigurationError(f"{source.key} {what}. Choose another key.")
    if row is not None and not over_others and row.proposed_by != actor:
        # Whoever approves it has looked at what the other wrote.
        raise ConfigurationError(f"{source.key} waits already, as somebody else proposed it. Choose another key.")
    proposed = source_row(source)
    # Until it is approved nobody but its stewards may know of it; the declaration keeps what was proposed.
    proposed.visibility = Visibility.OWNER
    proposed.declaration = source.model_dump(mode="json", exclude_defaults=True)
    proposed.proposed_by = actor
    session.merge(proposed)
    audit.append(session, actor, "propose source", source.key, source.url)


def approve(session: Session, settings: Settings, key: str, actor: str, visibility: str = "") -> Registered:
    """Approve a proposal, with the default visibility of its records; answers the source as it then stands.

    Raises ConfigurationError for what is no proposal that waits.
    """
    found = named(session, settings, key)
    if found.origin == FILE:
        note = f" {found.shadows}" if found.shadows else ""
        raise ConfigurationError(f"{key} is declared by a file, and so counts as approved.{note}")
    if found.origin == APPROVED:
        raise ConfigurationError(f"{key} was approved by {found.approved_by} already.")
    content = found.source.model_dump(mode="json", exclude_defaults=True)
    source = load.proposed(content | ({"visibility": visibility} if visibility else {}))
    row = session.get_one(SourceRow, key)
    row.declaration = source.model_dump(mode="json", exclude_defaults=True) | {"visibility": source.visibility}
    row.visibility = Visibility(source.visibility)
    row.approved_by, row.approved = actor, datetime.now(UTC)
    audit.append(session, actor, "approve source", key, f"visibility {source.visibility}")
    session.flush()
    return _proposed(row, settings)


def pause(session: Session, settings: Settings, key: str, actor: str, reason: str) -> None:
    """Stop reading a source until somebody resumes it. Raises ConfigurationError if it is paused already."""
    found = named(session, settings, key)
    if found.pause is not None:
        raise ConfigurationError(found.hindrance)
    row = session.get(SourceRow, key)
    if row is None:
        raise ConfigurationError(f'{key} is not in the catalog yet. Run "landmark init" first.')
    row.paused, row.paused_by, row.paused_reason = datetime.now(UTC), actor, reason
    audit.append(session, actor, "pause source", key, reason)


def resume(session: Session, settings: Settings, key: str, actor: str) -> None:
    """Read a paused source again. Raises ConfigurationError if it is not paused."""
    if named(session, settings, key).pause is None:
        raise ConfigurationError(f"{key} is not paused.")
    row = session.get_one(SourceRow, key)
    row.paused, row.paused_by, row.paused_reason = None, "", ""
    audit.append(session, actor, "resume source", key)


def _from_file(source: Source, row: SourceRow | None, settings: Settings) -> Registered:
    by = row.proposed_by if row else ""
    return Registered(source, FILE, by, pause=_pause(row), keyed=_keyed(source, settings))


def _proposed(row: SourceRow, settings: Settings) -> Registered:
    source = load.proposed(row.declaration or {})
    origin = PREVIEW if row.approved is None else APPROVED
    keyed = _keyed(source, settings)
    return Registered(source, origin, row.proposed_by, row.approved_by, _pause(row), keyed)


def _keyed(source: Source, settings: Settings) -> bool:
    wanted = source.access_key is not None and source.access_key.required
    return not wanted or bool(settings.key_of(source.key, source.key_variable))


def _pause(row: SourceRow | None) -> Pause | None:
    return None if row is None or row.paused is None else Pause(row.paused, row.paused_by, row.paused_reason)
