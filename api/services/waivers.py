"""A département lifts a local reservation for one household: asked for, agreed, revoked; then simply true for runs.

The coordination that follows the request names the place by a handle; nobody learns which it is.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload

from api.services import access, audit, deciders, notices, rechecks, requests
from api.services.access import Reach
from api.services.actor import Actor
from api.services.candidates import taken
from api.services.context import Context
from api.services.errors import Conflict, FieldError, Invalid, NotFound, Stale
from api.services.next_plans import facilities_of, legs_from_json
from api.services.notices import Topic
from api.services.paging import Page, Wanted, newest_first
from api.services.reasons import Reason
from data.base import new_id
from data.models.facility import Facility
from data.models.request import Request
from data.models.waiver import Waiver
from data.queries.locks import lock
from matcher.solution import Option

LASTS_DAYS_MAX: Final = 366
"""Longest validity of a waiver."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverFacts:
    """What is asked: the place (by its handle), whose reservation is lifted, until which night (exclusive).

    ``departement`` None: the first the place is kept for, which of a SECRET place is not said before.
    ``agreed_by`` is the function of who has agreed, when the coordination was told so; None: it is asked for.
    """

    candidate: str
    until_night: date
    departement: str | None = None
    agreed_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverView:
    """A waiver; the request is named to those who follow it."""

    id: str
    request_id: str | None
    kind: str
    departement: str
    until_night: date
    asked_at: datetime
    agreed_by: str | None
    agreed_at: datetime | None
    revoked_at: datetime | None
    version: int


def ask(actor: Actor, context: Context, request_id: str, facts: WaiverFacts) -> WaiverView:
    """Ask a département to lift its reservation for one household, or record that it has agreed.

    Raises
    ------
    Forbidden, NotFound, Invalid, Conflict
        The role asks for none; the request does not exist for the caller; a date is wrong; the handle has lapsed, the
        place is kept for others, or there is a waiver already.
    """
    requests.own_row(actor, context, "waivers.create", request_id)
    request = lock(context.session, Request, [request_id])[request_id]
    latest = context.tonight + timedelta(days=LASTS_DAYS_MAX)
    if facts.until_night <= context.tonight:
        raise Invalid([FieldError("until_night", Reason.IN_PAST)])
    if facts.until_night > latest:
        raise Invalid([FieldError("until_night", Reason.NIGHT_TOO_FAR, {"latest": latest.isoformat()})])
    legs = legs_from_json(taken(context, actor, request_id, facts.candidate).legs)
    facilities = facilities_of(context, Option(legs, 0, {})) or {}
    kept = [
        (row, code)
        for row in facilities.values()
        for code in row.reserved_departements or ()
        if facts.departement in {None, code}
    ]
    if not kept:
        raise Conflict(Reason.NOT_RESERVED)
    facility, departement = kept[0]
    standing = select(Waiver.id).where(
        Waiver.request_id == request.id, Waiver.facility_id == facility.id, Waiver.revoked_at.is_(None)
    )
    if context.session.scalar(standing) is not None:
        raise Conflict(Reason.WAIVER_STANDS)
    row = Waiver(
        id=new_id(),
        request_id=request.id,
        facility_id=facility.id,
        facility=facility,
        departement=departement,
        until_night=facts.until_night,
        asked_by=actor.organisation_id,
        asked_at=context.now,
        agreed_by=facts.agreed_by,
        agreed_at=None if facts.agreed_by is None else context.now,
    )
    context.session.add(row)
    context.session.flush()
    audit.record(
        context,
        actor,
        "waiver.ask",
        ("waiver", row.id),
        {"departement": departement, "until": row.until_night.isoformat(), "agreed": row.agreed_at is not None},
    )
    if row.agreed_at is None:
        for organisation in sorted(deciders.organisations(context, {"departement"}, row.departement)):
            notices.tell(context, organisation, Topic.DECISION, ("waiver", row.id))
    return _view(actor, "waivers.create", row)


def agree(actor: Actor, context: Context, waiver_id: str, agreed_by: str, version: int) -> WaiverView:
    """Lift the reservation that was asked to be: the caller's own.

    Raises
    ------
    Forbidden, NotFound, Stale, Conflict
        The role decides nothing; it is not the caller's to lift; it changed meanwhile; it is agreed already, or over.
    """
    row = _locked(actor, context, "waivers.agree", waiver_id, version)
    if row.revoked_at is not None or row.agreed_at is not None:
        raise Conflict(Reason.NOT_IN_STATE, state="revoked" if row.revoked_at is not None else "agreed")
    row.agreed_by, row.agreed_at = agreed_by, context.now
    context.session.flush()
    audit.record(context, actor, "waiver.agree", ("waiver", row.id), {"departement": row.departement})
    notices.tell(context, row.asked_by, Topic.REQUEST, ("waiver", row.id))
    return _view(actor, "waivers.agree", row)


def revoke(actor: Actor, context: Context, waiver_id: str, version: int) -> WaiverView:
    """Take a waiver back; what was proposed on the strength of it and is not accepted yet is withdrawn.

    Raises
    ------
    Forbidden, NotFound, Stale, Conflict
        As for `agree`; it is revoked already.
    """
    row = _locked(actor, context, "waivers.revoke", waiver_id, version)
    if row.revoked_at is not None:
        raise Conflict(Reason.NOT_IN_STATE, state="revoked")
    row.revoked_at = context.now
    context.session.flush()
    audit.record(context, actor, "waiver.revoke", ("waiver", row.id), {"departement": row.departement})
    rechecks.request_changed(context, actor, context.session.get_one(Request, row.request_id))
    return _view(actor, "waivers.revoke", row)


def get(actor: Actor, context: Context, waiver_id: str) -> WaiverView:
    """Return one waiver: of a request the caller follows, or of the reservation it decides on.

    Raises
    ------
    Forbidden, NotFound
        The role sees none; it does not exist for the caller.
    """
    return _view(actor, "waivers.get", _row(actor, context, "waivers.get", waiver_id))


def list_waivers(actor: Actor, context: Context, wanted: Wanted, request_id: str | None = None) -> Page[WaiverView]:
    """List the waivers the caller may see, the latest asked first; those of one request when it is given."""
    statement = select(Waiver).options(joinedload(Waiver.facility)).where(_within(actor, "waivers.list"))
    if request_id is not None:
        statement = statement.where(Waiver.request_id == request_id)
    return newest_first(
        context.session,
        statement,
        (Waiver.asked_at, Waiver.id),
        wanted,
        lambda row: _view(actor, "waivers.list", row),
    )


def _within(actor: Actor, action: str) -> ColumnElement[bool]:
    if access.reach(actor, action) is not Reach.DECIDES:
        return Waiver.request.has(requests.within(actor, action))
    own = actor.departement if "departement" in deciders.codes_of(actor) else None
    return Waiver.departement == (own or "")


def _row(actor: Actor, context: Context, action: str, waiver_id: str) -> Waiver:
    statement = select(Waiver).options(joinedload(Waiver.facility))
    row = context.session.scalar(statement.where(Waiver.id == waiver_id, _within(actor, action)))
    if row is None:
        raise NotFound
    return row


def _locked(actor: Actor, context: Context, action: str, waiver_id: str, version: int) -> Waiver:
    seen = _row(actor, context, action, waiver_id)
    lock(context.session, Request, [seen.request_id])
    lock(context.session, Facility, [seen.facility_id])
    context.session.refresh(seen, with_for_update={"of": Waiver})
    if seen.version != version:
        raise Stale
    return seen


def _view(actor: Actor, action: str, row: Waiver) -> WaiverView:
    follows = access.reach(actor, action) is not Reach.DECIDES
    return WaiverView(
        id=row.id,
        request_id=row.request_id if follows else None,
        kind=row.facility.kind,
        departement=row.departement,
        until_night=row.until_night,
        asked_at=row.asked_at,
        agreed_by=row.agreed_by,
        agreed_at=row.agreed_at,
        revoked_at=row.revoked_at,
        version=row.version,
    )
