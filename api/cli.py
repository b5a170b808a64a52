"""The command that serves API and pages."""

from typing import Annotated

import typer

from config.load import ConfigurationError
from config.settings import Settings

app = typer.Typer()


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8000,
    audience: Annotated[
        str, typer.Option(help='"public": open the public index only and refuse keys; else keys are taken.')
    ] = "",
) -> None:
    """Serve the API and the pages until Ctrl-C; new harvests become searchable by themselves."""
    if audience not in {"", "public"}:
        raise ConfigurationError('--audience: it is "public" or left out; then keys say who is shown what.')
    serve_until_stopped(Settings(), host, port, public_only=audience == "public")


def serve_until_stopped(settings: Settings, host: str, port: int, *, public_only: bool = False) -> None:
    """Say where it is served, and serve."""
    from api.server import serve as run_server  # the web framework: a third of a second no other command waits for

    print(
        f"Serving on http://{host}:{port} (API: /api/v1/datasets, its description: /docs). Ctrl-C stops it.", flush=True
    )
    run_server(settings, host, port, public_only=public_only)
