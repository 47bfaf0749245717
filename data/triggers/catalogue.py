"""Every table and every rule: importing this module makes the metadata whole, with its triggers.

The migrations hold the same texts, frozen; a test compares them.
"""

from typing import Any, Final

from sqlalchemy import DDL, event

from data.base import Base
from data.models import (
    alert,
    audit,
    facility,
    idempotency_key,
    lease,
    night_fact,
    notice,
    organisation,
    place,
    proposal,
    rematch,
    request,
    run,
    stay,
)
from data.triggers.audit import APPEND_ONLY, HEAD_GROWS, HEAD_STAYS, NO_GAP
from data.triggers.changes import CHANGED
from data.triggers.form import Trigger
from data.triggers.intervals import INTERVALS, SHARING
from data.triggers.proposals import LEG_OPEN, LEGS_FOLLOW

MODELS: Final = (
    alert,
    audit,
    facility,
    idempotency_key,
    lease,
    night_fact,
    notice,
    organisation,
    place,
    proposal,
    rematch,
    request,
    run,
    stay,
)
"""Every module of tables."""

TRIGGERS: Final = (INTERVALS, SHARING, LEGS_FOLLOW, LEG_OPEN, APPEND_ONLY, NO_GAP, HEAD_GROWS, HEAD_STAYS, *CHANGED)
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


for _each in TRIGGERS:
    _attach(_each)
