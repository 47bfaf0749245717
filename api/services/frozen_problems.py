"""The problem of a run, frozen: small enough to keep for every run, whole enough to give the same answer again."""

import hashlib
import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from data.models.run import Run
from data.models.run_problem import RunProblem
from matcher.codec import problem_from_json
from matcher.encode import problem_to_json
from matcher.problem import Problem, Quota

_LEVEL: Final = 9


class BrokenProblem(Exception):  # noqa: N818 (a fact about a row, told to a person)
    """What is kept is not what was frozen."""


@dataclass(frozen=True)
class FrozenProblem:
    """A problem as it is kept.

    Parameters
    ----------
    digest : str
        SHA-256 of the JSON, hexadecimal.
    body : bytes
        The JSON, compressed (zlib).
    """

    digest: str
    body: bytes


def freeze(problem: Problem) -> FrozenProblem:
    """Freeze what a problem's answer depends on.

    Places with nothing free on any night of the horizon are left out, with their residents and quotas: no plan can use
    them. On an ordinary night that is nineteen places of twenty.

    Parameters
    ----------
    problem : Problem
        Of a run.
    """
    form = json.dumps(problem_to_json(_needed(problem)), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    text = form.encode()
    return FrozenProblem(hashlib.sha256(text).hexdigest(), zlib.compress(text, _LEVEL))


def thaw(frozen: FrozenProblem) -> Problem:
    """Read a frozen problem back.

    Raises
    ------
    BrokenProblem
        Its digest is another.
    """
    try:
        text = zlib.decompress(frozen.body)
    except zlib.error:
        raise BrokenProblem from None
    if hashlib.sha256(text).hexdigest() != frozen.digest:
        raise BrokenProblem
    return problem_from_json(json.loads(text))


def forget_problems(session: Session, before: datetime) -> int:
    """Delete the frozen problems of runs that ended before an instant; return how many. The runs stay."""
    over = select(Run.id).where(Run.finished_at < before)
    gone = session.scalars(delete(RunProblem).where(RunProblem.run_id.in_(over)).returning(RunProblem.run_id))
    return len(gone.all())


def _needed(problem: Problem) -> Problem:
    # A place proposed before stays: it makes a difference whether it is full or gone.
    sent = {request.sent_place for request in problem.requests}
    places = tuple(place for place in problem.places if place.free or place.id in sent)
    facilities = {place.facility for place in places}
    return replace(
        problem,
        places=places,
        residents=tuple(row for row in problem.residents if row.facility in facilities),
        quotas=tuple(_quotas(problem.quotas, frozenset(place.id for place in places))),
    )


def _quotas(quotas: Iterable[Quota], kept: frozenset[str]) -> Iterable[Quota]:
    for quota in quotas:
        places = quota.places & kept
        if places:
            yield replace(quota, places=places)
