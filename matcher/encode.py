"""Writing problems and answers in their JSON form; `matcher.codec` reads the former."""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from typing import Any, Final

from matcher.codec import FORMAT
from matcher.problem import Problem
from matcher.solution import Cause, Option, Solution

_NAMES: Final[Mapping[tuple[str, str], str]] = {
    ("Request", "priority"): "class",
    ("FreeInterval", "start"): "from",
    ("Resident", "start"): "from",
}
"""Fields whose name in JSON is a word that Python keeps for itself."""


def problem_to_json(problem: Problem) -> dict[str, Any]:
    """Write a problem so that `codec.problem_from_json` gives an equal one.

    Parameters
    ----------
    problem : Problem
        One run.

    Returns
    -------
    dict
        Ready for `json.dumps`; fields at their default are left out, sets are sorted.
    """
    return {"format": FORMAT, **_object(problem)}


def value_to_json(value: Any) -> Any:  # noqa: ANN401 -- any value of the problem
    """Write one value of a problem (a request, a place, the policy) in its JSON form."""
    if is_dataclass(value) and not isinstance(value, type):
        return _object(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [value_to_json(item) for item in value]
    return value


def _object(value: Any) -> dict[str, Any]:  # noqa: ANN401 -- any value of the problem
    written = {}
    for field in fields(value):
        content = getattr(value, field.name)
        default = field.default_factory() if field.default_factory is not MISSING else field.default
        if content != default:
            written[_NAMES.get((type(value).__name__, field.name), field.name)] = value_to_json(content)
    return written


def solution_to_json(solution: Solution) -> dict[str, Any]:
    """Write an answer in the form of `matching.md` §5.

    Parameters
    ----------
    solution : Solution
        A verified answer.

    Returns
    -------
    dict
        Ready for `json.dumps`.
    """
    return {
        "format": FORMAT,
        "status": solution.status,
        "objective": list(solution.objective),
        "bound": list(solution.bound),
        "plans": [
            {
                "request": plan.request,
                **option_to_json(plan.given),
                "fallback": [option_to_json(option) for option in plan.fallback],
            }
            for plan in solution.plans
        ],
        "unserved": [
            {"request": row.request, "funnel": [[code, count] for code, count in row.funnel], **_cause(row.cause)}
            for row in solution.unserved
        ],
        "greedy_objective": list(solution.greedy_objective),
        "solver": solution.solver,
        "version": solution.version,
        "seed": solution.seed,
        "seconds": solution.seconds,
    }


def option_to_json(option: Option) -> dict[str, Any]:
    """Write one way to shelter a household: its legs, nights without a roof and cost."""
    legs = [{"place": leg.place, "from": leg.start.isoformat(), "until": leg.until.isoformat()} for leg in option.legs]
    return {"legs": legs, "roofless_nights": option.roofless_nights, "cost": option.cost}


def _cause(cause: Cause | None) -> dict[str, Any]:
    if cause is None:
        return {"binding": None, "reason": None}
    marked = {"unproven": True} if cause.unproven else {}
    return {"binding": [list(rules) for rules in cause.binding], "reason": cause.reason, **marked}
