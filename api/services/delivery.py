"""Messages leave: claimed by one worker, tried outside any transaction, tried again later when it fails.

At least once: a worker that dies after the other side took a message lets another try it again, under the same
Message-ID or webhook-id.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Final, TypeAlias

from sqlalchemy import Engine, and_, or_, select
from sqlalchemy.orm import Session, contains_eager

from api.config import PostSettings
from api.services import mail, webhooks
from api.services.alerts import AlertKind, raise_alert, resolve
from api.services.context import Context
from api.services.letters import Letter, compose
from api.services.notice_sorting import sort
from api.services.notices import Topic, tell
from api.services.outcome import Fate, Outcome, later
from data.models.notice import (
    UNSENT,
    Channel,
    ContactPoint,
    DisabledBecause,
    Message,
    MessageNotice,
    MessageState,
    Notice,
)
from data.session import retrying

ContextOf: TypeAlias = Callable[[Session], Context]
Send: TypeAlias = Callable[[Letter, PostSettings], Outcome]

CLAIM: Final = timedelta(minutes=10)
"""How long a message is one worker's: longer than any try takes."""
BACK_OFF: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720))
"""Waits between tries: the eighth and last comes 22 h after the first."""
BOUNCES_MAX: Final = 3
"""Messages in a row refused for good, after which a contact point is disabled."""
SENDERS: Final[dict[Channel, Send]] = {Channel.EMAIL: mail.send, Channel.WEBHOOK: webhooks.send}
"""How each channel sends."""


def deliver(engine: Engine, context_of: ContextOf, settings: PostSettings, *, limit: int = 500) -> int:
    """Sort the outbox and send what is due.

    Any number of workers may do this at once: each message is claimed by one of them.

    Parameters
    ----------
    engine : Engine
        Of the database; each step is a transaction of its own.
    context_of : callable
        Session → context, with the present instant.
    settings : PostSettings
        Where messages leave from.
    limit : int
        Most messages tried, so that the caller may see to other things.

    Returns
    -------
    int
        Messages delivered.
    """
    while retrying(engine, lambda session: sort(context_of(session))):
        pass
    delivered = 0
    for _ in range(limit):
        claimed = retrying(engine, lambda session: _claim(context_of(session)))
        if claimed is None:
            break
        letter, attempt = claimed
        outcome = _try(letter, settings)
        retrying(engine, lambda session: _record(context_of(session), letter.id, attempt, outcome))  # noqa: B023 (called at once)
        delivered += outcome.fate is Fate.DELIVERED
    return delivered


def _try(letter: Letter, settings: PostSettings) -> Outcome:
    try:
        return SENDERS[letter.channel](letter, settings)
    except Exception:  # noqa: BLE001 (one message that cannot be made holds up none of the others)
        return later("fault")


def _claim(context: Context) -> tuple[Letter, int] | None:
    now = context.now
    message = context.session.scalar(
        select(Message)
        .join(Message.contact_point)
        .options(contains_eager(Message.contact_point))
        .where(
            Message.state.in_(UNSENT),
            Message.due_at <= now,
            or_(Message.claimed_until.is_(None), Message.claimed_until <= now),
            ContactPoint.disabled_at.is_(None),
            # Somebody who does not answer is left alone for a while; what is urgent is tried once all the same.
            or_(
                ContactPoint.retry_at.is_(None),
                ContactPoint.retry_at <= now,
                and_(Message.urgent, Message.attempts == 0),
            ),
        )
        .order_by(Message.urgent.desc(), Message.due_at, Message.id)
        .limit(1)
        .with_for_update(of=Message, skip_locked=True)
    )
    if message is None:
        return None
    # Counted before the try: one that kills its worker is not tried for ever.
    message.attempts += 1
    message.claimed_until = now + CLAIM
    context.session.flush()
    verifies = _verifies(context.session, message)
    letter = compose(context.reference_secret, message, message.contact_point, now, verifies=verifies)
    return letter, message.attempts


def _verifies(session: Session, message: Message) -> bool:
    found = session.scalar(
        select(Notice.id)
        .join(MessageNotice, MessageNotice.notice_id == Notice.id)
        .where(MessageNotice.message_id == message.id, Notice.topic == Topic.VERIFICATION)
        .limit(1)
    )
    return found is not None


def _record(context: Context, message_id: str, attempt: int, outcome: Outcome) -> None:
    # Contact point first, then message: the order in which everybody locks them.
    point = context.session.scalar(
        select(ContactPoint)
        .join(Message, Message.contact_point_id == ContactPoint.id)
        .where(Message.id == message_id)
        .with_for_update(of=ContactPoint)
    )
    message = context.session.get(Message, message_id, with_for_update=True)
    if point is None or message is None or message.state not in UNSENT:
        return
    if outcome.fate is Fate.DELIVERED:
        _delivered(context, message, point)
    elif message.attempts == attempt:
        # Else another worker has it: this one came back too late to speak of a failure.
        _failed(context, message, point, outcome)
    context.session.flush()


def _delivered(context: Context, message: Message, point: ContactPoint) -> None:
    message.state, message.sent_at = MessageState.SENT, context.now
    message.claimed_until = message.error = None
    if point.failures:
        point.failures = point.bounces = 0
        point.retry_at = None
        resolve(context, AlertKind.NOTICE_FAILED, ("contact_point", point.id))


def _failed(context: Context, message: Message, point: ContactPoint, outcome: Outcome) -> None:
    message.claimed_until, message.error = None, outcome.error
    point.failures += 1
    if outcome.fate is Fate.LATER:
        if message.attempts <= len(BACK_OFF):
            message.state = MessageState.FAILING
            message.due_at = context.now + BACK_OFF[message.attempts - 1]
        else:
            message.state = MessageState.GIVEN_UP
            _alert(context, point)
        point.retry_at = context.now + BACK_OFF[min(point.failures, len(BACK_OFF)) - 1]
        return
    message.state = MessageState.BOUNCED
    point.bounces += 1
    if point.bounces >= BOUNCES_MAX or outcome.fate is Fate.GONE:
        disable(context, point, DisabledBecause.BOUNCED)
        _alert(context, point)
        # Its other contact points may still be read.
        tell(context, point.organisation_id, Topic.ALERT, ("contact_point", point.id))


def disable(context: Context, point: ContactPoint, because: DisabledBecause) -> None:
    """Tell a contact point nothing any more; what waits for it is dropped.

    Parameters
    ----------
    context : Context
        A transaction that has locked the contact point.
    point : ContactPoint
        Which.
    because : DisabledBecause
        Why.
    """
    point.disabled_at, point.disabled_because = context.now, because
    waiting = select(Message).where(Message.contact_point_id == point.id, Message.state.in_(UNSENT)).with_for_update()
    for message in context.session.scalars(waiting.order_by(Message.id)):
        message.state, message.claimed_until = MessageState.DROPPED, None


def _alert(context: Context, point: ContactPoint) -> None:
    for organisation_id in (point.organisation_id, None):
        raise_alert(context, AlertKind.NOTICE_FAILED, ("contact_point", point.id), organisation_id)
