"""Commands about sources: the list of them and of their kinds, check, health, propose, approve, pause, resume."""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
import typer
import yaml

import catalog.health
from catalog import asker, sources, views
from catalog.answer import list_json
from catalog.assess import Assessor
from catalog.cli import As, Json
from catalog.curation.names import rules_of
from catalog.database import Catalog
from catalog.runs import Counts, sync_sources
from catalog.search import follow
from catalog.search.reader import Reader
from catalog.terminal import table
from config import load
from config.declarations import VIEW
from config.load import ConfigurationError
from config.settings import Settings
from harvester.cli import no_kind
from harvester.kinds import Kind, as_json, kinds
from harvester.portal import portals
from harvester.probe import Probe, probe

FAILED, PARTIAL, HELD, USAGE = 1, 2, 3, 64
SHOWN = 5
"""Records that a check names."""

Key = Annotated[str, typer.Argument(help="Key of a source; see landmark sources.")]
Actor = Annotated[
    str,
    typer.Option("--as", metavar="NAME", help="Who does it; it is recorded. Or LANDMARK_ACTOR.", show_default=False),
]


sources_app = typer.Typer(help="Sources: what is read, how it fares; check, propose, approve or pause one.")
app = typer.Typer()
app.add_typer(sources_app, name="sources")


@sources_app.callback(invoke_without_command=True)
def list_(context: typer.Context, json: Json = False, as_: As = "") -> None:
    """List the sources, how they stand and fare, and the kinds there are; or check, approve, pause one."""
    if context.invoked_subcommand is not None:
        return
    settings = Settings()
    faults: list[ConfigurationError] = []
    with Catalog(settings.catalog_url) as catalog_:
        declared = load.sources(settings, faults)
        sync_sources(catalog_, declared)
        viewer = asker.viewer(catalog_, settings, as_, "sources", "*")
        now = datetime.now(UTC)
        with catalog_.reading() as session:
            items = catalog.health.sources(session, viewer, now)
            known = {entry.source.key: entry for entry in sources.registered(session, settings, [])}
        shown = {item["key"] for item in items}
        for key, entry in known.items():
            if entry.shadows and key in shown:
                print(entry.shadows, file=sys.stderr)
        if any(item["kind"] == VIEW for item in items):
            follow(catalog_, settings.index_dir)
            reader = Reader(settings.index_dir, viewer.index)
            items = views.counted(items, lambda query: reader.search(query, now.date(), viewer))
    items = [item | ({"state": known[item["key"]].state} if item["key"] in known else {}) for item in items]
    made = kinds(entry.source for key, entry in known.items() if key in shown)
    if json:
        sys.stdout.buffer.write(orjson.dumps(orjson.loads(list_json(items)) | {"kinds": as_json(made)}) + b"\n")
    else:
        _show_list(items, made)
    for entry in known.values():
        try:
            views.check(entry.source, tuple(known))
        except ConfigurationError as error:
            faults.append(error)
    if faults:
        print(*faults, sep="\n", file=sys.stderr)
        raise typer.Exit(USAGE)


@sources_app.command()
def check(
    key: Annotated[str, typer.Argument(help="Key of a source; none for all that are enabled.")] = "",
    json: Json = False,
    as_: As = "",
) -> None:
    """Read one page of a source and say what would become of it. Writes nothing; proposals can be checked too.

    Exit code 1 if a source cannot be read, 3 if a harvest would be held, 2 if a record of the page cannot be read.
    """
    settings = Settings()
    with Catalog(settings.catalog_url) as catalog_:
        faults: list[ConfigurationError] = []
        with catalog_.reading() as session:
            chosen = (
                [sources.named(session, settings, key)]
                if key
                else [entry for entry in sources.registered(session, settings, faults) if entry.is_read]
            )
        viewer = asker.viewer(catalog_, settings, as_, "check source", key or "*")
        assessor = Assessor(rules_of(catalog_, settings))
        found = []
        for entry in chosen:
            if entry.source.kind not in portals():
                raise ConfigurationError(no_kind(entry.source))
            made = probe(catalog_, entry.source, portals()[entry.source.kind], assessor, settings, viewer)
            found.append(made)
            if not json:
                _show(entry, made)
    if json:
        items = [_probed(entry, made) for entry, made in zip(chosen, found, strict=True)]
        sys.stdout.buffer.write(list_json(items) + b"\n")
    if faults:
        print(*faults, sep="\n", file=sys.stderr)
    codes = {
        FAILED: faults or any(made.error is not None for made in found),
        HELD: any(made.preview.held is not None for made in found),
        PARTIAL: any(made.preview.faulty for made in found),
    }
    raise typer.Exit(next((code for code, true in codes.items() if true), 0))


@sources_app.command()
def health(key: Key, json: Json = False, as_: As = "") -> None:
    """Show how a source fares: last complete run, failures in a row, days silent, issues, trend, next run."""
    settings = Settings()
    with Catalog(settings.catalog_url) as catalog_:
        viewer = asker.viewer(catalog_, settings, as_, "source health", key)
        with catalog_.reading() as session:
            found = catalog.health.source(session, viewer, key, datetime.now(UTC))
    if found is None:
        print(f'There is no source "{key}" that may be shown. List them with "landmark sources".', file=sys.stderr)
        raise typer.Exit(FAILED)
    if json:
        sys.stdout.buffer.write(orjson.dumps(found) + b"\n")
        return
    print(f"{found['title']}: {found['health']['state']}")
    for line in _health_lines(found["health"]):
        print(f"  {line}")


@sources_app.command()
def propose(
    key: Annotated[str, typer.Argument(help="Its key: lower-case letters, digits and hyphens.")],
    kind: Annotated[str, typer.Option(help="Which portal kind reads it.")],
    title: Annotated[str, typer.Option(help="What the portal is called.")],
    url: Annotated[str, typer.Option(help="Base address of the portal.")],
    publisher: Annotated[str, typer.Option(help="Who runs it.")] = "",
    schedule: Annotated[str, typer.Option(help='Crontab with named weekdays, UTC, such as "15 3 * * mon".')] = "",
    licence: Annotated[str, typer.Option(help="Of records that declare none.")] = "",
    allow_host: Annotated[
        list[str] | None, typer.Option(help="A loopback or private host:port that it may reach; repeatable.")
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="What the kind itself understands; repeatable.")
    ] = None,
    as_: Actor = "",
) -> None:
    """Propose a source. It waits in preview: it may be checked, and is not harvested before it is approved."""
    settings = Settings()
    actor = asker.named(settings, as_)
    source = load.proposed(
        {
            "key": key,
            "kind": kind,
            "title": title,
            "url": url,
            "publisher": publisher,
            "schedule": schedule,
            "licence": licence,
            "allow_hosts": allow_host or [],
            "options": _options(option or []),
        }
    )
    if source.kind not in portals():
        raise ConfigurationError(no_kind(source))
    with Catalog(settings.catalog_url) as catalog_, catalog_.writing() as session:
        sources.propose(session, settings, source, actor)
    print(f'{key} waits for approval. Look at it with "landmark sources check {key}".')


@sources_app.command()
def approve(
    key: Key,
    visibility: Annotated[
        str, typer.Option(help="Of its records by default: public, described, listed, community, restricted or owner.")
    ] = "",
    as_: Actor = "",
) -> None:
    """Approve a proposed source and set the default visibility of its records; from then on it is harvested."""
    settings = Settings()
    actor = asker.named(settings, as_)
    with Catalog(settings.catalog_url) as catalog_, catalog_.writing() as session:
        found = sources.approve(session, settings, key, actor, visibility)
    source = found.source
    print(f"{key} is approved: {source.title}, {source.url}. Its records are {source.visibility} unless they say less.")
    if source.allow_hosts:
        print(f"It may reach {', '.join(source.allow_hosts)}.")
    print(f"Next: landmark harvest {key}")


@sources_app.command()
def pause(
    key: Key,
    reason: Annotated[str, typer.Option(help="Why, in a sentence for those who ask later.")],
    as_: Actor = "",
) -> None:
    """Stop reading a source, by schedule and by hand, until somebody resumes it. What it gave stays."""
    settings = Settings()
    actor = asker.named(settings, as_)
    if not reason.strip():
        raise ConfigurationError("Say why it is paused: --reason ...")
    with Catalog(settings.catalog_url) as catalog_, catalog_.writing() as session:
        sources.pause(session, settings, key, actor, reason.strip())
    print(f"{key} is paused. A run that goes on now is not stopped.")


@sources_app.command()
def resume(key: Key, as_: Actor = "") -> None:
    """Read a paused source again, from its next time on."""
    settings = Settings()
    actor = asker.named(settings, as_)
    with Catalog(settings.catalog_url) as catalog_, catalog_.writing() as session:
        sources.resume(session, settings, key, actor)
    print(f"{key} is read again.")


def _show_list(items: Sequence[Mapping[str, Any]], made: Sequence[Kind]) -> None:
    rows = [
        [
            item["key"],
            item["title"],
            item["kind"],
            item["state"],
            item["datasets"],
            item["last_run"]["state"] if item["last_run"] else "never run",
            item["health"]["state"],
            f"with {item['standing']['of']}" if item["kind"] == VIEW else item["schedule"] or "by hand",
            "due" if item["health"]["due"] else (item["health"]["next_run"] or "")[:16].replace("T", " "),
        ]
        for item in items
    ]
    columns = ["Key", "Title", "Kind", "State", "Datasets", "Last run", "Health", "Schedule", "Next run"]
    table(columns, rows)
    print()
    known = [[kind.kind, kind.title, kind.unit, ", ".join(kind.sources) or "none yet"] for kind in made]
    table(["Kind", "What it reads", "What becomes a dataset", "Sources"], known)


def _options(given: list[str]) -> Mapping[str, Any]:
    """``rows=10`` as YAML would read it."""
    options = {}
    for entry in given:
        name, equals, value = entry.partition("=")
        if not equals:
            raise ConfigurationError(f'--option {entry}: write it as NAME=VALUE, such as "rows=100".')
        try:
            options[name] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise ConfigurationError(f"--option {entry}: the value cannot be read.") from error
    return options


def _probed(entry: sources.Registered, made: Probe) -> dict[str, Any]:
    preview, error = made.preview, made.error
    return {
        "source": entry.source.key,
        "kind": entry.source.kind,
        "url": entry.source.url,
        "origin": entry.origin,
        "reachable": error is None,
        "error": None
        if error is None
        else {"code": error.code, "message": str(error), "address": error.address, "mend": error.mend},
        "portal_total": preview.total,
        **{name: getattr(preview.counts, name) for name in Counts.__slots__},
        "hidden": preview.hidden,
        "looked_at": made.looked_at,
        "fields": [
            {
                "name": field.name,
                "filled": field.filled,
                "kept": field.kept,
                "needed": field.needed,
                "becomes": list(field.becomes),
            }
            for field in made.fields
        ],
        "empty": list(made.empty),
        "would": [
            {"remote_id": one.remote_id, "kind": one.kind, "title": one.title, "fields": list(one.fields)}
            for one in made.would
        ],
        "issues": Counter(issue.code for issue in preview.issues),
        "held": preview.held.message if preview.held else "",
    }


def _show(entry: sources.Registered, made: Probe) -> None:
    source, preview, counts = entry.source, made.preview, made.preview.counts
    state = {sources.FILE: "declared by a file", sources.APPROVED: "approved", sources.PREVIEW: "waits for approval"}
    print(f"{source.key}: {source.title}, {source.url} ({source.kind}, {state[entry.origin]})")
    if note := entry.shadows:
        print(f"  {note}")
    if made.error is not None:
        print(f"  Cannot be read: {made.error.code}: {made.error}. {made.error.mend}".rstrip())
        return
    total = "does not say how many it has" if preview.total is None else f"says it has {preview.total} records"
    print(f"  It answers, and {total}. The first page has {counts.seen}.")
    print(
        f"  Of these would be {counts.created} created, {counts.updated} updated, {counts.unchanged} unchanged; "
        f"{counts.failed} cannot be read, {counts.skipped} would be skipped."
    )
    for code in sorted({issue.code for issue in preview.issues}):
        same = [issue for issue in preview.issues if issue.code == code]
        print(f"  {same[0].severity} {code}, {len(same)} times: {same[0].message} {same[0].mend}".rstrip())
    if preview.held is not None:
        print("  A harvest would be held.")
    for one in made.would[:SHOWN]:
        print(f"  {one.kind}: {one.title}")
    if len(made.would) > SHOWN:
        print(f"  and {len(made.would) - SHOWN} more")
    if preview.hidden:
        print(f"  {preview.hidden} of them the public may not know of; say --as NAME to see them.")
    if made.fields:
        print(f"  Fields of {made.looked_at} records, how many have them, and what they become:")
    for field in made.fields:
        becomes = ", ".join(field.becomes) or ("nothing by itself" if field.kept else "not kept")
        needed = "; no record can be read without it" if field.needed else ""
        print(f"    {field.name} ({field.filled}): {becomes}{needed}")
    if made.empty:
        print(f"  Empty in all of them: {', '.join(made.empty)}")


def _health_lines(found: Mapping[str, Any]) -> list[str]:
    lines = []
    if found["paused"]:
        told = "paused_by" in found
        who = f" since {found['paused_since']} by {found['paused_by']}: {found['paused_reason']}" if told else ""
        lines.append(f"Paused{who}")
    if found["last_complete"]:
        lines.append(f"Last complete run: {found['last_complete']}, {found['days_silent']} days ago")
    else:
        lines.append("Never read completely")
    if found["consecutive_failures"]:
        lines.append(f"Failed {found['consecutive_failures']} times in a row")
    if found["breaker"] == "open":
        lines.append("It is asked more and more rarely until it answers")
    lines += [f"{issue['severity']} {issue['code']}, {issue['count']} times" for issue in found["issues"]]
    if found["trend"]:
        lines.append(f"Records: {', '.join(str(point['records']) for point in found['trend'])}")
    if found["due"]:
        lines.append("Due now")
    elif found["next_run"]:
        lines.append(f"Next run: {found['next_run']}")
    return lines
