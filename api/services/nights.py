"""Which night it is."""

from datetime import date, datetime, timedelta

TURN_HOUR_UTC = 10
"""Hour (UTC) at which "tonight" becomes the coming night: late morning in Paris, early in the Antilles, afternoon at
La Réunion. At 3 a.m. people on the telephone still speak of the night that began the evening before."""


def tonight(now: datetime) -> date:
    """Return the date whose evening begins the present or coming night.

    Parameters
    ----------
    now : datetime
        Timezone-aware, UTC.
    """
    return (now - timedelta(hours=TURN_HOUR_UTC)).date()
