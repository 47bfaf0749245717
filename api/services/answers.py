"""Answers to a plan: each shelter's for its legs, a decider's, the household's. The last makes it accepted."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from api.services import alerts, audit, deciders, endings, moves, proposals
from api.services.actor import Actor, Role
from api.services.alerts import AlertKind
from api.services.context import Context
from api.services.errors import Conflict, FieldError, Invalid, NotFound, Stale
from api.services.proposals import ProposalView
from api.services.reasons import Reason
from api.services.safety import dangers
from data import bookings
from data.errors import ConstraintBroken
from data.models.facility import Facility
from data.models.proposal import (
    HOLDING_PROPOSALS,
    OPEN_PROPOSALS,
    Answer,
    Decision,
    Proposal,
    ProposalLeg,
    ProposalState,
    SaidBy,
    WithdrawalReason,
)
from data.models.request import Request
from data.models.request_codes import RefusalReason, RefusedBy, RequestState
from data.queries.locks import lock
from data.workflow.machine import Party
from data.workflow.proposal import AGREED_HOURS, INTERVIEW_DAYS_MAX, INTERVIEW_HOURS

_Leg = tuple[ProposalLeg, Facility]
_REFUSE: Final = {
    RefusedBy.FACILITY: ("refuse_by_facility", Party.SHELTER),
    RefusedBy.PERSON: ("refuse_by_person", Party.PERSON),
    RefusedBy.DECIDER: ("refuse_by_decider", Party.DECIDER),
}
_SAID: Final = {Role.REFERRER: SaidBy.REFERRER, Role.COORDINATOR: SaidBy.COORDINATOR, Role.DECIDER: SaidBy.DECIDER}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why not. ``text`` goes with the reason ``other`` and with no other."""

    reason: RefusalReason
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerFacts:
    """What a shelter says of its legs (``position`` None: of all of them).

    ``interview_at`` goes with ``interview``, ``refusal`` with ``refused``.
    """

    answer: Answer
    position: int | None = None
    interview_at: datetime | None = None
    refusal: Refusal | None = None


def answer(actor: Actor, context: Context, proposal_id: str, facts: AnswerFacts, version: int) -> ProposalView:
    """Answer for the legs in the caller's facilities.

    Raises
    ------
    Forbidden, NotFound, Stale
        The role answers nothing; it does not exist for the caller; it changed meanwhile.
    Invalid, Conflict
        What goes with the answer is missing or wrong; it is too late, or over.
    """
    request, row = locked(actor, context, "proposals.answer", proposal_id, version)
    _check_answer(context, facts)
    own = [
        each
        for each in moves.legs_of(context, row)
        if each[1].organisation_id == actor.organisation_id and facts.position in {None, each[0].position}
    ]
    if not own:
        raise NotFound
    if facts.refusal is not None:
        _refuse(context, actor, (request, row), own, who=RefusedBy.FACILITY, refusal=facts.refusal)
        return proposals.view(actor, context, "proposals.answer", row.id)
    _awaiting(context, row)
    for leg, _ in own:
        leg.answer, leg.answered_at = facts.answer, context.now
        leg.interview_at = facts.interview_at or leg.interview_at
        said = {"position": leg.position, "answer": facts.answer.value}
        audit.record(context, actor, "proposal.answer", ("proposal", row.id), said)
    _progress(context, actor, request, row, Party.SHELTER)
    return proposals.view(actor, context, "proposals.answer", row.id)


def decide(
    actor: Actor, context: Context, proposal_id: str, reason: RefusalReason | None, version: int
) -> ProposalView:
    """Give or decline the admission that somebody outside decides; a coordination records what it was told.

    Parameters
    ----------
    reason : RefusalReason or None
        None: given.

    Raises
    ------
    Forbidden, NotFound, Stale, Invalid, Conflict
        As for `answer`; no decision of the caller's is awaited.
    """
    request, row = locked(actor, context, "proposals.decide", proposal_id, version)
    mine = deciders.codes_of(actor)
    legs = [
        each
        for each in moves.legs_of(context, row)
        if each[0].decision is not Decision.NOT_NEEDED
        and (actor.role is Role.COORDINATOR or not mine.isdisjoint(each[0].deciders))
    ]
    if not legs:
        raise Conflict(Reason.NOTHING_TO_DECIDE)
    if reason is not None:
        refusal = Refusal(reason=reason)
        _refuse(context, actor, (request, row), legs, who=RefusedBy.DECIDER, refusal=refusal)
        return proposals.view(actor, context, "proposals.decide", row.id)
    _awaiting(context, row)
    for leg, _ in legs:
        leg.decision, leg.decided_at, leg.decided_by = Decision.GIVEN, context.now, _SAID[actor.role]
        said = {"position": leg.position, "by": _SAID[actor.role].value}
        audit.record(context, actor, "proposal.decide", ("proposal", row.id), said)
    _progress(context, actor, request, row, Party.DECIDER)
    return proposals.view(actor, context, "proposals.decide", row.id)


def consent(
    actor: Actor,
    context: Context,
    proposal_id: str,
    refusal: Refusal | None,
    *,
    version: int,
    position: int | None = None,
) -> ProposalView:
    """Record what the household says: it comes, or it does not and why.

    Parameters
    ----------
    refusal : Refusal or None
        None: it agrees.
    position : int, optional
        The leg it refuses; every leg unless told.

    Raises
    ------
    Forbidden, NotFound, Stale, Invalid, Conflict
        As for `answer`.
    """
    request, row = locked(actor, context, "proposals.consent", proposal_id, version)
    if refusal is not None:
        legs = [each for each in moves.legs_of(context, row) if position in {None, each[0].position}]
        if not legs:
            raise NotFound
        _refuse(context, actor, (request, row), legs, who=RefusedBy.PERSON, refusal=refusal)
        return proposals.view(actor, context, "proposals.consent", row.id)
    _awaiting(context, row)
    row.person_agreed_at, row.person_agreed_by = context.now, _SAID[actor.role]
    audit.record(context, actor, "proposal.consent", ("proposal", row.id), {"by": _SAID[actor.role].value})
    _progress(context, actor, request, row, Party.PERSON)
    return proposals.view(actor, context, "proposals.consent", row.id)


def withdraw(actor: Actor, context: Context, proposal_id: str, version: int) -> ProposalView:
    """Take an open plan back; the request is searched for again.

    Raises
    ------
    Forbidden, NotFound, Stale, Conflict
        As for `answer`; it is over.
    """
    request, row = locked(actor, context, "proposals.withdraw", proposal_id, version)
    if row.state not in OPEN_PROPOSALS:
        raise Conflict(Reason.NOT_IN_STATE, state=row.state.value)
    endings.withdraw(context, actor, row, WithdrawalReason.BY_COORDINATOR)
    endings.search_again(context, actor, request)
    return proposals.view(actor, context, "proposals.withdraw", row.id)


def locked(actor: Actor, context: Context, action: str, proposal_id: str, version: int) -> tuple[Request, Proposal]:
    """Lock a proposal the caller may act on, after its request.

    Raises
    ------
    Forbidden, NotFound, Stale
        The role never does this; it does not exist for the caller; it changed since it was read.
    """
    seen = proposals.found(actor, context, action, proposal_id)
    request = lock(context.session, Request, [seen.request_id])[seen.request_id]
    row = lock(context.session, Proposal, [proposal_id])[proposal_id]
    if row.version != version:
        raise Stale
    return request, row


def check_refusal(refusal: Refusal, who: RefusedBy) -> None:
    """Check a reason against who gives it, and its text against the reason.

    Raises
    ------
    Invalid
        The reason is somebody else's; a text is missing, or there without need.
    """
    mine = tuple(each for each in RefusalReason.of(who) if each is not RefusalReason.NO_ANSWER)
    if refusal.reason not in mine:
        choices = ", ".join(mine)
        raise Invalid([FieldError("reason", Reason.NOT_AMONG, {"choices": choices})])
    if (refusal.text is not None) != (refusal.reason is RefusalReason.OTHER):
        missing = refusal.text is None
        raise Invalid([FieldError("text", Reason.MISSING if missing else Reason.TEXT_WITHOUT_OTHER)])


def _check_answer(context: Context, facts: AnswerFacts) -> None:
    if facts.answer is Answer.AWAITING:
        choices = ", ".join(each for each in Answer if each is not Answer.AWAITING)
        raise Invalid([FieldError("answer", Reason.NOT_AMONG, {"choices": choices})])
    if (facts.refusal is not None) != (facts.answer is Answer.REFUSED):
        raise Invalid([FieldError("reason", Reason.MISSING if facts.refusal is None else Reason.NOT_WITH_ANSWER)])
    if (facts.interview_at is not None) != (facts.answer is Answer.INTERVIEW):
        missing = facts.interview_at is None
        raise Invalid([FieldError("interview_at", Reason.MISSING if missing else Reason.NOT_WITH_ANSWER)])
    if facts.interview_at is not None:
        latest = context.now + timedelta(days=INTERVIEW_DAYS_MAX)
        if facts.interview_at <= context.now:
            raise Invalid([FieldError("interview_at", Reason.IN_PAST)])
        if facts.interview_at > latest:
            raise Invalid([FieldError("interview_at", Reason.NIGHT_TOO_FAR, {"latest": latest.date().isoformat()})])


def _awaiting(context: Context, row: Proposal) -> None:
    if row.state not in HOLDING_PROPOSALS:
        raise Conflict(Reason.NOT_IN_STATE, state=row.state.value)
    if row.expires_at <= context.now:
        # No job has expired it yet; whoever needs its beds may at any moment.
        raise Conflict(Reason.TOO_LATE)


def _refuse(
    context: Context,
    actor: Actor,
    both: tuple[Request, Proposal],
    legs: Iterable[_Leg],
    *,
    who: RefusedBy,
    refusal: Refusal,
) -> None:
    request, row = both
    check_refusal(refusal, who)
    name, by = _REFUSE[who]
    if row.state not in OPEN_PROPOSALS:
        raise Conflict(Reason.NOT_IN_STATE, state=row.state.value)
    refused = list(legs)
    with context.session.no_autoflush:
        for leg, _ in refused:
            if who is RefusedBy.FACILITY:
                leg.answer, leg.answered_at = Answer.REFUSED, context.now
            elif who is RefusedBy.DECIDER:
                leg.decision, leg.decided_at, leg.decided_by = Decision.DECLINED, context.now, _SAID[actor.role]
        row.refusal_reason, row.refusal_text = refusal.reason, refusal.text
        moves.move(context, actor, row, name, by=by, reason=refusal.reason.value)
    endings.release(context, row, actor)
    endings.remember(context, request, [facility for _, facility in refused], who, refusal.reason)
    endings.search_again(context, actor, request)


def _progress(context: Context, actor: Actor, request: Request, row: Proposal, by: Party) -> None:
    """Move a plan as far as the answers given carry it."""
    answers = {leg.answer for leg in row.legs}
    decided = all(leg.decision in {Decision.NOT_NEEDED, Decision.GIVEN} for leg in row.legs)
    if answers == {Answer.ACCEPTED} and decided and row.person_agreed_at is not None:
        accept(context, actor, request, row, by)
    elif Answer.INTERVIEW in answers:
        last = max(leg.interview_at for leg in row.legs if leg.interview_at is not None)
        row.expires_at = max(row.expires_at, last + timedelta(hours=INTERVIEW_HOURS))
        if row.state is not ProposalState.INTERVIEW:
            moves.move(context, actor, row, "interview", by=Party.SHELTER)
    elif row.state is ProposalState.SENT and answers <= {Answer.AGREED, Answer.ACCEPTED}:
        row.expires_at = max(row.expires_at, context.now + timedelta(hours=AGREED_HOURS))
        moves.move(context, actor, row, "agree", by=Party.SHELTER)
        if request.state is RequestState.PROPOSED:
            moves.move(context, actor, request, "agree", by=Party.SERVICE)
    context.session.flush()


def accept(context: Context, actor: Actor, request: Request, row: Proposal, by: Party) -> None:
    """Turn holds into stays, admit the request, supersede its other plans; or, where it has become unsafe, withdraw.

    Raises
    ------
    Conflict
        The beds are not there any more: something is wrong with the hold (`Reason.BEDS_TAKEN`).
    """
    if withdraw_if_unsafe(context, actor, request, row):
        return
    try:
        stays = bookings.book(context.session, row)
    except ConstraintBroken:
        raise Conflict(Reason.BEDS_TAKEN) from None
    moves.move(context, actor, row, "accept", by=by)
    bookings.release(context.session, row)
    for stay in stays:
        moves.made(context, actor, stay, "book", by=Party.SERVICE)
    for other in endings.open_plans(context, request.id):
        if other.id != row.id:
            other.withdrawal_reason = WithdrawalReason.OTHER_PLAN_ACCEPTED
            moves.move(context, actor, other, "supersede", by=Party.SERVICE)
            endings.release(context, other, actor)
    moves.move(context, actor, request, "admit", by=Party.SERVICE)


def withdraw_if_unsafe(context: Context, actor: Actor | None, request: Request, row: Proposal) -> bool:
    """Look at danger once more, independently of the matcher; withdraw the plan where there is some."""
    legs = moves.legs_of(context, row)
    if not any(dangers(request, facility, leg.from_night) for leg, facility in legs):
        return False
    endings.withdraw(context, actor, row, WithdrawalReason.UNSAFE)
    endings.search_again(context, actor, request)
    for organisation in {request.organisation_id, *moves.coordinations(context, request)}:
        alerts.raise_alert(context, AlertKind.UNSAFE_WITHDRAWN, ("proposal", row.id), organisation)
    return True
