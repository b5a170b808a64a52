"""Commands about information needs: coverage, holders, needs list, check, init, overrule, withdraw, logged, close."""

import sys
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NoReturn

import orjson
import typer
from rich.console import Console

from catalog import asker
from catalog.answer import list_json
from catalog.cli import As, Break, Json
from catalog.database import Catalog
from catalog.levels import Refused
from catalog.needs import files, overruling, unmet
from catalog.needs.coverage import Coverage, coverage
from catalog.needs.holders import Wanted, holdings
from catalog.needs.judging import State
from catalog.needs.records import Book
from catalog.needs.telling import country_json, grid_json, holding_json, need_json, short, symbol
from catalog.places import country_name, iso3_of
from catalog.terminal import table
from catalog.viewer import steward
from catalog.vocabulary import Audience
from config import load
from config.load import ConfigurationError
from config.needs import Needs
from config.settings import Settings
from config.vocabulary import neighbours

FAILED = 1
MOST_LISTED = 1000

app = typer.Typer()
needs_app = typer.Typer(
    help="Information needs: what is asked of a country, and what people say of it.", no_args_is_help=True
)
app.add_typer(needs_app, name="needs")

Country = Annotated[
    str, typer.Option("--country", metavar="ISO3", help="Code or name of a country.", show_default=False)
]
Set = Annotated[
    str,
    typer.Option("--set", metavar="SET", help="Only the needs of this set, such as mine-action.", show_default=False),
]
Reason = Annotated[
    str, typer.Option("--reason", help="Why, in a sentence. Everybody reads it; name no person and place.")
]


@app.command("coverage")
def coverage_command(
    country: Annotated[
        list[str] | None,
        typer.Option("--country", metavar="ISO3", help="Code or name; repeats are more.", show_default=False),
    ] = None,
    set_: Set = "",
    csv: Annotated[Path | None, typer.Option("--csv", help="Write a table to this file.", show_default=False)] = None,
    xlsx: Annotated[Path | None, typer.Option("--xlsx", help="Write a workbook.", show_default=False)] = None,
    json: Json = False,
    as_: As = "",
    break_glass: Break = None,
) -> None:
    """Show which information needs are met in a country and where the gaps are; of all countries, how many."""
    settings = Settings()
    declared = _declared(settings, set_)
    wanted = tuple(dict.fromkeys(map(_country, country or ())))
    with Catalog(settings.catalog_url) as catalog:
        asked = " ".join(wanted) or "*"
        viewer = asker.viewer(catalog, settings, as_, "coverage", asked, because=break_glass)
        with catalog.reading() as session:
            near = {place for iso3 in wanted for place in (iso3, *neighbours().get(iso3, ()))}
            found = coverage(session, viewer, Book(declared), _today(), near)
            countries = found.several(wanted or found.countries(), set_)
            told: list[dict[str, Any]] = []
            if csv or xlsx or len(wanted) == 1:
                told = [country_json(session, viewer, found, one) for one in countries]
    if csv or xlsx:
        audience = Audience.FULL if as_ else Audience.PUBLIC
        return _written(found, told, audience, settings, csv, xlsx)
    grid = told[0] if len(wanted) == 1 else grid_json(found, countries, declared.of("", set_))
    if json:
        sys.stdout.buffer.write(orjson.dumps(grid) + b"\n")
        return None
    return _show_country(grid) if len(wanted) == 1 else _show_grid(grid)


@app.command("holders")
def holders_command(
    topic: Annotated[list[str] | None, typer.Option("--topic", help="Key of a topic; repeats mean any.")] = None,
    country: Annotated[list[str] | None, typer.Option("--country", help="Code or name; repeats mean any.")] = None,
    organisation: Annotated[str, typer.Option("--organisation", help="Part of its name, or its id.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=MOST_LISTED, help="How many at the most.")] = 50,
    json: Json = False,
    as_: As = "",
    break_glass: Break = None,
) -> None:
    """List who holds what: organisation by topic by country, how sensitive it is and how to ask."""
    settings = Settings()
    wanted = Wanted(tuple(map(_country, country or ())), tuple(topic or ()), organisation)
    with Catalog(settings.catalog_url) as catalog:
        asked = " ".join([*wanted.topic, *wanted.country]) or "*"
        viewer = asker.viewer(catalog, settings, as_, "holders", asked, because=break_glass)
        with catalog.reading() as session:
            found = holdings(coverage(session, viewer, Book(load.needs(settings)), _today()).records, wanted)
    items = [holding_json(one) for one in found[:limit]]
    if json:
        sys.stdout.buffer.write(list_json(items, len(found)) + b"\n")
        return
    rows = [
        [
            one["organisation"],
            one["topic_title"] or "no topic found",
            one["country_name"],
            one["datasets"],
            ", ".join(one["levels"]),
            ", ".join(way.replace("_", " ") for way in one["access"]),
            one["how"],
        ]
        for one in items
    ]
    table(["Organisation", "Topic", "Country", "Datasets", "Level", "Access", "How to ask"], rows)
    if len(items) < len(found):
        print(f"{len(items)} of {len(found)}")


@needs_app.command("list")
def list_needs(country: Country = "", set_: Set = "", json: Json = False) -> None:
    """List what is asked, in a country as its own copy has it."""
    declared = _declared(Settings(), set_)
    iso3 = _country(country) if country else ""
    found = declared.of(iso3, set_)
    applies = declared.not_applicable(iso3)
    if json:
        items = [need_json(need) | {"not_applicable": applies.get(need.id, "")} for need in found]
        sys.stdout.buffer.write(list_json(items) + b"\n")
        return
    rows = [
        [need.id, need.theme, need.asked(), f"does not apply: {applies[need.id]}" if need.id in applies else ""]
        for need in found
    ]
    table(["Need", "Theme", "Question", ""], rows)


@needs_app.command("check")
def check_needs() -> None:
    """Read all sets and countries' copies; a mistake is told with file, key and mend."""
    declared = load.needs(Settings())
    Book(declared)
    for one in declared.sets:
        print(f"{one.key}: {len(one.needs)} needs.")
    for iso3, own in declared.countries.items():
        print(
            f"{iso3}: from {', '.join(own.from_)}; {len(own.needs)} of its own, {len(own.not_applicable)} do not apply."
        )
    print("All can be used.")


@needs_app.command("init")
def init_needs(
    country: Annotated[str, typer.Option("--country", metavar="ISO3", help="Code or name of the country.")],
    from_: Annotated[list[str], typer.Option("--from", metavar="SET", help="Set to begin from; repeats are more.")],
    to: Annotated[
        Path | None,
        typer.Option("--to", help="File to write instead of the one in LANDMARK_CONFIG_DIR.", show_default=False),
    ] = None,
) -> None:
    """Write a country's copy of the needs, ready to be changed: override, add, or mark as not applicable."""
    settings = Settings()
    declared = load.needs(settings)
    iso3 = _country(country)
    keys = [one.key for one in declared.sets]
    for key in from_:
        if key not in keys:
            raise ConfigurationError(f'--from: there is no set "{key}". Known: {", ".join(keys)}.')
    path = to or _place(settings, iso3)
    if path.exists():
        _fail(f"{path} is there already: change it, or remove it first.")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_copy(declared, iso3, from_), encoding="utf-8", newline="\n")
    print(f'Wrote {path}. Change it, then "landmark needs check" and "landmark coverage --country {iso3}".')


@needs_app.command("overrule")
def overrule(
    need: Annotated[str, typer.Argument(help="Id of a need.")],
    state: Annotated[str, typer.Argument(help="met, partly, held but restricted, planned, gap, unknown ...")],
    country: Country,
    until: Annotated[str, typer.Option("--until", metavar="DAY", help="The last day that it stands, within a year.")],
    reason: Reason,
    as_: As = "",
) -> None:
    """Say another state in the place of what is judged; both are shown, and it ends by itself."""
    if state not in set(State):
        raise ConfigurationError(f'There is no state "{state}". Known: {", ".join(State)}.')
    try:
        expires = date.fromisoformat(until)
    except ValueError:
        raise ConfigurationError("--until: it must be a day such as 2025-01-31.") from None
    act = partial(overruling.overrule, state=State(state), expires=expires)
    said = _say(need, country, reason, as_, "overrule need", act)
    print(f"Said: {said.state} until {said.expires}. What is judged stays to be seen beside it.")


@needs_app.command("withdraw")
def withdraw(
    need: Annotated[str, typer.Argument(help="Id of a need.")], country: Country, reason: Reason, as_: As = ""
) -> None:
    """End an overrule, so that what is judged stands again."""
    _say(need, country, reason, as_, "end overrule of need", overruling.withdraw)
    print("Ended: what is judged stands again.")


@needs_app.command("logged")
def list_logged(
    country: Country = "",
    limit: Annotated[int, typer.Option(min=1, max=unmet.MOST, help="How many at the most.")] = 50,
    json: Json = False,
    as_: As = "",
) -> None:
    """List what people looked for, did not find and logged; for stewards, and nothing is known of who asked."""
    settings = Settings()
    countries = (_country(country),) if country else ()
    actor = asker.named(settings, as_, "What was logged is for stewards.")
    with Catalog(settings.catalog_url) as catalog:
        viewer = asker.viewer(catalog, settings, actor, "listed logged needs", *(countries or ("*",)))
        with catalog.reading() as session:
            found, total = unmet.logged(session, viewer, countries, limit=limit)
    if json:
        sys.stdout.buffer.write(list_json([unmet.unmet_json(one) for one in found], total) + b"\n")
        return
    rows = [[one.id, one.words, one.country, one.count, one.first, one.last, one.state, one.closing] for one in found]
    table(["ID", "Words", "Country", "Times", "First on", "Last on", "State", "Closed because"], rows)
    if len(found) < total:
        print(f"{len(found)} of {total}")


@needs_app.command("close")
def close_logged(
    number: Annotated[int, typer.Argument(metavar="ID", min=1, max=2**31 - 1, help="Of a logged need.")],
    why: Annotated[str, typer.Option("--why", help="Why, in a sentence. Name no person and no place.")],
    as_: As = "",
) -> None:
    """Close a logged need; it opens again when somebody logs the same anew."""
    settings = Settings()
    actor = asker.named(settings, as_, "A need is closed under a name.")
    if not why.strip():
        raise ConfigurationError("--why: say why, in a sentence.")
    with Catalog(settings.catalog_url) as catalog:
        try:
            with catalog.writing() as session:
                done = unmet.close(session, steward(actor), number, why)
        except Refused as refused:
            _fail(str(refused))
    print(f"Closed: {done.words}")


def _say(need: str, country: str, reason: str, as_: str, what: str, act: Any) -> overruling.Overrule:  # noqa: ANN401
    settings = Settings()
    iso3 = _country(country)
    actor = asker.named(settings, as_, "What is overruled is said under a name.")
    if all(one.id != need for one in load.needs(settings).of(iso3)):
        raise ConfigurationError(f'No need "{need}" is asked of {iso3}. List them with "landmark needs list".')
    with Catalog(settings.catalog_url) as catalog:
        viewer = asker.viewer(catalog, settings, actor, what, f"{need} {iso3}")
        try:
            with catalog.writing() as session:
                said: overruling.Overrule = act(
                    session, viewer=viewer, country=iso3, need=need, reason=reason, today=_today()
                )
        except Refused as refused:
            _fail(str(refused))
    return said


def _written(
    found: Coverage,
    told: list[dict[str, Any]],
    audience: Audience,
    settings: Settings,
    csv: Path | None,
    xlsx: Path | None,
) -> None:
    levels = found.levels(one["country"] for one in told)
    marked = files.marking(levels, audience, datetime.now(UTC), load.rules(settings).disclosing)
    for path, make in ((csv, files.csv), (xlsx, files.xlsx)):
        if path is not None:
            path.write_bytes(make(told, marked))
            print(f"Wrote {path}: {sum(len(one['cells']) for one in told)} rows, {marked.tlp}.")


def _show_country(told: dict[str, Any]) -> None:
    print(f"{told['name']}, {told['day']}, {told['records']} records:", _counted(told["counts"]))
    rows = [
        [
            f"{symbol(one['state'])} {short(one['state'])}" + ("*" if one["overrule"] else ""),
            files.question(one),
            one["datasets"][0]["title"] if one["datasets"] else "",
            " ".join(one["missing"]) or one["rule"],
        ]
        for one in told["cells"]
    ]
    table(["State", "Question", "Nearest dataset", "Missing"], rows)
    if told["overruled"]:
        print("* said by a person; see --json for what is judged.")


def _show_grid(told: dict[str, Any]) -> None:
    words = [state for state in told["states"] if state != State.NOT_APPLICABLE]
    rows = [[one["country"], one["name"], *(one["counts"][word] for word in words)] for one in told["countries"]]
    table(["", "Country", *(f"{symbol(word)} {short(word)}" for word in words)], rows)
    Console().print('"landmark coverage --country ISO3" shows one with its gaps.', highlight=False)


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {short(state)}" for state, count in counts.items() if count)


def _copy(declared: Needs, iso3: str, sets: list[str]) -> str:
    lines = [
        f"# What has to be known of {country_name(iso3)}. It begins as {' and '.join(sets)}; what is written here lies",
        "# over that. Check it with: landmark needs check",
        f"from: [{', '.join(dict.fromkeys(sets))}]",
        "",
        "# What does not apply there, with the reason. Take away the # of a line that is meant.",
        "not_applicable: {}",
        "# not_applicable:",
    ]
    chosen = [need for one in declared.sets if one.key in sets for need in one.needs]
    lines += [f'#   {need.id}: ""  # {need.asked()}' for need in chosen]
    example = chosen[0]
    lines += [
        "",
        "# What is other there, or asked beside. Of a known id only what changes need be written.",
        "needs: []",
        "# needs:",
        f"#   - id: {example.id}",
        "#     met_by: {admin_level: 3, newest_within: 6}",
        "#   - id: another-question",
        "#     theme: contamination",
        "#     question: {en: Which fields are asked for first?}",
        "#     why: What hangs on it.",
        "#     decisions: [prioritise-clearance]",
        "#     met_by: {any: [{about: [land-use]}], admin_level: 2, newest_within: 12}",
    ]
    return "\n".join(lines) + "\n"


def _place(settings: Settings, iso3: str) -> Path:
    if settings.config_dir is None:
        raise ConfigurationError("Say where it goes: set LANDMARK_CONFIG_DIR to a folder, or give --to FILE.")
    return settings.config_dir / "needs" / "countries" / f"{iso3}.yaml"


def _declared(settings: Settings, key: str) -> Needs:
    declared = load.needs(settings)
    known = [one.key for one in declared.sets]
    if key and key not in known:
        raise ConfigurationError(f'--set: there is no set "{key}". Known: {", ".join(known)}.')
    return declared


def _country(text: str) -> str:
    found = iso3_of(text.strip())
    if found is None:
        raise ConfigurationError(f'"{text}" is no country; write its ISO3 code, such as SSD.')
    return found


def _today() -> date:
    return datetime.now(UTC).date()


def _fail(message: str) -> NoReturn:
    print(message, file=sys.stderr)
    raise typer.Exit(FAILED)
