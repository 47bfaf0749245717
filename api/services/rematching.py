"""What has changed since a run looked, and whose answer may change with it.

The database writes the changes down itself (`data.triggers.changes`); a run takes away exactly what it has seen, after
it is written. Whatever is lost on the way is a row too many, and only costs one more look.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from sqlalchemy import ColumnElement, and_, delete, or_, select, true
from sqlalchemy.orm import Session

from data.models.proposal import Proposal, ProposalLeg
from data.models.rematch import Noun, Rematch
from data.models.run import RunOutcome
from matcher.components import touched
from matcher.plans import NONE, admissible_plans
from matcher.problem import Problem
from matcher.residents import Residents
from matcher.tables import Tables

URGENT: Final = 1
"""Last class whose new requests are matched at once; the others wait for the run of the night, or for a freed place."""
_BATCH: Final = 500
"""Identifiers per statement: below the fewest bound values that any SQLite allows."""


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """A version of a row that no run has looked at.

    Parameters
    ----------
    noun : Noun
        Which table.
    row_id : str
        Which row.
    version : int
        The one it had when this was read.
    """

    noun: Noun
    row_id: str
    version: int


def pending(session: Session) -> tuple[Change, ...]:
    """Read what has changed since a run looked."""
    return _read(session, true())


def settled(session: Session, run_id: str) -> tuple[Change, ...]:
    """Read what a run itself has changed, in the transaction that wrote it: the requests it answered, its places."""
    # A request that was left out is not locked by the run: it may have been corrected meanwhile.
    answered = select(RunOutcome.request_id).where(RunOutcome.run_id == run_id, RunOutcome.reason.is_(None))
    legs = select(ProposalLeg.place_id).join(Proposal, Proposal.id == ProposalLeg.proposal_id)
    return _read(
        session,
        or_(
            and_(Rematch.noun == Noun.REQUEST, Rematch.row_id.in_(answered)),
            and_(Rematch.noun == Noun.PLACE, Rematch.row_id.in_(legs.where(Proposal.run_id == run_id))),
        ),
    )


def _read(session: Session, which: ColumnElement[bool]) -> tuple[Change, ...]:
    rows = session.execute(select(Rematch.noun, Rematch.row_id, Rematch.version).where(which))
    return tuple(sorted(Change(*row) for row in rows))


def forget(session: Session, changes: Iterable[Change]) -> None:
    """Take away changes that a run has looked at; what has changed again since stays.

    Parameters
    ----------
    session : Session
        A transaction of its own.
    changes : iterable of Change
        As read by the run.
    """
    seen = set(changes)
    for noun in Noun:
        ids = sorted({change.row_id for change in seen if change.noun is noun})
        for start in range(0, len(ids), _BATCH):
            batch = and_(Rematch.noun == noun, Rematch.row_id.in_(ids[start : start + _BATCH]))
            # A row that somebody is changing now is not waited for: it is about to have another version.
            rows = session.execute(
                select(Rematch.noun, Rematch.row_id, Rematch.version).where(batch).with_for_update(skip_locked=True)
            )
            gone = [change.row_id for row in rows if (change := Change(*row)) in seen]
            session.execute(delete(Rematch).where(Rematch.noun == noun, Rematch.row_id.in_(gone)))


@dataclass(frozen=True)
class Concern:
    """Whose answer may change.

    Parameters
    ----------
    requests : frozenset of str
        Every urgent request that is new or amended, and every request in its component or in that of a changed place.
    places : frozenset of str
        Every place that some plan of theirs goes through.
    """

    requests: frozenset[str]
    places: frozenset[str]


def concerned(problem: Problem, changes: Iterable[Change]) -> Concern:
    """Find the requests whose answer may have changed, and their places.

    Parameters
    ----------
    problem : Problem
        The night as it is now.
    changes : iterable of Change
        What has changed since a run looked.

    Returns
    -------
    Concern
        Without requests when nothing can come of it.
    """
    rows = {noun: {change.row_id for change in changes if change.noun is noun} for noun in Noun}
    tables = Tables(problem)
    urgent = np.array(
        [request.id in rows[Noun.REQUEST] and request.priority <= URGENT for request in tables.requests], dtype=np.bool_
    )
    changed = np.array(
        [place.id in rows[Noun.PLACE] or place.facility in rows[Noun.FACILITY] for place in tables.places],
        dtype=np.bool_,
    )
    if not len(tables.requests) or not (urgent.any() or changed.any()):
        return Concern(frozenset(), frozenset())
    plans = admissible_plans(tables, Residents(tables))
    # An urgent request that nothing can serve is answered too: with the reason.
    indices = np.union1d(np.flatnonzero(urgent), touched(tables, plans, urgent, changed))
    theirs = np.isin(plans.request, indices)
    used = np.union1d(plans.place[theirs], plans.last_place[theirs])
    return Concern(
        frozenset(tables.requests[index].id for index in indices.tolist()),
        frozenset(tables.places[index].id for index in used[used != NONE].tolist()),
    )


def around(problem: Problem, places: frozenset[str]) -> Problem:
    """Leave out all other places: the answer stays the same for requests whose plans go through none of them.

    Only the counts of an unserved request's funnel would not: they are of all places.
    """
    kept = tuple(place for place in problem.places if place.id in places)
    facilities = {place.facility for place in kept}
    quotas = (replace(quota, places=quota.places & places) for quota in problem.quotas if quota.places & places)
    return replace(
        problem,
        places=kept,
        residents=tuple(resident for resident in problem.residents if resident.facility in facilities),
        quotas=tuple(quotas),
    )
