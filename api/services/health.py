"""Whether the service can work."""

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from api.services.errors import NotReady
from data import schema
from data.errors import DataError


def is_ready(engine: Engine) -> bool:
    """Tell whether the database answers and has the schema of this version."""
    try:
        return schema.current(engine) == schema.head()
    except (SQLAlchemyError, DataError):
        return False


def require_ready(engine: Engine) -> None:
    """Do nothing when the service can work.

    Raises
    ------
    NotReady
        The database does not answer, or its schema is not the one this version needs (`escale db upgrade`).
    """
    if not is_ready(engine):
        raise NotReady
