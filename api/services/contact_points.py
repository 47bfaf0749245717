"""Contact points: where an organisation wants to be told, of what, how often; managed by itself.

They belong to an organisation until people have accounts; then some belong to a person of it.
"""

import hmac
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, or_, select

from api.services import access, webhooks
from api.services.actor import Actor
from api.services.alerts import AlertKind, resolve
from api.services.audit import record
from api.services.contact_point_facts import (
    ContactPointFacts,
    ContactPointView,
    FailingView,
    SecretView,
    check,
    check_topics,
    view,
    view_failing,
)
from api.services.context import Context
from api.services.delivery import disable
from api.services.errors import Conflict, FieldError, Invalid, NotFound, Stale
from api.services.letters import signing_secret, verification_code
from api.services.paging import Page, Wanted, newest_first
from api.services.reasons import Reason
from data.models.notice import Channel, ContactPoint, DisabledBecause, Notice, Topic

POINTS_MAX: Final = 20
"""Most contact points of one organisation."""


def create(actor: Actor, context: Context, facts: ContactPointFacts) -> ContactPointView:
    """Add a contact point; an e-mail address is sent a code at once, a webhook once its secret is drawn.

    Raises
    ------
    Forbidden, Invalid, Conflict
        The role is told nothing; address or topic is wrong; there are too many, or this one is there already.
    """
    access.reach(actor, "contact_points.create")
    check(facts)
    addresses = [
        (row.channel, row.address)
        for row in context.session.scalars(
            select(ContactPoint).where(ContactPoint.organisation_id == actor.organisation_id)
        )
    ]
    if len(addresses) >= POINTS_MAX:
        raise Conflict(Reason.TOO_MANY, max=POINTS_MAX)
    if (facts.channel, facts.address) in addresses:
        raise Conflict(Reason.ALREADY_THERE)
    row = ContactPoint(
        organisation_id=actor.organisation_id,
        channel=facts.channel,
        address=facts.address,
        language=facts.language,
        digest=facts.digest,
        muted=facts.muted,
        disabled_at=None if facts.enabled else context.now,
        disabled_because=None if facts.enabled else DisabledBecause.CHOICE,
        created_at=context.now,
    )
    context.session.add(row)
    context.session.flush()
    record(context, actor, "contact_point.create", ("contact_point", row.id), {"channel": row.channel.value})
    if row.channel is Channel.EMAIL:
        _ask(context, row)
    return view(row)


def get(actor: Actor, context: Context, contact_point_id: str) -> ContactPointView:
    """Return one contact point of the caller's organisation.

    Raises
    ------
    Forbidden, NotFound
        The role is told nothing; it does not exist for the caller.
    """
    return view(_row(actor, context, "contact_points.get", contact_point_id))


def list_own(actor: Actor, context: Context, wanted: Wanted) -> Page[ContactPointView]:
    """List the contact points of the caller's organisation, newest first."""
    mine = select(ContactPoint).where(_own(actor, "contact_points.list"))
    return newest_first(context.session, mine, (ContactPoint.created_at, ContactPoint.id), wanted, view)


def list_failing(actor: Actor, context: Context, wanted: Wanted) -> Page[FailingView]:
    """List every organisation's contact points that do not answer or were disabled for it, without addresses.

    Raises
    ------
    Forbidden
        The caller is not an admin.
    """
    access.reach(actor, "contact_points.failing")
    failing = select(ContactPoint).where(
        or_(ContactPoint.failures > 0, ContactPoint.disabled_because == DisabledBecause.BOUNCED)
    )
    return newest_first(context.session, failing, (ContactPoint.created_at, ContactPoint.id), wanted, view_failing)


def amend(
    actor: Actor, context: Context, contact_point_id: str, changes: Mapping[str, Any], version: int
) -> ContactPointView:
    """Change language, digest, muted topics, or whether it is told at all.

    Enabling one that was disabled for its bounces gives it another chance.

    Parameters
    ----------
    changes : mapping
        Fields of `ContactPointFacts` to change; neither ``channel`` nor ``address``.
    version : int
        The caller has read.

    Raises
    ------
    Forbidden, NotFound, Stale, Invalid
        As for `get`; it changed meanwhile; a topic is unknown.
    """
    row = _row(actor, context, "contact_points.amend", contact_point_id, version)
    check_topics(changes.get("muted", ()))
    for name in ("language", "digest", "muted"):
        if name in changes:
            setattr(row, name, changes[name])
    enabled = changes.get("enabled")
    if enabled is False and row.disabled_at is None:
        disable(context, row, DisabledBecause.CHOICE)
    elif enabled is True and row.disabled_at is not None:
        row.disabled_at = row.disabled_because = row.retry_at = None
        row.failures = row.bounces = 0
        resolve(context, AlertKind.NOTICE_FAILED, ("contact_point", row.id))
        if row.verified_at is None:
            _ask(context, row)
    context.session.flush()
    record(context, actor, "contact_point.amend", ("contact_point", row.id), {"fields": ",".join(sorted(changes))})
    return view(row)


def remove(actor: Actor, context: Context, contact_point_id: str, version: int) -> ContactPointView:
    """Delete a contact point and what was to be sent to it.

    Raises
    ------
    Forbidden, NotFound, Stale
        As for `amend`.
    """
    row = _row(actor, context, "contact_points.remove", contact_point_id, version)
    resolve(context, AlertKind.NOTICE_FAILED, ("contact_point", row.id))
    context.session.delete(row)
    context.session.flush()
    record(context, actor, "contact_point.remove", ("contact_point", contact_point_id))
    return view(row)


def draw_secret(actor: Actor, context: Context, contact_point_id: str, version: int) -> SecretView:
    """Draw a new secret for a webhook; the one before signs nothing any more. It is shown this once.

    Raises
    ------
    Forbidden, NotFound, Stale, Conflict
        As for `amend`; it is an e-mail address.
    """
    row = _row(actor, context, "contact_points.secret", contact_point_id, version)
    if row.channel is not Channel.WEBHOOK:
        raise Conflict(Reason.NOT_A_WEBHOOK)
    row.secret_version += 1
    context.session.flush()
    record(context, actor, "contact_point.draw_secret", ("contact_point", row.id))
    if row.verified_at is None:
        _ask(context, row)
    return SecretView(webhooks.shown(signing_secret(context.reference_secret, row)), row.version)


def verify(actor: Actor, context: Context, contact_point_id: str, code: str, version: int) -> ContactPointView:
    """Give back the code a contact point was sent: from then on it is told.

    Raises
    ------
    Forbidden, NotFound, Stale, Invalid
        As for `amend`; it is another code.
    """
    row = _row(actor, context, "contact_points.verify", contact_point_id, version)
    if not hmac.compare_digest(code.encode(), verification_code(context.reference_secret, row).encode()):
        raise Invalid([FieldError("code", Reason.WRONG_CODE)])
    if row.verified_at is None:
        row.verified_at = context.now
        context.session.flush()
        record(context, actor, "contact_point.verify", ("contact_point", row.id))
    return view(row)


def _ask(context: Context, row: ContactPoint) -> None:
    context.session.add(
        Notice(
            organisation_id=row.organisation_id,
            contact_point_id=row.id,
            topic=Topic.VERIFICATION,
            subject_kind="contact_point",
            subject_id=row.id,
            urgent=True,
            created_at=context.now,
        )
    )


def _own(actor: Actor, action: str) -> ColumnElement[bool]:
    access.reach(actor, action)
    return ContactPoint.organisation_id == actor.organisation_id


def _row(
    actor: Actor, context: Context, action: str, contact_point_id: str, version: int | None = None
) -> ContactPoint:
    statement = select(ContactPoint).where(ContactPoint.id == contact_point_id, _own(actor, action))
    row = context.session.scalar(statement if version is None else statement.with_for_update())
    if row is None:
        raise NotFound
    if version is not None and row.version != version:
        raise Stale
    return row
