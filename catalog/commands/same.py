"""Commands about records of one dataset: same, same confirm, refuse, reopen, follow."""

import sys
from functools import partial
from typing import Annotated, NoReturn
from uuid import UUID

import orjson
import typer

from catalog import asker, reading, same
from catalog.answer import list_json
from catalog.cli import As, Break, Json
from catalog.database import Catalog
from catalog.levels import Refused
from catalog.terminal import table
from config.settings import Settings

FAILED = 1

app = typer.Typer()
same_app = typer.Typer(
    help="Records of one dataset: what is found at several portals, and what stewards decide on it.",
    no_args_is_help=True,
)
app.add_typer(same_app, name="same")

Key = Annotated[str, typer.Argument(metavar="ID", help="Id or name of a dataset.")]
Other = Annotated[str, typer.Argument(metavar="OTHER", help="Id or name of the other.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, in a sentence. It is kept; name no person and no place.")]


@same_app.command("list")
def list_links(
    confirmed: Annotated[bool, typer.Option("--confirmed", help="Those that a steward confirmed.")] = False,
    refused: Annotated[bool, typer.Option("--refused", help="Those that a steward refused.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at the most.")] = 50,
    json: Json = False,
    as_: As = "",
    break_glass: Break = None,
) -> None:
    """List records that may be of one dataset, the likeliest first, with what it rests on."""
    settings = Settings()
    actor = asker.named(settings, as_, "What may be the same is shown to stewards.")
    decision = same.CONFIRMED if confirmed else same.REFUSED if refused else same.OPEN
    with Catalog(settings.catalog_url) as catalog:
        viewer = asker.viewer(catalog, settings, actor, "same list", decision or "*", because=break_glass)
        with catalog.reading() as session:
            items, total = same.candidates(session, viewer, decision, limit)
    if json:
        sys.stdout.buffer.write(list_json(items, total) + b"\n")
        return
    rows = [
        [
            f"{item['score']:.2f}",
            "yes" if item["shown"] else "no",
            f"{item['first']['title']} ({item['first']['source']})",
            f"{item['second']['title']} ({item['second']['source']})",
            "; ".join(f"{reason['code']}: {reason['evidence']}" for reason in item["reasons"]) or item["reason"],
            f"{item['first']['id']} {item['second']['id']}",
        ]
        for item in items
    ]
    table(["Score", "Shown", "One record", "The other", "Because", "Ids"], rows)
    if len(items) < total:
        print(f"{len(items)} of {total}")


@same_app.command()
def confirm(key: Key, other: Other, reason: Reason = "", as_: As = "", break_glass: Break = None) -> None:
    """Say that two records are of one dataset, whether or not it was found; it stands over later harvests."""
    _decide("confirm", key, other, reason, as_, break_glass)


@same_app.command()
def refuse(key: Key, other: Other, reason: Reason = "", as_: As = "", break_glass: Break = None) -> None:
    """Say that two records are not of one dataset, whatever is found; it stands over later harvests."""
    _decide("refuse", key, other, reason, as_, break_glass)


@same_app.command()
def reopen(key: Key, other: Other, reason: Reason = "", as_: As = "", break_glass: Break = None) -> None:
    """Leave it to what is found whether two records are of one dataset."""
    _decide("reopen", key, other, reason, as_, break_glass)


@same_app.command("follow")
def follow() -> None:
    """Compare what changed and was not compared yet, as each harvest does at its end."""
    with Catalog(Settings().catalog_url) as catalog:
        done = same.follow(catalog)
    print(f"Compared: {done.records} records; {done.found} links found, {done.gone} gone.")


def _decide(act: str, key: str, other: str, reason: str, as_: str, break_glass: str | None) -> None:
    settings = Settings()
    actor = asker.named(settings, as_, "What is the same is decided under a name.")
    with Catalog(settings.catalog_url) as catalog:
        viewer = asker.viewer(catalog, settings, actor, f"same {act}", key, other, because=break_glass)
        ids = []
        for one in (key, other):
            with catalog.reading() as session:
                found = reading.document(session, viewer, one)
            if found is None:
                _fail(f'There is no dataset "{one}". Find its id with "landmark search".')
            ids.append(UUID(orjson.loads(found[0])["id"]))
        decide = partial(same.decide, viewer=viewer, ids=(ids[0], ids[1]), decision=same.ACTS[act], reason=reason)
        try:
            with catalog.writing() as session:
                decide(session)
        except Refused as refused:
            _fail(str(refused))
    print(
        {
            "confirm": "Confirmed: each record says that the dataset is also at the other.",
            "refuse": "Refused: neither record names the other any more.",
            "reopen": "Reopened: what is found decides.",
        }[act]
    )


def _fail(message: str) -> NoReturn:
    print(message, file=sys.stderr)
    raise typer.Exit(FAILED)
