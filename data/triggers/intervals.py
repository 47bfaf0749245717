"""What a shelter declares of its places does not contradict itself, nor what is booked there."""

from typing import Final

from data.triggers.form import refusal

INTERVALS: Final = refusal(
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

SHARING: Final = refusal(
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

BELOW_BOOKED: Final = refusal(
    "place_below_booked",
    "place",
    ("UPDATE OF sharing, beds, cots",),
    sqlstate="exclusion_violation",
    # A number of beds written again as it was is how a place's version grows: looked at first, because it is frequent.
    forbidden="""(NEW.sharing <> OLD.sharing AND EXISTS (
  SELECT 1 FROM booking WHERE booking.place_id = NEW.id AND booking.live
)) OR ((NEW.beds < OLD.beds OR NEW.cots < OLD.cots) AND EXISTS (
  SELECT 1 FROM booking AS one
  WHERE one.place_id = NEW.id AND one.live AND one.unit <> 'place'
    AND CASE one.unit WHEN 'bed' THEN NEW.beds ELSE NEW.cots END < (
      SELECT count(*) FROM booking AS other
      WHERE other.place_id = one.place_id AND other.unit = one.unit AND other.live
        AND other.from_night <= one.from_night
        AND (other.until_night IS NULL OR other.until_night > one.from_night)
    )
))""",
)
"""A place with live bookings keeps its sharing, and as many beds and cots as are booked on one night."""
