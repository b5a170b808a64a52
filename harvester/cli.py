"""The command that fills the catalog, and what others that do so share; see ``harvester.commands``."""

import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from catalog import asker, same, sources
from catalog.answer import list_json
from catalog.assess import Assessor
from catalog.curation.names import rules_of
from catalog.database import Catalog, NoCatalog
from catalog.preview import Difference
from catalog.runs import Counts, RunInProgress, sync_sources
from catalog.search import follow
from catalog.sentences import sentences
from catalog.viewer import Viewer
from catalog.vocabulary import RunState
from config import load
from config.declarations import OFF, Source
from config.load import ConfigurationError
from config.settings import Settings
from harvester import run as pipeline
from harvester.http import Client
from harvester.portal import PortalError, portals
from harvester.preview import DryRun, Preview
from harvester.recording import Replay, tape

FAILED = 1
EXIT_CODES = {
    RunState.COMPLETE: 0,
    RunState.FAILED: FAILED,
    RunState.PARTIAL: 2,
    RunState.HELD: 3,
    RunState.CANCELLED: 130,
}
CANCELLED = EXIT_CODES[RunState.CANCELLED]
WORST = (130, 1, 3, 2, 0)
"""Of several runs the gravest decides."""
ISSUES_SHOWN = 5

app = typer.Typer()


@app.command()
def harvest(
    keys: Annotated[list[str] | None, typer.Argument(help="Keys of sources; see landmark sources.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every enabled source.")] = False,
    changed: Annotated[
        bool, typer.Option("--changed", help="Only what changed since the last complete run, if the portal can tell.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the reports as JSON, progress aside.")] = False,
    record: Annotated[
        Path | None, typer.Option("--record", metavar="DIR", help="Keep every answer of the portals in this folder.")
    ] = None,
    replay: Annotated[
        Path | None, typer.Option("--replay", metavar="DIR", help="Answer from a recording, without any network.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read everything, print what would change field by field, write nothing.")
    ] = False,
    as_: Annotated[
        str,
        typer.Option(
            "--as",
            metavar="NAME",
            help="With --dry-run: show also what the public may not know, under this name; it is recorded.",
            show_default=False,
        ),
    ] = "",
    break_glass: Annotated[
        str | None,
        typer.Option(
            "--break-glass",
            metavar="REASON",
            help="With --dry-run and --as: show what is for owners alone as well; it is recorded, and noticed.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Harvest portals into the catalog. Ctrl-C stops after the page in hand; the same command goes on from there."""
    settings = Settings()
    if bool(keys) == all_:
        raise ConfigurationError("Name the sources to harvest, or say --all.")
    if replay is not None and changed:
        raise ConfigurationError("A replay reads all that was recorded; leave out --changed.")
    if dry_run and changed:
        raise ConfigurationError("A dry run reads everything; leave out --changed.")
    with _opened(settings, keys or []) as catalog, stopping() as stopped:
        faults: list[ConfigurationError] = []
        chosen = _chosen(catalog, settings, keys or [], faults, even_waiting=dry_run)
        broken = {FAILED} if faults else set()
        tapes = {source.key: tape(record, replay, source.key) for source in chosen}

        def client(source: Source, told: Settings) -> Client:
            return Client(source, told, tape=tapes[source.key])

        if dry_run:
            asked = [source.key for source in chosen]
            viewer = asker.viewer(catalog, settings, as_, "dry run", *asked, because=break_glass)
            tried = try_out(catalog, chosen, settings, viewer, stopped=stopped, quiet=json, client=client)
            raise typer.Exit(gravest({tried} | broken))
        busy: list[tuple[Source, RunInProgress]] = []
        reports = harvest_all(
            catalog,
            chosen,
            settings,
            full=not changed,
            stopped=stopped,
            quiet=json,
            client=client,
            busy=lambda *who: busy.append(who),
            heard={key: one.recorded for key, one in tapes.items() if isinstance(one, Replay)},
        )
        index(catalog, settings)
    left = chosen[len(reports) + len(busy) :]
    again = [report.run.source.key for report in reports if report.state is RunState.CANCELLED]
    again += [source.key for source in left]
    if again:
        options = "".join(f" {name} {given}" for name, given in (("--record", record), ("--replay", replay)) if given)
        options += " --changed" if changed else ""
        print(f'Stopped. Go on with "landmark harvest {" ".join(again)}{options}".', file=sys.stderr)
    if json:
        items = [as_json(report) for report in reports]
        items += [_unread(source, "busy", str(error)) for source, error in busy]
        items += [_unread(source, "not-read", "Stopped on request before it was its turn.") for source in left]
        sys.stdout.buffer.write(list_json(items) + b"\n")
    codes = {exit_code(reports), FAILED if busy else 0, CANCELLED if left else 0}
    raise typer.Exit(gravest(codes | broken))


@contextmanager
def _opened(settings: Settings, keys: Sequence[str]) -> Iterator[Catalog]:
    """The catalog; where there is none, a key that no file declares is told first."""
    try:
        catalog = Catalog(settings.catalog_url)
    except NoCatalog:
        for key in keys:
            load.source(settings, key)
        raise
    with catalog:
        yield catalog


def _chosen(
    catalog: Catalog,
    settings: Settings,
    keys: Sequence[str],
    faults: list[ConfigurationError],
    *,
    even_waiting: bool,
) -> list[Source]:
    """The sources named, or every one that is ready; raises ConfigurationError for one that must not be harvested.

    Where all are meant, files that cannot be used are told and put into ``faults``.
    """
    with catalog.reading() as session:
        if keys:
            entries = [sources.named(session, settings, key) for key in keys]
        else:
            entries = [entry for entry in sources.registered(session, settings, faults) if entry.is_read]
    for fault in faults:
        print(fault, file=sys.stderr)
    for entry in entries:
        if entry.shadows:
            print(entry.shadows, file=sys.stderr)
        if keys and entry.state == OFF and entry.source.note:
            print(f"{entry.source.key} is off by default: {' '.join(entry.source.note.split())}", file=sys.stderr)
        if entry.hindrance and not even_waiting:
            if keys:
                raise ConfigurationError(entry.hindrance)
            print(entry.hindrance, file=sys.stderr)
    return [entry.source for entry in entries if even_waiting or not entry.hindrance]


def harvest_all(
    catalog: Catalog,
    chosen: Sequence[Source],
    settings: Settings,
    *,
    full: bool = True,
    stopped: Callable[[], bool] = lambda: False,
    quiet: bool = False,
    client: Callable[[Source, Settings], Client] = Client,
    busy: Callable[[Source, RunInProgress], None] | None = None,
    heard: Mapping[str, datetime] = MappingProxyType({}),
) -> list[pipeline.Report]:
    """Harvest sources one after the other with progress on stderr; a failed one does not stop the next.

    Those that come after ``stopped`` are left out. One that another process harvests is told on stderr, given to
    ``busy`` and left out too; without ``busy`` RunInProgress is raised. ``heard`` has of each source that is replayed
    when its recording was made.
    """
    for source in chosen:
        if source.kind not in portals():
            raise ConfigurationError(no_kind(source))
    assessor = Assessor(rules_of(catalog, settings))
    sync_sources(catalog, chosen)
    reports = []
    for source in chosen:
        if stopped():
            break
        try:
            with shown_progress(source, quiet=quiet) as show:
                report = pipeline.harvest(
                    catalog,
                    source,
                    portals()[source.kind],
                    assessor,
                    settings,
                    full=full,
                    progress=show,
                    stopped=stopped,
                    client=client,
                    heard=heard.get(source.key),
                )
        except RunInProgress as error:
            if busy is None:
                raise
            print(error, file=sys.stderr)
            busy(source, error)
            continue
        reports.append(report)
        _say(report)
    return reports


def try_out(
    catalog: Catalog,
    chosen: Sequence[Source],
    settings: Settings,
    viewer: Viewer,
    *,
    stopped: Callable[[], bool] = lambda: False,
    quiet: bool = False,
    client: Callable[[Source, Settings], Client] = Client,
) -> int:
    """Say what harvesting sources would change; the exit code.

    As JSON it is one object per line: each difference, then one per source with its counts.
    """
    assessor = Assessor(rules_of(catalog, settings))
    codes = {0}
    for source in chosen:
        if source.kind not in portals():
            raise ConfigurationError(no_kind(source))
        dry = DryRun(catalog, source, portals()[source.kind], assessor, viewer)
        error = None
        try:
            for found in dry.differences(settings, stopped, client):
                _say_difference(source, found, quiet=quiet)
        except PortalError as raised:
            error = raised
        _say_tried(source, dry.preview, error, quiet=quiet)
        codes.add(EXIT_CODES[RunState.FAILED] if error else 0)
        codes.add(EXIT_CODES[RunState.PARTIAL] if dry.preview.faulty else 0)
        codes.add(EXIT_CODES[RunState.HELD] if dry.preview.held else 0)
        if stopped():
            codes.add(EXIT_CODES[RunState.CANCELLED])
            break
    return gravest(codes)


def no_kind(source: Source) -> str:
    """That a source's kind does not exist, in a sentence."""
    return f'{source.key}: there is no portal kind "{source.kind}". There are: {", ".join(portals())}.'


def _say_difference(source: Source, found: Difference, *, quiet: bool) -> None:
    if quiet:
        line = {"source": source.key, **{name: getattr(found, name) for name in found.__slots__}}
        sys.stdout.buffer.write(orjson.dumps(line) + b"\n")
        return
    print(f"{found.kind} {found.remote_id}: {found.title}")
    if found.kind == "created":
        for entry in found.fields:
            print(f"  {entry['field']}: {orjson.dumps(entry['new']).decode()}")
        return
    for entry, said in zip(found.fields, sentences(found.fields), strict=True):
        for sentence in said:
            print(f"  {sentence}")
        if not said or said[0].endswith(" changed"):
            old, new = (orjson.dumps(entry.get(which)).decode() for which in ("old", "new"))
            print(f"  {entry['field']}: {old} -> {new}")


def _say_tried(source: Source, preview: Preview, error: PortalError | None, *, quiet: bool) -> None:
    made = preview.counts
    counts = {name: getattr(made, name) for name in Counts.__slots__}
    counts |= {"unlisted": preview.unlisted, "hidden": preview.hidden}
    grouped = Counter(issue.code for issue in preview.issues)
    if quiet:
        line = {"source": source.key, **counts, "portal_total": preview.total, "issues": grouped}
        line["held"] = preview.held.message if preview.held else ""
        line["error"] = None if error is None else {"code": error.code, "message": str(error)}
        sys.stdout.buffer.write(orjson.dumps(line) + b"\n")
        return
    print(
        f"{source.key}: {made.seen} seen; {made.created} would be created, {made.updated} updated, "
        f"{made.unchanged} unchanged, {made.failed} failed, {made.skipped} skipped; "
        f"{preview.unlisted} are no longer listed. Nothing was written."
    )
    if preview.hidden:
        print(f"  {preview.hidden} of them the public may not know of; say --as NAME to see them.")
    for code, count in sorted(grouped.items()):
        print(f"  {code}, {count} times")
    if preview.held is not None:
        print(f"  A harvest would be held: {preview.held.message} {preview.held.mend}")
    if error is not None:
        print(f"  The portal could not be read further: {error.code}: {error}")


def index(catalog: Catalog, settings: Settings) -> None:
    """Let the search indexes follow; a serving process that does it already is left to it."""
    if follow(catalog, settings.index_dir).busy:
        print("Another process writes the index; it will follow by itself.", file=sys.stderr)
    same.follow(catalog)


def as_json(report: pipeline.Report) -> dict[str, Any]:
    """A report as JSON: source, state, counts that add up, issues by code."""
    grouped: dict[str, int] = {}
    for issue in report.issues:
        grouped[issue.code] = grouped.get(issue.code, 0) + 1
    return {
        "id": str(report.run.id),
        "source": report.run.source.key,
        "state": report.state.value,
        "outcome": report.outcome,
        "resumed": report.run.resumed,
        **{name: getattr(report.run.counts, name) for name in Counts.__slots__},
        "portal_total": report.run.total,
        "missing": report.missing,
        "withdrawn": report.withdrawn,
        "issues": grouped,
        "new_issues": {code: count for code, count in report.new.items() if count},
    }


def exit_code(reports: Sequence[pipeline.Report]) -> int:
    """The gravest of several outcomes."""
    return gravest({EXIT_CODES[report.state] for report in reports})


def gravest(codes: Collection[int]) -> int:
    """Of several exit codes the one to end with."""
    return next((code for code in WORST if code in codes), 0)


def _unread(source: Source, state: str, outcome: str) -> dict[str, Any]:
    """In the place of a report, of a source without a run."""
    return {"id": None, "source": source.key, "state": state, "outcome": outcome}


@contextmanager
def stopping() -> Iterator[Callable[[], bool]]:
    """While open, the first Ctrl-C (or SIGTERM) asks the work to stop at the next page; a second one stops it."""
    asked = threading.Event()

    def ask(*_: object) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()
        print("Stopping after the page in hand; Ctrl-C again stops at once.", file=sys.stderr)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def shown_progress(source: Source, *, quiet: bool) -> Iterator[Callable[[pipeline.Progress], None]]:
    """A bar on a terminal, a line per page elsewhere; always on stderr."""
    console = Console(stderr=True)
    if quiet:
        yield lambda _: None
    elif console.is_terminal:
        bar = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console
        )
        with bar:
            task = bar.add_task(source.key, total=None)
            yield lambda now: bar.update(task, completed=now.seen, total=now.total)
    else:
        yield lambda now: print(
            f"{now.source}: {now.seen} of {now.total or 'unknown'} read", file=sys.stderr, flush=True
        )


def _say(report: pipeline.Report) -> None:
    counts = report.run.counts
    line = (
        f"{report.run.source.key}: {report.state.value}. {counts.seen} seen: {counts.created} created, "
        f"{counts.updated} updated, {counts.unchanged} unchanged, {counts.failed} failed, {counts.skipped} skipped."
    )
    gone = ((report.missing, "no longer listed"), (report.withdrawn, "withdrawn"))
    line += "".join(f" {count} {what}." for count, what in gone if count)
    print(line + (f" {report.outcome}" if report.outcome else ""), file=sys.stderr)
    by_code: dict[str, list[Any]] = {}
    for issue in report.issues:
        by_code.setdefault(issue.code, []).append(issue)
    for code, issues in sorted(by_code.items()):
        times = f"{len(issues)} times, {report.new.get(code, 0)} new this run"
        print(f"  {issues[0].severity} {code}, {times}: {issues[0].message} {issues[0].mend}", file=sys.stderr)
        named = [issue.remote_id for issue in issues[:ISSUES_SHOWN] if issue.remote_id]
        if named:
            print(f"    in {', '.join(named)}{' ...' if len(issues) > ISSUES_SHOWN else ''}", file=sys.stderr)
