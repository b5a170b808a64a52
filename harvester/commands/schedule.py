"""Commands that harvest by time: schedule and run-due."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

import typer

from catalog import sources
from catalog.answer import list_json
from catalog.database import Catalog
from catalog.health import histories
from catalog.runs import RunInProgress
from catalog.sharing import snapshots
from config.declarations import Source
from config.load import ConfigurationError
from config.settings import Settings
from harvester.cli import CANCELLED, WORST, as_json, exit_code, harvest_all, index, stopping
from harvester.commands import links as looking
from harvester.commands.profile import not_profiled, profile_all, say
from harvester.run import Report
from harvester.schedule import Harvest, Timetable, due, harvest_if_due, next_runs, run_schedule

FAILED, USAGE = 1, 64

app = typer.Typer()


@app.command()
def schedule(
    list_: Annotated[bool, typer.Option("--list", help="Say when each source runs next, and exit.")] = False,
    json: Annotated[bool, typer.Option("--json", help="As --list, as JSON.")] = False,
) -> None:
    """Harvest by the sources' schedules (UTC) until Ctrl-C. Run it beside the server, never inside it.

    What was missed while it was away is read once, at the start. A source that fails three times in a row is asked
    more and more rarely, up to a week apart, until it answers.
    """
    settings = Settings()
    faults: list[ConfigurationError] = []
    with Catalog(settings.catalog_url) as catalog:
        with catalog.reading() as session:
            known, past = sources.registered(session, settings, faults), histories(session)
        now = datetime.now(UTC)
        if json:
            items = [{"source": key, "next": f"{at:%Y-%m-%dT%H:%M:%SZ}"} for key, at in next_runs(known, past, now)]
            sys.stdout.buffer.write(list_json(items) + b"\n")
        elif list_:
            for key, at in next_runs(known, past, now):
                print(f"{key}: {'due, ' if at == now else ''}{at:%Y-%m-%d %H:%M} UTC")
        if json or list_:
            if faults:
                print(*faults, sep="\n", file=sys.stderr)
                raise typer.Exit(USAGE)
            return
        if not any(entry.source.schedule for entry in known if entry.ready):
            raise ConfigurationError('No source that is ready has a schedule. Add "schedule:" to a file in sources/.')
        for entry in known:
            if entry.is_read and (note := entry.shadows or entry.hindrance):
                print(note, file=sys.stderr)
        with stopping() as stopped:
            profile = _profiling(catalog, settings, stopped)
            links = _checking(catalog, settings, stopped)
            harvesting = _harvesting(catalog, settings, stopped)
            sharing = _keeping(catalog, settings)
            timetable = Timetable(catalog, settings, harvesting, profile=profile, links=links, sharing=sharing)
            run_schedule(timetable, stopped)


@app.command("run-due")
def run_due(
    json: Annotated[bool, typer.Option("--json", help="Print the reports as JSON, progress aside.")] = False,
) -> None:
    """Harvest what is due by schedule and last run, and exit with the gravest code; for plain cron."""
    settings = Settings()
    reports: list[Report] = []
    faults: list[ConfigurationError] = []
    left: list[str] = []
    codes = {0}
    with Catalog(settings.catalog_url) as catalog, stopping() as stopped:
        harvest = _harvesting(catalog, settings, stopped, quiet=json)
        for source, died in due(catalog, settings, datetime.now(UTC), faults):
            if stopped():
                left.append(source.key)
                continue
            try:
                reports += harvest_if_due(catalog, settings, source.key, harvest, datetime.now(UTC), interrupted=died)
            except RunInProgress as error:
                # Whoever reads it does what is due; that is no failure of this command.
                print(error, file=sys.stderr)
            except Exception as error:  # noqa: BLE001 - one source's fault must not leave the others unread
                print(f"{source.key}: {error}", file=sys.stderr)
                codes.add(FAILED)
    if faults:
        print(*faults, sep="\n", file=sys.stderr)
        codes.add(FAILED)
    if left:
        print(f'Stopped. Not read: {", ".join(left)}. Go on with "landmark run-due".', file=sys.stderr)
        codes.add(CANCELLED)
    if json:
        sys.stdout.buffer.write(list_json(as_json(report) for report in reports) + b"\n")
    elif not reports and codes == {0}:
        print("Nothing is due.")
    codes.add(exit_code(reports))
    raise typer.Exit(next(code for code in WORST if code in codes))


def _harvesting(catalog: Catalog, settings: Settings, stopped: Callable[[], bool], *, quiet: bool = False) -> Harvest:
    def harvest(source: Source, full: bool) -> list[Report]:
        reports = harvest_all(catalog, [source], settings, full=full, stopped=stopped, quiet=quiet)
        index(catalog, settings)
        return reports

    return harvest


def _profiling(catalog: Catalog, settings: Settings, stopped: Callable[[], bool]) -> Callable[[], None]:
    def profile() -> None:
        with catalog.reading() as session:
            known = [entry for entry in sources.registered(session, settings, []) if entry.ready]
        allowed = [entry.source for entry in known if not not_profiled(entry.source, settings)]
        done, failed = profile_all(catalog, allowed, settings, settings.profile_budget, stopped=stopped, quiet=True)
        index(catalog, settings)
        say(done)
        for fault in failed:
            print(fault, file=sys.stderr, flush=True)

    return profile


def _checking(catalog: Catalog, settings: Settings, stopped: Callable[[], bool]) -> Callable[[], None]:
    def check() -> None:
        with catalog.reading() as session:
            known = [entry for entry in sources.registered(session, settings, []) if entry.ready]
        allowed = [entry.source for entry in known if not looking.not_checked(entry.source, settings)]
        budget = settings.links_budget
        done, failed = looking.check_all(catalog, allowed, settings, budget, stopped=stopped, quiet=True)
        looking.say(done)
        for fault in failed:
            print(fault, file=sys.stderr, flush=True)

    return check


def _keeping(catalog: Catalog, settings: Settings) -> Callable[[], None]:
    def keep() -> None:
        if (taken := snapshots.keep(catalog, settings, datetime.now(UTC))) is not None:
            print(f"{taken.day}: kept how sharing stands, {taken.datasets:,} datasets.", file=sys.stderr, flush=True)

    return keep
