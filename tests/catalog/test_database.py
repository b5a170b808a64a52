"""Migrations, the address, and what is said where there is no catalog."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, select
from sqlalchemy.exc import IntegrityError, StatementError

import migrations
from catalog.database import Catalog, NoCatalog, current_revision, drift, migrate
from catalog.tables import Base, HarvestRun, SourceRow
from catalog.vocabulary import AccessModality, RunState, Visibility


def test_migrations_and_models_agree_after_up_down_and_up(catalog: Catalog) -> None:
    assert drift(catalog.engine) == []
    migrate(catalog.engine, "base")
    assert set(inspect(catalog.engine).get_table_names()) == {"alembic_version"}
    migrate(catalog.engine)
    assert set(inspect(catalog.engine).get_table_names()) == {"alembic_version", *Base.metadata.tables}
    assert drift(catalog.engine) == []


def test_no_catalog_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NoCatalog, match='There is no catalog at .*none.db. Run "landmark init" first.'):
        Catalog(f"sqlite:///{(tmp_path / 'none.db').as_posix()}")


def test_a_naive_time_is_refused_and_utc_comes_back(catalog: Catalog) -> None:
    moment = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    with catalog.writing() as session:
        session.add(_source())
        session.flush()
        session.add(_run(state=RunState.COMPLETE, started=moment))
    with catalog.reading() as session:
        assert session.scalar(select(HarvestRun.started)) == moment
    with pytest.raises(StatementError, match="a time needs a zone"), catalog.writing() as session:
        session.add(_run(state=RunState.COMPLETE, started=datetime(2026, 3, 1)))
        session.flush()


def test_counts_that_do_not_add_up_are_refused(catalog: Catalog) -> None:
    with catalog.writing() as session:
        session.add(_source())
    with pytest.raises(IntegrityError, match="counts_add_up"), catalog.writing() as session:
        session.add(_run(state=RunState.COMPLETE, seen=3, created=2))
        session.flush()


def test_a_source_has_one_running_run_at_the_most(catalog: Catalog) -> None:
    with catalog.writing() as session:
        session.add(_source())
        session.flush()
        session.add(_run(state=RunState.RUNNING))
        session.add(_run(state=RunState.COMPLETE))
    with pytest.raises(IntegrityError), catalog.writing() as session:
        session.add(_run(state=RunState.RUNNING))
        session.flush()


def _source() -> SourceRow:
    return SourceRow(
        key="sample", kind="hdx", title="Sample", url="http://127.0.0.1:1", publisher="", licence="", enabled=True,
        visibility=Visibility.PUBLIC, access=AccessModality.UNKNOWN, schedule="",
    )  # fmt: skip


def _run(**values: object) -> HarvestRun:
    from uuid import uuid4

    given = {"started": datetime(2026, 1, 1, tzinfo=UTC)} | values
    return HarvestRun(id=uuid4(), source_key="sample", mode="full", stages={}, **given)


def test_the_newest_migration_is_the_one_that_is_named(catalog: Catalog) -> None:
    folder = ScriptDirectory(str(Path(migrations.__file__).parent))
    assert folder.get_current_head() == migrations.HEAD == current_revision(catalog.engine)
