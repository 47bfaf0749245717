"""A proposal's legs are open exactly while it is."""

from typing import Final

from data.base import codes
from data.models.proposal import OPEN_PROPOSALS
from data.triggers.form import act, refusal

_OPEN: Final = codes(OPEN_PROPOSALS)
_CLOSE_LEGS: Final = f"UPDATE proposal_leg SET open = (NEW.state IN ({_OPEN})) WHERE proposal_id = NEW.id"  # noqa: S608 - our codes
LEGS_FOLLOW: Final = act(
    "proposal_legs_follow_state",
    "proposal",
    ("UPDATE OF state",),
    sqlite=_CLOSE_LEGS,
    postgresql=_CLOSE_LEGS,
)
"""When a proposal opens or closes, so do its legs."""

LEG_OPEN: Final = refusal(
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
