"""Databases for tests: every test that asks for `engine` runs on SQLite and on PostgreSQL."""

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import OperationalError

from data import schema
from data.session import make_engine, transaction

SERVER = os.environ.get("ESCALE_TEST_POSTGRESQL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")
"""A PostgreSQL whose user may create databases; tests make their own there and drop them."""
# Machines are shared: how long one example takes says nothing. Bars of speed are measured in bench/.
settings.register_profile("escale", deadline=None)
settings.load_profile("escale")

ENGINES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql))


def _administer(statement: str) -> None:
    engine = make_engine(SERVER)
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(statement))
    except OperationalError as error:
        if os.environ.get("ESCALE_REQUIRE_POSTGRESQL") == "1":
            pytest.fail(f"PostgreSQL is required and cannot be reached: {error.orig}")
        pytest.skip(f"PostgreSQL cannot be reached (ESCALE_TEST_POSTGRESQL): {error.orig}")
    finally:
        engine.dispose()


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """An empty PostgreSQL database, this worker's own."""
    name = f"escale_test_{secrets.token_hex(6)}"
    _administer(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
    yield make_url(SERVER).set(database=name).render_as_string(hide_password=False)
    _administer(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def _postgresql(postgresql_url: str) -> Iterator[Engine]:
    engine = make_engine(postgresql_url)
    schema.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("schema") / "template.db"
    engine = make_engine(f"sqlite:///{path}")
    schema.create_all(engine)
    engine.dispose()
    return path


@pytest.fixture(params=ENGINES)
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Whatever gives URLs of databases with the schema and without a row, once for each engine.

    On PostgreSQL it is one database, emptied each time.
    """
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("_sqlite_template")
        paths = (tmp_path / f"escale{number}.db" for number in count())
        return lambda: f"sqlite:///{shutil.copyfile(template, next(paths))}"
    engine: Engine = request.getfixturevalue("_postgresql")
    url: str = request.getfixturevalue("postgresql_url")

    def emptied() -> str:
        with transaction(engine) as session:
            # No triggers: some tables refuse to be emptied.
            session.execute(text("SET LOCAL session_replication_role = replica"))
            # The tables hold a few rows: deleting them costs a tenth of truncating the files.
            for table in reversed(schema.METADATA.sorted_tables):
                session.execute(table.delete())
        return url

    return emptied


@pytest.fixture
def database_url(new_database: Callable[[], str]) -> str:
    """URL of a database with the schema and without a row, once for each engine."""
    return new_database()


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on an empty database, once for each engine."""
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture(params=ENGINES)
def bare_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An engine on a database without any table, once for each engine (migrations)."""
    if request.param == "sqlite":
        engine = make_engine(f"sqlite:///{tmp_path / 'bare.db'}")
        yield engine
        engine.dispose()
        return
    name = f"escale_test_{secrets.token_hex(6)}"
    _administer(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
    engine = make_engine(make_url(SERVER).set(database=name).render_as_string(hide_password=False))
    yield engine
    engine.dispose()
    _administer(f"DROP DATABASE {name} WITH (FORCE)")
