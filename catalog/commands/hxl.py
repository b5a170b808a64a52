"""Commands about what columns hold: hxl. What reads a file is beside them, in ``harvester.commands.hxl``."""

import sys
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import orjson
import typer

from catalog import asker, grants, hashtags, reading
from catalog.answer import list_json
from catalog.cli import As, Break, Json
from catalog.database import Catalog
from catalog.hxl.evidence import certainty, evidence
from catalog.search.reader import Reader
from catalog.search.writer import follow
from catalog.terminal import table
from catalog.vocabulary import TagOrigin
from config.settings import Settings

FAILED = 1

hxl_app = typer.Typer(help="Hashtags: what columns hold, and how we know.", no_args_is_help=True)
app = typer.Typer()
app.add_typer(hxl_app, name="hxl")


@hxl_app.command("tags")
def list_tags(
    words: Annotated[list[str] | None, typer.Argument(help="Part of the hashtag or of its meaning.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at the most.")] = 100,
    json: Json = False,
    as_: As = "",
    break_glass: Break = None,
) -> None:
    """List the hashtags that columns have, with the number of datasets by where the tags come from."""
    settings = Settings()
    with Catalog(settings.catalog_url) as catalog:
        viewer = asker.viewer(catalog, settings, as_, "hxl tags", "*", because=break_glass)
        grants.expire(catalog)
        if follow(catalog, settings.index_dir).busy:
            print("The index is being written by another process; the answer may be a moment behind.", file=sys.stderr)
        counted = Reader(settings.index_dir, viewer.index).tagged(viewer)
    found = hashtags.tags(counted, " ".join(words or ()), limit)
    if json:
        items = [
            {"tag": one.tag, "label": one.label, "datasets": one.datasets, "origins": one.origins}
            for one in found.counts
        ]
        sys.stdout.buffer.write(list_json(items, found.total, found.next) + b"\n")
        return
    rows = [
        [one.tag, one.datasets, *one.origins.values(), one.label or "not in the dictionary"] for one in found.counts
    ]
    table(["Hashtag", "Datasets", *(origin.value.capitalize() for origin in TagOrigin), "Meaning"], rows)


@hxl_app.command()
def explain(
    key: Annotated[str, typer.Argument(metavar="DATASET", help="Id or name of a dataset.")],
    json: Json = False,
    as_: As = "",
    break_glass: Break = None,
) -> None:
    """Show a dataset's columns, and for each hashtag where it comes from, how certain it is and what it rests on."""
    settings = Settings()
    with Catalog(settings.catalog_url) as catalog:
        viewer = asker.viewer(catalog, settings, as_, "hxl explain", key, because=break_glass)
        with catalog.reading() as session:
            found = reading.document(session, viewer, key)
    if found is None:
        print(f'There is no dataset "{key}". Find its id with "landmark search".', file=sys.stderr)
        raise typer.Exit(FAILED)
    document = orjson.loads(found[0])
    tables = list(_tables(document))
    if json:
        said = {"id": document["id"], "title": document["title"], "tables": tables}
        sys.stdout.buffer.write(orjson.dumps(said) + b"\n")
        return
    print(document["title"])
    if not tables:
        tags = ", ".join(f"{tag['tag']} ({tag['origin']})" for tag in document["tags"])
        print(f"Its columns are not known. The source names: {tags}" if tags else "Its columns are not known.")
    for one in tables:
        print("\n" + (" · ".join(part for part in (one["file"], one["sheet"]) if part) or "Columns"))
        table(["#", "Header", "Hashtag", "Origin", "Certainty", "What it rests on"], list(_rows(one["columns"])))


def _tables(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """``{"file", "sheet", "columns": [{"position", "header", "tags": [.., "evidence"]}]}``."""
    for entry in document["distributions"]:
        sheets: dict[str, list[dict[str, Any]]] = {}
        for column in entry["columns"]:
            tags = [{**tag, "evidence": evidence(tag)} for tag in column["tags"]]
            told = {"position": column["position"], "header": column["header"], "tags": tags}
            sheets.setdefault(column["sheet"], []).append(told)
        for sheet, columns in sheets.items():
            yield {"file": entry["name"], "sheet": sheet, "columns": columns}


def _rows(columns: list[dict[str, Any]]) -> Iterator[list[Any]]:
    for column in columns:
        head = [column["position"] + 1, column["header"]]
        if not column["tags"]:
            yield [*head, "", "", "", ""]
        for tag in column["tags"]:
            yield [*head, tag["tag"], tag["origin"], certainty(tag["confidence"]), tag["evidence"]]
            head = ["", ""]
