"""Commands that fill the catalog: harvest, schedule, run-due."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from catalog.answer import list_json
from catalog.assess import Assessor
from catalog.database import Catalog
from catalog.runs import Counts, sync_sources
from catalog.search import follow
from catalog.vocabulary import RunState
from config import load
from config.declarations import Source
from config.load import ConfigurationError
from config.settings import Settings
from harvester import run as pipeline
from harvester.http import Client
from harvester.portal import portals
from harvester.recording import tape

EXIT_CODES = {
    RunState.COMPLETE: 0,
    RunState.FAILED: 1,
    RunState.PARTIAL: 2,
    RunState.HELD: 3,
    RunState.CANCELLED: 130,
}
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
) -> None:
    """Harvest portals into the catalog. Ctrl-C stops after the page in hand; the same command goes on from there."""
    settings = Settings()
    if bool(keys) == all_:
        raise ConfigurationError("Name the sources to harvest, or say --all.")
    chosen = (
        [source for source in load.sources(settings) if source.enabled]
        if all_
        else [load.source(settings, key) for key in keys or ()]
    )
    tapes = {source.key: tape(record, replay, source.key) for source in chosen}

    def client(source: Source, told: Settings) -> Client:
        return Client(source, told, tape=tapes[source.key])

    with Catalog(settings.catalog_url) as catalog, stopping() as stopped:
        reports = harvest_all(catalog, chosen, settings, full=not changed, stopped=stopped, quiet=json, client=client)
        index(catalog, settings)
    if json:
        sys.stdout.buffer.write(list_json(as_json(report) for report in reports) + b"\n")
    raise typer.Exit(exit_code(reports))


def harvest_all(
    catalog: Catalog,
    sources: Sequence[Source],
    settings: Settings,
    *,
    full: bool = True,
    stopped: Callable[[], bool] = lambda: False,
    quiet: bool = False,
    client: Callable[[Source, Settings], Client] = Client,
) -> list[pipeline.Report]:
    """Harvest sources one after the other with progress on stderr; a failed one does not stop the next."""
    for source in sources:
        if source.kind not in portals():
            raise ConfigurationError(
                f'{source.key}: there is no portal kind "{source.kind}". There are: {", ".join(portals())}.'
            )
    assessor = Assessor(load.rules(settings))
    sync_sources(catalog, sources)
    reports = []
    for source in sources:
        if stopped():
            break
        with _progress(source, quiet=quiet) as show:
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
            )
        reports.append(report)
        _say(report)
    return reports


def index(catalog: Catalog, settings: Settings) -> None:
    """Let the search indexes follow; a serving process that does it already is left to it."""
    if follow(catalog, settings.index_dir).busy:
        print("Another process writes the index; it will follow by itself.", file=sys.stderr)


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
        "issues": grouped,
    }


def exit_code(reports: Sequence[pipeline.Report]) -> int:
    """The gravest of several outcomes."""
    codes = {EXIT_CODES[report.state] for report in reports}
    return next((code for code in WORST if code in codes), 0)


@contextmanager
def stopping() -> Iterator[Callable[[], bool]]:
    """While open, the first Ctrl-C asks the work to stop at the next page; a second one stops it at once."""
    asked = threading.Event()

    def ask(*_: object) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()
        print("Stopping after the page in hand; Ctrl-C again stops at once.", file=sys.stderr)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _progress(source: Source, *, quiet: bool) -> Iterator[Callable[[pipeline.Progress], None]]:
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
    print(line + (f" {report.outcome}" if report.outcome else ""), file=sys.stderr)
    by_code: dict[str, list[Any]] = {}
    for issue in report.issues:
        by_code.setdefault(issue.code, []).append(issue)
    for code, issues in sorted(by_code.items()):
        print(
            f"  {issues[0].severity} {code}, {len(issues)} times: {issues[0].message} {issues[0].mend}", file=sys.stderr
        )
        named = [issue.remote_id for issue in issues[:ISSUES_SHOWN] if issue.remote_id]
        if named:
            print(f"    in {', '.join(named)}{' ...' if len(issues) > ISSUES_SHOWN else ''}", file=sys.stderr)


@app.command()
def schedule(
    list_: Annotated[bool, typer.Option("--list", help="Say when each source runs next, and exit.")] = False,
    json: Annotated[bool, typer.Option("--json", help="As --list, as JSON.")] = False,
) -> None:
    """Harvest by the declared schedules (UTC) until Ctrl-C. Run it beside the server, never inside it."""
    from harvester.schedule import next_runs, run_schedule

    settings = Settings()
    declared = [source for source in load.sources(settings) if source.enabled and source.schedule]
    if json:
        items = [{"source": key, "next": f"{moment:%Y-%m-%dT%H:%M:%SZ}"} for key, moment in next_runs(declared)]
        sys.stdout.buffer.write(list_json(items) + b"\n")
        return
    if list_:
        for key, moment in next_runs(declared):
            print(f"{key}: {moment:%Y-%m-%d %H:%M} UTC")
        return
    if not declared:
        raise ConfigurationError('No enabled source has a schedule. Add "schedule:" to a file in sources/.')
    with Catalog(settings.catalog_url) as catalog:
        run_schedule(catalog, declared, settings)
