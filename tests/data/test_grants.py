"""The role the service runs under does its work, and cannot touch what the audit log holds."""

import secrets
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import ProgrammingError

from api.services.audit import record
from api.services.audit_check import verify
from api.services.context import Context
from data import grants, schema
from data.session import make_engine, transaction
from tests import builders as b

SECRET = bytes(range(32))
REFUSED = "permission denied|must be owner"


@pytest.fixture
def restricted(bare_engine: Engine) -> Iterator[Engine]:
    """The same database, entered by a role of its own; its name needs its quotes."""
    if bare_engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no roles")
    role = f'escale "test" {secrets.token_hex(4)}'
    quoted = role.replace('"', '""')
    schema.upgrade(bare_engine)
    with bare_engine.begin() as connection:
        connection.execute(text(f'CREATE ROLE "{quoted}" LOGIN'))
    grants.grant(bare_engine, role)
    grants.grant(bare_engine, role)
    engine = make_engine(make_url(bare_engine.url).set(username=role).render_as_string(hide_password=False))
    yield engine
    engine.dispose()
    with bare_engine.begin() as connection:
        connection.execute(text(f'DROP OWNED BY "{quoted}"'))
        connection.execute(text(f'DROP ROLE "{quoted}"'))


def test_the_role_works_and_cannot_forget(restricted: Engine) -> None:
    for number in range(3):
        with transaction(restricted) as session:
            owner = b.organisation()
            session.add(owner)
            session.flush()
            owner.name = f"SIAO {number}"
            record(Context(session, b.NOW, b"", SECRET), None, "a.b", ("organisation", owner.id))
    with transaction(restricted) as session:
        session.execute(text("DELETE FROM organisation"))
    for statement in (
        "UPDATE audit_event SET act = 'a.c'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event",
        "DELETE FROM audit_head",
        "TRUNCATE audit_head",
        "DROP TABLE audit_event",
        "ALTER TABLE audit_event DISABLE TRIGGER USER",
        "SET session_replication_role = replica",
        "UPDATE alembic_version SET version_num = '0001'",
    ):
        with pytest.raises(ProgrammingError, match=REFUSED), restricted.begin() as connection:
            connection.execute(text(statement))
    assert verify(restricted, [SECRET]).rows == 3
