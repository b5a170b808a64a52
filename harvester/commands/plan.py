"""Commands of data analysis plans: a blank one, and the import with its preview."""

import hashlib
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import orjson
import typer

from catalog import asker, audit
from catalog.agents import role_mailbox
from catalog.database import Catalog
from catalog.levels import Desk, Refused, named
from catalog.places import iso3_of
from catalog.plans import kept
from catalog.plans.book import template as blank
from catalog.plans.kept import CHANGED, NEEDS, NEW, REJECTED, REMOVED, SOURCE, Planned, Round
from catalog.plans.people import People
from catalog.plans.reading import Plan, read
from catalog.plans.words import PlanWords
from catalog.register.acts import Acted, act
from catalog.register.files import MOST_BYTES, Unreadable
from config import load
from config.declarations import Source
from config.load import ConfigurationError
from config.plans import PlanLanguage
from config.settings import Settings
from harvester.cli import EXIT_CODES, harvest_all, index

FAILED, PARTIAL = 1, 2
_DERIVED = {
    "level": "level",
    "visibility": "who may know of it",
    "access": "how it can be had",
    "agreement": "agreement",
    "urgent": "urgent",
    "sharing": "way of sharing",
    "state": "state",
}
_OF_ROUND = {
    "holder": "who collects",
    "countries": "countries",
    "ask_at": "whom to ask",
    "until": "questions can be added until",
    "expected": "expected on",
}

app = typer.Typer()
plan_app = typer.Typer(help="What will be collected, from data analysis plans.", no_args_is_help=True)
app.add_typer(plan_app, name="plan")


@plan_app.command()
def template(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="FILE.xlsx.", show_default=False)],
    language: Annotated[PlanLanguage, typer.Option("--language", help="Of headings and instructions.")] = "en",
) -> None:
    """Write a blank plan with drop-downs, in a layout of Landmark's own."""
    if output.suffix.lower() != ".xlsx":
        raise ConfigurationError(f"{output}: name a file that ends in .xlsx.")
    body = blank(_words(Settings()), language)
    try:
        output.write_bytes(body)
    except OSError as error:
        _fail(f"{output} cannot be written: {error.strerror}. Name another file.")
    print(f'Fill in {output}, then: landmark plan import {output} --operation "COUNTRY" --as "YOUR NAME"')


@plan_app.command("import")
def import_(
    given: Annotated[Path, typer.Argument(metavar="PLAN", help="A filled plan: XLSX, ODS or CSV.")],
    operation: Annotated[str, typer.Option("--operation", help="Whose plan it is: a country, or a name for it.")],
    round_: Annotated[str, typer.Option("--round", help="Of collection, such as 7.", show_default=False)] = "",
    until: Annotated[
        str, typer.Option("--until", metavar="DAY", help="Questions can be added until then.", show_default=False)
    ] = "",
    expected: Annotated[
        str, typer.Option("--expected", metavar="DAY", help="When the data will be there.", show_default=False)
    ] = "",
    country: Annotated[
        list[str] | None, typer.Option("--country", help="Where; the operation's own country if left out.")
    ] = None,
    holder: Annotated[str, typer.Option("--holder", help="Who collects.", show_default=False)] = "",
    ask: Annotated[
        str, typer.Option("--ask", metavar="MAILBOX|URL", help="Whom to ask: a role mailbox or a page.")
    ] = "",
    assume_column_b: Annotated[
        bool,
        typer.Option("--assume-column-b", help="Column B is the dissemination category without its heading."),
    ] = False,
    accept_valid: Annotated[
        bool, typer.Option("--accept-valid", help="Take the good rows although others are rejected.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Write; without it what would change is shown.")] = False,
    opens: Annotated[
        bool, typer.Option("--open", help="Show needs to as many as their categories ask for, under your name.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the needs and counts as JSON.")] = False,
    as_: Annotated[
        str, typer.Option("--as", metavar="NAME", help="Under this name; it is recorded.", show_default=False)
    ] = "",
) -> None:
    """Read a plan: show per need what is new, changed, unchanged, removed or rejected; write it with --yes.

    Ends with 0, with 1 if nothing could be taken, with 2 if some rows were rejected.
    """
    settings = Settings()
    actor = asker.named(settings, as_, "A plan is imported under a name.")
    source = load.source(settings, SOURCE)
    words = _words(settings)
    of = _name("--operation", operation, 200), _name("--round", round_, 100)
    said = _said(country or [], holder, ask, until, expected)
    try:
        named(actor, "import")
        body = _body(given)
        found = read(
            body,
            words,
            People(words.layout.people, load.rules(settings).agents),
            assume_category=assume_column_b,
        )
    except (Unreadable, Refused) as error:
        _fail(str(error))
    with Catalog(settings.catalog_url) as catalog:
        with catalog.reading() as session:
            before = kept.facts(session, of)
            planned = kept.plan(found, kept.needs(session, of))
        told = _told(before, said, of, words)
        rejected = sum(one.outcome == REJECTED for one in planned)
        taken = len(planned) - rejected
        writes = bool(yes and taken and (accept_valid or not rejected))
        acted = Acted()
        if not json:
            _show(found, planned, before, told, words)
        if writes:
            with catalog.writing() as session:
                planned = kept.plan(found, kept.needs(session, of))
                told = _told(kept.facts(session, of), said, of, words)
                ids = kept.save(session, of, told, planned, datetime.now(UTC).replace(microsecond=0))
                audit.append(session, actor, "imported a plan", _called(of), _reason(planned, found, body))
            acted = _recorded(catalog, source, settings, ids, actor, opens=opens)
    if json:
        _print_json(of, told, found, planned, acted, writes=writes)
    else:
        _conclude(planned, acted, writes=writes, yes=yes, accept_valid=accept_valid)
    if rejected:
        raise typer.Exit(FAILED if not taken or (yes and not writes) else PARTIAL)


def _words(settings: Settings) -> PlanWords:
    try:
        return PlanWords(load.plan_layout(settings))
    except ValueError as error:
        raise ConfigurationError(f"vocab/plan.yaml: {error}. Remove it from one of them.") from error


def _name(option: str, given: str, most: int) -> str:
    name = " ".join(given.split())
    if len(name) > most:
        raise ConfigurationError(f"{option}: it has {len(name)} characters. Shorten it to {most}.")
    if option == "--operation" and not name:
        raise ConfigurationError("--operation: it is empty. Name the country, or the operation.")
    return name


def _said(countries: Sequence[str], holder: str, ask: str, until: str, expected: str) -> dict[str, str]:
    """What the options say of the round; those left out say nothing."""
    codes = []
    for name in countries:
        code = iso3_of(name)
        if code is None:
            raise ConfigurationError(f'--country: "{name[:60]}" is no country. Write a name or ISO code, as in SDN.')
        codes.append(code)
    if ask and not ask.startswith(("https://", "http://")) and not role_mailbox(ask, ""):
        raise ConfigurationError(
            "--ask: it is neither a page nor an office's mailbox. Write one such as im@office.example, no person's."
        )
    told = {
        "countries": "; ".join(sorted(set(codes))),
        "holder": " ".join(holder.split()),
        "ask_at": ask.strip(),
        "until": _day("--until", until),
        "expected": _day("--expected", expected),
    }
    return {name: value for name, value in told.items() if value}


def _day(option: str, given: str) -> str:
    if not given:
        return ""
    try:
        return date.fromisoformat(given).isoformat()
    except ValueError:
        raise ConfigurationError(f'{option}: "{given[:40]}" is no day. Write it as in 2026-03-05.') from None


def _told(before: Mapping[str, str], said: Mapping[str, str], of: Round, words: PlanWords) -> dict[str, str]:
    """The round's facts: as they were, save what the options say; raises ConfigurationError without a country."""
    told = {"holder": words.layout.holder, **before, **said}
    if not told.get("countries"):
        code = iso3_of(of[0])
        if code is None:
            raise ConfigurationError(f'"{of[0][:60]}" is no country. Say where it is with --country, such as SDN.')
        told["countries"] = code
    return told


def _body(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}. Name a file that is there.") from error


def _called(of: Round) -> str:
    return ", ".join(filter(None, of))


def _reason(planned: Sequence[Planned], found: Plan, body: bytes) -> str:
    counts = kept.counts(planned)
    told = ", ".join(f"{counts[outcome]} {outcome}" for outcome in (NEW, CHANGED, REMOVED))
    sheet = f'sheet "{found.sheet[:60]}", ' if found.sheet else ""
    return f"{told}; {sheet}file {hashlib.sha256(body).hexdigest()[:16]}"


def _recorded(catalog: Catalog, source: Source, settings: Settings, ids: set[str], actor: str, *, opens: bool) -> Acted:
    """Make records of the needs, and do what follows from them."""
    [report] = harvest_all(catalog, [source], settings, quiet=True)
    if code := EXIT_CODES[report.state]:
        print("The plan is kept, but not all of it has become records: see the issues above.", file=sys.stderr)
        raise typer.Exit(code)
    with catalog.writing() as session:
        acted = act(session, ids, actor, Desk(load.rules(settings).disclosing), opens=opens, of=NEEDS)
    index(catalog, settings)
    return acted


def _show(
    found: Plan, planned: Sequence[Planned], before: Mapping[str, str], told: Mapping[str, str], words: PlanWords
) -> None:
    for note in found.notes:
        print(note)
    for name, heading in _OF_ROUND.items():
        if before.get(name, "") != told.get(name, ""):
            print(f'Round: {heading}: "{before.get(name, "")}" -> "{told.get(name, "")}"')
    for one in planned:
        if one.outcome == REJECTED:
            print(f"Row {one.number}: rejected. {one.title}".rstrip())
            for fault in one.faults:
                print(f"  {fault.cell} {_heading(fault.column, words)}: {fault.reason}. {fault.mend}")
        elif one.outcome == REMOVED:
            print(f"Removed: {one.title}")
        elif one.outcome in {NEW, CHANGED}:
            print(f"Row {one.number}: {one.outcome}. {one.title}")
            for name, old, new in one.changes:
                print(f'  {_heading(name, words)}: "{_value(name, old, words)}" -> "{_value(name, new, words)}"')
        for remark in one.remarks:
            print(f"  {remark}")
    print(", ".join(f"{count} {outcome}" for outcome, count in kept.counts(planned).items()) + ".")
    unclassified = sum(one.outcome not in {REJECTED, REMOVED} and not one.values.get("visibility") for one in planned)
    if unclassified:
        print(f"Not classified, and for their owner alone: {_needs(unclassified)}.")


def _heading(name: str, words: PlanWords) -> str:
    return words.columns[name].title.en if name in words.columns else _DERIVED.get(name, name).capitalize()


def _value(name: str, value: str, words: PlanWords) -> str:
    if name == "category":
        return words.shown_categories(value.split("; "))
    return (words.shown_choice(value) if name == "question_type" else value)[:80]


def _conclude(planned: Sequence[Planned], acted: Acted, *, writes: bool, yes: bool, accept_valid: bool) -> None:
    rejected = any(one.outcome == REJECTED for one in planned)
    if not writes:
        more = " Mend the rows that are rejected, or say --accept-valid to take the others." if rejected else ""
        more += "" if yes else " To write it say --yes."
        print(f"Nothing was written.{more if not accept_valid or not yes else ''}")
        return
    print("Written.")
    if rejected:
        print("Nothing was removed, for rows were rejected.")
    for count, what in ((acted.raised, "Levels raised"), (acted.opened, "Opened"), (acted.narrowed, "Closed further")):
        if count:
            print(f"{what}: {_needs(count)}.")
    for title in acted.lower:
        print(f'"{title}": a higher level than its category says is in effect and stays; only a steward lowers it.')
    reasons: dict[str, list[str]] = {}
    for title, reason in acted.waiting:
        reasons.setdefault(reason, []).append(title)
    for reason, titles in reasons.items():
        print(f"Known to fewer people than their categories ask: {_needs(len(titles))}. {reason}")
        for title in titles:
            print(f"  {title}")


def _print_json(
    of: Round, told: Mapping[str, str], found: Plan, planned: Sequence[Planned], acted: Acted, *, writes: bool
) -> None:
    needs: list[dict[str, Any]] = [
        {
            "row": one.number or None,
            "outcome": one.outcome,
            "title": one.title,
            "facts": dict(one.values),
            "changes": [{"field": name, "old": old, "new": new} for name, old, new in one.changes],
            "faults": [{name: getattr(fault, name) for name in fault.__slots__} for fault in one.faults],
            "remarks": one.remarks,
        }
        for one in planned
    ]
    answer = {
        "operation": of[0],
        "round": of[1],
        "facts": told,
        "sheet": found.sheet,
        "notes": found.notes,
        "written": writes,
        **kept.counts(planned),
        "needs": needs,
        **acted.told,
    }
    sys.stdout.buffer.write(orjson.dumps(answer) + b"\n")


def _needs(count: int) -> str:
    return "1 need" if count == 1 else f"{count} needs"


def _fail(message: str) -> NoReturn:
    print(message, file=sys.stderr)
    raise typer.Exit(FAILED)
