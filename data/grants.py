"""What the service's own role may do in a PostgreSQL database that somebody else owns.

The owner upgrades the schema; the service runs under a role that reads and writes rows, and can neither change nor take
away what the audit log holds: triggers stop a mistake, missing rights stop whoever has broken in.
"""

from sqlalchemy import Engine
from sqlalchemy.dialects import postgresql


def statements(role: str) -> tuple[str, ...]:
    """List what grants a role its rights; running them again changes nothing.

    Parameters
    ----------
    role : str
        Name of a role that exists; it is quoted.
    """
    name = postgresql.dialect().identifier_preparer.quote(role)  # type: ignore[no-untyped-call]
    return (
        f"GRANT USAGE ON SCHEMA public TO {name}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}",
        f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {name}",
        f"REVOKE UPDATE, DELETE ON audit_event FROM {name}",
        f"REVOKE DELETE ON audit_head FROM {name}",
        f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {name}",
    )


def grant(engine: Engine, role: str) -> None:
    """Grant a role its rights, as the owner of the tables.

    Parameters
    ----------
    engine : Engine
        Of a PostgreSQL database at its newest revision.
    role : str
        As in `statements`.
    """
    with engine.begin() as connection:
        for statement in statements(role):
            connection.exec_driver_sql(statement)
