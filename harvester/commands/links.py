"""The command that looks whether addresses are still there: links check."""

import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

from catalog import asker, sources
from catalog.answer import list_json
from catalog.database import Catalog
from config.declarations import Source
from config.load import ConfigurationError
from config.settings import Settings
from harvester.cli import CANCELLED, FAILED, gravest, stopping
from harvester.commands.progress import shown
from harvester.links import Checker, Checking, totals
from harvester.portal import PortalError

SHOWN = 10
"""Addresses named for each thing that is to be told."""

app = typer.Typer()
links_app = typer.Typer(help="Whether the addresses that records tell are still there.", no_args_is_help=True)


@links_app.command("check")
def check_command(
    keys: Annotated[list[str] | None, typer.Argument(help="Keys of sources; every one if left out.")] = None,
    budget: Annotated[
        int | None,
        typer.Option("--budget", min=0, help="How many addresses at most; LANDMARK_LINKS_BUDGET if left out."),
    ] = None,
    as_: Annotated[
        str,
        typer.Option(
            "--as", metavar="NAME", help="Do it under this name, and name the addresses; recorded.", show_default=False
        ),
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="Print the reports as JSON, progress aside.")] = False,
) -> None:
    """Look whether the addresses of public records are still there: pages, forms, files. No key is ever sent.

    Each host is asked at its own pace. An address is called dead once it was gone on two different days; the record
    then says so, with the date. Ctrl-C stops; what was found stays, and the same command goes on.
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
            if keys and (why := not_checked(entry.source, settings)):
                raise ConfigurationError(why)
        actor = asker.named(settings, as_, "Whoever asks for addresses has a name.") if as_ else ""
        allowed = [entry.source for entry in entries if not not_checked(entry.source, settings)]
        left = settings.links_budget if budget is None else budget
        done, failed = check_all(catalog, allowed, settings, left, actor, stopped=stopped, quiet=json)
    say(done, named=bool(actor))
    for fault in [*faults, *failed]:
        print(fault, file=sys.stderr)
    if json:
        sys.stdout.buffer.write(list_json(as_json(checking, named=bool(actor)) for checking in done) + b"\n")
    codes = {0} | {CANCELLED for checking in done if checking.stopped} | {FAILED for _ in [*faults, *failed]}
    if CANCELLED in codes:
        print('Stopped. Go on with "landmark links check".', file=sys.stderr)
    raise typer.Exit(gravest(codes))


app.add_typer(links_app, name="links")


def check_all(
    catalog: Catalog,
    chosen: Sequence[Source],
    settings: Settings,
    budget: int,
    actor: str = "",
    *,
    stopped: Callable[[], bool] = lambda: False,
    quiet: bool = False,
) -> tuple[list[Checking], list[Exception]]:
    """Look at the addresses of sources one after the other; each gets its share of the budget, and what others left.

    Answers what became of each, and why some could not be asked.
    """
    checker = Checker(catalog, settings, actor=actor or "landmark", stopped=stopped)
    done: list[Checking] = []
    failed: list[Exception] = []
    for number, source in enumerate(chosen):
        share = -(-budget // (len(chosen) - number))
        if stopped():
            done.append(Checking(source, stopped=True))
            continue
        try:
            with shown("addresses", quiet=quiet) as show:
                made = checker.check(source, share, show)
        except PortalError as error:
            failed.append(error)
            continue
        budget -= made.looked + made.left
        done.append(made)
    checker.believe()
    return done, failed


def not_checked(source: Source, settings: Settings) -> str:
    """Why the addresses of a source are not looked at, in a sentence; empty if they are."""
    if not settings.links:
        return "No address is looked at: LANDMARK_LINKS is off."
    if not source.links:
        return f'{source.key}: its addresses are not looked at, for it says "links: false".'
    if source.visibility != "public":
        return f"{source.key}: its records are not public, so no address of them is looked at."
    return ""


def as_json(checking: Checking, *, named: bool) -> dict[str, Any]:
    """A report as JSON: source, counts, reasons by code; the addresses too if they are to be ``named``."""
    told = {
        "source": checking.source.key,
        **dict(totals(checking)),
        "stopped": checking.stopped,
        "codes": dict(sorted(checking.codes.items())),
    }
    places = [{"code": code, "address": address} for code, address in sorted(checking.places)]
    return told | ({"addresses": places, "known_dead": sorted(checking.dead)} if named else {})


def say(done: Sequence[Checking], *, named: bool = False) -> None:
    """Tell on stderr what became of each source's addresses, with those that failed if they are to be ``named``."""
    for checking in done:
        if not checking.due and not checking.stopped:
            continue
        counts = dict(totals(checking))
        print(
            f"{checking.source.key}: {checking.looked} of {checking.due} addresses looked at, {counts['alive']} there, "
            f"{counts['dead']} gone, {counts['unknown']} not to be known; {len(checking.dead)} dead by now.",
            file=sys.stderr,
        )
        if checking.left:
            print(f"  {checking.left} left for the next time: their host does not answer.", file=sys.stderr)
        for code, count in sorted(checking.codes.items()):
            print(f"  {code}, {count} times", file=sys.stderr)
            places = sorted(address for given, address in checking.places if given == code)
            for address in places[:SHOWN] if named else ():
                print(f"    {address}", file=sys.stderr)
