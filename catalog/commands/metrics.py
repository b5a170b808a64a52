"""The command about how much is hidden."""

import sys
from dataclasses import asdict
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from catalog import asker, metrics, suppression
from catalog.cli import As, Json
from catalog.database import Catalog
from config.settings import Settings

app = typer.Typer()


@app.command("metrics")
def metrics_command(
    country: Annotated[str, typer.Option(metavar="ISO3", help="Only this country.", show_default=False)] = "",
    for_others: Annotated[
        bool, typer.Option("--for-others", help="As it may be passed on: small figures are left out.")
    ] = False,
    json: Json = False,
    as_: As = "",
) -> None:
    """Show stewards the share of records that the public is not shown, by country; takes --as NAME."""
    settings = Settings()
    asker.named(settings, as_, "How much is hidden is for stewards.")
    with Catalog(settings.catalog_url) as catalog:
        viewer = asker.viewer(catalog, settings, as_, "metrics", country or "*")
        with catalog.reading() as session:
            exact = [] if for_others else metrics.hidden(session, viewer)
            told = metrics.published(session, viewer) if for_others else []
    wanted = country.upper()
    if json:
        rows = [asdict(row) for row in (exact or told) if wanted in {"", row.iso3}]
        sys.stdout.buffer.write(orjson.dumps({"k": suppression.K if for_others else 1, "items": rows}) + b"\n")
        return
    heads = ("Country", "Records", "Hidden", "Share", "In part", "Only listed", "Harm if withheld", "For owners alone")
    shown = Table(*heads, box=None, header_style="bold")
    for row in exact:
        if wanted in {"", row.iso3}:
            cells = row.records, row.hidden, f"{row.share:.0%}", row.redacted, row.listed, row.harm, _owners(row)
            shown.add_row(row.name, *map(str, cells))
    for figure in told:
        if wanted in {"", figure.iso3}:
            shown.add_row(*_words(figure))
    Console().print(shown)


def _words(figure: metrics.Published) -> tuple[str, ...]:
    if figure.records is None or figure.hidden is None:
        return figure.name, "not told", "not told", "", "", "", "", ""
    share = figure.hidden / figure.records if figure.records else 0
    return figure.name, str(figure.records), str(figure.hidden), f"{share:.0%}", "", "", "", ""


def _owners(row: metrics.Hidden) -> str:
    """How many more there are for owners alone, and the share with them."""
    return "not told" if row.share_with_owners is None else f"{row.owners} ({row.share_with_owners:.0%} with them)"
