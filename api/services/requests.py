"""Requests for shelter: filed, read, amended, cancelled. Whose, is `within`'s business and nobody else's."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from api.services import access, endings, moves
from api.services.actor import Actor, Role
from api.services.audit import record
from api.services.context import Context
from api.services.errors import Conflict, NotFound, Stale
from api.services.paging import Page, Wanted, newest_first
from api.services.priority import Person, Situation, priority_class
from api.services.reasons import Reason
from api.services.rechecks import request_changed
from api.services.request_facts import MemberFacts, RequestFacts, RequestView, ZoneFacts, check
from data import exclusions
from data.ages import age_in_months, is_presumed_minor, judged_age, weeks_pregnant
from data.models.proposal import WithdrawalReason
from data.models.request import Request, RequestMember, RequestZone
from data.models.request_codes import RequestState
from data.workflow.machine import Party

LIVE: Final = (
    RequestState.DRAFT,
    RequestState.SUBMITTED,
    RequestState.TO_COMPLETE,
    RequestState.SEARCHING,
    RequestState.PROPOSED,
    RequestState.AGREED_IN_PRINCIPLE,
)
"""States in which a request may still be cancelled."""
AMENDABLE: Final = (*LIVE, RequestState.ADMITTED)
"""States in which its facts may change: a danger may appear while the household is on its way."""
HARMLESS: Final = frozenset({"priority", "priority_overridden_because", "waiting_since", "preferences", "reference"})
"""Fields no rule of safety or admission looks at: changing them leaves an open proposal as it is."""
_PLAIN: Final = tuple(
    field.name for field in fields(RequestFacts) if field.name not in {"members", "zones", "priority", "waiting_since"}
)


def submit(
    actor: Actor,
    context: Context,
    facts: RequestFacts,
    household_reference: str | None = None,
    *,
    draft: bool = False,
) -> RequestView:
    """File a request.

    Parameters
    ----------
    actor : Actor
        Referrer or coordinator; one with a département files for it only.
    context : Context
        A transaction.
    facts : RequestFacts
        What is known of the household.
    household_reference : str, optional
        The reference the field already has (SI SIAO number, card); only its keyed hash is kept.
    draft : bool
        Keep it out of runs until it is completed.

    Raises
    ------
    Forbidden, Invalid
        The role files no request; some facts are wrong (all of them are listed).
    """
    access.reach(actor, "requests.submit")
    check(actor, context, facts)
    row = Request(
        organisation_id=actor.organisation_id,
        state=RequestState.DRAFT if draft else RequestState.SUBMITTED,
        created_at=context.now,
        reference_hash=_keyed_hash(context, household_reference),
    )
    enter(context, row, facts)
    moves.made(context, actor, row, "draft" if draft else "submit", by=follower(actor))
    return _view(context.session, row)


def enter(context: Context, row: Request, facts: RequestFacts) -> None:
    """Write the row of a new request, and which facilities it may not be given.

    Parameters
    ----------
    row : Request
        With its organisation, state, date and hash.
    facts : RequestFacts
        Checked, or those of another request.
    """
    _write(context, row, facts, None)
    context.session.add(row)
    context.session.flush()
    exclusions.refresh_request(context.session, row)


def get(actor: Actor, context: Context, request_id: str) -> RequestView:
    """Return one request of the caller's.

    Raises
    ------
    Forbidden, NotFound
        The role reads no request; it does not exist for the caller.
    """
    return _view(context.session, own_row(actor, context, "requests.get", request_id))


def list_requests(
    actor: Actor, context: Context, wanted: Wanted, state: RequestState | None = None
) -> Page[RequestView]:
    """List the caller's requests, newest first; in one state when it is given."""
    statement = select(Request).where(within(actor, "requests.list"))
    if state is not None:
        statement = statement.where(Request.state == state)
    return newest_first(
        context.session,
        statement,
        (Request.created_at, Request.id),
        wanted,
        lambda row: _view(context.session, row),
    )


def amend(actor: Actor, context: Context, request_id: str, changes: Mapping[str, Any], version: int) -> RequestView:
    """Change facts of a request.

    After a change of anything a rule looks at, everything open is looked at again: what has become unsafe or
    inadmissible is withdrawn, what the change leaves as it was stays (`api.services.rechecks`).

    Parameters
    ----------
    changes : mapping
        Fields of `RequestFacts` (whole lists), and ``reference``.
    version : int
        The caller has read.

    Raises
    ------
    Forbidden, NotFound, Stale, Conflict, Invalid
        As for `get`; it changed meanwhile; it is over; some facts are wrong.
    """
    row = own_row(actor, context, "requests.amend", request_id, version)
    if row.state not in AMENDABLE:
        raise Conflict(Reason.NOT_AMENDABLE, state=row.state.value)
    previous = facts_of(row)
    facts = replace(previous, **{name: value for name, value in changes.items() if name != "reference"})
    check(actor, context, facts, previous)
    if "reference" in changes:
        row.reference_hash = _keyed_hash(context, changes["reference"])
    matters = any(getattr(facts, name) != getattr(previous, name) for name in changes.keys() - HARMLESS)
    row.facts_version += matters
    _write(context, row, facts, previous)
    context.session.flush()
    record(context, actor, "request.amend", ("request", row.id), {"fields": ",".join(sorted(changes))})
    if matters:
        request_changed(context, actor, row)
    return _view(context.session, row)


def cancel(actor: Actor, context: Context, request_id: str, version: int) -> RequestView:
    """End a request that is not needed any more; its open proposals are withdrawn and their beds set free.

    Raises
    ------
    Forbidden, NotFound, Stale, Conflict
        As for `amend`.
    """
    row = own_row(actor, context, "requests.cancel", request_id, version)
    if row.state not in LIVE:
        raise Conflict(Reason.NOT_AMENDABLE, state=row.state.value)
    endings.withdraw_open(context, actor, row, WithdrawalReason.REQUEST_OVER)
    moves.move(context, actor, row, "cancel", by=follower(actor))
    return _view(context.session, row)


def follower(actor: Actor) -> Party:
    """Say as whom somebody who follows a request acts on it."""
    return Party.COORDINATOR if actor.role is Role.COORDINATOR else Party.REFERRER


def view_of(context: Context, row: Request) -> RequestView:
    """Freeze the row of a request that the caller may see."""
    context.session.flush()
    return _view(context.session, row)


def within(actor: Actor, action: str) -> ColumnElement[bool]:
    """Return the condition that a request is in the caller's reach.

    Raises
    ------
    Forbidden
        The role never does this.
    """
    granted = access.reach(actor, action)
    own = Request.organisation_id == actor.organisation_id
    if granted is access.Reach.TERRITORY and actor.territory is not None:
        return or_(own, Request.departement == actor.territory)
    return own


def own_row(actor: Actor, context: Context, action: str, request_id: str, version: int | None = None) -> Request:
    """Return the row of a request in the caller's reach; locked, when a version is expected of it.

    Raises
    ------
    Forbidden, NotFound, Stale
        As for `amend`.
    """
    statement = select(Request).where(Request.id == request_id, within(actor, action))
    if version is not None:
        statement = statement.with_for_update()
    row = context.session.scalar(statement)
    if row is None:
        raise NotFound
    if version is not None and row.version != version:
        raise Stale
    return row


def _keyed_hash(context: Context, text: str | None) -> str | None:
    # Case and spaces vary between those who copy the same reference.
    if text is None or not (plain := "".join(text.split()).casefold()):
        return None
    return hmac.new(context.reference_secret, plain.encode(), hashlib.sha256).hexdigest()


def _write(context: Context, row: Request, facts: RequestFacts, previous: RequestFacts | None) -> None:
    for name in _PLAIN:
        setattr(row, name, getattr(facts, name))
    row.waiting_since = facts.waiting_since or context.tonight
    row.priority = facts.priority or grid_class(context, facts)
    row.updated_at = context.now
    if previous is None or previous.members != facts.members:
        # The old rows go first: positions are unique within a request.
        row.members.clear()
        if previous is not None:
            context.session.flush()
        row.members = [
            RequestMember(
                position=position, **{field.name: getattr(member, field.name) for field in fields(MemberFacts)}
            )
            for position, member in enumerate(facts.members)
        ]
    if previous is None or previous.zones != facts.zones:
        row.zones = [
            RequestZone(**{field.name: getattr(zone, field.name) for field in fields(ZoneFacts)})
            for zone in facts.zones
        ]


def grid_class(context: Context, facts: RequestFacts) -> int:
    """Return the priority class of a household on its first night, by the grid."""
    night = max(facts.from_night, context.tonight)
    people = tuple(
        Person(
            months=judged_age(
                age_in_months(member.age, member.age_unit, member.age_as_of, night), member.minority_status
            ),
            part=member.role,
            presumed_minor=is_presumed_minor(member.minority_status),
        )
        for member in facts.members
    )
    return priority_class(
        Situation(
            people=people,
            pregnant_weeks=weeks_pregnant(facts.pregnant_weeks, facts.pregnancy_as_of, night),
            statuses=frozenset(facts.statuses),
            sleeping_tonight=facts.sleeping_tonight.value,
            sleeping_until=facts.sleeping_until,
            night=night,
        )
    )


def _members(row: Request) -> tuple[MemberFacts, ...]:
    return tuple(
        MemberFacts(**{field.name: getattr(member, field.name) for field in fields(MemberFacts)})
        for member in row.members
    )


def _zones(row: Request) -> tuple[ZoneFacts, ...]:
    zones = (ZoneFacts(**{field.name: getattr(zone, field.name) for field in fields(ZoneFacts)}) for zone in row.zones)
    # Their rows have no order: readings of the same zones must be equal.
    return tuple(sorted(zones, key=lambda zone: (zone.departement or "", zone.commune_insee or "", zone.km or 0)))


def facts_of(row: Request) -> RequestFacts:
    """Read what is written of a request."""
    return RequestFacts(
        **{name: getattr(row, name) for name in _PLAIN},
        waiting_since=row.waiting_since,
        priority=row.priority if row.priority_overridden_because else None,
        members=_members(row),
        zones=_zones(row),
    )


def _view(session: Session, row: Request) -> RequestView:
    facts = {field.name: getattr(facts_of(row), field.name) for field in fields(RequestFacts)}
    return RequestView(
        **{**facts, "priority": row.priority},
        id=row.id,
        organisation_id=row.organisation_id,
        state=row.state,
        reference_given=row.reference_hash is not None,
        possible_duplicate=_has_twin(session, row),
        created_at=row.created_at,
        updated_at=row.updated_at,
        missing_fields=row.missing_fields,
        closed_at=row.closed_at,
        version=row.version,
    )


def _has_twin(session: Session, row: Request) -> bool:
    # Only that another live file exists is said: neither which nor whose.
    if row.reference_hash is None:
        return False
    twin = (
        select(Request.id)
        .where(Request.reference_hash == row.reference_hash, Request.id != row.id, Request.state.in_(LIVE))
        .limit(1)
    )
    return session.scalar(twin) is not None
