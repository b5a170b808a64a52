"""Commands of the register's sheet: a template, the import with its preview, the export."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, NoReturn

import orjson
import typer

from catalog import asker, audit
from catalog.database import Catalog
from catalog.levels import Refused, named
from catalog.register import kept
from catalog.register.acts import Acted
from catalog.register.book import written
from catalog.register.files import MOST_BYTES, Unreadable
from catalog.register.kept import REJECTED, SOURCE, Planned
from catalog.register.registry import Accepted, Preview, Registry
from catalog.register.told import lines
from catalog.register.words import Words
from catalog.viewer import Viewer
from catalog.vocabulary import Audience
from config.declarations import RegisterLanguage, Source
from config.load import ConfigurationError
from config.settings import Settings
from harvester.cli import index
from harvester.http import Client
from harvester.portal import PortalError

FAILED, PARTIAL = 1, 2
KINDS = {".xlsx": "xlsx", ".csv": "csv"}
_SHEET = re.compile(r"https://docs\.google\.com/spreadsheets/d/([\w-]+)")
_GID = re.compile(r"[#?&]gid=(\d+)")

app = typer.Typer()
register_app = typer.Typer(
    help="Holdings that organisations list themselves, in a sheet: planned, closed, shared.", no_args_is_help=True
)
app.add_typer(register_app, name="register")

Language = Annotated[RegisterLanguage, typer.Option("--language", help="Of headings, choices and instructions.")]
Out = Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="FILE.xlsx or FILE.csv.", show_default=False)]
As = Annotated[str, typer.Option("--as", metavar="NAME", help="Under this name; it is recorded.", show_default=False)]


@register_app.command()
def template(output: Out, language: Language = "en") -> None:
    """Write an empty sheet with drop-downs, an example row, hashtags, and a page of instructions."""
    _write(output, Registry(Settings()).template(language, _kind(output)))
    print(f'Fill in {output}, then: landmark register import {output} --as "YOUR NAME"')


@register_app.command("import")
def import_(
    given: Annotated[
        str, typer.Argument(metavar="FILE|URL", help="A filled sheet: XLSX, ODS, CSV, a shared Google Sheet.")
    ],
    accept_valid: Annotated[
        bool, typer.Option("--accept-valid", help="Take the good rows although others are rejected.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Write; without it what would change is shown.")] = False,
    opens: Annotated[
        bool,
        typer.Option("--open", help="Show holdings to as many as their rows ask for, under your name."),
    ] = False,
    write_back: Annotated[
        Path | None,
        typer.Option("--write-back", metavar="FILE", help="Write the sheet anew, with its register ids."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the rows and counts as JSON.")] = False,
    as_: As = "",
) -> None:
    """Read a filled sheet: show what is new, changed, unchanged or rejected and why; write it with --yes.

    Ends with 0, with 1 if nothing could be taken, with 2 if some rows were rejected.
    """
    settings = Settings()
    actor = asker.named(settings, as_, "The register is filled under a name.")
    registry = Registry(settings)
    back = _kind(write_back) if write_back else ""
    # Who works on the machine itself is shown every row; that the register is filled is in the audit.
    viewer = Viewer(Audience.FULL, name=actor)
    done: Accepted | None = None
    with Catalog(settings.catalog_url) as catalog:
        try:
            named(actor, "import")
            body = _fetched(given, registry.source, settings)
            reading = registry.read(body)
            with catalog.reading() as session:
                preview = registry.preview(session, body, reading, viewer)
            if not json:
                _show(preview, registry.words)
            planned, rejected = preview.planned, preview.counts[REJECTED]
            taken = len(planned) - rejected
            writes = bool(yes and taken and (accept_valid or not rejected))
            if writes:
                done = registry.accept(catalog, body, viewer, preview.stamp, valid=accept_valid, opens=opens)
                index(catalog, settings)
        except (Unreadable, Refused) as error:
            _fail(str(error))
    if json:
        _print_json(preview, done)
    else:
        _conclude(planned, done, yes=yes, accept_valid=accept_valid)
    if write_back and done is not None:
        _write(write_back, registry.returned(done, back))
        if not json:
            print(f"The sheet with its register ids is {write_back}: go on with this copy.")
    if rejected:
        raise typer.Exit(FAILED if not taken or (yes and not writes) else PARTIAL)


@register_app.command()
def export(output: Out, language: Language = "en", as_: As = "") -> None:
    """Write the register as a sheet, with what is kept for stewards alone; it can be imported again as it is."""
    settings = Settings()
    actor = asker.named(settings, as_, "The export has what stewards alone may see.")
    kind = _kind(output)
    with Catalog(settings.catalog_url) as catalog, catalog.writing() as session:
        rows = list(kept.kept(session).values())
        audit.append(session, actor, "exported the register", SOURCE, f"{len(rows)} holdings")
    _write(output, written(Registry(settings).words, language, kind, rows))
    print(f"{_holdings(len(rows))} in {output}. It names people: keep it as you keep such data.")


def _kind(output: Path) -> str:
    if (kind := KINDS.get(output.suffix.lower())) is None:
        raise ConfigurationError(f"{output}: name a file that ends in .xlsx or .csv.")
    return kind


def _write(output: Path, body: bytes) -> None:
    try:
        output.write_bytes(body)
    except OSError as error:
        _fail(f"{output} cannot be written: {error.strerror}. Name another file.")


def _fetched(given: str, source: Source, settings: Settings) -> bytes:
    """The file's bytes; raises Unreadable."""
    if not given.startswith(("https://", "http://")):
        try:
            with Path(given).open("rb") as file:
                return file.read(MOST_BYTES + 1)
        except OSError as error:
            raise Unreadable(f"{given} cannot be read: {error.strerror}. Name a file that is there.") from error
    try:
        with Client(source, settings) as client:
            part = client.get_part(_address(given), 0, MOST_BYTES + 1)
    except PortalError as error:
        raise Unreadable(f"The sheet cannot be had: {str(error).rstrip('.')}. {error.mend}".rstrip()) from error
    if part.body.lstrip()[:1] == b"<":
        raise Unreadable(
            "The address answers with a page for people. Share the sheet with anyone who has the link, or save it."
        )
    return part.body


def _address(given: str) -> str:
    """A shared Google Sheet's address is that of its table."""
    found = _SHEET.match(given)
    if not found:
        return given
    gid = _GID.search(given)
    page = f"&gid={gid[1]}" if gid else ""
    return f"https://docs.google.com/spreadsheets/d/{found[1]}/export?format=csv{page}"


def _show(preview: Preview, words: Words) -> None:
    for line in lines(
        preview.reading.notes,
        preview.planned,
        lambda one: one.row.given.get("title", ""),
        lambda column: words.columns[column].title.en,
    ):
        print(line)


def _conclude(planned: Sequence[Planned], done: Accepted | None, *, yes: bool, accept_valid: bool) -> None:
    rejected = any(one.outcome == REJECTED for one in planned)
    if done is None:
        more = " Mend the rows that are rejected, or say --accept-valid to take the others." if rejected else ""
        more += "" if yes else " To write it say --yes."
        print(f"Nothing was written.{more if not accept_valid or not yes else ''}")
        return
    acted = done.acted
    print("Written.")
    for count, what in ((acted.raised, "Levels raised"), (acted.opened, "Opened"), (acted.narrowed, "Closed further")):
        if count:
            print(f"{what}: {_holdings(count)}.")
    for title in acted.lower:
        print(f'"{title}": a higher level than its row says is in effect and stays; only a steward lowers it.')
    reasons: dict[str, list[str]] = {}
    for title, reason in acted.waiting:
        reasons.setdefault(reason, []).append(title)
    for reason, titles in reasons.items():
        print(f"Known to fewer people than their rows ask: {_holdings(len(titles))}. {reason}")
        for title in titles:
            print(f"  {title}")


def _print_json(preview: Preview, done: Accepted | None) -> None:
    ids = {} if done is None else done.ids
    acted = Acted() if done is None else done.acted
    rows: list[dict[str, Any]] = [
        {
            "row": one.row.number,
            "outcome": one.outcome,
            "id": ids.get(one.row.number, one.id),
            "title": one.row.given.get("title", ""),
            "changes": [{"column": column, "old": old, "new": new} for column, old, new in one.changes],
            "faults": [{name: getattr(fault, name) for name in fault.__slots__} for fault in one.faults],
        }
        for one in preview.planned
    ]
    answer = {
        "sheet": preview.reading.sheet,
        "language": preview.reading.language,
        "notes": preview.reading.notes,
        "written": done is not None,
        **preview.counts,
        "rows": rows,
        **acted.told,
    }
    sys.stdout.buffer.write(orjson.dumps(answer) + b"\n")


def _holdings(count: int) -> str:
    return "1 holding" if count == 1 else f"{count} holdings"


def _fail(message: str) -> NoReturn:
    print(message, file=sys.stderr)
    raise typer.Exit(FAILED)
