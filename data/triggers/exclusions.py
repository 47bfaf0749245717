"""Nothing is booked where a household is in danger, whoever comes first: the booking or the danger zone."""

from typing import Final

from data.triggers.form import refusal

_EXCLUDED: Final = """EXISTS (
  SELECT 1 FROM excluded_pair JOIN place ON place.facility_id = excluded_pair.facility_id
  WHERE place.id = NEW.place_id AND excluded_pair.request_id = NEW.request_id
)"""

# On PostgreSQL the request's row is locked by then (`data.triggers.bookings.LOCKS`).
EXCLUDED: Final = refusal(
    "booking_of_excluded_pair",
    "booking",
    ("INSERT",),
    sqlstate="check_violation",
    forbidden=f"NEW.live AND {_EXCLUDED}",
)
"""No booking of an excluded pair."""

HELD: Final = refusal(
    "excluded_pair_held",
    "excluded_pair",
    ("INSERT",),
    sqlstate="restrict_violation",
    # A booking that is being made is seen once it is committed, or waits and then sees this pair.
    first="PERFORM 1 FROM request WHERE id = NEW.request_id FOR NO KEY UPDATE;\n  ",
    forbidden="""EXISTS (
  SELECT 1 FROM booking
  JOIN place ON place.id = booking.place_id
  LEFT JOIN stay ON stay.id = booking.stay_id
  WHERE booking.request_id = NEW.request_id AND place.facility_id = NEW.facility_id AND booking.live
    AND (stay.id IS NULL OR stay.state = 'booked')
)""",
)
"""No pair is excluded under a hold, or a stay still expected: these are withdrawn first. (Residents stay: people, not
software, move them.)"""

ARRIVAL: Final = refusal(
    "stay_of_excluded_pair",
    "stay",
    ("INSERT", "UPDATE OF state"),
    sqlstate="check_violation",
    first="PERFORM 1 FROM request WHERE id = NEW.request_id FOR NO KEY UPDATE;\n  ",
    forbidden=f"NEW.state IN ('booked', 'occupied') AND {_EXCLUDED}",
)
"""Nobody is expected, or arrives, where they are in danger."""
