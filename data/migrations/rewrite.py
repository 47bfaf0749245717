"""Changing what SQLite wrote down of a table, where ALTER TABLE cannot: CHECKs and NOT NULL of existing columns."""

from alembic import op
from sqlalchemy import text


def rewrite(table: str, *changes: tuple[str, str]) -> None:
    """Replace pieces of the text of a CREATE TABLE, in the transaction of the migration.

    The way SQLite itself names for changes that leave the rows as they are stored ("Making Other Kinds Of Table Schema
    Changes", sqlite.org/lang_altertable.html). Making the table anew would need foreign keys off, and they can only be
    switched outside a transaction.

    Parameters
    ----------
    table : str
        Its name.
    changes : tuple of (str, str)
        What stands there, once, and what stands there afterwards.

    Raises
    ------
    RuntimeError
        A piece is not there exactly once: the migration is not about this database.
    """
    connection = op.get_bind()
    where = {"table": table}
    read = text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :table")
    sql = connection.execute(read, where).scalar_one()
    for before, after in changes:
        if sql.count(before) != 1:
            message = f"{table}: {before!r} stands there {sql.count(before)} times"
            raise RuntimeError(message)
        sql = sql.replace(before, after)
    connection.execute(text("PRAGMA writable_schema = ON"))
    write = text("UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = :table")
    connection.execute(write, where | {"sql": sql})
    # RESET reads the schema again, and refuses one that does not parse.
    connection.execute(text("PRAGMA writable_schema = RESET"))
