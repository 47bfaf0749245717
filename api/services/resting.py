"""Nothing rests unseen: every row that is in a state longer than its machine allows raises an alert."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, TypeAlias

from sqlalchemy import Select, func, select

from api.services.alerts import AlertKind, raise_alert, resolve
from api.services.context import Context
from data.models.alert import Alert
from data.models.audit import AuditEvent
from data.models.facility import Facility
from data.models.place import Place
from data.models.proposal import Proposal, ProposalLeg
from data.models.request import Request
from data.models.stay import Stay
from data.workflow.machine import Machine, Party, State
from data.workflow.proposal import PROPOSAL
from data.workflow.request import REQUEST
from data.workflow.stay import STAY

_Resting: TypeAlias = type[Request] | type[Proposal] | type[Stay]

MACHINES: Final[Mapping[_Resting, Machine]] = {Request: REQUEST, Proposal: PROPOSAL, Stay: STAY}
_BATCH: Final = 500
"""Identifiers per statement: below the fewest bound values that any SQLite allows."""


def watch(context: Context) -> int:
    """Raise an alert for whoever owes the next step of a row that rests too long; settle those that have moved.

    Since when a row is in its state is read from the record of acts.

    Parameters
    ----------
    context : Context
        A transaction.

    Returns
    -------
    int
        Rows that rest too long now.
    """
    late: dict[tuple[str, str], State] = {}
    for kind, machine in MACHINES.items():
        for state in machine.states:
            late |= {(machine.noun, row_id): state for row_id in _late(context, kind, machine, state)}
    for subject, state in sorted(late.items()):
        for organisation_id in _owners(context, subject, state):
            raise_alert(context, AlertKind.STATE_TOO_OLD, subject, organisation_id)
    still = select(Alert.subject_kind, Alert.subject_id).where(
        Alert.kind == AlertKind.STATE_TOO_OLD, Alert.resolved_at.is_(None)
    )
    for noun, row_id in {(row.subject_kind, row.subject_id) for row in context.session.execute(still)} - late.keys():
        resolve(context, AlertKind.STATE_TOO_OLD, (noun, row_id))
    return len(late)


def _late(context: Context, kind: _Resting, machine: Machine, state: State) -> Iterable[str]:
    if state.age_limit is None:
        return
    edge = context.now - state.age_limit
    made = Stay.from_night < edge.date() if kind is Stay else kind.created_at <= edge  # type: ignore[union-attr]
    rows = sorted(context.session.scalars(select(kind.id).where(kind.state == state.code, made)))
    acts = [f"{machine.noun}.{way.name}" for way in machine.transitions if way.target is state.code]
    for start in range(0, len(rows), _BATCH):
        batch = rows[start : start + _BATCH]
        since = _entered(context, machine.noun, acts, batch)
        # Without a record it was made in this state.
        yield from (row_id for row_id in batch if since.get(row_id, edge) <= edge)


def _entered(context: Context, noun: str, acts: list[str], ids: list[str]) -> Mapping[str, datetime]:
    statement = (
        select(AuditEvent.subject_id, func.max(AuditEvent.at))
        .where(AuditEvent.subject_table == noun, AuditEvent.subject_id.in_(ids), AuditEvent.act.in_(acts))
        .group_by(AuditEvent.subject_id)
    )
    return {row[0]: row[1] for row in context.session.execute(statement)}


def _owners(context: Context, subject: tuple[str, str], state: State) -> set[str]:
    # Those who follow the request always know. A shelter knows proposals and stays, never requests.
    noun, row_id = subject
    request_id: Select[str | None] = select(Request.id).where(Request.id == row_id)
    shelters: Select[str] | None = None
    if noun == "proposal":
        request_id = select(Proposal.request_id).where(Proposal.id == row_id)
        shelters = select(ProposalLeg.place_id).where(ProposalLeg.proposal_id == row_id)
    elif noun == "stay":
        request_id = select(Stay.request_id).where(Stay.id == row_id)
        shelters = select(Stay.place_id).where(Stay.id == row_id)
    owners = set(context.session.scalars(select(Request.organisation_id).where(Request.id.in_(request_id))))
    if shelters is not None and state.owes is Party.SHELTER:
        facilities = select(Facility.organisation_id).join(Place, Place.facility_id == Facility.id)
        owners |= set(context.session.scalars(facilities.where(Place.id.in_(shelters))))
    return owners
