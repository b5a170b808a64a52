"""Commands about requests for data: open one for the holder of a key, list and show them, note what happened."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Annotated, Any, NoReturn
from uuid import UUID

import orjson
import typer

from catalog import asker, audit, keys
from catalog.answer import list_json
from catalog.cli import As, Json
from catalog.database import Catalog
from catalog.levels import Refused
from catalog.requests import kept, told
from catalog.requests.kept import Asked, NoRequest
from catalog.requests.message import languages
from catalog.requests.outcomes import figures_document
from catalog.requests.states import Refusal, State
from catalog.route import Ways
from catalog.terminal import table
from catalog.viewer import Viewer, steward
from config import load
from config.load import ConfigurationError
from config.settings import Settings

FAILED = 1

app = typer.Typer()
request_app = typer.Typer(
    help="Requests for data: recorded, drafted and followed to an answer; nothing is sent.", no_args_is_help=True
)
app.add_typer(request_app, name="request")

RequestId = Annotated[str, typer.Argument(metavar="ID", help='As "landmark request list" shows it.')]
Language = Annotated[str, typer.Option(help="Of the message: en, fr, es, ar or uk; else that of the holder.")]


@request_app.command("open")
def request_open(
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help="Id or name of a dataset.")],
    key: Annotated[
        str, typer.Option(metavar="ID", help='Whose request it is: a key, as "landmark keys list" shows it.')
    ],
    purpose: Annotated[str, typer.Option(help="What the data is for. Name no person.")],
    for_whom: Annotated[str, typer.Option("--for", help="Which offices or teams would use it.")],
    until: Annotated[str, typer.Option(metavar="DAY", help="The last day for which it is needed.")],
    agreement: Annotated[str, typer.Option(help="That is offered, such as a memorandum.")] = "",
    language: Language = "",
    as_: As = "",
    json: Json = False,
) -> None:
    """Record a request for the holder of a key, and draft its message."""
    settings = Settings()
    by = _steward(settings, as_)
    asked = Asked(dataset, purpose, for_whom, _day(until), agreement, language)
    now = datetime.now(UTC)
    with _catalog(settings) as catalog:
        with catalog.writing() as session:
            requester = keys.of(session, key, now)
            if requester is None:
                _fail(f'There is no good key "{key}". List them with "landmark keys list --as NAME".')
            try:
                made = kept.open_request(
                    session,
                    requester,
                    asked,
                    by,
                    days=settings.request_days,
                    most=settings.requests_a_day,
                    now=now,
                    ways=Ways(load.access(settings)),
                )
            except NoRequest:
                _fail(f'There is no dataset "{dataset}" that the holder of this key is shown.')
        found = _request(catalog, by, made.id, "", settings)
    for field, what in made.withheld.items():
        print(f"Taken out of {field.replace('_', ' ')}: {', '.join(what)}.", file=sys.stderr)
    if json:
        return _print(found | {"withheld": made.withheld})
    return _show(found)


@request_app.command("list")
def request_list(
    state: Annotated[State | None, typer.Option(help="How they stand.", show_default=False)] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, newest first.")] = 50,
    json: Json = False,
    as_: As = "",
) -> None:
    """List the requests, newest first; needs --as."""
    settings = Settings()
    by = _steward(settings, as_)
    with _catalog(settings) as catalog, catalog.writing() as session:
        audit.append(session, by.name, "listed the requests", "*")
        items, total = told.requests(session, by, state=state.value if state else "", limit=limit)
    if json:
        return _write(list_json(items, total))
    rows = [
        [
            item["id"],
            item["state"].replace("_", " "),
            item["since"][:10],
            (item["due"] or "")[:10],
            item["dataset"]["title"],
            item["requester"]["organisation"]["name"] or item["requester"]["name"],
        ]
        for item in items
    ]
    return table(["Request", "State", "Since", "Due", "Dataset", "Asked by"], rows)


@request_app.command("show")
def request_show(id_: RequestId, language: Language = "", json: Json = False, as_: As = "") -> None:
    """Show a request: what was asked, its message, what happened and what can be noted; needs --as."""
    settings = Settings()
    by = _steward(settings, as_)
    with _catalog(settings) as catalog:
        found = _request(catalog, by, _id(id_), language, settings)
        with catalog.writing() as session:
            audit.append(session, by.name, "read a request", found["id"])
    return _print(found) if json else _show(found)


@request_app.command("note")
def request_note(
    id_: RequestId,
    state: Annotated[State, typer.Argument(help="What it came to; that no answer came is noted by time alone.")],
    why: Annotated[str, typer.Option("--reason", help="Why, in a sentence. It is kept; name no person.")] = "",
    category: Annotated[Refusal | None, typer.Option(help="Of a refusal, which needs one.", show_default=False)] = None,
    as_: As = "",
) -> None:
    """Note what happened to a request: sent, acknowledged, granted, partly, refused, or expired if needed no more."""
    settings = Settings()
    by = _steward(settings, as_)
    with _catalog(settings) as catalog, catalog.writing() as session:
        try:
            noted = kept.note(session, _id(id_), by, state, why, category)
        except NoRequest:
            _none(id_)
    for what in noted.withheld.values():
        print(f"Taken out of the reason: {', '.join(what)}.", file=sys.stderr)
    print(f"{noted.before.replace('_', ' ')} -> {noted.state.replace('_', ' ')}")


@request_app.command("outcomes")
def request_outcomes(json: Json = False, as_: As = "") -> None:
    """What becomes of requests, by country: counts by state, and the median of days to an answer; needs --as."""
    settings = Settings()
    by = _steward(settings, as_)
    with _catalog(settings) as catalog, catalog.reading() as session:
        rows = told.outcomes(session, by)
    if json:
        return _print(figures_document(rows))
    cells = [
        [
            row.name,
            str(row.requests),
            ", ".join(f"{state.replace('_', ' ')} {count}" for state, count in row.states.items()),
            "" if row.median_days is None else str(row.median_days),
        ]
        for row in rows
    ]
    return table(["Country", "Requests", "States", "Days to an answer"], cells)


@contextmanager
def _catalog(settings: Settings) -> Iterator[Catalog]:
    with Catalog(settings.catalog_url) as opened:
        try:
            yield opened
        except Refused as error:
            _fail(str(error))


def _steward(settings: Settings, given: str) -> Viewer:
    return steward(asker.named(settings, given, "Requests name people."))


def _request(catalog: Catalog, by: Viewer, id_: UUID, language: str, settings: Settings) -> dict[str, Any]:
    if language and language not in languages():
        raise ConfigurationError(f"--language: it must be one of {', '.join(languages())}.")
    try:
        with catalog.reading() as session:
            return told.request(session, by, id_, language=language, ways=Ways(load.access(settings)))
    except NoRequest:
        _none(str(id_))


def _id(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError:
        _none(given)


def _none(id_: str) -> NoReturn:
    _fail(f'There is no request "{id_}". List them with "landmark request list --as NAME".')


def _fail(message: str) -> NoReturn:
    print(message, file=sys.stderr)
    raise typer.Exit(FAILED)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigurationError("--until: it must be a day such as 2026-12-31.") from None


def _show(found: dict[str, Any]) -> None:
    record, by = found["dataset"], found["requester"]
    print(f"Request {found['id']}")
    print(f"  dataset     {record['title'] or 'not shown'} ({record['id']})")
    print(f"  asked by    {', '.join(filter(None, (by['name'], by['organisation']['name'])))}")
    print(f"  for         {found['purpose']}")
    print(f"  used by     {found['for_whom']}")
    print(f"  until       {found['until']}")
    print(f"  agreement   {found['agreement'] or 'none is offered'}")
    for one in found["history"]:
        why = " ".join(filter(None, (one["category"].replace("_", " "), one["why"])))
        who = ", ".join(filter(None, (one["as"] if one["as"] != "time" else "", one["by"])))
        by_whom, because = f" by {who}" if who else "", f": {why}" if why else ""
        print(f"  {one['at'][:10]}  {one['state'].replace('_', ' ')}{by_whom}{because}")
    if found["due"]:
        print(f"  an answer is due by {found['due'][:10]}")
    print(f"  may be noted: {', '.join(found['possible']) or 'nothing more'}")
    message = found["message"]
    if message:
        print()
        for label, told_ in (("To", message["to"]), ("Form", message["form"]), ("Subject", message["subject"])):
            if told_:
                print(f"{label}: {told_}")
        print(f"\n{message['body']}")


def _print(content: object) -> None:
    _write(orjson.dumps(content))


def _write(body: bytes) -> None:
    sys.stdout.buffer.write(body + b"\n")
