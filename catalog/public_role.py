"""A role of PostgreSQL that can read nothing but what the public may know: for ``landmark serve --audience public``.

It is given views in a schema of their own and no table. A record that was public and is no more is known to it by id
and number alone, so that its index forgets it; one that never was is not known at all. One that counts as public and
is not shown, because nobody may name its holder, is known so too. Of sources, runs and what
changed it is given nothing: those routes answer 503 in such a process.
"""

import re
from collections.abc import Iterator

from sqlalchemy import text

from catalog.database import Catalog

SCHEMA = "landmark_public"
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_TO_ALL = ("public", "described", "listed")
_LEFT = " or ".join(f"""strpos(c.fields::text, '"field":"visibility","old":"{word}"') > 0""" for word in _TO_ALL)
# A name stays when its title is hidden; an emptied record has none, nor has one that was never shown whole.
_ONCE_PUBLIC = (
    "select dataset_id from public.slug union all "  # noqa: S608 - of constants
    f"select id from public.dataset where visibility in {_TO_ALL} union all "
    "select d.id from public.dataset d join public.change c on c.dataset_seq = d.seq "
    f"where c.kind in ('updated', 'withheld', 'returned') and ({_LEFT})"
)
_VIEWS = {
    "alembic_version": "select version_num from public.alembic_version",
    "disclosure": (
        "select dataset_id, audience, seq, name, document, etag from public.disclosure where audience = 'public'"
    ),
    "slug": (
        "select name, dataset_id from public.slug where dataset_id in "
        "(select dataset_id from public.disclosure where audience = 'public')"
    ),
    "catalog_record": (
        "select dataset_seq, state, missing_since from public.catalog_record where dataset_seq in "
        "(select seq from public.disclosure where audience = 'public')"
    ),
    "dataset": f"select id, seq from public.dataset where id in ({_ONCE_PUBLIC})",  # noqa: S608 - of constants
    # The public is shown a record whole where it is given the same bytes as who is shown everything.
    "same_link": (
        "select first_seq, second_seq, score, reasons, decision from public.same_link where decision <> 'refused' and "
        "(select count(*) from public.disclosure p join public.disclosure f on f.seq = p.seq and f.etag = p.etag "
        "where p.audience = 'public' and f.audience = 'full' and p.seq in (first_seq, second_seq)) = 2"
    ),
    "link_check": (
        'select dataset_seq, key, state, "on", code, looked, failing from public.link_check where dataset_seq in '
        "(select seq from public.disclosure where audience = 'public')"
    ),
    "need_overrule": (
        "select id, country, need, state, reason, '' as \"by\", at, expires, ended, '' as ended_by "
        "from public.need_overrule"
    ),
    "change": (
        "select seq, dataset_seq from public.change where dataset_seq in "  # noqa: S608 - of constants
        f"(select seq from public.dataset where id in ({_ONCE_PUBLIC}))"
    ),
}


class NoRole(Exception):  # noqa: N818
    """The role cannot be made; the message says why."""


def statements(role: str) -> Iterator[str]:
    """The SQL that makes the views and gives them to a role. Raises NoRole for what is no plain name."""
    if not _NAME.fullmatch(role):
        raise NoRole(f'"{role[:80]}" is no name of a role: small letters, digits and underscores.')
    yield f"create schema if not exists {SCHEMA}"
    for name, select in _VIEWS.items():
        yield f'drop view if exists {SCHEMA}."{name}"'
        # Without a barrier a function in a question would be shown rows before the view leaves them out.
        yield f'create view {SCHEMA}."{name}" with (security_barrier) as {select}'
    yield f"revoke all on all tables in schema public from {role}"
    yield f"grant usage on schema {SCHEMA} to {role}"
    yield f"grant select on all tables in schema {SCHEMA} to {role}"
    yield f"alter role {role} set search_path = {SCHEMA}"


def give(catalog: Catalog, role: str) -> None:
    """Make the views and the role, which can log in and has no password yet.

    Raises:
        NoRole: The catalog is no PostgreSQL, or the role may do more than it should.
    """
    if catalog.engine.dialect.name != "postgresql":
        raise NoRole("A SQLite file is read whole or not at all: roles need a catalog on PostgreSQL.")
    wanted = list(statements(role))
    with catalog.engine.begin() as connection:
        powers = connection.execute(
            text("select rolsuper or rolcreaterole or rolbypassrls from pg_roles where rolname = :role"), {"role": role}
        ).scalar()
        if powers:
            raise NoRole(f"The role {role} may do more than read; name another one.")
        if powers is None:
            connection.exec_driver_sql(f"create role {role} login")
        for statement in wanted:
            connection.exec_driver_sql(statement)
