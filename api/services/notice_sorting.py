"""From the outbox to messages: one for each contact point that wants to hear, shared by all that waits there."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.services.context import Context
from data.base import new_id
from data.models.notice import (
    ContactPoint,
    Digest,
    Message,
    MessageNotice,
    MessageState,
    Notice,
    Topic,
)

BATCH: Final = 500
"""Most notices sorted in one transaction."""
DAILY_AT: Final = timedelta(hours=6)
"""When daily messages leave, UTC: 07:00 or 08:00 in Paris."""


def sort(context: Context) -> int:
    """Put notices that nobody has sorted yet into messages.

    A notice joins the message that waits for the same contact point and was never tried, else begins one. An urgent
    one makes it leave at once. Two workers never sort the same notice.

    Parameters
    ----------
    context : Context
        A transaction.

    Returns
    -------
    int
        Notices sorted; 0 when none is left.
    """
    session = context.session
    notices = session.scalars(
        select(Notice)
        .where(Notice.sorted_at.is_(None))
        .order_by(Notice.created_at, Notice.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    points = _points(session, {notice.organisation_id for notice in notices})
    waiting = {point.id: _waiting(session, point) for point in points}
    for notice in notices:
        notice.sorted_at = context.now
        for point in points:
            if _wants(point, notice):
                message = waiting[point.id] if notice.contact_point_id is None else None
                if message is None:
                    message = _begin(context, point)
                if notice.contact_point_id is None:
                    waiting[point.id] = message
                _join(context, message, notice, point.digest)
    session.flush()
    return len(notices)


def next_departure(digest: Digest, now: datetime) -> datetime:
    """Return when a message of a digest leaves that begins now.

    Parameters
    ----------
    digest : Digest
        How long notices wait for each other.
    now : datetime
        UTC.
    """
    if digest is Digest.HOURLY:
        return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    if digest is Digest.DAILY:
        today = now.replace(hour=0, minute=0, second=0, microsecond=0) + DAILY_AT
        return today if today > now else today + timedelta(days=1)
    return now


def _points(session: Session, organisations: Iterable[str]) -> list[ContactPoint]:
    return list(
        session.scalars(
            select(ContactPoint)
            .where(ContactPoint.organisation_id.in_(organisations), ContactPoint.disabled_at.is_(None))
            .order_by(ContactPoint.id)
        )
    )


def _wants(point: ContactPoint, notice: Notice) -> bool:
    if notice.contact_point_id is not None:
        return point.id == notice.contact_point_id
    return (
        point.organisation_id == notice.organisation_id
        and point.verified_at is not None
        and notice.topic.value not in point.muted
    )


def _waiting(session: Session, point: ContactPoint) -> Message | None:
    # Never one that was tried: every try of a message says the same. Never one that verifies: it holds a code.
    verifies = (
        select(MessageNotice.message_id)
        .join(Notice, Notice.id == MessageNotice.notice_id)
        .where(MessageNotice.message_id == Message.id, Notice.topic == Topic.VERIFICATION)
        .exists()
    )
    return session.scalar(
        select(Message)
        .where(
            Message.contact_point_id == point.id,
            Message.state == MessageState.WAITING,
            Message.attempts == 0,
            ~verifies,
        )
        .order_by(Message.due_at, Message.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


def _begin(context: Context, point: ContactPoint) -> Message:
    message = Message(
        id=new_id(),
        contact_point_id=point.id,
        created_at=context.now,
        due_at=next_departure(point.digest, context.now),
        urgent=False,
    )
    context.session.add(message)
    context.session.flush()
    return message


def _join(context: Context, message: Message, notice: Notice, digest: Digest) -> None:
    message.urgent = message.urgent or notice.urgent
    leaves = context.now if notice.urgent else next_departure(digest, context.now)
    message.due_at = min(message.due_at, leaves)
    context.session.add(MessageNotice(message_id=message.id, notice_id=notice.id))
