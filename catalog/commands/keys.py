"""Commands about who may see what: keys, grants, notices, audit, privacy."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

import catalog.grants
import catalog.notices
from catalog import asker, audit, keyring, privacy, public_role
from catalog.answer import list_json
from catalog.cli import As, Json
from catalog.database import Catalog
from catalog.grants import NoGrant
from catalog.keys import KeyRefused, NewKey
from catalog.public_role import NoRole
from catalog.search import follow
from catalog.viewer import steward
from config.load import ConfigurationError
from config.settings import Settings

FAILED = 1

app = typer.Typer()
keys_app = typer.Typer(help="Keys: given to a named organisation for a stated purpose.", no_args_is_help=True)
grants_app = typer.Typer(help="Grants: one organisation is shown one record in full.", no_args_is_help=True)
audit_app = typer.Typer(help="The audit: who did what, when and why.", no_args_is_help=True)
database_app = typer.Typer(help="The catalog's database: who may read what of it.", no_args_is_help=True)
privacy_app = typer.Typer(help="Personal data of ours: erase it, or let its time pass.", no_args_is_help=True)
for name, group in (
    ("keys", keys_app),
    ("grants", grants_app),
    ("audit", audit_app),
    ("privacy", privacy_app),
    ("database", database_app),
):
    app.add_typer(group, name=name)

KeyId = Annotated[str, typer.Argument(metavar="ID", help='As "landmark keys list" shows it.')]
Reason = Annotated[str, typer.Option("--reason", help="Why, in a sentence. It is kept; name no person.")]
To = Annotated[str, typer.Option("--to", metavar="ORGANISATION", help="Its id, acronym or name.")]
Record = Annotated[str, typer.Argument(metavar="ID", help="Id or name of a dataset.")]


@keys_app.command("create")
def keys_create(
    holder: Annotated[str, typer.Option("--name", help="Who will hold it: a person or a desk.")],
    audience: Annotated[str, typer.Option(help="community, organisation or steward.")],
    organisation: Annotated[str, typer.Option(help="Whose key it is: id, acronym or name.")],
    purpose: Annotated[str, typer.Option(help="What it is for, in a sentence.")],
    expires: Annotated[str, typer.Option(metavar="DAY", help="The last day on which it is good.")],
    source: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY", help="A steward's source, or one an organisation is bound to; repeatable."),
    ] = None,
    country: Annotated[list[str] | None, typer.Option(metavar="ISO3", help="A country, likewise; repeatable.")] = None,
    new_organisation: Annotated[
        bool, typer.Option("--new-organisation", help="No record names the organisation yet; make it known.")
    ] = False,
    as_: As = "",
) -> None:
    """Make a key and print it, once: only a hash of it is kept."""
    settings = Settings()
    actor = asker.named(settings, as_, "A key is given by a named steward.")
    asked = NewKey(
        holder, audience, organisation, purpose, _day(expires, "--expires"), tuple(source or ()), tuple(country or ()),
        new_organisation,
    )  # fmt: skip
    with _writing(settings) as session:
        made = keyring.give(session, settings, asked, steward(actor))
    print(made)
    print("Hand it over by a safe way; it is not shown again.", file=sys.stderr)


@keys_app.command("list")
def keys_list(json: Json = False, as_: As = "") -> None:
    """List the keys, without their secrets; needs --as."""
    settings = Settings()
    actor = asker.named(settings, as_, "Keys name people.")
    with _writing(settings) as session:
        audit.append(session, actor, "listed the keys", "*")
        items, _ = keyring.listed(session, steward(actor), datetime.now(UTC))
    if json:
        return _print(list_json(items))
    columns = ["id", "name", "audience", "organisation", "state", "expires", "last_used", "purpose"]
    rows = [[*(_cell(item[column]) for column in columns)] for item in items]
    return _table(["Key", "Holder", "Audience", "Organisation", "State", "Expires", "Last used", "Purpose"], rows)


@keys_app.command("revoke")
def keys_revoke(key: KeyId, reason: Reason, as_: As = "") -> None:
    """End a key at once, and whoever signed in with it."""
    settings = Settings()
    actor = asker.named(settings, as_)
    with _writing(settings) as session:
        keyring.revoke(session, steward(actor), key, reason)
    print(f"{key} is revoked.")


@keys_app.command("rotate")
def keys_rotate(
    key: KeyId,
    overlap: Annotated[int, typer.Option(metavar="DAYS", help="So long the old secret is good as well.")] = 7,
    as_: As = "",
) -> None:
    """Give a key a new secret and print it, once; the old one is good for some days more."""
    settings = Settings()
    actor = asker.named(settings, as_)
    with _writing(settings) as session:
        made = keyring.rotate(session, steward(actor), key, overlap)
    print(made)
    print(f"The old secret is good for {overlap} days more.", file=sys.stderr)


@grants_app.command("add")
def grants_add(
    record: Record,
    to: To,
    until: Annotated[str, typer.Option(metavar="DAY", help="The last day on which it holds.")],
    reason: Reason,
    as_: As = "",
) -> None:
    """Let an organisation be shown a record in full until a day, whatever its visibility."""
    settings = Settings()
    actor = asker.named(settings, as_, "A grant has a name under it.")
    with Catalog(settings.catalog_url) as opened:
        with _refusals(), opened.writing() as session:
            name = catalog.grants.grant(session, record, to, _day(until, "--until"), reason, actor)
        follow(opened, settings.index_dir)
    print(f"{name} is shown the record until {until}.")


@grants_app.command("list")
def grants_list(json: Json = False, as_: As = "") -> None:
    """List the grants that hold; needs --as."""
    settings = Settings()
    actor = asker.named(settings, as_, "Grants name records that are hidden.")
    with Catalog(settings.catalog_url) as opened:
        catalog.grants.expire(opened)
        with opened.writing() as session:
            audit.append(session, actor, "listed the grants", "*")
            items = catalog.grants.grants(session, datetime.now(UTC))
    if json:
        return _print(list_json(items))
    rows = [
        [_cell(item[name]) for name in ("dataset", "organisation", "until", "granted_by", "reason")] for item in items
    ]
    return _table(["Record", "Organisation", "Until", "Granted by", "Why"], rows)


@grants_app.command("revoke")
def grants_revoke(record: Record, of: To, reason: Reason, as_: As = "") -> None:
    """End a grant before its day."""
    settings = Settings()
    actor = asker.named(settings, as_)
    with Catalog(settings.catalog_url) as opened:
        with _refusals(), opened.writing() as session:
            catalog.grants.revoke(session, record, of, reason, actor)
        follow(opened, settings.index_dir)
    print("The grant has ended.")


@app.command("notices")
def notices(
    limit: Annotated[int, typer.Option(help="How many, newest first.")] = 50, json: Json = False, as_: As = ""
) -> None:
    """List who broke the glass, when, to look at what and why; needs --as."""
    settings = Settings()
    actor = asker.named(settings, as_, "Notices are for stewards.")
    with _writing(settings) as session:
        audit.append(session, actor, "read the notices", "*")
        items, total = catalog.notices.notices(session, steward(actor), limit)
    if json:
        return _print(list_json(items, total))
    return _table(["When", "Who", "What", "Why"], [[*item.values()] for item in items])


@audit_app.command("verify")
def audit_verify() -> None:
    """Hold the chain of the audit against itself; exit code 1 if a line was changed or taken out."""
    with Catalog(Settings().catalog_url) as opened, opened.reading() as session:
        faults = audit.verify(session)
        count = audit.count(session)
    for fault in faults:
        print(fault)
    if faults:
        raise typer.Exit(FAILED)
    print(f"The audit holds: {count} lines.")


@audit_app.command("list")
def audit_list(json: Json = False, as_: As = "") -> None:
    """Print the audit, oldest first; needs --as."""
    settings = Settings()
    actor = asker.named(settings, as_, "The audit names people.")
    with _writing(settings) as session:
        audit.append(session, actor, "read the audit", "*")
        items = list(audit.lines(session))
    if json:
        return _print(list_json(items))
    rows = [[item[name] for name in ("seq", "at", "actor", "action", "subject", "reason")] for item in items]
    return _table(["Line", "When", "Who", "What", "Of", "Why"], rows)


@privacy_app.command("erase")
def privacy_erase(
    person: Annotated[str, typer.Argument(metavar="NAME", help="As it was written.")], as_: As = ""
) -> None:
    """Erase a person's name from keys, grants, decisions and the audit, whose chain still holds; their keys end."""
    settings = Settings()
    actor = asker.named(settings, as_)
    with _writing(settings) as session:
        places = privacy.erase(session, person, actor)
    if not places:
        print("We know nobody of that name.", file=sys.stderr)
        raise typer.Exit(FAILED)
    print(f"Erased in {places} places.")


@privacy_app.command("sweep")
def privacy_sweep() -> None:
    """Delete keys that ended longer ago than LANDMARK_RETENTION_DAYS, with the names of their holders."""
    settings = Settings()
    with _writing(settings) as session:
        gone = privacy.sweep(session, settings.retention_days, datetime.now(UTC))
    print(f"Deleted: {gone} keys.")


@database_app.command("public-role")
def database_public_role(
    role: Annotated[str, typer.Argument(help="Its name; it is made if there is none.")],
    print_: Annotated[bool, typer.Option("--print", help="Only print the SQL.")] = False,
) -> None:
    """Let a role of PostgreSQL read what the public may know and nothing else, for `serve --audience public`."""
    with _refusals():
        if print_:
            print(";\n".join(public_role.statements(role)) + ";")
            return
        with Catalog(Settings().catalog_url) as opened:
            public_role.give(opened, role)
    print(f"{role} can read what the public may know. Give it a password, and its address to the public process.")


@contextmanager
def _writing(settings: Settings) -> Iterator[Session]:
    with Catalog(settings.catalog_url) as opened, _refusals(), opened.writing() as session:
        yield session


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except (KeyRefused, NoGrant, NoRole) as error:
        _fail(str(error))


def _fail(message: str) -> NoReturn:
    print(message, file=sys.stderr)
    raise typer.Exit(FAILED)


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"{option}: it must be a day such as 2026-12-31.") from None


def _cell(value: object) -> str:
    return str(value["name"] if isinstance(value, Mapping) else value if value is not None else "")


def _print(body: bytes) -> None:
    sys.stdout.buffer.write(body + b"\n")


def _table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    if not rows:
        print("Nothing to show.")
        return
    shown = Table(*columns, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        shown.add_row(*(str(cell) for cell in row))
    Console().print(shown)
