"""The one way to change a state; everything else calls `move`.

The machine allows it, the caller may, what belongs to the state is written, it is recorded, those concerned are told.
"""

from collections.abc import Mapping
from typing import Final, TypeAlias

from sqlalchemy import select

from api.services import audit, deciders, notices
from api.services.actor import Actor, OrganisationKind, Role
from api.services.context import Context
from api.services.errors import Conflict, Forbidden
from api.services.notices import Topic
from api.services.reasons import Reason
from data.models.facility import Facility
from data.models.organisation import Organisation
from data.models.place import Place
from data.models.proposal import Decision, Proposal, ProposalLeg, ProposalState
from data.models.request import Request
from data.models.request_codes import RequestState
from data.models.stay import Stay
from data.workflow.machine import Machine, Party, Transition
from data.workflow.proposal import PROPOSAL
from data.workflow.request import REQUEST
from data.workflow.stay import STAY

Moved: TypeAlias = Request | Proposal | Stay
"""Rows that have a state."""

MACHINES: Final[Mapping[type[Moved], Machine]] = {Request: REQUEST, Proposal: PROPOSAL, Stay: STAY}
SPEAKS: Final[Mapping[Role, frozenset[Party]]] = {
    Role.REFERRER: frozenset({Party.REFERRER, Party.PERSON}),
    # A coordination records what a decider said on the telephone; it is recorded as such.
    Role.COORDINATOR: frozenset({Party.COORDINATOR, Party.PERSON, Party.DECIDER}),
    Role.SHELTER: frozenset({Party.SHELTER}),
    Role.DECIDER: frozenset({Party.DECIDER}),
}
"""For whom a role speaks. What follows by itself is done by the service, whoever began."""
_NOBODY: Final = frozenset({Party.SERVICE, Party.TIME})
_TOPICS: Final[Mapping[str, Topic]] = {"request": Topic.REQUEST, "proposal": Topic.ANSWER, "stay": Topic.STAY}
_SENT: Final[Mapping[Party, Topic]] = {Party.SHELTER: Topic.PROPOSAL, Party.DECIDER: Topic.DECISION}


def move(
    context: Context,
    actor: Actor | None,
    row: Moved,
    transition: str,
    *,
    by: Party,
    **details: str | int | bool | None,
) -> None:
    """Make one transition of a row.

    Fields that belong to the new state (a reason, a date) are set by the caller just before, with no query between.

    Parameters
    ----------
    context : Context
        A transaction in which the row is locked.
    actor : Actor or None
        Who began it; None: a job or a deadline.
    row : Request, Proposal or Stay
        What moves.
    transition : str
        Name in the row's machine.
    by : Party
        As whom it is done.
    details : str, int, bool or None
        What is recorded beside the act: codes and identifiers, never a P3 or P4 value.

    Raises
    ------
    Conflict
        The row is not in a state this starts from (`Reason.NOT_IN_STATE`).
    Forbidden
        The caller does not speak for that party, or the party may not.
    """
    machine = MACHINES[type(row)]
    step = machine.by_name[transition]
    check_party(actor, step, by)
    if row.state not in step.sources:
        raise Conflict(Reason.NOT_IN_STATE, state=row.state.value)
    _write(context, row, step)
    context.session.flush()
    if isinstance(row, Request) and machine.by_state[row.state].final:
        _erase_notes(context, row)
    made(context, actor, row, transition, by=by, **details)


def made(
    context: Context,
    actor: Actor | None,
    row: Moved,
    transition: str,
    *,
    by: Party,
    **details: str | int | bool | None,
) -> None:
    """Record and tell a transition that is written already: a row just made, or one that the data layer moved.

    Parameters
    ----------
    context, actor, row, transition, by, details
        As in `move`.
    """
    machine = MACHINES[type(row)]
    step = machine.by_name[transition]
    check_party(actor, step, by)
    audit.record(context, actor, f"{machine.noun}.{transition}", (machine.noun, row.id), {"by": by.value, **details})
    _tell(context, actor, machine.noun, row, step)


def check_party(actor: Actor | None, step: Transition, by: Party) -> None:
    """Raise `Forbidden` unless the party may make the transition and the caller speaks for it."""
    spoken = _NOBODY if actor is None else SPEAKS.get(actor.role, frozenset()) | _NOBODY
    if by not in step.by or by not in spoken:
        raise Forbidden


def _write(context: Context, row: Moved, step: Transition) -> None:
    row.state = step.target  # type: ignore[assignment]  # the machine of the row's own table
    if isinstance(row, Stay):
        if step.name == "arrive":
            row.arrived_at = context.now
        return
    final = MACHINES[type(row)].by_state[row.state].final
    row.closed_at = context.now if final else None
    if isinstance(row, Request):
        row.updated_at = context.now
        if row.state is not RequestState.TO_COMPLETE:
            row.missing_fields = None
    elif row.state is ProposalState.ACCEPTED:
        row.accepted_at = context.now


def _erase_notes(context: Context, request: Request) -> None:
    """Forget what was written freely of a household whose request is over; the reasons chosen from a list stay."""
    noted = select(Proposal).where(Proposal.request_id == request.id, Proposal.refusal_text.is_not(None))
    for proposal in context.session.scalars(noted.order_by(Proposal.id).with_for_update()):
        proposal.refusal_text = None


def _tell(context: Context, actor: Actor | None, noun: str, row: Moved, step: Transition) -> None:
    own = set() if actor is None else {actor.organisation_id}
    topics: dict[str, Topic] = {}
    for party in step.tells:
        topic = _SENT.get(party, _TOPICS[noun]) if step.name == "send" else _TOPICS[noun]
        for organisation in _organisations(context, row, party) - own - topics.keys():
            topics[organisation] = topic
    for organisation, topic in sorted(topics.items()):
        notices.tell(context, organisation, topic, (noun, row.id), urgent=step.name == "send")


def _organisations(context: Context, row: Moved, party: Party) -> set[str]:
    session = context.session
    request_id = row.id if isinstance(row, Request) else row.request_id
    request = None if request_id is None else session.get_one(Request, request_id)
    if party is Party.REFERRER:
        return set() if request is None else {request.organisation_id}
    if party is Party.COORDINATOR:
        return set() if request is None else coordinations(context, request)
    if party is Party.DECIDER and isinstance(row, Proposal) and request is not None:
        codes = {code for leg in row.legs if leg.decision is not Decision.NOT_NEEDED for code in leg.deciders}
        return set(deciders.organisations(context, codes, request.departement))
    if party is Party.SHELTER:
        places = [row.place_id] if isinstance(row, Stay) else []
        if isinstance(row, Proposal):
            places = [leg.place_id for leg in row.legs]
        statement = select(Facility.organisation_id).join(Place, Place.facility_id == Facility.id)
        return set(session.scalars(statement.where(Place.id.in_(places))))
    return set()


def coordinations(context: Context, request: Request) -> set[str]:
    """Find the SIAO in charge of a request's département."""
    statement = select(Organisation.id).where(
        Organisation.kind == OrganisationKind.SIAO,
        Organisation.departement == request.departement,
        Organisation.verified_at.is_not(None),
    )
    return set(context.session.scalars(statement))


def legs_of(context: Context, proposal: Proposal) -> list[tuple[ProposalLeg, Facility]]:
    """Give the legs of a proposal with their facilities, in order."""
    statement = (
        select(ProposalLeg, Facility)
        .join(Place, Place.id == ProposalLeg.place_id)
        .join(Facility, Facility.id == Place.facility_id)
        .where(ProposalLeg.proposal_id == proposal.id)
        .order_by(ProposalLeg.position)
    )
    return [(leg, facility) for leg, facility in context.session.execute(statement)]
