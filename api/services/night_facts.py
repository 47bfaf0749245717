"""What each night was for each open request: one dated fact, written once the night is over (domain.md §6)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import aliased

from api.services.context import Context
from api.services.nights import TURN_HOUR_UTC
from data.ages import weeks_pregnant
from data.households import member
from data.models.night_fact import FactOutcome, NightFact
from data.models.proposal import Proposal, ProposalLeg, ProposalState
from data.models.request import Request, RequestMember
from data.models.request_codes import RequestState
from data.models.run import Run, RunOutcome, RunState
from data.models.stay import Stay, StayState
from matcher.request import MINOR_MONTHS, Role, Sex

CATCH_UP_NIGHTS: Final = 31
"""Nights written afterwards at most, when nobody did it in time; what is older could only be guessed."""
_STAGES: Final = (
    ProposalState.SENT,
    ProposalState.AGREED_IN_PRINCIPLE,
    ProposalState.INTERVIEW,
    ProposalState.ACCEPTED,
    ProposalState.ARRIVED,
)
"""From the least advanced on; a plan that ended otherwise is less than any of them."""


def due(context: Context) -> list[date]:
    """Find the nights that are over and have no facts yet, the oldest first."""
    last = context.tonight - timedelta(days=1)
    known = context.session.scalar(select(func.max(NightFact.night)))
    first = last if known is None else max(known + timedelta(days=1), last - timedelta(days=CATCH_UP_NIGHTS - 1))
    return [first + timedelta(days=after) for after in range((last - first).days + 1)]


def derive(context: Context, night: date) -> int:
    """Write the facts of a night; those that are there already stay as they are.

    Parameters
    ----------
    context : Context
        A transaction, after the night is over.
    night : date
        Which.

    Returns
    -------
    int
        Facts written.
    """
    session = context.session
    written = set(session.scalars(select(NightFact.request_id).where(NightFact.night == night)))
    asking = [row for row in session.scalars(select(Request).where(*_open(night))) if row.id not in written]
    slept, stages, causes = _slept(context, night), _stages(context, night), _causes(context, night)
    for row in asking:
        outcome = slept.get(row.id, FactOutcome.UNMET)
        cause = causes.get(row.id, {}) if outcome is FactOutcome.UNMET else {}
        session.add(
            NightFact(
                night=night,
                request_id=row.id,
                outcome=outcome,
                stage=stages.get(row.id),
                binding=cause.get("binding"),
                reason=cause.get("reason"),
                priority=row.priority,
                departement=row.departement,
                kinds=row.kinds,
                waiting_since=row.waiting_since,
                trafficking="trafficking_victim" in row.statuses,
                pregnant=weeks_pregnant(row.pregnant_weeks, row.pregnancy_as_of, night) is not None,
                derived_at=context.now,
                **_household(row.members, night),
            )
        )
    session.flush()
    return len(asking)


def _open(night: date) -> Iterable[ColumnElement[bool]]:
    midnight = datetime.combine(night + timedelta(days=1), time(0), UTC)
    yield Request.state != RequestState.DRAFT
    yield Request.from_night <= night
    # Until the night turns, people on the telephone still speak of it.
    yield Request.created_at < midnight + timedelta(hours=TURN_HOUR_UTC)
    yield or_(Request.closed_at.is_(None), Request.closed_at >= midnight)


def _slept(context: Context, night: date) -> Mapping[str, FactOutcome]:
    last = aliased(ProposalLeg)
    bridges = select(last.position).where(last.proposal_id == Stay.proposal_id, last.position > Stay.position).exists()
    rows = context.session.execute(
        select(Stay.request_id, bridges.label("bridges")).where(
            Stay.request_id.is_not(None),
            Stay.state.in_((StayState.OCCUPIED, StayState.ENDED)),
            Stay.from_night <= night,
            or_(Stay.until_night.is_(None), Stay.until_night > night),
        )
    )
    return {row.request_id: FactOutcome.BRIDGED if row.bridges else FactOutcome.SERVED for row in rows}


def _stages(context: Context, night: date) -> Mapping[str, ProposalState]:
    over = datetime.combine(night + timedelta(days=1), time(TURN_HOUR_UTC), UTC)
    plans = defaultdict(list)
    statement = select(Proposal.request_id, Proposal.state).where(Proposal.created_at < over)
    for request_id, state in context.session.execute(statement.order_by(Proposal.created_at)):
        plans[request_id].append(state)
    # Of equals the latest.
    return {
        request_id: max(reversed(states), key=lambda state: _STAGES.index(state) if state in _STAGES else -1)
        for request_id, states in plans.items()
    }


def _causes(context: Context, night: date) -> Mapping[str, Mapping[str, Any]]:
    rows = context.session.execute(
        select(RunOutcome.request_id, RunOutcome.cause, RunOutcome.reason)
        .join(Run, Run.id == RunOutcome.run_id)
        .where(Run.night == night, Run.state == RunState.DONE, ~RunOutcome.served)
        .order_by(Run.finished_at)
    )
    found: dict[str, Mapping[str, Any]] = {}
    for row in rows:
        if row.cause is not None:
            found[row.request_id] = {"binding": row.cause["binding"], "reason": row.cause["reason"]}
        elif row.reason is not None:
            found[row.request_id] = {"reason": row.reason}
    return found


def _household(members: Iterable[RequestMember], night: date) -> Mapping[str, Any]:
    people = [member(each, night) for each in members]
    months = [person.months for person in people]
    return {
        "adults": sum(age >= MINOR_MONTHS for age in months),
        "minors": sum(age < MINOR_MONTHS for age in months),
        "under_3_years": sum(age < 36 for age in months),
        "under_1_year": sum(age < 12 for age in months),
        "under_3_months": sum(age < 3 for age in months),
        "has_partner": any(person.role is Role.PARTNER for person in people),
        "principal_sex": next((person.sex for person in people if person.role is Role.PRINCIPAL), Sex.X),
    }
