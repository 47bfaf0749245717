"""What runs answered to requests, for those who follow them.

Funnels count only places whose address is open (`api.services.funnels`): counts of hidden places would move with a
danger zone, and three circles would locate them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import contains_eager

from api.services import access, requests
from api.services.actor import Actor
from api.services.context import Context
from api.services.errors import NotFound
from api.services.paging import Page, Wanted, by_identifier, newest_first
from data.models.request import Request
from data.models.run import Run, RunOutcome, RunState


@dataclass(frozen=True, slots=True)
class OutcomeView:
    """What one run answered to one request.

    Parameters
    ----------
    run_id, request_id : str
        Of which run, to which request.
    night : date
        Of the run.
    finished_at : datetime
        When it was known.
    served : bool
        Whether a proposal was sent.
    funnel : sequence or None
        Per rule, how many places whose address is open still stood after it; None when served.
    binding : sequence or None
        Sets of rules whose lifting would have served the request, when they were computed.
    reason : str or None
        Why, when no rule can be blamed.
    """

    run_id: str
    request_id: str
    night: date
    finished_at: datetime
    served: bool
    funnel: Sequence[Sequence[Any]] | None
    binding: Sequence[Sequence[str]] | None
    reason: str | None


def of_request(actor: Actor, context: Context, request_id: str, wanted: Wanted) -> Page[OutcomeView]:
    """List what each run answered to a request, the latest first.

    Raises
    ------
    Forbidden, NotFound
        The role follows no request; it does not exist for the caller.
    """
    mine = select(Request.id).where(Request.id == request_id, requests.within(actor, "requests.outcomes"))
    if context.session.scalar(mine) is None:
        raise NotFound
    return newest_first(
        context.session,
        _outcomes().where(RunOutcome.request_id == request_id),
        (Run.started_at, Run.id),
        wanted,
        _view,
        owner=lambda row: row.run,
    )


def of_run(actor: Actor, context: Context, run_id: str, wanted: Wanted) -> Page[OutcomeView]:
    """List what a run answered to the caller's requests, in the order of their identifiers.

    Raises
    ------
    Forbidden, NotFound
        The role coordinates nothing; there is no such run.
    """
    access.reach(actor, "runs.outcomes")
    if context.session.get(Run, run_id) is None:
        raise NotFound
    statement = (
        _outcomes().join(RunOutcome.request).where(RunOutcome.run_id == run_id, requests.within(actor, "runs.outcomes"))
    )
    return by_identifier(context.session, statement, RunOutcome.request_id, wanted, _view)


def _outcomes() -> Select[RunOutcome]:
    return (
        select(RunOutcome)
        .join(RunOutcome.run)
        .options(contains_eager(RunOutcome.run))
        .where(Run.state == RunState.DONE)
    )


def _view(row: RunOutcome) -> OutcomeView:
    return OutcomeView(
        run_id=row.run_id,
        request_id=row.request_id,
        night=row.run.night,
        # Outcomes are written with the end of their run.
        finished_at=row.run.finished_at or row.run.started_at,
        served=row.served,
        funnel=row.funnel,
        binding=row.binding,
        reason=row.reason,
    )
