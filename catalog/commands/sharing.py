"""The command that says whether sharing improves."""

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import orjson
import typer
from rich.console import Console
from rich.table import Table

from catalog import asker
from catalog.cli import As, Json
from catalog.database import Catalog
from catalog.places import country_name
from catalog.sharing import figures, snapshots
from catalog.sharing.cells import ALL, KIND, ORGANIZATION, TOPIC
from catalog.sharing.figures import FigureRefused, Value
from catalog.viewer import Viewer
from config import load
from config.indicators import Indicator, Indicators
from config.settings import Settings

FAILED = 1
app = typer.Typer()
sharing_app = typer.Typer(
    help="Whether sharing improves: indicators, kept once a day.", no_args_is_help=True, add_completion=False
)
app.add_typer(sharing_app, name="sharing")

Country = Annotated[str, typer.Option(metavar="ISO3", help="Of this country; of all together without.")]


@sharing_app.command()
def take() -> None:
    """Keep how sharing stands today, in place of what was kept before on the same day; the schedule does so daily.

    Every day is kept for 60 days, the first of each week for two years, the first of each month for ever.
    """
    settings = Settings()
    with Catalog(settings.catalog_url) as catalog:
        taken = snapshots.keep(catalog, settings, datetime.now(UTC), again=True)
    assert taken is not None  # noqa: S101 - it was asked for again
    print(f"{taken.day}: kept how sharing stands, {taken.datasets:,} datasets.")
    if taken.thinned:
        print(f"Of older days {len(taken.thinned)} were thinned out.")


@sharing_app.command()
def show(
    indicator: Annotated[str, typer.Argument(help="One indicator over time; the newest of all without.")] = "",
    country: Country = "",
    topic: Annotated[str, typer.Option(metavar="KEY", help="Of this topic, such as displacement.")] = "",
    kind: Annotated[str, typer.Option(metavar="KIND", help="Of this kind of organisation, such as un.")] = "",
    organization: Annotated[str, typer.Option(metavar="NAME", help="Of this organisation; for stewards.")] = "",
    json: Json = False,
    as_: As = "",
) -> None:
    """Show the indicators, or one of them over time; what only stewards may know takes --as NAME."""
    settings = Settings()
    known = load.indicators(settings)
    cuts = [f"{start}{word}" for start, word in ((TOPIC, topic), (KIND, kind), (ORGANIZATION, organization)) if word]
    if len(cuts) > 1:
        _fail("Name a topic, a kind of organisation or an organisation, not several of them.")
    cut = cuts[0] if cuts else ALL
    wanted = [_named(known, indicator)] if indicator else list(known.indicators)
    with Catalog(settings.catalog_url) as catalog:
        viewer = asker.viewer(catalog, settings, as_, "sharing", country or "*")
        with catalog.reading() as session:
            found = {
                one.id: figures.series(session, viewer, one, country.upper(), cut)
                for one in wanted
                if figures.shown(one, viewer)
            }
    if indicator and indicator not in found:
        _fail(f'"{indicator}" counts what only stewards may know of. Say who you are with "--as NAME".')
    if json:
        items = [_json(one, found[one.id]) for one in wanted if one.id in found]
        sys.stdout.buffer.write(orjson.dumps({"country": country.upper(), "cut": cut, "items": items}) + b"\n")
        return
    _print(wanted, found, country.upper(), whole=bool(indicator))


@sharing_app.command()
def enter(
    indicator: Annotated[str, typer.Argument(help="An indicator that is entered by hand.")],
    value: Annotated[float, typer.Argument(help="In the indicator's unit.")],
    source: Annotated[str, typer.Option(help="Where the figure is from; everybody is told it.")],
    day: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="What it was on; today without.")] = "",
    country: Country = "",
    as_: As = "",
) -> None:
    """Enter a figure by hand, with its source and date; of several for a day the last one holds."""
    settings = Settings()
    now = datetime.now(UTC)
    actor = asker.named(settings, as_, "A figure is entered under a name.")
    found = _named(load.indicators(settings), indicator)
    try:
        on = date.fromisoformat(day) if day else now.date()
    except ValueError:
        _fail(f'--day: "{day}" is no date. Write it as 2026-03-31.')
    try:
        with Catalog(settings.catalog_url) as catalog, catalog.writing() as session:
            figures.enter(session, actor, found, country.upper(), on, value, source, now)
    except FigureRefused as refused:
        _fail(f"{refused}.")
    print(f"{found.name}, {country_name(country.upper()) if country else 'all countries'}, {on}: {value:g}.")


@sharing_app.command("sheet")
def sheet_command(
    output: Annotated[Path, typer.Option("--output", "-o", help="A file that ends in .xlsx or .csv.")],
    country: Country = "",
) -> None:
    """Write the indicator sheet: name, definition, source, unit, baseline, target and the newest public value."""
    from catalog.sharing import sheet  # pandas takes its time to import

    if output.suffix.lower() not in sheet.WRITERS:
        _fail(f"{output}: write a name that ends in {' or '.join(sheet.WRITERS)}.")
    settings = Settings()
    with Catalog(settings.catalog_url) as catalog, catalog.reading() as session:
        content = sheet.written(session, load.indicators(settings), Viewer(), country.upper(), output.suffix.lower())
    output.write_bytes(content)
    print(f"{output}: the indicator sheet.")


def _named(known: Indicators, key: str) -> Indicator:
    found = known.named(key)
    if found is None:
        _fail(f'There is no indicator "{key}". There are: {", ".join(one.id for one in known.indicators)}.')
    return found


def _json(indicator: Indicator, values: list[Value]) -> dict[str, Any]:
    return figures.told(indicator, values)


def _print(wanted: list[Indicator], found: dict[str, list[Value]], country: str, *, whole: bool) -> None:
    shown = Table("Indicator", "Day", "Value", "Of", box=None, header_style="bold")
    for one in wanted:
        values = found.get(one.id, [])
        for value in values if whole else values[-1:]:
            of = "" if value.of is None else f"{value.of:,}"
            shown.add_row(one.name, str(value.day), figures.words(one, value), value.source or of)
        if not values and one.id in found:
            shown.add_row(one.name, "", "nothing yet", "")
    console = Console()
    console.print(country_name(country) if country else "All countries")
    console.print(shown)


def _fail(message: str) -> NoReturn:
    print(message, file=sys.stderr)
    raise typer.Exit(FAILED)
