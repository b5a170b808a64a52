"""Commands about what columns hold: hxl. What reads a file is beside them, in ``harvester.commands.hxl``."""

import typer

hxl_app = typer.Typer(help="Hashtags: what columns hold, and how we know.", no_args_is_help=True)
app = typer.Typer()
app.add_typer(hxl_app, name="hxl")
