"""The database lets states change as the machines say, and begin where they begin."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, Engine, text, update
from sqlalchemy.exc import IntegrityError

from data.errors import ConstraintBroken, broken_constraint
from data.models.organisation import Organisation
from data.models.request import Request
from data.models.request_codes import RequestState
from data.session import transaction
from data.triggers.machines import MACHINES, STATES
from data.workflow.machine import Machine
from tests import builders as b


@pytest.fixture(params=MACHINES, ids=lambda machine: machine.noun)
def machine(request: pytest.FixtureRequest) -> Machine:
    found: Machine = request.param
    return found


@contextmanager
def bare_table(engine: Engine, machine: Machine, *rules: str) -> Iterator[Connection]:
    """A table with nothing but a state, so that no other rule of the real one speaks first."""
    with engine.connect() as connection:
        connection.execute(text(f"CREATE TABLE {machine.noun} (state TEXT)"))
        for rule in STATES:
            if rule.name in {f"{machine.noun}_{name}" for name in rules}:
                for statement in rule.statements[engine.dialect.name]:
                    connection.exec_driver_sql(statement)
        yield connection
        connection.rollback()


def refused(connection: Connection, statement: str) -> str | None:
    try:
        with connection.begin_nested():
            connection.execute(text(statement))
    except IntegrityError as error:
        return broken_constraint(error)
    return None


def test_a_row_begins_where_its_machine_begins(bare_engine: Engine, machine: Machine) -> None:
    with bare_table(bare_engine, machine, "begins") as connection:
        for state in machine.states:
            answer = refused(connection, f"INSERT INTO {machine.noun} VALUES ('{state.code.value}')")  # noqa: S608
            assert answer == (None if state.code in machine.initial else f"{machine.noun}_begins")


def test_a_state_changes_as_its_machine_says(bare_engine: Engine, machine: Machine) -> None:
    with bare_table(bare_engine, machine, "moves") as connection:
        for source in machine.states:
            for target in machine.states:
                connection.execute(text(f"DELETE FROM {machine.noun}"))  # noqa: S608
                connection.execute(text(f"INSERT INTO {machine.noun} VALUES ('{source.code.value}')"))  # noqa: S608
                answer = refused(connection, f"UPDATE {machine.noun} SET state = '{target.code.value}'")  # noqa: S608
                allowed = source is target or (source.code, target.code) in machine.pairs
                assert answer == (None if allowed else f"{machine.noun}_moves"), (source.code, target.code)


def test_without_the_rule_anything_goes(bare_engine: Engine, machine: Machine) -> None:
    first, last = machine.states[0].code.value, machine.states[-1].code.value
    with bare_table(bare_engine, machine) as connection:
        assert refused(connection, f"INSERT INTO {machine.noun} VALUES ('{last}')") is None  # noqa: S608
        assert refused(connection, f"UPDATE {machine.noun} SET state = '{first}'") is None  # noqa: S608


def test_the_real_tables_have_the_rules(engine: Engine, owner: Organisation) -> None:
    asked = b.request(owner)
    b.save(engine, asked)
    closed = update(Request).values(state=RequestState.CLOSED, closed_at=b.NOW)
    with pytest.raises(ConstraintBroken, match="request_moves"), transaction(engine) as session:
        session.execute(closed)
    with pytest.raises(ConstraintBroken, match="request_begins"), transaction(engine) as session:
        session.add(b.request(owner, state=RequestState.ADMITTED))
