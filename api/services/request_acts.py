"""What happens to a request besides being amended: completed, asked to be, closed, expired, taken up again."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Final

from sqlalchemy import select

from api.services import endings, moves
from api.services.actor import Actor
from api.services.context import Context
from api.services.errors import Conflict, FieldError, Invalid
from api.services.reasons import Reason
from api.services.request_facts import RequestFacts, RequestView
from api.services.requests import LIVE, follower, own_row, view_of
from data import exclusions
from data.models.proposal import WithdrawalReason
from data.models.request import Request
from data.queries.locks import lock
from data.workflow.machine import Party

ASKABLE: Final = frozenset(field.name for field in fields(RequestFacts))
"""Fields a coordination may ask to be completed."""


def complete(actor: Actor, context: Context, request_id: str, version: int) -> RequestView:
    """Hand in a draft, or what was asked to be completed.

    Raises
    ------
    Forbidden, NotFound, Stale, Conflict
        The role files nothing; it does not exist for the caller; it changed meanwhile; there is nothing to complete.
    """
    row = own_row(actor, context, "requests.complete", request_id, version)
    moves.move(context, actor, row, "complete", by=follower(actor))
    return view_of(context, row)


def ask_to_complete(
    actor: Actor, context: Context, request_id: str, missing: Sequence[str], version: int
) -> RequestView:
    """Ask those who filed a request to complete some fields; it waits out of runs meanwhile.

    Raises
    ------
    Forbidden, NotFound, Stale, Conflict, Invalid
        As for `complete`; a field does not exist.
    """
    row = own_row(actor, context, "requests.ask_to_complete", request_id, version)
    wrong = [
        FieldError(f"fields[{index}]", Reason.UNKNOWN_FIELD)
        for index, name in enumerate(missing)
        if name not in ASKABLE
    ]
    if wrong:
        raise Invalid(wrong)
    with context.session.no_autoflush:
        row.missing_fields = tuple(sorted(set(missing)))
        moves.move(context, actor, row, "ask_to_complete", by=Party.COORDINATOR, fields=",".join(sorted(missing)))
    return view_of(context, row)


def reactivate(actor: Actor, context: Context, request_id: str, version: int) -> RequestView:
    """Take a request up again, with the seniority it had; a latest night that has passed is forgotten.

    Raises
    ------
    Forbidden, NotFound, Stale, Conflict
        As for `complete`.
    """
    row = own_row(actor, context, "requests.reactivate", request_id, version)
    if row.latest_night is not None and row.latest_night < context.tonight:
        row.latest_night = None
    moves.move(context, actor, row, "reactivate", by=follower(actor))
    exclusions.refresh_request(context.session, row)
    return view_of(context, row)


def close(actor: Actor, context: Context, request_id: str, version: int) -> RequestView:
    """End the follow-up of a household that has left.

    Raises
    ------
    Forbidden, NotFound, Stale, Conflict
        As for `complete`; somebody is expected or lives somewhere for it.
    """
    row = own_row(actor, context, "requests.close", request_id, version)
    if endings.has_stay(context, row.id):
        raise Conflict(Reason.NOT_IN_STATE, state=row.state.value)
    moves.move(context, actor, row, "close", by=follower(actor))
    return view_of(context, row)


def expire_requests(context: Context) -> int:
    """Expire the requests whose latest night has passed, and withdraw what was proposed to them.

    Parameters
    ----------
    context : Context
        A transaction.

    Returns
    -------
    int
        Requests expired.
    """
    lapsed = select(Request.id).where(Request.state.in_(LIVE), Request.latest_night < context.tonight)
    rows = lock(context.session, Request, context.session.scalars(lapsed))
    late = [row for row in rows.values() if row.state in LIVE and _lapsed(context, row)]
    for row in late:
        endings.withdraw_open(context, None, row, WithdrawalReason.REQUEST_OVER)
        moves.move(context, None, row, "expire", by=Party.TIME)
    return len(late)


def _lapsed(context: Context, row: Request) -> bool:
    return row.latest_night is not None and row.latest_night < context.tonight
