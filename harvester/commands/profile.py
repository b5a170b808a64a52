"""The command that looks at files for the names of their columns: profile."""

import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

from catalog import asker, sources
from catalog.answer import list_json
from catalog.assess import Assessor
from catalog.curation.names import rules_of
from catalog.database import Catalog
from catalog.runs import RunInProgress
from config.declarations import Source
from config.load import ConfigurationError
from config.settings import Settings
from harvester.cli import CANCELLED, FAILED, gravest, index, no_kind, stopping
from harvester.commands.progress import shown
from harvester.portal import PortalError, portals
from harvester.profiles import Profiling, profile_source, totals

SHOWN = 5
"""Files named for each thing that is to be told."""

app = typer.Typer()


@app.command("profile")
def profile_command(
    keys: Annotated[list[str] | None, typer.Argument(help="Keys of sources; every one if left out.")] = None,
    budget: Annotated[
        int | None, typer.Option("--budget", min=0, help="How many files at most; LANDMARK_PROFILE_BUDGET if left out.")
    ] = None,
    as_: Annotated[
        str,
        typer.Option(
            "--as", metavar="NAME", help="Do it under this name, and name the files; recorded.", show_default=False
        ),
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="Print the reports as JSON, progress aside.")] = False,
) -> None:
    """Look at the files of public records for headers and hashtags of their columns; no cell of data is kept.

    Only as much of a file is read as tells its columns, each host at its own pace, and again only once it changed.
    Ctrl-C stops; what was looked at stays, and the same command goes on.
    """
    settings = Settings()
    faults: list[ConfigurationError] = []
    with Catalog(settings.catalog_url) as catalog, stopping() as stopped:
        with catalog.reading() as session:
            entries = (
                [sources.named(session, settings, key) for key in keys]
                if keys
                else [entry for entry in sources.registered(session, settings, faults) if entry.ready]
            )
        for entry in entries:
            if keys and (why := not_profiled(entry.source, settings)):
                raise ConfigurationError(why)
        actor = asker.named(settings, as_, "Whoever asks for files has a name.") if as_ else ""
        allowed = [entry.source for entry in entries if not not_profiled(entry.source, settings)]
        left = settings.profile_budget if budget is None else budget
        done, busy = profile_all(catalog, allowed, settings, left, actor, stopped=stopped, quiet=json)
        index(catalog, settings)
    say(done, named=bool(actor))
    for fault in [*faults, *busy]:
        print(fault, file=sys.stderr)
    if json:
        sys.stdout.buffer.write(list_json(as_json(profiling, named=bool(actor)) for profiling in done) + b"\n")
    codes = {0} | {CANCELLED for profiling in done if profiling.stopped} | {FAILED for _ in [*faults, *busy]}
    if CANCELLED in codes:
        print('Stopped. Go on with "landmark profile".', file=sys.stderr)
    raise typer.Exit(gravest(codes))


def profile_all(
    catalog: Catalog,
    chosen: Sequence[Source],
    settings: Settings,
    budget: int,
    actor: str = "",
    *,
    stopped: Callable[[], bool] = lambda: False,
    quiet: bool = False,
) -> tuple[list[Profiling], list[Exception]]:
    """Look at the files of sources one after the other; each gets its share of the budget, and what others left.

    Answers what became of each, and why some could not be read.
    """
    assessor = Assessor(rules_of(catalog, settings))
    done: list[Profiling] = []
    failed: list[Exception] = []
    for number, source in enumerate(chosen):
        if source.kind not in portals():
            failed.append(ConfigurationError(no_kind(source)))
            continue
        share = -(-budget // (len(chosen) - number))
        if stopped():
            done.append(Profiling(source, stopped=True))
            continue
        with shown("files", quiet=quiet) as show:
            try:
                made = profile_source(
                    catalog,
                    source,
                    portals()[source.kind],
                    assessor,
                    settings,
                    budget=share,
                    actor=actor or "landmark",
                    progress=show,
                    stopped=stopped,
                )
            except (RunInProgress, PortalError) as error:
                failed.append(error)
                continue
        budget -= made.looked
        done.append(made)
    return done, failed


def not_profiled(source: Source, settings: Settings) -> str:
    """Why the files of a source are not looked at, in a sentence; empty if they are."""
    if not settings.profile:
        return "No file is looked at: LANDMARK_PROFILE is off."
    if not source.profile:
        return f'{source.key}: its files are not looked at, for it says "profile: false".'
    if source.visibility != "public":
        return f"{source.key}: its records are not public, so no file of them is looked at."
    return ""


def as_json(profiling: Profiling, *, named: bool) -> dict[str, Any]:
    """A report as JSON: source, counts, faults and remarks by code; the files too if they are to be ``named``."""
    told = {
        "source": profiling.source.key,
        **totals(profiling),
        "stopped": profiling.stopped,
        "faults": dict(sorted(profiling.faults.items())),
        "remarks": dict(sorted(profiling.remarks.items())),
    }
    files = [{"code": code, "address": address, "message": message} for code, address, message in profiling.places]
    return told | ({"files": files} if named else {})


def say(done: Sequence[Profiling], *, named: bool = False) -> None:
    """Tell on stderr what became of each source's files, with their addresses if they are to be ``named``."""
    for profiling in done:
        _say(profiling, named=named)


def _say(profiling: Profiling, *, named: bool) -> None:
    if not profiling.due and not profiling.stopped:
        return
    print(
        f"{profiling.source.key}: {profiling.looked} of {profiling.due} files looked at, {profiling.unchanged} as "
        f"before; {profiling.changed} records changed.",
        file=sys.stderr,
    )
    for code, count in sorted((profiling.faults + profiling.remarks).items()):
        said = [(address, message) for given, address, message in profiling.places if given == code]
        print(f"  {code}, {count} times: {said[0][1]}", file=sys.stderr)
        for address, _ in said[:SHOWN] if named else ():
            print(f"    {address}", file=sys.stderr)
