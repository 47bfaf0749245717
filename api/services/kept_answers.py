"""How long the answers to repeated POSTs are kept (`api.extensions.idempotency`)."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from data.models.idempotency_key import IdempotencyKey

LIFE: Final = timedelta(days=30)
"""For how long a key means the same act; a program that repeats a POST later than that does it anew."""


def forget_keys(session: Session, before: datetime) -> int:
    """Delete the answers given before an instant; return how many.

    Parameters
    ----------
    session : Session
        A transaction.
    before : datetime
        Usually `LIFE` ago.
    """
    gone = delete(IdempotencyKey).where(IdempotencyKey.created_at < before).returning(IdempotencyKey.key)
    return len(session.scalars(gone).all())
