"""Commands about what people correct: curate, its review, batches, names, and handing over; hxl tag."""

import sys
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NoReturn
from uuid import UUID

import orjson
import typer
from typer.core import TyperGroup

from catalog import asker, reading
from catalog.answer import list_json
from catalog.assess import Assessor
from catalog.cli import As, Break, Json
from catalog.commands.hxl import hxl_app
from catalog.curation import acts, names, sheet
from catalog.curation import handover as handing
from catalog.curation.acts import Bench, Change
from catalog.curation.columns import Place
from catalog.curation.fields import AS_SOURCE, FIELDS, Wrong
from catalog.curation.sheet import Batch, Look
from catalog.database import Catalog
from catalog.levels import Desk, Refused
from catalog.register.files import MOST_BYTES, Unreadable
from catalog.register.kept import REJECTED, Planned, counts
from catalog.register.told import lines
from catalog.search.writer import follow
from catalog.terminal import table
from catalog.viewer import Viewer
from config.load import ConfigurationError
from config.settings import Settings

FAILED, PARTIAL = 1, 2
RECORD = "record"


class Curate(TyperGroup):
    """A group whose first word may be a dataset: ``landmark curate DATASET`` is ``landmark curate record DATASET``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer's own context
        """Put in the command that was left out."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = [RECORD, *args]
        return super().parse_args(ctx, args)


app = typer.Typer()
curate_app = typer.Typer(
    cls=Curate,
    help="Corrections: what stewards say in the place of what a source says, beside it and over every harvest. "
    '"landmark curate DATASET" is short for "landmark curate record DATASET".',
    no_args_is_help=True,
)
app.add_typer(curate_app, name="curate")

Key = Annotated[str, typer.Argument(metavar="DATASET", help="Id or name of a dataset.")]
Why = Annotated[str, typer.Option("--why", help="Why, in a sentence. It is kept; name no person and no place.")]


@curate_app.command(RECORD)
def record(
    key: Annotated[str, typer.Argument(metavar="DATASET", help="Id or name of a dataset.", show_default=False)] = "",
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help='Correct a field; "none" says that there is none.'),
    ] = None,
    clear: Annotated[list[str] | None, typer.Option("--clear", metavar="FIELD", help="Take a correction back.")] = None,
    show: Annotated[
        bool, typer.Option("--show", help="What the source says, what people say and what is shown, side by side.")
    ] = False,
    fields: Annotated[bool, typer.Option("--fields", help="List the fields, and how each is written.")] = False,
    why: Why = "",
    json: Json = False,
    as_: As = "",
    break_glass: Break = None,
) -> None:
    """Correct a record, or show its corrections beside what its source says. A harvest changes none of them."""
    if fields:
        _list_fields(json=json)
        return
    given = _given(set_ or (), clear or ())
    if not key or not (given or show):
        raise ConfigurationError("Name a dataset, with --set FIELD=VALUE, --clear FIELD or --show.")
    settings = Settings()
    actor = asker.named(settings, as_, "Corrections are made under a name.")
    with Catalog(settings.catalog_url) as catalog:
        viewer, id_ = _found(catalog, settings, actor, "curate", key, break_glass)
        bench = _bench(catalog, settings)
        changes: list[Change] = []
        if given:
            changes = _corrected(catalog, settings, id_, given, viewer, why, bench)
        beside = _beside(catalog, id_, bench)
    if json:
        sys.stdout.buffer.write(orjson.dumps({"id": str(id_), "fields": beside}) + b"\n")
        return
    _say(changes)
    if show:
        _show(beside)


@curate_app.command()
def review(
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those that are overdue.")] = False,
    json: Json = False,
    as_: As = "",
    break_glass: Break = None,
) -> None:
    """List corrections by when they were looked at last, those that are overdue first."""
    settings = Settings()
    actor = asker.named(settings, as_, "Corrections are shown to stewards.")
    with Catalog(settings.catalog_url) as catalog:
        viewer = asker.viewer(catalog, settings, actor, "curate review", "*", because=break_glass)
        with catalog.reading() as session:
            found = acts.review(session, viewer, _today(), overdue=overdue)
    if json:
        sys.stdout.buffer.write(list_json(found) + b"\n")
        return
    rows = [
        [
            one["verified"][:10] + (" (overdue)" if one["overdue"] else ""),
            one["label"],
            f"{one['title']} ({one['source']})",
            one["keeper"],
            _note(one),
            one["id"],
        ]
        for one in found
    ]
    table(["Last verified", "Field", "Record", "Looked after by", "Note", "Id"], rows)


@curate_app.command()
def verify(
    key: Key,
    fields: Annotated[list[str] | None, typer.Argument(help="Fields; all corrections of the record if none.")] = None,
    as_: As = "",
    break_glass: Break = None,
) -> None:
    """Say that corrections still hold, as of today."""
    settings = Settings()
    actor = asker.named(settings, as_, "Corrections are verified under a name.")
    try:
        wanted = [acts.field_of(field) for field in fields or ()]
    except Wrong as wrong:
        raise ConfigurationError(str(wrong)) from None
    with Catalog(settings.catalog_url) as catalog:
        viewer, id_ = _found(catalog, settings, actor, "curate verify", key, break_glass)
        done = _done(catalog, partial(acts.verify, dataset_id=id_, wanted=wanted, actor=viewer.name, desk=Desk()))
    print(f"Verified: {', '.join(acts.label(field) for field in done)}.")


@curate_app.command()
def batch(
    file: Annotated[Path, typer.Argument(metavar="FILE", help='CSV, XLSX or ODS: "dataset", "why", and fields.')],
    accept_valid: Annotated[
        bool, typer.Option("--accept-valid", help="Take the good rows although others are rejected.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Write; without it what would change is shown.")] = False,
    why: Annotated[str, typer.Option("--why", help='Of rows that say nothing in the column "why".')] = "",
    json: Json = False,
    as_: As = "",
    break_glass: Break = None,
) -> None:
    """Correct many records by a sheet: show what is new, changed, unchanged or rejected; write it with --yes.

    Ends with 0, with 1 if nothing could be taken, with 2 if some rows were rejected.
    """
    settings = Settings()
    actor = asker.named(settings, as_, "Corrections are made under a name.")
    try:
        with file.open("rb") as opened:
            read = sheet.read(opened.read(MOST_BYTES + 1))
    except OSError as error:
        _fail(f"{file} cannot be read: {error.strerror}. Name a file that is there.")
    except Unreadable as error:
        _fail(str(error))
    with Catalog(settings.catalog_url) as catalog:
        viewer = asker.viewer(catalog, settings, actor, "curate batch", "*", because=break_glass)
        bench = _bench(catalog, settings)
        with catalog.reading() as session:
            look = sheet.look(session, read, viewer, bench, _today(), because=why)
        rejected = sum(one.outcome == REJECTED for one in look.planned)
        good = len(look.planned) - rejected
        writes = bool(yes and good and (accept_valid or not rejected))
        if writes:
            look = _done(
                catalog, partial(sheet.accept, batch=read, viewer=viewer, bench=bench, because=why, desk=Desk())
            )
            follow(catalog, settings.index_dir)
    if json:
        _print_json(read, look, writes=writes)
    else:
        _conclude(read, look.planned, rejected, writes=writes, yes=yes)
    if rejected:
        raise typer.Exit(FAILED if not good or (yes and not writes) else PARTIAL)


@curate_app.command()
def name(
    written: Annotated[str, typer.Argument(metavar="NAME", help="As portals write it.")],
    is_: Annotated[str, typer.Option("--is", metavar="ORGANISATION", help="Whose name it is.")] = "",
    take_back: Annotated[bool, typer.Option("--take-back", help="Leave it to the rules again.")] = False,
    why: Why = "",
    as_: As = "",
) -> None:
    """Say of which organisation a name is, wherever a portal writes it; it counts from the next harvest on."""
    settings = Settings()
    actor = asker.named(settings, as_, "Corrections are made under a name.")
    if bool(is_) is take_back:
        raise ConfigurationError("Say --is ORGANISATION, or --take-back.")
    with Catalog(settings.catalog_url) as catalog:
        if take_back:
            _done(catalog, partial(names.take_back, written=written, actor=actor, reason=why))
            print(f'"{written}" is left to the rules.')
        else:
            known = Assessor(names.rules_of(catalog, settings)).agents
            said = partial(names.say, written=written, organisation=is_, actor=actor, reason=why, known=known)
            print(f'"{written}" is {_done(catalog, said)}.')
    print('It counts from the next harvest on; "landmark reassess" applies it at once.')


@curate_app.command("names")
def list_names(json: Json = False, as_: As = "") -> None:
    """List the names of which somebody said whose they are."""
    settings = Settings()
    asker.named(settings, as_, "Corrections are shown to stewards.")
    with Catalog(settings.catalog_url) as catalog, catalog.reading() as session:
        found = names.listed(session, _today())
    if json:
        sys.stdout.buffer.write(list_json(found) + b"\n")
        return
    rows = [[one["name"], one["organisation"], one["verified"][:10], one["keeper"], one["reason"]] for one in found]
    table(["Name", "Organisation", "Last verified", "Looked after by", "Why"], rows)


@curate_app.command("hand-over")
def hand_over(
    leaving: Annotated[str, typer.Argument(metavar="FROM", help="Who leaves, as in the audit.")],
    to: Annotated[str, typer.Argument(metavar="TO", help="Who takes over.")],
    why: Why = "",
    json: Json = False,
    as_: As = "",
) -> None:
    """Hand over what a steward looks after: corrections, and what their keys are appointed for; their keys end."""
    settings = Settings()
    actor = asker.named(settings, as_, "Handing over is recorded under a name.")
    with Catalog(settings.catalog_url) as catalog:
        done = _done(catalog, partial(handing.hand_over, leaving=leaving, to=to, actor=actor, reason=why))
    if json:
        said = {field: getattr(done, field) for field in done.__slots__}
        sys.stdout.buffer.write(orjson.dumps(said) + b"\n")
        return
    print(f"{_count(done.corrections, 'correction')} to be looked at by {to} from now on.")
    if done.revoked:
        scope = ", ".join([*done.sources, *done.countries])
        told = "everything" if done.everything else scope or "nothing that was not theirs already"
        print(f"{_count(len(done.revoked), 'key')} of {leaving} ended. {to} is appointed for more: {told}.")
    for one in done.waiting:
        print(f'Waits for a second steward since {one["since"]}: "{one["title"]}" to {one["level"]}. {one["id"]}')


@hxl_app.command("tag")
def tag(
    key: Key,
    column: Annotated[str, typer.Argument(metavar="COLUMN", help="The column's header.")],
    hashtag: Annotated[
        str, typer.Argument(metavar="TAG", help=f'Such as "#affected+f"; "none", or "{AS_SOURCE}" to take it back.')
    ],
    sheet_: Annotated[
        str | None, typer.Option("--sheet", help="Only in sheets of this name.", show_default=False)
    ] = None,
    file: Annotated[
        str | None, typer.Option("--file", metavar="KEY", help="Only in the file of this key.", show_default=False)
    ] = None,
    why: Why = "",
    as_: As = "",
    break_glass: Break = None,
) -> None:
    """Say what a column holds: it outranks what is declared and inferred, and follows the header over harvests."""
    settings = Settings()
    actor = asker.named(settings, as_, "Hashtags are set under a name.")
    place = Place(" ".join(column.split()), sheet_, file)
    with Catalog(settings.catalog_url) as catalog:
        viewer, id_ = _found(catalog, settings, actor, "hxl tag", key, break_glass)
        bench = _bench(catalog, settings)
        changes = _corrected(catalog, settings, id_, {place.field: hashtag}, viewer, why, bench)
    _say(changes)


def _given(sets: list[str] | tuple[()], clears: list[str] | tuple[()]) -> dict[str, str | None]:
    given: dict[str, str | None] = {}
    for one in sets:
        field, mark, value = one.partition("=")
        if not mark:
            raise ConfigurationError(f'--set "{one[:60]}": write it as FIELD=VALUE, such as licence="CC BY 4.0".')
        _put(given, field, value)
    for one in clears:
        _put(given, one, None)
    return given


def _put(given: dict[str, str | None], field: str, value: str | None) -> None:
    try:
        key = acts.field_of(field)
    except Wrong as wrong:
        raise ConfigurationError(str(wrong)) from None
    if key in given:
        raise ConfigurationError(f"{field}: it is said twice. Say it once.")
    given[key] = value


def _found(
    catalog: Catalog, settings: Settings, actor: str, action: str, key: str, because: str | None
) -> tuple[Viewer, UUID]:
    viewer = asker.viewer(catalog, settings, actor, action, key, because=because)
    with catalog.reading() as session:
        found = reading.document(session, viewer, key)
    if found is None:
        _fail(f'There is no dataset "{key}". Find its id with "landmark search".')
    return viewer, UUID(orjson.loads(found[0])["id"])


def _bench(catalog: Catalog, settings: Settings) -> Bench:
    return Bench(Assessor(names.rules_of(catalog, settings)), catalog.address.drivername)


def _corrected(
    catalog: Catalog,
    settings: Settings,
    id_: UUID,
    given: dict[str, str | None],
    viewer: Viewer,
    why: str,
    bench: Bench,
) -> list[Change]:
    act = partial(acts.correct, dataset_id=id_, given=given, actor=viewer.name, reason=why, bench=bench, desk=Desk())
    done: list[Change] = _done(catalog, act)
    follow(catalog, settings.index_dir)
    return done


def _beside(catalog: Catalog, id_: UUID, bench: Bench) -> list[dict[str, Any]]:
    try:
        with catalog.reading() as session:
            return acts.side_by_side(session, id_, bench, _today())
    except Refused as refused:
        _fail(str(refused))


def _done(catalog: Catalog, act: Any) -> Any:  # noqa: ANN401 - each act answers its own
    try:
        with catalog.writing() as session:
            return act(session)
    except Refused as refused:
        _fail(str(refused))


def _say(changes: list[Change]) -> None:
    for change in changes:
        if change.outcome == acts.UNCHANGED:
            print(f"{acts.label(change.field)}: unchanged.")
        elif change.taken_back:
            print(f"{acts.label(change.field)}: taken back; it is shown as the source says it.")
        else:
            print(f'{acts.label(change.field)}: "{change.before[:80]}" -> "{change.after[:80]}"')


def _show(beside: list[dict[str, Any]]) -> None:
    rows = [
        [
            one["label"],
            one["harvested"],
            one["curated"] or "",
            one["effective"],
            f"{one['by']}, {one['at'][:10]}: {one['reason']} {_note(one)}".rstrip() if one["by"] else "",
        ]
        for one in beside
    ]
    table(["Field", "The source says", "People say", "Shown", "Who, when and why"], rows)


def _note(one: dict[str, Any]) -> str:
    if one["gone"]:
        return f"(column no longer there, since {one['gone'][:10]})"
    return f"(the source says so too, since {one['caught_up'][:10]})" if one["caught_up"] else ""


def _list_fields(*, json: bool) -> None:
    if json:
        said = [{"field": field.key, "label": field.label, "help": field.help} for field in FIELDS.values()]
        sys.stdout.buffer.write(list_json(said) + b"\n")
        return
    table(["Field", "How it is written"], [[field.key, field.help] for field in FIELDS.values()])
    print('A column\'s hashtag is the field "hxl:HEADER". "none" says that there is none.')


def _conclude(read: Batch, planned: tuple[Planned, ...], rejected: int, *, writes: bool, yes: bool) -> None:
    headings = {sheet.RECORD: "dataset", sheet.WHY: "why"}
    for line in lines(
        read.notes,
        planned,
        lambda one: one.row.values.get(sheet.RECORD, ""),
        lambda column: headings.get(column) or acts.label(column),
    ):
        print(line)
    if writes:
        print("Written.")
        return
    more = " Mend the rows that are rejected, or say --accept-valid to take the others." if rejected else ""
    print(f"Nothing was written.{more}{'' if yes else ' To write it say --yes.'}")


def _print_json(read: Batch, look: Look, *, writes: bool) -> None:
    rows = [
        {
            "row": one.row.number,
            "outcome": one.outcome,
            "dataset": one.id,
            "changes": [{"field": column, "old": old, "new": new} for column, old, new in one.changes],
            "faults": [
                {"cell": fault.cell, "field": fault.column, "reason": fault.reason, "mend": fault.mend}
                for fault in one.faults
            ],
        }
        for one in look.planned
    ]
    answer = {"notes": read.notes, "written": writes, **counts(look.planned), "rows": rows}
    sys.stdout.buffer.write(orjson.dumps(answer) + b"\n")


def _count(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number} {what}s"


def _today() -> date:
    return datetime.now(UTC).date()


def _fail(message: str) -> NoReturn:
    print(message, file=sys.stderr)
    raise typer.Exit(FAILED)
