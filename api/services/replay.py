"""Solving again what a run was asked, and checking again what a proposal was decided on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, select

from api.services.errors import NotFound
from api.services.frozen_problems import BrokenProblem, FrozenProblem, thaw
from data.models.proposal import Proposal
from data.models.run import Run, RunState
from data.models.run_problem import RunProblem
from data.session import reading
from matcher.check_plan import PlanCheck
from matcher.codec import problem_from_json
from matcher.encode import option_to_json
from matcher.errors import AnswerError, ProblemError
from matcher.optimise import Effort
from matcher.problem import Problem
from matcher.solution import Option, PlanLeg, Solution
from matcher.solve import VERSION, solve


class CannotReplay(Exception):  # noqa: N818 (a fact, told to a person)
    """Nothing can be said about the answer; the message says why."""


@dataclass(frozen=True, slots=True)
class RunReplay:
    """What solving a run's problem again gave.

    Parameters
    ----------
    plans : int
        How many the run sent.
    differing : tuple of str
        Requests that would now be given another plan, or one where they had none, or none; empty: the same answer.
    same_objective : bool
        Whether the answer is as good, all ten entries.
    proven : bool
        Whether the run's answer was proven the best. One that was not may differ where the time limit cut it.
    """

    plans: int
    differing: tuple[str, ...]
    same_objective: bool
    proven: bool

    @property
    def same(self) -> bool:
        """Whether exactly the same plans came out."""
        return not self.differing and self.same_objective


@dataclass(frozen=True, slots=True)
class ProposalReplay:
    """What looking again at a proposal gave.

    Parameters
    ----------
    broken : str or None
        What the independent check finds wrong with the plan, on the facts frozen with it; None: nothing.
    run : RunReplay or None
        The run that gave it, solved again; None: it was proposed by hand or as the next of a list, and the check is
        all there is.
    same_plan : bool
        Whether this plan came out again; True without a run.
    """

    broken: str | None
    run: RunReplay | None
    same_plan: bool


@dataclass(frozen=True, slots=True)
class _Asked:
    """A run as it is kept."""

    run: Run
    problem: FrozenProblem | None
    plans: Mapping[str, Any]


def replay_run(engine: Engine, run_id: str) -> RunReplay:
    """Solve the problem of a run again and compare the plans.

    Parameters
    ----------
    engine : Engine
        Of the database; no transaction is open while it solves.
    run_id : str
        A run that is done.

    Raises
    ------
    NotFound
        There is no such run.
    CannotReplay
        It is not done, its problem was forgotten or changed, or another version of the matcher answered it.
    """
    asked = _read(engine, run_id)
    if asked.run.state is not RunState.DONE:
        raise CannotReplay("the run is not done: it gave no answer")
    if asked.run.matcher_version != VERSION:
        raise CannotReplay(
            f"matcher {asked.run.matcher_version} answered; this is {VERSION}, which may answer otherwise"
        )
    if asked.problem is None:
        raise CannotReplay("its problem is not kept any more")
    try:
        problem = thaw(asked.problem)
    except BrokenProblem:
        raise CannotReplay(
            "what is kept of its problem is not what was frozen: the database was tampered with"
        ) from None
    return _compare(asked, solve(problem, Effort(causes_limit=None)))


def replay_proposal(engine: Engine, proposal_id: str) -> ProposalReplay:
    """Check a proposal again on the facts frozen with it; when a run gave it, solve the run again too.

    Parameters
    ----------
    engine : Engine
        Of the database.
    proposal_id : str
        Of the proposal, in any state.

    Raises
    ------
    NotFound, CannotReplay
        As in `replay_run`; the proposal's facts are not in a form this version reads.
    """
    with reading(engine) as session:
        row = session.get(Proposal, proposal_id)
        if row is None:
            raise NotFound
        run_id, request_id, frozen, option = row.run_id, row.request_id, row.context, _option(row)
    broken = _broken(frozen, option)
    if run_id is None:
        return ProposalReplay(broken, None, same_plan=True)
    again = replay_run(engine, run_id)
    return ProposalReplay(broken, again, same_plan=request_id not in again.differing)


def _read(engine: Engine, run_id: str) -> _Asked:
    with reading(engine) as session:
        run = session.get(Run, run_id)
        if run is None:
            raise NotFound
        kept = session.get(RunProblem, run_id)
        rows = session.scalars(select(Proposal).where(Proposal.run_id == run_id))
        return _Asked(
            run=run,
            problem=FrozenProblem(kept.digest, kept.problem) if kept else None,
            plans={row.request_id: (option_to_json(_option(row)), row.context["fallback"]) for row in rows},
        )


def _compare(asked: _Asked, solution: Solution) -> RunReplay:
    again = {
        plan.request: (option_to_json(plan.given), [option_to_json(option) for option in plan.fallback])
        for plan in solution.plans
    }
    differing = {
        request for request in asked.plans.keys() | again.keys() if asked.plans.get(request) != again.get(request)
    }
    return RunReplay(
        plans=len(asked.plans),
        differing=tuple(sorted(differing)),
        same_objective=list(solution.objective) == asked.run.objective,
        proven=asked.run.status == "optimal",
    )


def _option(row: Proposal) -> Option:
    legs = tuple(PlanLeg(leg.place_id, leg.from_night, leg.until_night) for leg in row.legs)
    return Option(legs, row.roofless_nights, row.cost)


def _broken(frozen: Mapping[str, Any], option: Option) -> str | None:
    problem = _problem_of(frozen)
    try:
        PlanCheck(problem, problem.requests[0], {place.id: place for place in problem.places}).verify(option)
    except AnswerError as error:
        return str(error)
    return None


def _problem_of(frozen: Mapping[str, Any]) -> Problem:
    try:
        # The two legs of a plan may be in one place.
        places = {place["id"]: place for place in frozen["places"]}
        return problem_from_json(
            {
                "format": 1,
                "requests": [frozen["request"]],
                "places": list(places.values()),
                **{name: frozen[name] for name in ("night", "horizon_nights", "policy")},
            }
        )
    except (KeyError, ProblemError) as error:
        raise CannotReplay(f"its facts are not in a form this version reads: {type(error).__name__}") from None
