"""The command that proposes a holding of the register from a form."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import orjson
import typer
from rich.console import Console
from rich.table import Table

from catalog.assess import Assessor
from catalog.places import iso3_of
from catalog.register import forms
from catalog.register.book import written
from catalog.register.files import MOST_BYTES, Unreadable
from catalog.register.kept import SOURCE
from catalog.register.proposal import Proposal, proposed
from catalog.register.words import Words
from catalog.sensitivity import effective
from catalog.vocabulary import Level
from config import load
from config.declarations import RegisterLanguage
from config.load import ConfigurationError
from config.settings import Settings
from harvester.commands.register import register_app
from harvester.portal import RawRecord
from harvester.portals import register

FAILED = 1
KINDS = {".xlsx": "xlsx", ".csv": "csv"}


@register_app.command("from-xlsform")
def from_xlsform(
    form: Annotated[Path, typer.Argument(metavar="FORM", help="An XLSForm (XLSX), or its fields as CSV.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="Write the row: FILE.xlsx or FILE.csv.", show_default=False
        ),
    ] = None,
    holder: Annotated[str, typer.Option("--holder", help="Who has the data.", show_default=False)] = "",
    country: Annotated[list[str] | None, typer.Option("--country", help="Where.", show_default=False)] = None,
    state: Annotated[str, typer.Option("--state", help="planned, collecting, held, shared or retired.")] = "",
    language: Annotated[RegisterLanguage, typer.Option("--language", help="Of the sheet.")] = "en",
    json: Annotated[bool, typer.Option("--json", help="Print the row and its columns as JSON.")] = False,
) -> None:
    """Propose one holding from a form: a row for the register's sheet, its columns tagged and classified.

    Nothing is stored. Where a name and a label contradict each other, it says so and believes neither.
    """
    settings = Settings()
    kind = _kind(output) if output else ""
    words = Words(load.register_sheet(settings))
    given = {"holder": holder, "countries": _countries(country or []), "state": state}
    if state and not words.choice(words.columns["state"], state):
        known = ", ".join(words.choices(words.columns["state"], "en"))
        raise ConfigurationError(f'--state: "{state[:40]}" cannot be chosen. Write one of: {known}.')
    given["state"] = words.choice(words.columns["state"], state) if state else ""
    form_words = load.form_words(settings)
    try:
        found = forms.read(_body(form), form_words)
    except Unreadable as error:
        _fail(str(error))
    assessor = Assessor(load.rules(settings))
    made = proposed(found, form.stem, assessor.tagger, assessor.sensitivity, form_words, given)
    level, because = _level(made, assessor, settings)
    values = {**made.values, "level": level} if level else dict(made.values)
    missing = [column.title.en for key, column in words.columns.items() if column.required and key not in values]
    if json:
        _print_json(made, values, because, missing)
    else:
        _show(made, values, because, words)
    if output:
        _write(output, written(words, language, kind, [values]))
    if not json:
        print("Nothing was stored." + (f" The row is in {output}." if output else " Write the row with -o FILE.xlsx."))
        if missing:
            print(f"Fill in before you import it: {', '.join(missing)}.")


def _countries(given: list[str]) -> str:
    codes = []
    for name in given:
        code = iso3_of(name)
        if code is None:
            raise ConfigurationError(f'--country: "{name[:60]}" is no country. Write a name or ISO code, as in SDN.')
        codes.append(code)
    return "; ".join(sorted(set(codes)))


def _body(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}. Name a file that is there.") from error


def _level(made: Proposal, assessor: Assessor, settings: Settings) -> tuple[str, str]:
    """The level that the rules would give the holding, and why; empty if they say nothing."""
    source = load.source(settings, SOURCE)
    payload = {"holder": "not said", "state": "planned", **made.values}
    record = register.normalize(source, RawRecord("proposed", register.essence(payload), ""))
    found = effective(assessor.assess(record, source, datetime.now(UTC).date()).assertions)
    if found.level is None or found.basis is None:
        return "", ""
    if found.basis.evidence.startswith("pii="):
        return Level(found.level).value, "Columns tell of a person by themselves."
    evidence = f" ({found.basis.evidence})" if found.basis.evidence else ""
    return Level(found.level).value, f"{found.basis.reason.rstrip('.')}{evidence}."


def _show(made: Proposal, values: dict[str, str], because: str, words: Words) -> None:
    for note in made.notes:
        print(note)
    for key, column in words.columns.items():
        if key in values and key != "columns":
            print(f"{column.title.en}: {words.shown(column, values[key], 'en')}")
    if because:
        print(f"Level because: {because}")
    table = Table("column", "label", "tag", "sure", "told by", "holds", box=None, pad_edge=False)
    for one in made.columns:
        contradicted = "contradicts its label" if one.field.contradiction else one.told_by
        sure = f"{one.confidence:.2f}" if one.tag else ""
        table.add_row(one.field.name, one.field.label()[:60], one.tag, sure, contradicted, one.holds)
    Console(width=None if sys.stdout.isatty() else 200).print(table, markup=False)


def _print_json(made: Proposal, values: dict[str, str], because: str, missing: list[str]) -> None:
    columns = [
        {
            "name": one.field.name,
            "labels": dict(one.field.labels),
            "type": one.field.type,
            "groups": one.field.groups,
            "repeat": one.field.repeat,
            "choices": one.field.choices,
            "header": one.header,
            "tag": one.tag or None,
            "confidence": one.confidence if one.tag else None,
            "rule": one.rule or None,
            "told_by": one.told_by,
            "holds": one.holds,
            "personal": one.personal,
            "contradiction": one.field.contradiction,
        }
        for one in made.columns
    ]
    answer = {"row": values, "because": because, "missing": missing, "columns": columns, "notes": made.notes}
    sys.stdout.buffer.write(orjson.dumps(answer) + b"\n")


def _kind(output: Path) -> str:
    if (kind := KINDS.get(output.suffix.lower())) is None:
        raise ConfigurationError(f"{output}: name a file that ends in .xlsx or .csv.")
    return kind


def _write(output: Path, body: bytes) -> None:
    try:
        output.write_bytes(body)
    except OSError as error:
        _fail(f"{output} cannot be written: {error.strerror}. Name another file.")


def _fail(message: str) -> NoReturn:
    print(message, file=sys.stderr)
    raise typer.Exit(FAILED)
