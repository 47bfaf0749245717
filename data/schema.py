"""Making and moving the schema: by migrations for every real database, straight from the models in tests."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from data.base import Base
from data.exclusions import refresh_all
from data.triggers import catalogue

METADATA = Base.metadata
"""Every table, with its constraints, indexes and triggers."""
_MODELS = catalogue.MODELS  # imported for the tables and triggers they add to the metadata


def create_all(engine: Engine) -> None:
    """Make every table straight from the models, in one transaction (tests; real databases are upgraded)."""
    METADATA.create_all(engine)


def drop_all(engine: Engine) -> None:
    """Drop every table that the models know."""
    METADATA.drop_all(engine)


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring a database to a revision, the newest unless told; nothing happens when it is there already.

    At the newest, the pairs that distancing forbids are measured again: reference data may have come with the code.

    Parameters
    ----------
    engine : Engine
        From `data.session.make_engine`.
    revision : str
        Identifier of a revision, or ``head``.
    """
    with engine.begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        if revision in {"head", head()}:
            with Session(bind=connection, join_transaction_mode="rollback_only") as session:
                refresh_all(session)
                session.flush()


def downgrade(engine: Engine, revision: str) -> None:
    """Bring a database back to an older revision; ``base`` drops everything.

    Parameters
    ----------
    engine : Engine
        From `data.session.make_engine`.
    revision : str
        Identifier of a revision, or ``base``.
    """
    with engine.begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def current(engine: Engine) -> str | None:
    """Tell which revision a database is at; None when no migration ever ran."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str:
    """Tell the newest revision."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    if newest is None:
        message = "no migration was found"
        raise RuntimeError(message)
    return newest


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
