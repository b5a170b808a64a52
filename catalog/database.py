"""The catalog's database: SQLite by default, PostgreSQL by address; the same code on both."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import orjson
from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import DataError, DBAPIError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session, sessionmaker

import migrations
from catalog.tables import Base

if TYPE_CHECKING:
    from alembic.config import Config

BUSY_SECONDS = 30
PURGED = "purged"
"""Set in a session's ``info`` where something was deleted that is to be nowhere."""
NotGiven = ProgrammingError
"""Raised where a role asks for a table that it was not given (:mod:`catalog.public_role`)."""
NotKeepable = DataError
"""Raised by PostgreSQL where it is asked for what none of its columns could hold, such as a text with a NUL."""


class NoCatalog(Exception):  # noqa: N818
    """There is no catalog at the address, or it is of another version; the message says what to do."""


class Catalog:
    """An open catalog.

    Args:
        url: SQLAlchemy address; ``postgresql://`` means psycopg 3.
        create: Whether a missing catalog is created and an older one upgraded; otherwise NoCatalog is raised.
    """

    def __init__(self, url: str, *, create: bool = False) -> None:
        address = make_url(url)
        if address.drivername in {"postgresql", "postgres"}:
            address = address.set(drivername="postgresql+psycopg")
        self.address = address
        shown = address.render_as_string(hide_password=True)
        if address.drivername.startswith("sqlite") and address.database:
            if create:
                Path(address.database).parent.mkdir(parents=True, exist_ok=True)
            elif not Path(address.database).exists():
                raise NoCatalog(f'There is no catalog at {shown}. Run "landmark init" first.')
        self.engine = _engine(address)
        try:
            if create:
                migrate(self.engine)
            elif current_revision(self.engine) != migrations.HEAD:
                raise NoCatalog(f'The catalog at {shown} is empty or of another version. Run "landmark init" first.')
        except OperationalError as error:
            self.close()
            raise NoCatalog(f"The catalog at {shown} cannot be reached: {error.orig}.") from error
        except NoCatalog:
            self.close()
            raise
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one state of the catalog and writes nothing."""
        with self._sessions() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose work is committed at the end, or not at all."""
        with self._sessions() as session:
            # SQLite would otherwise take its write lock half-way and fail instead of waiting.
            session.connection(execution_options={"landmark_write": True})
            yield session
            session.commit()
            purged = session.info.get(PURGED)
        if purged and self.engine.dialect.name == "sqlite":
            self._empty_log()

    def _empty_log(self) -> None:
        """What was deleted is overwritten in the file, but stands in its write-ahead log until that is emptied.

        Whoever reads just now holds the log; then it is emptied after the next purge, or when the last one closes.
        """
        with self.engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None  # noqa: S101 - the connection is open
            driver.execute("pragma busy_timeout=1000")
            try:
                driver.execute("pragma wal_checkpoint(truncate)").fetchall()
            finally:
                driver.execute(f"pragma busy_timeout={BUSY_SECONDS * 1000}")

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def migrate(engine: Engine, revision: str = "head") -> None:
    """Bring the tables to a revision, upwards or downwards."""
    from alembic import command
    from alembic.script import ScriptDirectory

    with engine.connect() as connection:
        config = _alembic(connection)
        scripts = ScriptDirectory.from_config(config)
        known = {script.revision for script in scripts.walk_revisions()}
        current = _revision(connection)
        if current is not None and current not in known:
            raise NoCatalog(
                f"The catalog is of a version ({current}) that this Landmark does not know. "
                "Install the Landmark that made it, or harvest into a new one."
            )
        earlier = {script.revision for script in scripts.walk_revisions("base", current)} if current else set()
        connection.rollback()
        with _unchecked(connection):
            if revision == "base" or revision in earlier - {current}:
                command.downgrade(config, revision)
            else:
                command.upgrade(config, revision)
            connection.commit()


@contextmanager
def _unchecked(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by making it anew; the old one must not take along what refers to it."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.driver_connection
    assert driver is not None  # noqa: S101 - the connection is open
    driver.execute("pragma foreign_keys=off")
    try:
        yield
    finally:
        connection.rollback()
        driver.execute("pragma foreign_keys=on")


def current_revision(engine: Engine) -> str | None:
    """The revision the database is at, None if it holds no catalog."""
    with engine.connect() as connection:
        return _revision(connection)


def _revision(connection: Connection) -> str | None:
    # Alembic's own answer costs every command 8 MB; only one that migrates needs more of it.
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("select version_num from alembic_version")).scalar()
    return None if found is None else str(found)


def drift(engine: Engine) -> list[Any]:
    """How the tables differ from the models; empty if migrations and models agree."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))


def _alembic(connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.attributes["connection"] = connection
    return config


def _engine(address: Any) -> Engine:  # noqa: ANN401 - sqlalchemy.URL
    if not address.drivername.startswith("sqlite"):
        return create_engine(address, pool_pre_ping=True, json_serializer=_json, json_deserializer=orjson.loads)
    engine = create_engine(
        address,
        connect_args={"timeout": BUSY_SECONDS, "isolation_level": None},
        json_serializer=_json,
        json_deserializer=orjson.loads,
    )

    @event.listens_for(engine, "connect")
    def _prepare(dbapi_connection: Any, _: object) -> None:  # noqa: ANN401
        cursor = dbapi_connection.cursor()
        for pragma in (
            # Of a new file: documents are some kilobytes each, and would lie in chains of the usual 4 kB pages.
            "page_size=16384",
            "journal_mode=wal",
            "foreign_keys=on",
            # What a portal purged, or a steward, is overwritten in the file, not only left out of it.
            "secure_delete=on",
            "synchronous=normal",
            "cache_size=-4000",
            "wal_autocheckpoint=2000",
        ):
            cursor.execute(f"pragma {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("landmark_write")
        connection.exec_driver_sql("begin immediate" if write else "begin")

    return engine


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


def is_conflict(error: DBAPIError) -> bool:
    """Whether a write was refused by a uniqueness rule."""
    return "unique" in str(error.orig).lower()
