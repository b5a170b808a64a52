"""Commands about levels: classify, levels proposed, accept, reject, overdue; and who may know of a record."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, NoReturn
from uuid import UUID

import orjson
import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from catalog import asker, batches, levels, opening, reading
from catalog.answer import list_json
from catalog.cli import As, Break, Json
from catalog.database import Catalog
from catalog.guidance import of_level
from catalog.levels import Act, Desk, Refused
from catalog.search import follow
from catalog.viewer import Viewer
from catalog.vocabulary import Level, Visibility
from config import load
from config.load import ConfigurationError
from config.settings import Settings

FAILED = 1

app = typer.Typer()
levels_app = typer.Typer(
    help="Levels: what new rules propose to lower, and what is to be reviewed.", no_args_is_help=True
)
app.add_typer(levels_app, name="levels")

Reason = Annotated[str, typer.Option("--reason", help="Why, in a sentence. It is kept; name no person and no place.")]
Batch = Annotated[str, typer.Argument(metavar="BATCH", help='As "landmark levels proposals" names it.')]
Dataset = Annotated[str, typer.Option("--dataset", metavar="ID", help="Only this record.", show_default=False)]


@app.command()
def classify(
    key: Annotated[str, typer.Argument(metavar="ID", help="Id or name of a dataset.")],
    explain: Annotated[
        bool, typer.Option("--explain", help="Every assertion, what it rests on, and what would change the level.")
    ] = False,
    raise_: Annotated[
        Level | None, typer.Option("--raise", help="Raise the level, at once.", show_default=False)
    ] = None,
    lower: Annotated[
        Level | None,
        typer.Option("--lower", help="Lower it; from severe another steward must accept.", show_default=False),
    ] = None,
    accept: Annotated[bool, typer.Option("--accept", help="Agree to the lowering that waits.")] = False,
    decline: Annotated[bool, typer.Option("--decline", help="Refuse the lowering that waits.")] = False,
    confirm: Annotated[bool, typer.Option("--confirm", help="Reviewed: keep the level until the next review.")] = False,
    release_links: Annotated[
        bool,
        typer.Option("--release-links", help="With --lower or --confirm: give links again that a rule withholds."),
    ] = False,
    reason: Reason = "",
    expected: Annotated[
        int | None,
        typer.Option(help='The "newest" of the explanation you have seen; refused if somebody said more since.'),
    ] = None,
    as_: As = "",
    json: Json = False,
    break_glass: Break = None,
) -> None:
    """Show how sensitive a record's data is and why; or raise, lower or confirm its level, with --as and a reason."""
    settings = Settings()
    desk = Desk(load.rules(settings).disclosing)
    asked = {
        "raise": partial(levels.raise_level, level=raise_, expected=expected) if raise_ else None,
        "lower": partial(levels.lower, level=lower, expected=expected, release_links=release_links) if lower else None,
        "accept": partial(levels.accept, expected=expected) if accept else None,
        "decline": levels.decline if decline else None,
        "confirm": partial(levels.confirm, expected=expected, release_links=release_links) if confirm else None,
    }
    acts = {name: act for name, act in asked.items() if act is not None}
    if len(acts) > 1:
        raise ConfigurationError(f"Do one thing at a time: --{' or --'.join(acts)}.")
    if release_links and not (lower or confirm):
        raise ConfigurationError("--release-links goes with --lower or --confirm.")
    actor = asker.named(settings, as_, "Levels are changed under a name.") if acts else ""
    with Catalog(settings.catalog_url) as catalog:
        viewer = asker.viewer(catalog, settings, as_, "classify", key, because=break_glass)
        with catalog.reading() as session:
            found = reading.document(session, viewer, key)
        if found is None:
            _fail(f'There is no dataset "{key}". Find its id with "landmark search".')
        by: dict[str, Any] = {
            "dataset_id": UUID(orjson.loads(found[0])["id"]),
            "actor": actor,
            "reason": reason,
            "desk": desk,
        }
        done = [_done(catalog, settings, partial(act, **by)) for act in acts.values()]
        with catalog.reading() as session:
            # As it is shown now: an act may have redacted its title.
            shown = orjson.loads((reading.document(session, viewer, key) or found)[0])
            named = viewer.is_steward or viewer.sees_all
            explained = levels.explanation(session, shown, datetime.now(UTC).date(), named=named)
    title = shown["title"]
    if json:
        sys.stdout.buffer.write(orjson.dumps({"id": shown["id"], "title": title} | explained) + b"\n")
        return
    for act in done:
        print(_outcome(act))
    console = Console()
    for line in _lines(title, explained, whole=explain):
        console.print(line, markup=False, highlight=False)


@app.command()
def visibility(
    to: Annotated[Visibility, typer.Option(help="As whom it may be known.", show_default=False)],
    key: Annotated[str, typer.Argument(metavar="[ID]", help="Id or name of a dataset.", show_default=False)] = "",
    source: Annotated[str, typer.Option(metavar="KEY", help="All records of this source.", show_default=False)] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    reason: Reason = "",
    as_: As = "",
    break_glass: Break = None,
) -> None:
    """Decide as a steward who may know of a record, or of all of a source's: no harvest, rule or file opens one.

    It stands over later harvests; what a portal has made private stays so as long as it is. Records that are for their
    owner alone are opened with --break-glass.
    """
    settings = Settings()
    if bool(key) == bool(source):
        raise ConfigurationError("Name a dataset, or a source with --source KEY.")
    actor = asker.named(settings, as_, "Who may know of a record is decided under a name.")
    desk = Desk(load.rules(settings).disclosing)
    with Catalog(settings.catalog_url) as catalog:
        viewer = asker.viewer(catalog, settings, actor, "visibility", key or source, because=break_glass)
        if key:
            by: dict[str, Any] = {"to": to, "actor": actor, "reason": reason, "desk": desk}
            id_ = _id(catalog, viewer, key)
            opened = _done(catalog, settings, partial(opening.show_to, dataset_id=id_, **by))
            print(f"Its visibility is {opened.visibility.value} now; it was {opened.before.value}.")
            return
        with catalog.reading() as session:
            count = len(opening.of_source(session, source, to, viewer))
        print(f"Not {to.value} yet: {_records(count)} of {source}.")
        if not count:
            return
        if not yes:
            typer.confirm(f"Make them {to.value}?", abort=True)
        of: dict[str, Any] = {"source": source, "to": to, "viewer": viewer, "reason": reason, "expected": count}
        done = _done(catalog, settings, partial(opening.show_source_to, desk=desk, **of))
    changed = sum(one.visibility is to for one in done)
    print(f"{to.value.capitalize()} now: {_records(changed)}.")
    if changed < len(done):
        print(f"Closed still by their portal: {_records(len(done) - changed)}.")


@levels_app.command()
def proposals(
    batch: Annotated[str, typer.Argument(help="Only this batch.")] = "",
    json: Json = False,
    as_: As = "",
    break_glass: Break = None,
) -> None:
    """List what a new version of the rules would lower; nothing is lowered before a steward accepts it."""
    settings = Settings()
    actor = asker.named(settings, as_, "What waits for a steward is shown to one.")
    with Catalog(settings.catalog_url) as catalog:
        asked = asker.viewer(catalog, settings, actor, "levels proposals", batch or "*", because=break_glass)
        with catalog.reading() as session:
            items = batches.proposed(session, asked, batch)
    if json:
        sys.stdout.buffer.write(list_json(items) + b"\n")
        return
    rows = [
        [
            item["batch"],
            _words(item["old"]),
            _words(item["new"]) + (", links withheld" if item["links_withheld"] else ""),
            f"asked for by {item['decided_by']}" if item["pending"] else "",
            item["title"],
            item["basis"],
            item["id"],
        ]
        for item in items
    ]
    _table(["Batch", "Level", "Proposed", "Decided", "Title", "Why", "Id"], rows)


@levels_app.command("accept")
def accept_batch(
    batch: Batch, reason: Reason = "", dataset: Dataset = "", as_: As = "", break_glass: Break = None
) -> None:
    """Accept what new rules propose to lower: the whole batch but what is severe, or one record with --dataset.

    From severe two stewards accept, one after the other.
    """
    settings = Settings()
    actor = asker.named(settings, as_, "Levels are lowered under a name.")
    desk = Desk(load.rules(settings).disclosing)
    with Catalog(settings.catalog_url) as catalog:
        viewer = asker.viewer(catalog, settings, actor, "levels accept", batch, because=break_glass)
        by: dict[str, Any] = {"batch": batch, "viewer": viewer, "reason": reason, "desk": desk}
        if dataset:
            one = partial(batches.accept_proposal, dataset_id=_id(catalog, viewer, dataset))
            print(_outcome(_done(catalog, settings, partial(one, **by))))
            return
        done = _done(catalog, settings, partial(batches.accept_batch, **by))
    print(f"Lowered: {_records(len(done.acts))}.")
    if done.changed:
        print(f"Left as they are, for something was said of them since: {_records(len(done.changed))}.")
    if done.severe:
        print(f"Severe, each to be accepted by two stewards with --dataset ID: {', '.join(map(str, done.severe))}.")


@levels_app.command("reject")
def reject_batch(
    batch: Batch, reason: Reason = "", dataset: Dataset = "", as_: As = "", break_glass: Break = None
) -> None:
    """Leave the levels of a batch, or of one record of it, as they are."""
    settings = Settings()
    actor = asker.named(settings, as_, "Proposals are rejected under a name.")
    desk = Desk(load.rules(settings).disclosing)
    with Catalog(settings.catalog_url) as catalog:
        viewer = asker.viewer(catalog, settings, actor, "levels reject", batch, because=break_glass)
        id_ = _id(catalog, viewer, dataset) if dataset else None
        by: dict[str, Any] = {"batch": batch, "viewer": viewer, "reason": reason, "dataset_id": id_, "desk": desk}
        count = _done(catalog, settings, partial(batches.reject_batch, **by))
    print(f"Rejected: {_records(count)} stay as they are.")


@levels_app.command()
def overdue(json: Json = False, as_: As = "", break_glass: Break = None) -> None:
    """List levels whose review date has passed. They hold until a steward confirms or changes them."""
    settings = Settings()
    actor = asker.named(settings, as_, "Reviews are a steward's work.")
    with Catalog(settings.catalog_url) as catalog:
        asked = asker.viewer(catalog, settings, actor, "levels overdue", "*", because=break_glass)
        with catalog.reading() as session:
            items = levels.overdue(session, asked, datetime.now(UTC).date())
    if json:
        sys.stdout.buffer.write(list_json(items) + b"\n")
        return
    rows = [[item["review_by"], _words(item["level"]), item["title"], item["source"], item["id"]] for item in items]
    _table(["Review by", "Level", "Title", "Source", "Id"], rows)


def _done(catalog: Catalog, settings: Settings, act: Callable[[Session], Any]) -> Any:  # noqa: ANN401 - what act answers
    """Act in one transaction, and let the indexes follow."""
    try:
        with catalog.writing() as session:
            answer = act(session)
    except Refused as refused:
        _fail(str(refused))
    follow(catalog, settings.index_dir)
    return answer


def _id(catalog: Catalog, viewer: Viewer, key: str) -> UUID:
    """The id of a record that the steward is shown."""
    with catalog.reading() as session:
        found = reading.document(session, viewer, key)
    if found is None:
        _fail(f'There is no dataset "{key}". Find its id with "landmark search".')
    return UUID(orjson.loads(found[0])["id"])


def _outcome(act: Act) -> str:
    if act.pending:
        return "It waits: another steward must accept it. Until then the level stays."
    if act.before.name == act.level.name:
        return f"The level stays {_words(act.level.name)}."
    return f"The level is {_words(act.level.name)} now; it was {_words(act.before.name)}."


def _lines(title: str, said: Mapping[str, Any], *, whole: bool) -> Iterator[str]:
    yield title
    links = " Links to files are withheld." if said["links_withheld"] else ""
    yield f"Level: {_words(said['level'])}.{links}"
    if basis := said["basis"]:
        yield f"Because: {basis['reason']} ({_grounds(basis)})"
    for sentence in said["attention"]:
        yield f"To look at: {sentence}"
    if protocol := said["protocol"]:
        dated = f" of {protocol['date']}" if protocol["date"] else ""
        yield f"Protocol: {protocol['key']}{dated}, {protocol['statement']}"
    if said["review_by"]:
        late = "; overdue, and in force until a steward looks" if said["overdue"] else ""
        yield f"To be reviewed by {said['review_by']}{late}"
    advice = of_level(said["level"])
    yield f"What to do: {advice['sentence']}"
    for link in advice["links"]:
        yield f"  {link['title']}: {link['url']}{'' if link['verified'] else ' (address not verified)'}"
    if not whole:
        return
    yield "Assertions, oldest first:"
    for one in said["assertions"]:
        level = _words(one["level"]) if one["level"] else "no level"
        yield f"  {one['id']}. {level}, {one['standing']}: {one['reason']}"
        yield f"     {_grounds(one)}"
    for one in said["proposals"]:
        change = f"{_words(one['old'])} -> {_words(one['new'])}"
        yield f"Proposed by new rules (batch {one['batch']}): {change}. {one['basis']}"
    yield "What would change it:"
    for sentence in said["would_change"]:
        yield f"  {sentence}"
    yield f"Newest: {said['newest']}"


def _grounds(one: Mapping[str, Any]) -> str:
    who = f"{one['asserted_by']} {one['actor']}".strip()
    parts = [f"by {who}", f"on {one['since'][:10]}" if one["since"] else "", one["basis"], one["evidence"]]
    if one["rule"]:
        parts.append(f"rule {one['rule']} version {one['rule_version']}")
    if one["confidence"] < 1:
        parts.append(f"confidence {one['confidence']:.2f}")
    if one["protocol"]:
        parts.append(f"protocol {one['protocol']}, {one['statement']}")
    if one["accepted_by"]:
        parts.append(f"accepted by {one['accepted_by']}")
    if one["review_by"]:
        parts.append(f"review by {one['review_by']}")
    return ", ".join(part for part in parts if part)


def _words(level: str) -> str:
    return {"low_no": "low or no sensitivity", "unclassified": "not classified"}.get(level, level)


def _records(count: int) -> str:
    return "1 record" if count == 1 else f"{count} records"


def _table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    console = Console()
    if not rows:
        console.print("Nothing to show.")
        return
    shown = Table(*columns, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        shown.add_row(*(str(cell or "") for cell in row))
    console.print(shown)


def _fail(message: str) -> NoReturn:
    print(message, file=sys.stderr)
    raise typer.Exit(FAILED)
