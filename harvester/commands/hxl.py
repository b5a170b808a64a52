"""The command that tells what a file's columns hold: hxl infer."""

import io
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated
from urllib.parse import urlsplit

import orjson
import typer
from rich.console import Console
from rich.table import Table

from catalog.assess import CONTRADICTED
from catalog.commands.hxl import hxl_app
from catalog.hxl.evidence import MAPPED_FROM_2014
from catalog.hxl.rows import current
from catalog.hxl.tagger import Tagger
from catalog.profiles import FileProfile, SheetProfile
from catalog.vocabulary import TagOrigin
from config import load
from config.declarations import Source
from config.load import ConfigurationError
from config.settings import Settings
from harvester.addresses import is_literal
from harvester.cli import FAILED
from harvester.http import Client
from harvester.portal import PortalError
from harvester.profile import Told, of_address, of_file

STDIN = "-"
DOUBTED = 0.3
"""Confidence in a hashtag that its own header contradicts."""
_GUESSED = "No row is headers with certainty; the first one that is filled by half was taken for them."
_MOST_OF_STDIN = 64 << 20


@dataclass(frozen=True, slots=True)
class ColumnTold:
    """What is known of a column: a canonical hashtag with its origin, how sure it is and what said so; None if not."""

    position: int
    header: str
    tag: str | None = None
    origin: str | None = None
    confidence: float | None = None
    rule: str | None = None


@hxl_app.command("infer")
def infer(
    file: Annotated[str, typer.Argument(metavar="FILE|URL", help="A file, its web address, or - for CSV on stdin.")],
    sheet: Annotated[str, typer.Option("--sheet", help="Of a workbook; the first with a table if left out.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print the columns as JSON.")] = False,
) -> None:
    """Say what each column of a file holds: the hashtag it declares, else the one its header tells. Nothing is kept."""
    settings = Settings()
    told = _read(file, settings)
    found = told.profile
    for remark in found.remarks:
        print(f"{remark.sheet}: {remark.message}" if remark.sheet else remark.message, file=sys.stderr)
    chosen = _chosen(found, sheet)
    if chosen is None:
        print("No table was found in it.", file=sys.stderr)
        if json:
            _print_json([])
        raise typer.Exit(FAILED)
    headers = chosen.headers or told.first_row(chosen.name)
    for note in chosen.notes:
        print(_GUESSED if note.code == "header-not-found" else note.message, file=sys.stderr)
    others = [other.name for other in found.sheets if other is not chosen and (other.headers or other.tags)]
    if others:
        print(f'Other sheets: {", ".join(others)}. Choose one with "--sheet NAME".', file=sys.stderr)
    columns = tagged(headers, chosen.tags, Tagger(load.rules(settings)), sheet=chosen.name, title=_title(file))
    if json:
        _print_json(columns)
    else:
        _print_table(columns)


def tagged(
    headers: Sequence[str], tags: Sequence[str], tagger: Tagger, *, sheet: str = "", title: str = ""
) -> list[ColumnTold]:
    """One entry per column, in order: what it declares, in today's words, else what is inferred."""
    width = max(len(headers), len(tags))
    headers = [*headers, *[""] * (width - len(headers))]
    tags = [*tags, *[""] * (width - len(tags))]
    guesses = tagger.infer(headers, sheet=sheet, title=title)
    found: list[ColumnTold] = []
    for position, (header, tag, guess) in enumerate(zip(headers, tags, guesses, strict=True)):
        if tag:
            now = current(tag)
            origin, rule = (TagOrigin.DECLARED, "file") if now == tag else (TagOrigin.MAPPED, MAPPED_FROM_2014 + tag)
            if tagger.contradicts(header, tag):
                found.append(ColumnTold(position, header, now, origin.value, DOUBTED, f"{rule}; {CONTRADICTED}"))
            else:
                found.append(ColumnTold(position, header, now, origin.value, 1.0, rule))
        elif guess is not None:
            inferred = TagOrigin.INFERRED.value
            found.append(ColumnTold(position, header, guess.hashtag, inferred, guess.confidence, guess.rule))
        else:
            found.append(ColumnTold(position, header))
    return found


def _read(file: str, settings: Settings) -> Told:
    if file == STDIN:
        return of_file(io.BytesIO(sys.stdin.buffer.read(_MOST_OF_STDIN)))
    if file.startswith(("http://", "https://")):
        place = urlsplit(file)
        # Whoever gives the command may reach what they name; where it leads from there is looked at as ever.
        host = place.hostname or ""
        own = (place.netloc.rpartition("@")[2],) if is_literal(host) or host == "localhost" else ()
        source = Source(key="given", kind="curated", title="Given by hand", url=file, allow_hosts=own)
        with Client(source, settings.model_copy(update={"http_cache_bytes": 0})) as client:
            try:
                return of_address(client, file)
            except PortalError as error:
                raise ConfigurationError(f"{error} {error.mend}".strip()) from None
    path = Path(file)
    if not path.is_file():
        raise ConfigurationError(f"There is no file {file}. Give a file, a web address, or - for CSV on stdin.")
    with path.open("rb") as opened:
        return of_file(opened)


def _title(file: str) -> str:
    return "" if file == STDIN else PurePosixPath(urlsplit(file).path or file).stem


def _chosen(found: FileProfile, name: str) -> SheetProfile | None:
    """The sheet of a name, else the first with tags, else the first with headers, else the first with anything."""
    if name:
        chosen = next((sheet for sheet in found.sheets if sheet.name == name), None)
        if chosen is None:
            names = ", ".join(sheet.name for sheet in found.sheets)
            raise ConfigurationError(f'There is no sheet "{name}". There are: {names}.')
        return chosen
    return (
        next((sheet for sheet in found.sheets if sheet.tags), None)
        or next((sheet for sheet in found.sheets if sheet.headers), None)
        or next(iter(found.sheets), None)
    )


def _print_json(columns: Sequence[ColumnTold]) -> None:
    sys.stdout.buffer.write(orjson.dumps({"columns": [asdict(column) for column in columns]}) + b"\n")


def _print_table(columns: Sequence[ColumnTold]) -> None:
    table = Table("header", "tag", "origin", "confidence", "rule", box=None, pad_edge=False)
    for column in columns:
        sure = "" if column.confidence is None else f"{column.confidence:.2f}"
        table.add_row(column.header, column.tag or "", column.origin or "", sure, column.rule or "")
    Console(width=None if sys.stdout.isatty() else 200).print(table, markup=False)
