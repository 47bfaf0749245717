"""Rules that no constraint can say, as triggers on both engines.

Each refuses with its own name: SQLite's message is that name, PostgreSQL gives it as the constraint's name
(`data.errors.broken_constraint` reads both). The migrations hold the same texts, frozen; a test compares them.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import DDL, event

from data.base import Base, codes
from data.models import (
    alert,
    audit,
    facility,
    idempotency_key,
    notice,
    organisation,
    place,
    proposal,
    request,
    run,
    stay,
)
from data.models.proposal import OPEN_PROPOSALS

MODELS: Final = (alert, audit, facility, idempotency_key, notice, organisation, place, proposal, request, run, stay)
"""Every module of tables: importing this one makes the metadata whole."""


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


def _trigger(
    name: str, table: str, moments: tuple[str, ...], *, sqlite: str, postgresql: str, when: str = ""
) -> Trigger:
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


def _refusal(
    name: str, table: str, moments: tuple[str, ...], *, forbidden: str, sqlstate: str, first: str = ""
) -> Trigger:
    # Refuses the row when the condition `forbidden` holds; PostgreSQL does `first` before it looks.
    return _trigger(
        name,
        table,
        moments,
        when=f"WHEN {forbidden}\n",
        sqlite=f"SELECT RAISE(ABORT, '{name}')",
        postgresql=f"{first}IF {forbidden} THEN\n    RAISE EXCEPTION USING ERRCODE = '{sqlstate}', "
        f"CONSTRAINT = '{name}', MESSAGE = '{name}';\n  END IF",
    )


INTERVALS: Final = _refusal(
    "free_interval_private_overlap",
    "free_interval",
    ("INSERT", "UPDATE"),
    sqlstate="exclusion_violation",
    # Two transactions that add intervals to one place wait for each other, or each would miss the other's.
    first="PERFORM 1 FROM place WHERE id = NEW.place_id FOR NO KEY UPDATE;\n  ",
    forbidden="""EXISTS (
  SELECT 1 FROM free_interval AS other JOIN place ON place.id = other.place_id
  WHERE other.place_id = NEW.place_id AND other.id <> NEW.id AND place.sharing = 'private'
    AND (NEW.until_night IS NULL OR other.from_night < NEW.until_night)
    AND (other.until_night IS NULL OR NEW.from_night < other.until_night)
)""",
)
"""Free intervals of a private place never overlap."""

SHARING: Final = _refusal(
    "place_private_overlap",
    "place",
    ("UPDATE OF sharing",),
    sqlstate="exclusion_violation",
    forbidden="""NEW.sharing = 'private' AND EXISTS (
  SELECT 1 FROM free_interval AS one JOIN free_interval AS other
    ON other.place_id = one.place_id AND other.id > one.id
  WHERE one.place_id = NEW.id
    AND (one.until_night IS NULL OR other.from_night < one.until_night)
    AND (other.until_night IS NULL OR one.from_night < other.until_night)
)""",
)
"""A shared place becomes private only when its free intervals do not overlap."""

_OPEN: Final = codes(OPEN_PROPOSALS)
_CLOSE_LEGS: Final = f"UPDATE proposal_leg SET open = (NEW.state IN ({_OPEN})) WHERE proposal_id = NEW.id"  # noqa: S608 - our codes
LEGS_FOLLOW: Final = _trigger(
    "proposal_legs_follow_state",
    "proposal",
    ("UPDATE OF state",),
    sqlite=_CLOSE_LEGS,
    postgresql=_CLOSE_LEGS,
)
"""When a proposal opens or closes, so do its legs."""

LEG_OPEN: Final = _refusal(
    "proposal_leg_open_differs",
    "proposal_leg",
    ("INSERT", "UPDATE"),
    sqlstate="check_violation",
    forbidden=f"""EXISTS (
  SELECT 1 FROM proposal
  WHERE proposal.id = NEW.proposal_id AND NEW.open <> (proposal.state IN ({_OPEN}))
)""",  # noqa: S608 - codes of ours
)
"""A leg is open exactly while its proposal is."""

_NO_TRUNCATION: Final = """CREATE TRIGGER audit_event_truncated BEFORE TRUNCATE ON audit_event
FOR EACH STATEMENT EXECUTE FUNCTION audit_event_append_only()"""


def _append_only() -> Trigger:
    made = _refusal(
        "audit_event_append_only",
        "audit_event",
        ("UPDATE", "DELETE"),
        sqlstate="restrict_violation",
        forbidden="TRUE",
    )
    # SQLite has no TRUNCATE.
    return replace(made, statements=made.statements | {"postgresql": (*made.statements["postgresql"], _NO_TRUNCATION)})


APPEND_ONLY: Final = _append_only()
"""What was recorded is neither changed nor taken away."""

NO_GAP: Final = _refusal(
    "audit_event_gap",
    "audit_event",
    ("INSERT",),
    sqlstate="check_violation",
    forbidden="NEW.seq > 1 AND NOT EXISTS (SELECT 1 FROM audit_event WHERE seq = NEW.seq - 1)",
)
"""Each row of the audit log follows another."""

HEAD_GROWS: Final = _refusal(
    "audit_head_grows",
    "audit_head",
    ("UPDATE",),
    sqlstate="restrict_violation",
    forbidden="NEW.seq <= OLD.seq",
)
"""The head of the audit log only moves on."""

HEAD_STAYS: Final = _refusal(
    "audit_head_stays", "audit_head", ("DELETE",), sqlstate="restrict_violation", forbidden="TRUE"
)
"""The head of the audit log is never taken away."""



def _changed(noun: Noun) -> Trigger:
    # A row written without the unit of work bumps no version, and then no run can have read it wrongly.
    remember = (
        f"INSERT INTO rematch (noun, row_id, version) VALUES ('{noun}', NEW.id, NEW.version) "
        "ON CONFLICT (noun, row_id) DO UPDATE SET version = excluded.version"
    )
    return _trigger(
        f"{noun}_changed", noun.value, ("INSERT", "UPDATE OF version"), sqlite=remember, postgresql=remember
    )


CHANGED: Final = tuple(_changed(noun) for noun in Noun)
"""What a run depends on and has changed is remembered until a run has looked at it."""

TRIGGERS: Final = (INTERVALS, SHARING, LEGS_FOLLOW, LEG_OPEN, APPEND_ONLY, NO_GAP, HEAD_GROWS, HEAD_STAYS, *CHANGED)
"""All of them, in the order they are made."""


def _ddl(statement: str, dialect: str) -> Any:  # noqa: ANN401 - DDL is untyped in SQLAlchemy
    # DDL() formats with %.
    return DDL(statement.replace("%", "%%")).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]


def _attach(trigger: Trigger) -> None:
    # So that `create_all` makes what the migrations make; SQLite drops triggers with their table.
    table = Base.metadata.tables[trigger.table]
    for dialect, statements in trigger.statements.items():
        for statement in statements:
            event.listen(table, "after_create", _ddl(statement, dialect))
    event.listen(table, "after_drop", _ddl(f"DROP FUNCTION IF EXISTS {trigger.name}()", "postgresql"))


for _each in TRIGGERS:
    _attach(_each)
