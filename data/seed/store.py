"""Writing an invented inventory into a database, and knowing such a database again."""

from sqlalchemy import Engine, insert, inspect, select
from sqlalchemy.orm import Session

from data.models.organisation import Organisation
from data.schema import METADATA
from data.seed.inventory import TABLES, Inventory
from data.seed.organisations import MARK
from data.session import reading


def write(session: Session, made: Inventory) -> None:
    """Write every row of an inventory, a table at a time.

    Parameters
    ----------
    session : Session
        Of `data.session.transaction`, on an empty database with the schema.
    made : Inventory
        What is written.
    """
    for name in TABLES:
        rows = made.rows(name)
        if rows:
            session.execute(insert(METADATA.tables[name]), rows)


def is_empty(engine: Engine) -> bool:
    """Tell whether a database has no table at all."""
    return not inspect(engine).get_table_names()


def holds_invented_data(engine: Engine) -> bool:
    """Tell whether a database was filled by `write`: it bears the mark of the demo."""
    if Organisation.__tablename__ not in inspect(engine).get_table_names():
        return False
    with reading(engine) as session:
        return session.scalar(select(Organisation.id).where(Organisation.name == MARK).limit(1)) is not None
