"""Letting go of what open proposals hold."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.models.proposal import OPEN_PROPOSALS, Proposal, ProposalState, WithdrawalReason


def withdraw_open(session: Session, request_id: str, now: datetime, reason: WithdrawalReason) -> int:
    """Withdraw every open proposal of a request and set its beds free.

    Parameters
    ----------
    session : Session
        A transaction in which the request's row is locked.
    request_id : str
        Of the request.

    Returns
    -------
    int
        Proposals withdrawn.
    """
    rows = session.scalars(
        select(Proposal)
        .where(Proposal.request_id == request_id, Proposal.state.in_(OPEN_PROPOSALS))
        .order_by(Proposal.id)
        .with_for_update()
    ).all()
    for row in rows:
        row.state, row.closed_at, row.withdrawal_reason = ProposalState.WITHDRAWN, now, reason
        # The database would close the legs too; done here, their places' versions grow, so that runs notice.
        for leg in row.legs:
            leg.open = False
    session.flush()
    return len(rows)
