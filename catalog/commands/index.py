"""Commands about the search indexes: index rebuild, check, ship, take."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from catalog import asker
from catalog.cli import As
from catalog.database import Catalog
from catalog.search import Followed, check, follow, rebuild
from catalog.search.shipping import Shipping, read_shipping, ships, write_shipping
from catalog.viewer import Viewer
from catalog.vocabulary import Audience
from config.settings import Settings

FAILED, USAGE = 1, 64

app = typer.Typer()
index_app = typer.Typer(
    help="Search indexes: build them anew, check them, ship them to other nodes.", no_args_is_help=True
)
app.add_typer(index_app, name="index")

Folder = Annotated[
    Path | None, typer.Argument(metavar="FOLDER", help="As guarded as the catalog itself.", show_default=False)
]


@index_app.command("rebuild")
def index_rebuild(as_: As = "") -> None:
    """Build the search indexes anew from the database; with --as, of how many records each is.

    Where a node takes its indexes from another, they are copied anew from there.
    """
    settings = Settings()
    with Catalog(settings.catalog_url) as catalog:
        viewer = asker.viewer(catalog, settings, as_, "index rebuild", "*")
        followed = _written(rebuild(catalog, settings.index_dir))
    print(f"Built anew: {_counts(followed, viewer)} records.")


@index_app.command("check")
def index_check(as_: As = "") -> None:
    """Compare the search indexes with the database; exit code 1 if they differ. With --as, in which records."""
    settings = Settings()
    with Catalog(settings.catalog_url) as catalog:
        viewer = asker.viewer(catalog, settings, as_, "index check", "*")
        faults = check(catalog, settings.index_dir)
    if faults:
        # What the public index holds is known to everybody, what it lacks or holds too much of is not.
        for fault in faults if viewer.is_steward else ():
            print(fault)
        if not viewer.is_steward:
            print('The indexes differ from the database. Whose and in which records: "landmark index check --as NAME".')
        _fail('Mend it with "landmark index rebuild".', FAILED)
    print("The indexes agree with the database.")


@index_app.command("ship")
def index_ship(
    folder: Folder = None,
    public: Annotated[bool, typer.Option("--public", help="The public's index alone.")] = False,
    end: Annotated[bool, typer.Option("--end", help="Ship nothing from now on.")] = False,
    as_: As = "",
) -> None:
    """Lay the indexes into a folder where other nodes take them, now and after every change from now on.

    Nodes that hold the files of one writer give the same answers in the same order. With --public only the public's
    index leaves, for a node that answers the public alone.
    """
    settings = Settings()
    before = _shipping(settings)
    to = _chosen(folder, settings, end=end)
    if to and Path(to).is_dir() and any(Path(to).iterdir()) and not any(ships(Path(to), one) for one in Audience):
        _fail(f"{to} holds something else; name an empty folder.", USAGE)
    with Catalog(settings.catalog_url) as catalog:
        viewer = asker.viewer(catalog, settings, as_, "index ship", to or "ended")
        write_shipping(settings.index_dir, replace(before, to=to, public_only=public))
        followed = _written(follow(catalog, settings.index_dir, wait=60))
    print(f"Shipped to {to}: {_counts(followed, viewer, public=public)} records." if to else "Nothing is shipped.")


@index_app.command("take")
def index_take(
    folder: Folder = None,
    end: Annotated[bool, typer.Option("--end", help="Write the indexes here again.")] = False,
    as_: As = "",
) -> None:
    """Take the indexes that another node ships into a folder, now and whenever they are newer; none is written here.

    What cannot be taken is told and tried again; meanwhile the last that was taken answers, and where there is none,
    one that is built from the database.
    """
    settings = Settings()
    before = _shipping(settings)
    start = _chosen(folder, settings, end=end)
    with Catalog(settings.catalog_url) as catalog:
        viewer = asker.viewer(catalog, settings, as_, "index take", start or "ended")
        shipping = replace(before, taken_from=start)
        write_shipping(settings.index_dir, shipping)
        kept = shipping.kept(settings.index_dir)
        followed = _written(follow(catalog, settings.index_dir, wait=60, audiences=kept))
    words = f"Taken from {start}" if start else "Written here"
    print(f"{words}: {_counts(followed, viewer)} records.")


def _shipping(settings: Settings) -> Shipping:
    try:
        return read_shipping(settings.index_dir)
    except ValueError as error:
        _fail(str(error), FAILED)


def _chosen(folder: Path | None, settings: Settings, *, end: bool) -> str:
    if end == (folder is not None):
        _fail("Name the folder, or --end.", USAGE)
    if folder is None:
        return ""
    chosen = folder.absolute()
    if chosen.resolve() == settings.index_dir.resolve():
        _fail(f"{chosen} is where this node's own indexes lie; name another folder.", USAGE)
    return str(chosen)


def _written(followed: Followed) -> Followed:
    if followed.busy:
        _fail("Another process is writing the indexes; try again when it has ended.", FAILED)
    if followed.missed:
        for sentence in followed.missed:
            print(sentence, file=sys.stderr)
        raise typer.Exit(FAILED)
    return followed


def _counts(followed: Followed, viewer: Viewer, *, public: bool = False) -> str:
    told = (Audience.PUBLIC,) if public or not viewer.is_steward else tuple(followed.documents)
    return ", ".join(f"{audience} {followed.documents[audience]}" for audience in told)


def _fail(message: str, code: int) -> NoReturn:
    print(message, file=sys.stderr)
    raise typer.Exit(code)
