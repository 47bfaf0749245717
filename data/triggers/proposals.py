"""A proposal's legs and bookings hold exactly while it does."""

from typing import Final

from data.base import codes
from data.models.proposal import HOLDING_PROPOSALS
from data.triggers.form import act, refusal

_HOLDING: Final = codes(HOLDING_PROPOSALS)
_CLOSE_LEGS: Final = f"UPDATE proposal_leg SET open = (NEW.state IN ({_HOLDING})) WHERE proposal_id = NEW.id"  # noqa: S608 - our codes
LEGS_FOLLOW: Final = act(
    "proposal_legs_follow_state",
    "proposal",
    ("UPDATE OF state",),
    sqlite=_CLOSE_LEGS,
    postgresql=_CLOSE_LEGS,
)
"""When a proposal ceases to hold, so do its legs."""

LEG_OPEN: Final = refusal(
    "proposal_leg_open_differs",
    "proposal_leg",
    ("INSERT", "UPDATE"),
    sqlstate="check_violation",
    forbidden=f"""EXISTS (
  SELECT 1 FROM proposal
  WHERE proposal.id = NEW.proposal_id AND NEW.open <> (proposal.state IN ({_HOLDING}))
)""",  # noqa: S608 - codes of ours
)
"""A leg is open exactly while its proposal holds."""

_RELEASE: Final = f"""UPDATE booking SET live = FALSE
  WHERE proposal_id = NEW.id AND stay_id IS NULL AND live AND NEW.state NOT IN ({_HOLDING})"""  # noqa: S608 - our codes
HOLDS_FOLLOW: Final = act(
    "proposal_bookings_follow_state",
    "proposal",
    ("UPDATE OF state",),
    sqlite=_RELEASE,
    postgresql=_RELEASE,
)
"""When a proposal ceases to hold, the bookings that no stay has taken over are released."""
