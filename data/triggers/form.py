"""The form of a rule: what makes it on each engine, and how it refuses.

Each refuses with its own name: SQLite's message is that name, PostgreSQL gives it as the constraint's name
(`data.errors.broken_constraint` reads both).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trigger:
    """One rule on one table.

    Parameters
    ----------
    name : str
        Of the trigger, of its function on PostgreSQL, and of what is refused.
    table : str
        Where it stands.
    statements : dict of str to tuple of str
        What makes it, by dialect.
    """

    name: str
    table: str
    statements: dict[str, tuple[str, ...]]


def act(name: str, table: str, moments: tuple[str, ...], *, sqlite: str, postgresql: str, when: str = "") -> Trigger:
    """Do something after a row was written.

    Parameters
    ----------
    name, table : str
        Of the trigger.
    moments : tuple of str
        ``INSERT``, ``UPDATE``, ``UPDATE OF column``, ``DELETE``.
    sqlite, postgresql : str
        What is done, in each engine's words, without the last semicolon.
    when : str
        SQLite's WHEN clause, with the end of its line; PostgreSQL's body asks by itself.
    """
    # SQLite wants one trigger for each moment, PostgreSQL a function.
    suffixes = [f"_{moment.split()[0].lower()}" if len(moments) > 1 else "" for moment in moments]
    made = tuple(
        f"CREATE TRIGGER {name}{suffix} AFTER {moment} ON {table}\n{when}BEGIN\n  {sqlite};\nEND"
        for moment, suffix in zip(moments, suffixes, strict=True)
    )
    function = (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$\n"
        f"BEGIN\n  {postgresql};\n  RETURN NULL;\nEND $$"
    )
    attached = f"CREATE TRIGGER {name} AFTER {' OR '.join(moments)} ON {table}\nFOR EACH ROW EXECUTE FUNCTION {name}()"
    return Trigger(name, table, {"sqlite": made, "postgresql": (function, attached)})


def refusal(
    name: str, table: str, moments: tuple[str, ...], *, forbidden: str, sqlstate: str, first: str = ""
) -> Trigger:
    """Refuse a row when a condition holds.

    Parameters
    ----------
    name, table, moments
        As in `act`.
    forbidden : str
        The condition, in SQL that both engines read alike.
    sqlstate : str
        PostgreSQL's name of the error: one of class 23, so that drivers call it an integrity error.
    first : str
        What PostgreSQL does before it looks: take a lock, as a rule.
    """
    return act(
        name,
        table,
        moments,
        when=f"WHEN {forbidden}\n",
        sqlite=f"SELECT RAISE(ABORT, '{name}')",
        postgresql=f"{first}IF {forbidden} THEN\n    RAISE EXCEPTION USING ERRCODE = '{sqlstate}', "
        f"CONSTRAINT = '{name}', MESSAGE = '{name}';\n  END IF",
    )
