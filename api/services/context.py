"""Where and when a service works."""

from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy.orm import Session

from api.config import DEMO_AUDIT_SECRET
from api.services.nights import tonight


@dataclass(frozen=True)
class Context:
    """One transaction (or one reading) at one instant.

    Parameters
    ----------
    session : Session
        Opened by `data.session.transaction` or `data.session.reading`; the service never commits.
    now : datetime
        The instant of the act, timezone-aware, UTC.
    reference_secret : bytes
        Key of the keyed hash of references.
    audit_secret : bytes
        Key of the chain of the audit log; unless given the demo's, with which no real log verifies.
    """

    session: Session
    now: datetime
    reference_secret: bytes = field(repr=False)
    audit_secret: bytes = field(default=DEMO_AUDIT_SECRET, repr=False)

    @property
    def tonight(self) -> date:
        """The night that has begun or is coming."""
        return tonight(self.now)
