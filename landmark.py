"""The ``landmark`` command: joins the three doors, holds no logic of the house."""

import sys
from typing import Annotated

import typer

import api.cli
import catalog.cli
import catalog.commands.curate
import catalog.commands.hxl
import catalog.commands.index
import catalog.commands.keys
import catalog.commands.levels
import catalog.commands.metrics
import catalog.commands.needs
import catalog.commands.requests
import catalog.commands.same
import catalog.commands.sharing
import harvester.cli
import harvester.commands.forms
import harvester.commands.hxl
import harvester.commands.links
import harvester.commands.plan
import harvester.commands.profile
import harvester.commands.reassess
import harvester.commands.register
import harvester.commands.schedule
import harvester.commands.sources
from catalog.database import NoCatalog
from catalog.query import QueryError
from catalog.runs import RunInProgress
from config.load import ConfigurationError

FAILED, USAGE, CANCELLED = 1, 64, 130

app = typer.Typer(
    help="The register of who holds what humanitarian data.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for door in (
    catalog.cli.app,
    catalog.commands.curate.app,
    catalog.commands.hxl.app,
    catalog.commands.index.app,
    catalog.commands.keys.app,
    catalog.commands.levels.app,
    catalog.commands.metrics.app,
    catalog.commands.needs.app,
    catalog.commands.requests.app,
    catalog.commands.same.app,
    catalog.commands.sharing.app,
    harvester.cli.app,
    harvester.commands.links.app,
    harvester.commands.plan.app,
    harvester.commands.profile.app,
    harvester.commands.reassess.app,
    harvester.commands.register.app,
    harvester.commands.schedule.app,
    harvester.commands.sources.app,
    api.cli.app,
):
    app.registered_commands += door.registered_commands
    app.registered_groups += door.registered_groups


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="Harvest, answer, and exit instead of serving.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print counts and answer as JSON.")] = False,
    port: Annotated[int, typer.Option(help="Where to serve.")] = 8000,
) -> None:
    """Harvest the sample portals into a catalog of their own, answer one question, and serve."""
    from harvester.sample.demo import harvested, show

    with harvested(quiet=json) as demonstration:
        show(demonstration, as_json_text=json)
        if not once:
            api.cli.serve_until_stopped(demonstration.settings, "127.0.0.1", port)
    raise typer.Exit(demonstration.exit_code)


def main() -> None:
    """Run the command; usage errors exit with 64, for 2 means partial here."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A Windows console may not be UTF-8, and titles are Arabic and Cyrillic.
            stream.reconfigure(encoding="utf-8", errors="replace")
    command = typer.main.get_command(app)
    try:
        code = command.main(prog_name="landmark", standalone_mode=False)
    except typer.TyperException as error:
        code = _usage(error)
    except (ConfigurationError, QueryError, NoCatalog) as error:
        print(error, file=sys.stderr)
        code = USAGE
    except RunInProgress as error:
        print(error, file=sys.stderr)
        code = FAILED
    except (typer.Abort, KeyboardInterrupt):
        code = CANCELLED
    sys.exit(code or 0)


def _usage(error: typer.TyperException) -> int:
    show = getattr(error, "show", None)
    if show is None:
        print(error.format_message(), file=sys.stderr)
    else:
        show()
    return 0 if type(error).__name__ == "NoArgsIsHelpError" else USAGE


if __name__ == "__main__":
    main()
