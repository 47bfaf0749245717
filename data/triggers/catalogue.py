"""Every table and every rule: importing this module makes the metadata whole, with its triggers.

The migrations hold the same texts, frozen; a test compares them.
"""

from typing import Any, Final

from sqlalchemy import DDL, event

from data.base import Base
from data.models import (
    account,
    alert,
    audit,
    booking,
    candidate,
    exclusion,
    facility,
    follow_on,
    idempotency_key,
    journey,
    lease,
    night_fact,
    notice,
    organisation,
    place,
    proposal,
    protection,
    rematch,
    request,
    run,
    run_problem,
    stay,
    waiver,
)
from data.triggers.audit import APPEND_ONLY, HEAD_GROWS, HEAD_STAYS, NO_GAP
from data.triggers.bookings import (
    DECLARED,
    EXTENSION,
    HOLDER,
    LARGER,
    LOCKS,
    MOVED,
    OVERLAP,
    RENEWED,
    STAYS_FOLLOW,
    UNIT,
)
from data.triggers.changes import CHANGED, FACT_STAYS
from data.triggers.exclusions import ARRIVAL, EXCLUDED, HELD
from data.triggers.form import Trigger
from data.triggers.intervals import BELOW_BOOKED, INTERVALS, SHARING
from data.triggers.machines import STATES
from data.triggers.proposals import HOLDS_FOLLOW, LEG_OPEN, LEGS_FOLLOW

MODELS: Final = (
    account,
    alert,
    audit,
    booking,
    candidate,
    exclusion,
    facility,
    follow_on,
    idempotency_key,
    journey,
    lease,
    night_fact,
    notice,
    organisation,
    place,
    proposal,
    protection,
    rematch,
    request,
    run,
    run_problem,
    stay,
    waiver,
)
"""Every module of tables."""

TRIGGERS: Final = (
    *(INTERVALS, SHARING, LEGS_FOLLOW, LEG_OPEN),
    *(APPEND_ONLY, NO_GAP, HEAD_GROWS, HEAD_STAYS),
    *(*CHANGED, FACT_STAYS),
    *(LOCKS, OVERLAP, UNIT, DECLARED, RENEWED, LARGER, HOLDER, MOVED, BELOW_BOOKED, HOLDS_FOLLOW, STAYS_FOLLOW),
    *(EXCLUDED, HELD, ARRIVAL),
    *STATES,
)
"""All rules, in the order they are made."""


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


# The exclusion constraint of bookings compares texts in a GiST index.
event.listen(Base.metadata.tables["booking"], "before_create", _ddl(EXTENSION, "postgresql"))
for _each in TRIGGERS:
    _attach(_each)
