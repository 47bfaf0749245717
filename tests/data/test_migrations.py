"""Revisions make exactly the schema of the models, go up, down and up again, and keep the rows they meet."""

import re
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, func, inspect, select, text

from api.services.audit import record
from api.services.context import Context
from data import schema
from data.base import Base, new_id
from data.models.idempotency_key import IdempotencyKey
from data.models.organisation import TokenRole
from data.models.proposal import ProposalLeg
from data.models.run import RunOutcome
from data.models.run_problem import RunProblem
from data.session import make_engine, reading, transaction
from matcher.place import Sharing
from tests import account_builders as ab
from tests import builders as b
from tests import job_builders as jb
from tests import journey_builders as wb
from tests import notice_builders as nb

STEPS = [f"{number:04}" for number in range(1, 13)]

POSTGRESQL_CATALOGUE = {
    "columns": """
        SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default
        FROM information_schema.columns WHERE table_schema = 'public'""",
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace""",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "triggers": """
        SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), tgenabled FROM pg_trigger
        WHERE NOT tgisinternal""",
    "functions": """
        SELECT proname, provolatile, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')""",
}


def parts(statement: str) -> tuple[str, ...]:
    """A CREATE TABLE as the sorted set of its columns and constraints; anything else as one text."""
    flat = re.sub(r"\s+", " ", statement).strip()
    head, opening, body = flat.partition("(")
    if not head.upper().startswith("CREATE TABLE"):
        return (flat,)
    assert opening
    items, depth, current = [], 0, ""
    for sign in body.rstrip()[:-1]:
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if sign == "," and depth == 0:
            items.append(current.strip())
            current = ""
        else:
            current += sign
    return (head.strip(), *sorted([*items, current.strip()]))


def shape(connection: Connection) -> dict[str, set[object]]:
    """Everything the database knows about its own schema, in a form that can be compared."""
    if connection.dialect.name == "sqlite":
        rows = connection.execute(text("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
        found: dict[str, set[object]] = {"schema": {(*row[:3], parts(row[3])) for row in rows}}
    else:
        found = {
            name: {tuple(row) for row in connection.execute(text(query))}
            for name, query in POSTGRESQL_CATALOGUE.items()
        }
    return {name: {row for row in rows if "alembic_version" not in str(row)} for name, rows in found.items()}


def shape_of(engine: Engine) -> dict[str, set[object]]:
    with engine.connect() as connection:
        return shape(connection)


def fill(engine: Engine) -> None:
    """At least one row in every table."""
    owner, home_owner = b.organisation(), b.operator()
    home = b.facility(home_owner)
    room = b.place(home)
    dormitory = b.place(home, sharing=Sharing.SHARED, free=[b.interval(), b.interval(b.nights(2), b.nights(9), beds=1)])
    asked, night_run = b.request(owner, zones=[b.zone("75"), b.circle("69123", 20)]), b.run(owner)
    guest, other = b.request(owner), b.place(home)
    held = b.leg(other)
    b.save(
        engine,
        *(owner, home_owner, b.token(owner, TokenRole.COORDINATOR, "secret"), home, b.quota(home)),
        *(room, dormitory, b.closure(dormitory, b.nights(30)), asked, b.refused_pair(asked, home)),
        *(b.waiver(asked, home, owner), b.candidate(asked, room, owner)),
        *(b.stay(room), night_run, b.proposal(asked, [b.leg(room)], run_id=night_run.id)),
        *(b.excluded_pair(asked, home), guest, other, b.proposal(guest, [held]), b.booking(held)),
        RunOutcome(run_id=night_run.id, request_id=asked.id, served=True),
        RunProblem(run_id=night_run.id, digest="0" * 64, problem=b""),
        IdempotencyKey(
            organisation_id=owner.id,
            key=new_id(),
            method="POST",
            path="/api/v1/requests",
            body_hash="0" * 64,
            status=201,
            response={"id": asked.id},
            headers={},
            created_at=b.NOW,
        ),
        b.alert(("request", asked.id), owner),
        *(jb.lease(), jb.heartbeat(), jb.night_fact(asked)),
    )
    mailbox, told = nb.contact_point(owner), nb.notice(owner)
    letter = nb.message(mailbox)
    b.save(engine, mailbox, told, letter, nb.stands_for(letter, told))
    settled = b.stay(dormitory)
    b.save(engine, settled, wb.journey(settled), wb.step(asked), wb.follow_on(settled, asked))

    person, another = ab.account(owner), ab.account(owner)
    b.save(engine, person, another)
    b.save(engine, ab.passkey(person), ab.login_session(person), ab.invitation(owner))
    b.save(engine, ab.second_factor_reset(person, another), ab.login_failure())

    with transaction(engine) as session:
        record(Context(session, b.NOW, b""), None, "run.end", ("run", night_run.id))


def counts(engine: Engine) -> dict[str, int]:
    with reading(engine) as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }


def test_migrations_make_what_the_models_say(bare_engine: Engine) -> None:
    schema.upgrade(bare_engine)
    migrated = shape_of(bare_engine)
    schema.downgrade(bare_engine, "base")
    schema.create_all(bare_engine)
    modelled = shape_of(bare_engine)
    for name, rows in modelled.items():
        assert rows, f"the comparison of {name} compares nothing"
        assert migrated[name] - rows == set(), f"only the migrations make these {name}"
        assert rows - migrated[name] == set(), f"only the models make these {name}"


@pytest.mark.parametrize(
    "change",
    [
        "CREATE INDEX stray ON stay (from_night)",
        "DROP INDEX uq_proposal_open_from_run",
        {
            "sqlite": "DROP TRIGGER place_private_overlap",
            "postgresql": "DROP TRIGGER place_private_overlap ON place",
        },
        {
            "sqlite": "ALTER TABLE closure ADD COLUMN note TEXT CHECK (length(note) < 9)",
            "postgresql": "ALTER TABLE closure DROP CONSTRAINT ck_closure_nights",
        },
    ],
    ids=["index", "partial index", "trigger", "check"],
)
def test_the_comparison_sees_a_difference(engine: Engine, change: str | dict[str, str]) -> None:
    with engine.connect() as connection:
        before = shape(connection)
        connection.execute(text(change if isinstance(change, str) else change[engine.dialect.name]))
        assert shape(connection) != before
        connection.rollback()
        assert shape(connection) == before


def test_up_down_and_up_again_with_rows(bare_engine: Engine) -> None:
    schema.upgrade(bare_engine)
    assert schema.current(bare_engine) == schema.head() == STEPS[-1]
    fill(bare_engine)
    assert min(counts(bare_engine).values()) >= 1, "every table has a row"
    for revision in [*reversed(STEPS[:-1]), "base"]:
        schema.downgrade(bare_engine, revision)
    assert set(inspect(bare_engine).get_table_names()) <= {"alembic_version"}
    if bare_engine.dialect.name == "postgresql":
        assert shape_of(bare_engine)["functions"] == set()
    schema.upgrade(bare_engine)
    fill(bare_engine)
    assert min(counts(bare_engine).values()) >= 1


def test_upgrading_keeps_the_rows_it_meets(bare_engine: Engine) -> None:
    schema.upgrade(bare_engine)
    fill(bare_engine)
    before = counts(bare_engine)
    schema.downgrade(bare_engine, "0004")
    schema.upgrade(bare_engine)
    after = counts(bare_engine)
    gone = {"journey", "protection_step", "follow_on"}
    gone |= {"account", "passkey", "login_session", "invitation", "second_factor_reset", "login_failure"}
    gone |= {"lease", "heartbeat", "rematch", "night_fact"}
    gone |= {"audit_event", "audit_head", "run_problem", "candidate", "waiver"}
    gone |= {"proposal", "proposal_leg", "booking", "alert", "contact_point", "notice", "message", "message_notice"}
    assert {name: after[name] for name in after.keys() - gone} == {name: before[name] for name in before.keys() - gone}
    assert {after[name] for name in gone} == {0}


def test_upgrading_twice_changes_nothing(bare_engine: Engine) -> None:
    schema.upgrade(bare_engine)
    fill(bare_engine)
    before, rows = shape_of(bare_engine), counts(bare_engine)
    schema.upgrade(bare_engine)
    assert (shape_of(bare_engine), counts(bare_engine)) == (before, rows)


def test_a_migration_that_fails_leaves_nothing_behind(bare_engine: Engine) -> None:
    with bare_engine.begin() as connection:
        connection.execute(text("CREATE TABLE proposal_leg (id INTEGER)"))
    before = shape_of(bare_engine)
    with pytest.raises(Exception, match="already exists"):
        schema.upgrade(bare_engine)
    assert shape_of(bare_engine) == before
    assert schema.current(bare_engine) is None


def test_revisions_are_one_line_without_branches() -> None:
    folder = Path(schema.__file__).parent / "migrations" / "versions"
    assert sorted(path.name[:4] for path in folder.glob("[0-9]*.py")) == STEPS


def test_another_engine_is_refused() -> None:
    with pytest.raises(ValueError, match="SQLite or PostgreSQL"):
        make_engine("mysql+pymysql://localhost/escale")


def test_a_leg_is_deleted_with_its_proposal(bare_engine: Engine) -> None:
    schema.upgrade(bare_engine)
    fill(bare_engine)
    with bare_engine.begin() as connection:
        connection.execute(text("DELETE FROM proposal"))
    with reading(bare_engine) as session:
        assert session.scalar(select(func.count()).select_from(ProposalLeg)) == 0
