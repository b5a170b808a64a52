"""Commands that read the catalog: search, show, organizations, sources, runs, changes, dump."""

import inspect
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn
from uuid import UUID

import orjson
import typer
from rich.console import Console
from sqlalchemy.orm import Session
from typer.core import TyperGroup

from catalog import answer, asker, audit, changes, dump, grants, holdings, organizations, reading, removal, safe
from catalog.database import Catalog
from catalog.export import HASHTAGS, MAX_ROWS, csv, marking, pages
from catalog.facets import facets
from catalog.query import DatasetQuery, Page, QueryError, period, same_table
from catalog.route import LABELS, Ways, with_route
from catalog.runs import sync_sources
from catalog.search import Reader, follow
from catalog.search.meanings import Meanings
from catalog.sources import removal_rule, unknown
from catalog.terminal import table
from catalog.viewer import Viewer
from catalog.vocabulary import Audience
from config import load
from config.declarations import LIVE, VIEW, Removal
from config.load import ConfigurationError
from config.settings import Settings

FAILED, USAGE = 1, 64
MAX_LISTED = 1000

As = Annotated[
    str,
    typer.Option("--as", metavar="NAME", help="Ask as a steward, under this name; it is recorded.", show_default=False),
]
Break = Annotated[
    str | None,
    typer.Option(
        "--break-glass",
        metavar="REASON",
        help="With --as: show what is for its owner alone as well. It is recorded with the reason, and noticed.",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print the answer as the API gives it.")]

app = typer.Typer()


@app.command()
def init() -> None:
    """Create the catalog, or bring it to this version, and note the declared sources."""
    settings = Settings()
    declared = load.sources(settings)
    load.rules(settings)
    load.thesaurus(settings)
    with Catalog(settings.catalog_url, create=True) as catalog:
        sync_sources(catalog, declared)
        shown = catalog.address.render_as_string(hide_password=True)
    print(f"The catalog is ready at {shown}.")
    print(f"Declared sources: {', '.join(source.key for source in declared) or 'none'}.")
    live = [source.key for source in declared if source.state == LIVE and source.kind != VIEW]
    if live:
        print(f"Next: landmark harvest {'hdx' if 'hdx' in live else live[0]}")


def search(**given: Any) -> None:  # noqa: ANN401 - its signature is made from the facets below
    """Find datasets: who has what, how it can be had, how sensitive it is. Without words it lists all."""
    settings = Settings()
    query = _query(given)
    with Catalog(settings.catalog_url) as catalog:
        asked = _asking(catalog, settings, given["as_"], "search", audit.unspoken(query.q), given["break_glass"])
        if given["csv"] is not None:
            audience = Audience.FULL if given["as_"] else Audience.PUBLIC
            marked = marking(asked, query, audience, datetime.now(UTC), load.rules(settings).disclosing)
            found = pages(asked, query, query.limit)
            lines = csv(found, marked, hashtags=given["hashtags"], ways=Ways(load.access(settings)))
            return _export(lines, given["csv"])
        page = asked(query)
    if given["json"]:
        return _print_bytes(answer.page_json(page))
    return _show_page(page)


def _signature() -> inspect.Signature:
    """The search command's options: the fixed ones, and one per facet file."""

    def option(name: str, kind: Any, default: Any, *flags: str, help: str) -> inspect.Parameter:  # noqa: A002, ANN401
        return inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=default,
            annotation=Annotated[kind, typer.Option(*flags, help=help, show_default=False)],
        )

    words = inspect.Parameter(
        "q",
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        default=None,
        annotation=Annotated[list[str] | None, typer.Argument(help="Words, all required first.", show_default=False)],
    )
    chosen = [
        option(
            name, list[str] | None, None, f"--{name.replace('_', '-')}", help=f"{facet.description} Repeats mean any."
        )
        for name, facet in facets().items()
    ]
    return inspect.Signature(
        [
            words,
            *chosen,
            option("hxl", list[str] | None, None, "--hxl", help="HXL tag pattern of a column; repeats must all match."),
            option(
                "hxl_same",
                list[str] | None,
                None,
                "--hxl-same",
                help='HXL tag pattern; repeats must all match on one table. "true" asks that of --hxl.',
            ),
            option(
                "hxl_origin",
                list[str] | None,
                None,
                "--hxl-origin",
                help="Where tags that count come from, by commas: declared, mapped, inferred, curated.",
            ),
            option("hxl_min_confidence", float, 0.0, "--hxl-min-confidence", help="How certain tags must be, 0 to 1."),
            option("covers", str, "", "--covers", help="Reference period overlaps FIRST..LAST."),
            option("modified_since", str, "", "--modified-since", help="Data changed on this day or later."),
            option("literal", bool, False, "--literal", help="Look only for words as typed, not for what they mean."),
            option("explain", bool, False, "--explain", help="Say why each dataset was found."),
            option("sort", str, "", "--sort", help="relevance, modified or title."),
            option("limit", int, 20, "--limit", help="Records on a page, 0 to 1,000; with --csv rows, to 10,000."),
            option("after", str, "", "--after", help='The "next" of the page before.'),
            option("facets", str, "none", "--facets", help='Facets to count, by commas, or "all".'),
            option("json", bool, False, "--json", help="Print the answer as the API gives it."),
            option("csv", Path | None, None, "--csv", help='Write a table to this file; "-" prints it.'),
            option("hashtags", bool, False, "--hashtags", help="Give the table a row of HXL hashtags."),
            option("as_", str, "", "--as", help="Ask as a steward, under this name; it is recorded."),
            inspect.Parameter("break_glass", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Break),
        ]
    )


search.__signature__ = _signature()  # type: ignore[attr-defined]
search.__annotations__ = {name: parameter.annotation for name, parameter in _signature().parameters.items()}
app.command()(search)


@app.command()
def show(
    key: Annotated[str, typer.Argument(help="Id or name of a dataset.")],
    json: Json = False,
    as_: As = "",
    break_glass: Break = None,
) -> None:
    """Show one dataset: how to get it, how sensitive it is and why, its files and columns."""
    settings = Settings()
    with Catalog(settings.catalog_url) as catalog:
        viewer = asker.viewer(catalog, settings, as_, "show", key, because=break_glass)
        with catalog.reading() as session:
            found = reading.document(session, viewer, key)
            made = safe.products(session, viewer, orjson.loads(found[0])["id"]) if found else []
    if found is None:
        _fail(f'There is no dataset "{key}". Find its id with "landmark search".', FAILED)
    body = with_route(found[0], Ways(load.access(settings)), made)
    if json:
        return _print_bytes(body)
    return _show_document(orjson.loads(body))


@app.command("organizations")
def organizations_command(
    name: Annotated[str, typer.Argument(help="An organisation's id, acronym or name; none lists all.")] = "",
    json: Json = False,
    as_: As = "",
    break_glass: Break = None,
) -> None:
    """List the organisations that hold something, or show what one holds by topic, country and access."""
    settings = Settings()
    with Catalog(settings.catalog_url) as catalog:
        asked = _asking(catalog, settings, as_, "organizations", name or "*", break_glass)
        with catalog.reading() as session:
            copies = holdings.copies(session, asked.viewer)
        if not name:
            listed = organizations.organizations(asked, limit=1000, copies=copies)
            items = [
                {"id": c.value, "name": c.label, "datasets": c.count, "records": listed.records[c.value]}
                for c in listed.counts
            ]
            if json:
                return _print_bytes(answer.list_json(items, listed.total, listed.next))
            return table(["Organisation", "Datasets"], [[item["name"], item["datasets"]] for item in items])
        found = organizations.organization(asked, name, copies=copies)
    if found is None:
        _fail(f'No record names the organisation "{name}". List them with "landmark organizations".', FAILED)
    if json:
        return _print_bytes(organizations.organization_json(found))
    records = f" in {found.page.total} records" if found.page.total > found.datasets else ""
    print(f"{found.name}: {found.datasets} datasets{records}")
    for facet in organizations.HOLDS:
        counts = ", ".join(f"{count.label} {count.count}" for count in found.holds[facet])
        print(f"  by {facet}: {counts or 'none'}")
    return _show_page(found.page)


class RunsGroup(TyperGroup):
    """``landmark runs KEY`` means ``landmark runs --source KEY``, unless KEY is one of its commands."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - a context of the library's own click
        """The rest of the arguments."""
        named = bool(args) and not args[0].startswith("-") and args[0] not in self.commands
        return super().parse_args(ctx, ["--source", *args] if named else args)


runs_app = typer.Typer(cls=RunsGroup, invoke_without_command=True)


@runs_app.callback()
def runs(
    context: typer.Context,
    source: Annotated[str, typer.Option(help="Key of a source; none for all.", show_default=False)] = "",
    limit: Annotated[int, typer.Option(help="How many, newest first.", min=0, max=MAX_LISTED)] = 20,
    json: Json = False,
    as_: As = "",
) -> None:
    """List harvest runs, newest first, with their issues grouped by code; decide on those that are held.

    With --as also what was seen and what failed, how each ended, how long its stages took, and what to do.
    """
    if context.invoked_subcommand is not None:
        return None
    settings = Settings()
    with Catalog(settings.catalog_url) as catalog:
        viewer = asker.viewer(catalog, settings, as_, "runs", source or "*")
        with catalog.reading() as session:
            _refuse_unknown(session, settings, viewer, source)
            items, total = reading.runs(session, viewer, limit, source)
    if json:
        return _print_bytes(answer.list_json(items, total))
    counted = ("seen", "created", "updated", "unchanged", "failed", "skipped", "missing")
    shown = [name for name in counted if any(name in item for item in items) or name in {"created", "updated"}]
    rows = [
        [
            item["source"],
            item["started"],
            f"{item['state']}, {item['decision']}" if item.get("decision") else item["state"],
            *(item.get(name, "") for name in shown),
            "; ".join(map(_issues_in_words, item["issues"])),
            item["id"],
        ]
        for item in items
    ]
    table(["Source", "Started", "State", *map(str.capitalize, shown), "Issues", "Run"], rows)
    for item in items:
        for line in _run_in_words(item):
            print(line)
    return None


def _run_in_words(item: Mapping[str, Any]) -> Iterator[str]:
    """How a run ended, what took how long and what to do, as far as the viewer is told."""
    if "stages" not in item:
        return
    yield f"{item['source']} {item['started']}, {item['state']}. {item['outcome']}".rstrip()
    took = ", ".join(f"{stage} {spent / 1000:.1f} s" for stage, spent in item["stages"].items())
    yield f"  {took or 'nothing was timed'}; {item['requests']} requests, {item['bytes']:,} bytes"
    for issue in item["issues"]:
        said = " ".join(filter(None, (issue["example"], issue["mend"])))
        yield f"  {issue['severity']} {issue['code']}, {issue['count']} times, {issue['new']} new: {said}"


def _refuse_unknown(session: Session, settings: Settings, viewer: Viewer, source: str) -> None:
    """Raise ConfigurationError with the nearest key if a source is named that the viewer may not know of."""
    if source:
        known = reading.source_keys(session, viewer, load.source_keys(settings))
        if source not in known:
            raise unknown(source, known)


@runs_app.command("issues")
def runs_issues(
    run_id: Annotated[str, typer.Argument(metavar="ID", help="Id of a run, or its beginning.")],
    code: Annotated[str, typer.Option(help="Only issues of this code.", show_default=False)] = "",
    limit: Annotated[int, typer.Option(help="How many, as they were found.", min=0, max=MAX_LISTED)] = 50,
    json: Json = False,
    as_: As = "",
) -> None:
    """List a run's issues one by one: record and field; with --as all, with address, what is wrong and what to do."""
    settings = Settings()
    with Catalog(settings.catalog_url) as catalog:
        viewer = asker.viewer(catalog, settings, as_, "issues of a run", run_id)
        with catalog.reading() as session:
            run = reading.run_named(session, viewer, run_id)
            found = reading.issues(session, viewer, UUID(run["id"]), code, limit) if run else None
    if found is None:
        _fail(f'There is no run "{run_id}", or several begin so. List the runs with "landmark runs".', FAILED)
    items, total = found
    if json:
        return _print_bytes(answer.list_json(items, total))
    for item in items:
        what = item.get("record") or item["dataset"] or "page"
        print(" ".join(filter(None, (item["severity"], item["code"], what, item["field"], item.get("address")))))
        said = " ".join(filter(None, (item.get("message"), item.get("mend"))))
        if said:
            print(f"  {said}")
    print(f"{len(items)} of {total} issues" if len(items) < total else f"{total} issue{'' if total == 1 else 's'}")
    return None


def _issues_in_words(issue: dict[str, Any]) -> str:
    new = issue.get("new")
    return f"{issue['code']} {issue['count']}" + (f" ({new} new)" if new else "")


RunId = Annotated[str, typer.Argument(metavar="ID", help="Id of a held run, or its beginning.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@runs_app.command("release")
def runs_release(run_id: RunId, yes: Yes = False, as_: As = "") -> None:
    """Show what a held run would take for gone, ask, and mark it missing; needs --as."""
    settings = Settings()
    with Catalog(settings.catalog_url) as catalog:
        actor, held, rule = _held(catalog, settings, as_, run_id, to_release=True)
        question = f"Mark {_records(held)} of {held.source} missing?" if held.records else "Accept the run?"
        if not yes:
            typer.confirm(question, abort=True)
        try:
            gone = removal.release(catalog, str(held.id), rule, actor, answers_in=settings.cache_file)
        except removal.Undecidable as error:
            # Somebody has decided, or the source was read again, while the question stood.
            _fail(str(error), FAILED)
        follow(catalog, settings.index_dir)
    print(f"Released: {gone.missing} marked missing, {gone.withdrawn} withdrawn.")


@runs_app.command("reject")
def runs_reject(run_id: RunId, yes: Yes = False, as_: As = "") -> None:
    """Show what a held run would take for gone, ask, and leave it all listed; needs --as."""
    settings = Settings()
    with Catalog(settings.catalog_url) as catalog:
        actor, held, _ = _held(catalog, settings, as_, run_id)
        if not yes:
            typer.confirm(f"Leave {_records(held)} of {held.source} listed?", abort=True)
        try:
            removal.reject(catalog, str(held.id), actor)
        except removal.Undecidable as error:
            _fail(str(error), FAILED)
    print(f"Rejected: {_records(held)} stay listed.")


app.add_typer(runs_app, name="runs")


def _held(
    catalog: Catalog, settings: Settings, as_: str, run_id: str, *, to_release: bool = False
) -> tuple[str, removal.Waiting, Removal]:
    """Who decides, on what, and by which rule of its source: it is shown first."""
    actor = asker.named(settings, as_, "A decision has a name under it.")
    rule = Removal()
    try:
        with catalog.writing() as session:
            held = removal.waiting(session, run_id, to_release=to_release)
            if to_release:
                rule = removal_rule(session, settings, held.source)
            audit.append(session, actor, "looked at a held run", f"{held.source} {held.id}")
    except removal.Undecidable as error:
        _fail(str(error), FAILED)
    print(f"{held.source}, run of {held.started:%Y-%m-%d %H:%M} UTC: {held.outcome}")
    for title, remote_id in held.records:
        print(f"  {title}  [{remote_id}]")
    return actor, held, rule


def _records(held: removal.Waiting) -> str:
    return "1 record" if len(held.records) == 1 else f"{len(held.records)} records"


@app.command("changes")
def changes_command(
    since: Annotated[str, typer.Option(help="Changes on this day or since this time (UTC).", show_default=False)] = "",
    source: Annotated[str, typer.Option(metavar="KEY", help="Only of this source.", show_default=False)] = "",
    dataset: Annotated[str, typer.Option(metavar="ID|NAME", help="Only of this dataset.", show_default=False)] = "",
    limit: Annotated[int, typer.Option(help="How many, 0 to 1,000, oldest first.")] = 50,
    after: Annotated[str, typer.Option(help='The "next" of the page before.', show_default=False)] = "",
    json: Json = False,
    as_: As = "",
    break_glass: Break = None,
) -> None:
    """Tell what changed, record by record and field by field, in the order in which it changed."""
    settings = Settings()
    try:
        begin = changes.moment(since) if since else None
    except ValueError as error:
        raise QueryError("since", f"--since: {error}") from error
    query = changes.ChangeQuery(begin, source, dataset, limit, after)
    with Catalog(settings.catalog_url) as catalog:
        subject = dataset or source or "*"
        viewer = asker.viewer(catalog, settings, as_, "changes", subject, because=break_glass)
        with catalog.reading() as session:
            _refuse_unknown(session, settings, viewer, source)
            found = changes.changes(session, viewer, query)
    if json:
        return _print_bytes(answer.list_json(found.items, found.total, found.next))
    return _show_changes(found)


@app.command("dump")
def dump_command(as_: As = "", break_glass: Break = None) -> None:
    """Print every content table by natural key, one JSON object a line; breaks the glass, for it shows everything."""
    settings = Settings()
    with Catalog(settings.catalog_url) as catalog:
        actor = asker.named(settings, as_, "A dump shows hidden records too.")
        if break_glass is None:
            raise ConfigurationError("A dump shows what is for owners alone. Say why: --break-glass REASON.")
        asker.viewer(catalog, settings, actor, "dump", "*", because=break_glass)
        with catalog.reading() as session:
            for line in dump.lines(session):
                _print_bytes(line)


def _query(given: dict[str, Any]) -> DatasetQuery:
    known = facets()
    counted = given["facets"]
    if counted == "all":
        asked = tuple(name for name, facet in known.items() if facet.shown)
    elif counted in {"", "none"}:
        asked = ()
    else:
        asked = tuple(name.strip() for name in counted.split(",") if name.strip())
        unknown = [name for name in asked if name not in known]
        if unknown:
            raise QueryError("facets", f'There is no facet "{unknown[0]}". There are: {", ".join(known)}.')
    limit = MAX_ROWS if given["csv"] is not None and given["limit"] == 20 else given["limit"]  # noqa: PLR2004
    try:
        covers = period(given["covers"]) if given["covers"] else None
    except ValueError as error:
        raise QueryError("covers", f"--covers: {error}") from error
    try:
        since = date.fromisoformat(given["modified_since"]) if given["modified_since"] else None
    except ValueError as error:
        raise QueryError("modified_since", "--modified-since: it must be a day such as 2024-01-31.") from error
    return DatasetQuery(
        q=" ".join(given["q"] or ()),
        selected={name: tuple(given[name]) for name in known if given[name]},
        hxl=tuple(given["hxl"] or ()),
        hxl_same=same_table(given["hxl"] or (), given["hxl_same"] or ()),
        hxl_origin=tuple(origin for said in given["hxl_origin"] or () for origin in said.split(",") if origin.strip()),
        hxl_min_confidence=given["hxl_min_confidence"],
        covers=covers,
        modified_since=since,
        sort=given["sort"],
        limit=limit,
        after=given["after"],
        facets=asked,
        expand=not given["literal"],
        explain=given["explain"],
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """A search, and for whom."""

    reader: Reader
    viewer: Viewer

    def __call__(self, query: DatasetQuery) -> Page:
        """One page of what the viewer is shown."""
        return self.reader.search(query, datetime.now(UTC).date(), self.viewer)


def _asking(
    catalog: Catalog, settings: Settings, actor: str, action: str, subject: str, because: str | None = None
) -> Asked:
    """A search over an index that has caught up with the catalog."""
    viewer = asker.viewer(catalog, settings, actor, action, subject, because=because)
    grants.expire(catalog)
    if follow(catalog, settings.index_dir).busy:
        print("The index is being written by another process; the answer may be a moment behind.", file=sys.stderr)
    reader = Reader(settings.index_dir, viewer.index, Meanings(load.thesaurus(settings)))
    return Asked(reader, viewer)


def _export(chunks: Iterable[bytes], to: Path) -> None:
    if str(to) == "-":
        for chunk in chunks:
            sys.stdout.buffer.write(chunk)
        return
    with to.open("wb") as file:
        for chunk in chunks:
            file.write(chunk)
    print(f"Written to {to}: {len(HASHTAGS)} columns.")


def _print_bytes(line: bytes) -> None:
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


def _fail(message: str, code: int) -> NoReturn:
    print(message, file=sys.stderr)
    raise typer.Exit(code)


def _show_page(page: Page) -> None:
    for notice in page.notices:
        print(notice)
    for part in page.wording.get("parts", ()):
        if also := part.get("also"):
            print(f'Also searched for "{part["said"]}": {", ".join(also[:6])}{" .." if len(also) > 6 else ""}')  # noqa: PLR2004
    print(f"{page.total} dataset{'' if page.total == 1 else 's'}")
    rows = []
    for body in page.items:
        item = orjson.loads(body)
        rows.append(
            [
                item["title"],
                "; ".join(item["holders"]),
                item["access"]["modality"].replace("_", " "),
                item["level"]["level"].replace("_", " "),
                item["freshness_state"],
                item["id"],
            ]
        )
    if rows:
        table(["Title", "Who has it", "Access", "Level", "Freshness", "Id"], rows)
    for place, body in enumerate(page.items, 1):
        for reason in orjson.loads(body).get("why", ()):
            print(f"{place}. {reason['sentence']}")
    for name, counts in page.facets.items():
        print(f"{name}: " + ", ".join(f"{count.label} ({count.count})" for count in counts[:15]))
    if page.next:
        print(f"More: --after {page.next}")


def _show_changes(found: changes.ChangePage) -> None:
    print(f"{found.total} change{'' if found.total == 1 else 's'}")
    for item in found.items:
        print(f"{item['at']}  {item['title']}  ({item['source']}, {item['dataset']})")
        for sentence in item["sentences"]:
            print(f"    {sentence}")
    if found.next:
        print(f"More: --after {found.next}")


def _route_in_words(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The lines of the way to the data; what is not known, or rests on nobody's check, says so itself."""
    gone = {entry["address"]: entry["on"] for entry in document["reached"] if entry["state"] == "dead"}
    for line in document["access_route"]["lines"]:
        said = " ".join(f"{one} (was not reachable on {gone[one]})" if one in gone else one for one in line["said"])
        yield f"  {LABELS[line['line']]}", said if line["verified"] else f"{said} (not verified)"
    for one in document["access_route"]["artefacts"]:
        if one["known"] and one["artefact"] != "data":
            modality = one["access"].replace("_", " ")
            yield f"  {one['artefact'].capitalize()}", f"{modality}. {' '.join(one['said'])} {one['address']}".strip()


def _listed_in_words(document: Mapping[str, Any]) -> str:
    since = (document["missing_since"] or "")[:10]
    return f"no, not since {since}; {document['state']}" if since else "yes"


EXISTS = "that it exists. Its holder must be asked for anything more."


def _show_document(document: dict[str, Any]) -> None:
    console = Console(markup=False, emoji=False)  # titles may have [brackets] and :colons:
    level = document["level"]
    console.print(document["title"], style="bold", markup=False)
    lines = [
        ("Who has it", "; ".join(document["holders"])),
        ("How to get it", document["access"]["modality"].replace("_", " ")),
        *_route_in_words(document),
        ("Level", f"{level['level'].replace('_', ' ')} ({level['reason'] or level['basis']})"),
        ("Countries", ", ".join(document["countries"])),
        ("Topics", ", ".join(topic["title"] for topic in document["topics"])),
        ("Period", f"{document['period']['start'] or ''} to {document['period']['end'] or ''}"),
        ("Updated", f"{document['update_frequency']['words']}; last {document['modified'] or 'not known'}"),
        ("Source", f"{document['source']['title']} {document['link']}"),
        ("Listed there", _listed_in_words(document)),
        ("Notes", document["notes"][:600]),
        *([("Shown", EXISTS)] if document["mode"] == "ask" else []),
    ]
    for label, text in lines:
        console.print(f"{label}: {text}", markup=False, highlight=False)
    for there in document.get("also_at", []):
        why = " ".join(reason["said"] for reason in there["reasons"])
        console.print(f"Also at: {there['source']['title']}, {there['title']} ({there['id']}). {why}", highlight=False)
    for entry in document["distributions"]:
        where = entry["url"] or ("withheld" if entry["withheld"] or entry["under_review"] else "no address")
        console.print(f"File: {entry['name']} [{entry['format']}] {where}", markup=False, highlight=False)
        for column in entry["columns"]:
            tags = ", ".join(f"{tag['tag']} ({tag['origin']})" for tag in column["tags"])
            console.print(f"    {column['header']}  {tags}", markup=False, highlight=False)
