"""The checklist of protection of a request: steps opened by what the household is, each dated and owned."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import select

from api.services import access, moves, requests
from api.services.actor import Actor
from api.services.alerts import AlertKind, raise_alert, resolve
from api.services.audit import record
from api.services.checklist_rules import days_after, needed
from api.services.context import Context
from api.services.errors import FieldError, Invalid, NotFound, Stale
from api.services.notices import Topic, tell
from api.services.reasons import Reason
from data.models.alert import Alert
from data.models.facility import Facility
from data.models.place import Place
from data.models.proposal import Answer, ProposalLeg
from data.models.protection import Owner, ProtectionStep, StepKind, StepState
from data.models.request import Request
from data.models.request_codes import RequestState
from data.models.stay import LIVE_STAYS, Stay

WATCHED: Final = tuple(state for state in (*requests.AMENDABLE,) if state is not RequestState.DRAFT)
"""States of a request whose steps are owed."""
ORDER_DAYS: Final = 8
"""Days before a placement order expires from which on it is an alert."""


@dataclass(frozen=True, slots=True)
class StepView:
    """One step.

    Parameters
    ----------
    id : str
        Of the step.
    kind : StepKind
        What is to be done.
    service : str or None
        Kind of care that is handed over.
    owner : Owner
        Who owes it: an organisation by what it is.
    owner_function : str or None
        Function of who does it, or of who takes over; never a name.
    due_on : date or None
        By when; None: not known yet.
    state : StepState
        Whether it is still owed.
    done_on, valid_until : date or None
        When it was done; when the order expires.
    version : int
        For changes.
    """

    id: str
    kind: StepKind
    service: str | None
    owner: Owner
    owner_function: str | None
    due_on: date | None
    state: StepState
    done_on: date | None
    valid_until: date | None
    version: int


def of_request(actor: Actor, context: Context, request_id: str) -> list[StepView]:
    """List the steps of a request, the nearest due first.

    Raises
    ------
    Forbidden, NotFound
        The caller follows no request; it does not exist for the caller.
    """
    return _steps(context, requests.own_row(actor, context, "checklists.get", request_id).id)


def of_stay(actor: Actor, context: Context, stay_id: str) -> list[StepView]:
    """List the steps of the household of a stay in one of the caller's places.

    Raises
    ------
    Forbidden, NotFound
        The caller is no shelter; nobody is expected or lives there for it.
    """
    access.reach(actor, "checklists.of_stay")
    request_id = context.session.scalar(
        select(Stay.request_id)
        .join(Place, Place.id == Stay.place_id)
        .join(Facility, Facility.id == Place.facility_id)
        .where(Stay.id == stay_id, Facility.organisation_id == actor.organisation_id, Stay.state.in_(LIVE_STAYS))
    )
    if request_id is None:
        raise NotFound
    return _steps(context, request_id)


def bring_up(actor: Actor, context: Context, request_id: str) -> list[StepView]:
    """Open the steps a request needs and does not have, without waiting for the job.

    Raises
    ------
    Forbidden, NotFound
        As for `of_request`.
    """
    row = requests.own_row(actor, context, "checklists.open", request_id)
    _lock(context, row.id)
    opened = _bring_up(context, row)
    record(context, actor, "protection_step.open", ("request", row.id), {"steps": opened})
    return _steps(context, row.id)


def amend(actor: Actor, context: Context, step_id: str, changes: Mapping[str, Any], version: int) -> StepView:
    """Say who owes a step, by when, that it is done, not needed, or until when an order holds.

    Parameters
    ----------
    changes : mapping
        ``owner``, ``owner_function``, ``due_on``, ``state``, ``done_on``, ``valid_until``.

    Raises
    ------
    Forbidden, NotFound, Stale, Invalid
        As for `of_request`; it changed meanwhile; the dates contradict the state.
    """
    within = requests.within(actor, "checklists.amend")
    statement = select(ProtectionStep).join(ProtectionStep.request).where(ProtectionStep.id == step_id, within)
    row = context.session.scalar(statement.with_for_update(of=ProtectionStep))
    if row is None:
        raise NotFound
    if row.version != version:
        raise Stale
    with context.session.no_autoflush:
        for name, value in changes.items():
            setattr(row, name, value)
        if row.state is StepState.DONE and row.done_on is None:
            row.done_on = context.now.date()
        _check(context, row)
    context.session.flush()
    if row.state is StepState.DONE:
        _date_what_follows(context, row)
    record(context, actor, "protection_step.amend", ("protection_step", row.id), {"state": row.state.value})
    return _view(row)


def open_steps(context: Context) -> int:
    """Open, for every request that is followed, the steps it needs and does not have.

    Parameters
    ----------
    context : Context
        A transaction.

    Returns
    -------
    int
        Steps opened.
    """
    followed = select(Request).where(Request.state.in_(WATCHED)).order_by(Request.id)
    return sum(_bring_up(context, row) for row in context.session.scalars(followed))


def overdue_steps(context: Context) -> int:
    """Alert those who follow a request whose step is past its date, or whose order expires; settle what is settled.

    Parameters
    ----------
    context : Context
        A transaction.

    Returns
    -------
    int
        Steps that have just become overdue.
    """
    today = context.now.date()
    late = {
        row.id: row
        for row in context.session.scalars(
            select(ProtectionStep)
            .join(ProtectionStep.request)
            .where(
                Request.state.in_(WATCHED),
                ((ProtectionStep.state == StepState.OPEN) & (ProtectionStep.due_on < today))
                | (
                    (ProtectionStep.state == StepState.DONE)
                    & (ProtectionStep.valid_until <= today + timedelta(days=ORDER_DAYS))
                ),
            )
        )
    }
    known = set(
        context.session.scalars(
            select(Alert.subject_id).where(Alert.kind == AlertKind.STEP_OVERDUE, Alert.resolved_at.is_(None))
        )
    )
    for step_id in sorted(late.keys() - known):
        request = context.session.get_one(Request, late[step_id].request_id)
        for organisation_id in sorted({request.organisation_id, *moves.coordinations(context, request)}):
            raise_alert(context, AlertKind.STEP_OVERDUE, ("protection_step", step_id), organisation_id)
            tell(context, organisation_id, Topic.CHECKLIST, ("protection_step", step_id))
    for step_id in sorted(known - late.keys()):
        resolve(context, AlertKind.STEP_OVERDUE, ("protection_step", step_id))
    return len(late.keys() - known)


def _lock(context: Context, request_id: str) -> None:
    context.session.execute(select(Request.id).where(Request.id == request_id).with_for_update(key_share=True))


def _bring_up(context: Context, request: Request) -> int:
    interview = select(ProposalLeg.position).where(
        ProposalLeg.request_id == request.id, ProposalLeg.open, ProposalLeg.answer == Answer.INTERVIEW
    )
    wanted = needed(request, context.tonight, interview=context.session.scalar(interview.limit(1)) is not None)
    there = {
        (row.kind, row.service)
        for row in context.session.execute(
            select(ProtectionStep.kind, ProtectionStep.service).where(ProtectionStep.request_id == request.id)
        )
    }
    missing = [step for step in wanted if (step.kind, step.service) not in there]
    for step in missing:
        context.session.add(
            ProtectionStep(
                request_id=request.id,
                created_at=context.now,
                **{field.name: getattr(step, field.name) for field in fields(step)},
            )
        )
    context.session.flush()
    return len(missing)


def _check(context: Context, row: ProtectionStep) -> None:
    wrong = []
    if row.done_on is not None:
        if row.state is not StepState.DONE:
            wrong.append(FieldError("done_on", Reason.NOT_WHILE_OPEN))
        elif row.done_on > context.now.date():
            wrong.append(FieldError("done_on", Reason.IN_FUTURE))
    if row.valid_until is not None and row.kind is not StepKind.PLACEMENT_ORDER:
        wrong.append(FieldError("valid_until", Reason.ONLY_AN_ORDER))
    if wrong:
        raise Invalid(wrong)


def _date_what_follows(context: Context, row: ProtectionStep) -> None:
    if row.done_on is None:
        return
    for kind, days in days_after(row.kind, context.tonight):
        following = context.session.scalar(
            select(ProtectionStep)
            .where(
                ProtectionStep.request_id == row.request_id,
                ProtectionStep.kind == kind,
                ProtectionStep.state == StepState.OPEN,
            )
            .with_for_update()
        )
        if following is not None:
            following.due_on = row.done_on + timedelta(days=days)
    context.session.flush()


def _steps(context: Context, request_id: str) -> list[StepView]:
    rows = context.session.scalars(select(ProtectionStep).where(ProtectionStep.request_id == request_id)).all()
    order = list(StepKind)
    return [
        _view(row)
        for row in sorted(rows, key=lambda row: (row.due_on or date.max, order.index(row.kind), row.service or ""))
    ]


def _view(row: ProtectionStep) -> StepView:
    return StepView(**{field.name: getattr(row, field.name) for field in fields(StepView)})
