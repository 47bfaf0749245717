"""What was recorded of acts stays as it was recorded."""

from dataclasses import replace
from typing import Final

from data.triggers.form import Trigger, refusal

_NO_TRUNCATION: Final = """CREATE TRIGGER audit_event_truncated BEFORE TRUNCATE ON audit_event
FOR EACH STATEMENT EXECUTE FUNCTION audit_event_append_only()"""


def _append_only() -> Trigger:
    made = refusal(
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

NO_GAP: Final = refusal(
    "audit_event_gap",
    "audit_event",
    ("INSERT",),
    sqlstate="check_violation",
    forbidden="NEW.seq > 1 AND NOT EXISTS (SELECT 1 FROM audit_event WHERE seq = NEW.seq - 1)",
)
"""Each row of the audit log follows another."""

HEAD_GROWS: Final = refusal(
    "audit_head_grows",
    "audit_head",
    ("UPDATE",),
    sqlstate="restrict_violation",
    forbidden="NEW.seq <= OLD.seq",
)
"""The head of the audit log only moves on."""

HEAD_STAYS: Final = refusal(
    "audit_head_stays", "audit_head", ("DELETE",), sqlstate="restrict_violation", forbidden="TRUE"
)
"""The head of the audit log is never taken away."""
