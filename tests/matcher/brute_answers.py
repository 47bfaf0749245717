"""What the contract says around the optimum, tried out: greedy, fallback lists, funnels.

An answer names no intervals, so wherever one stands beside others every choice of intervals is tried (`seated`).
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from tests.matcher import brute_facts as facts
from tests.matcher.brute_force import Brute, Plan

Json = dict[str, Any]
Identity = tuple[tuple[str, int, int], ...]
Given = dict[str, Identity]


def given_plans(brute: Brute, answer: Json) -> Given:
    """Places and nights of every plan of an answer in its JSON form."""
    return {row["request"]: _identity(brute, row) for row in answer["plans"]}


def _identity(brute: Brute, row: Json) -> Identity:
    return tuple((leg["place"], _offset(brute, leg["from"]), _offset(brute, leg["until"])) for leg in row["legs"])


def _offset(brute: Brute, day: str) -> int:
    return (date.fromisoformat(day) - brute.night).days


def seated(brute: Brute, given: Given) -> list[Plan] | None:
    """Choose intervals for everyone so that nothing is given twice; None when there is no way."""
    choices = [
        [plan for plan in brute.plans[request] if plan.identity == identity] for request, identity in given.items()
    ]
    return _seat(brute, choices, [])


def _seat(brute: Brute, choices: Sequence[list[Plan]], taken: list[Plan]) -> list[Plan] | None:
    if len(taken) == len(choices):
        return taken
    for plan in choices[len(taken)]:
        if not brute.overfull([*taken, plan]):
            found = _seat(brute, choices, [*taken, plan])
            if found is not None:
                return found
    return None


def beside(brute: Brute, given: Given, plan: Plan) -> set[str]:
    """The rules a plan breaks beside others' plans, residents and quotas; `taken_this_run` when no bed is left."""
    others = seated(brute, given)
    assert others is not None
    broken = brute.clashes(plan, others)
    if not broken and seated_with(brute, given, plan) is None:
        broken = {"taken_this_run"}
    return broken


def seated_with(brute: Brute, given: Given, plan: Plan) -> list[Plan] | None:
    """Seat everyone and one more household, in the very intervals that its plan names."""
    choices = [[other for other in brute.plans[who] if other.identity == identity] for who, identity in given.items()]
    return _seat(brute, [[plan], *choices], [])


def check_answer(brute: Brute, answer: Json) -> None:
    """Fail unless every plan of an answer is one of ours, they fit together, and they add up."""
    given = given_plans(brute, answer)
    plans = seated(brute, given)
    assert plans is not None, "no choice of intervals makes this answer valid"
    for plan in plans:
        assert not brute.clashes(plan, [other for other in plans if other is not plan])
    assert brute.vector(plans) == tuple(answer["objective"])
    shown = {row["request"]: row for row in answer["plans"]}
    for plan in plans:
        row = shown[plan.request]
        assert (row["roofless_nights"], row["cost"]) == (plan.roofless, dict(plan.cost))


def greedy(brute: Brute) -> tuple[int, ...]:
    """The vector of serving one request after another."""
    given: Given = {}
    order = sorted(brute.requests.values(), key=lambda row: (row["class"], row["waiting_since"], row["id"]))
    for request in order:
        for plan in brute.plans[request["id"]]:
            if not beside(brute, given, plan):
                given[request["id"]] = plan.identity
                break
    plans = seated(brute, given)
    assert plans is not None
    return brute.vector(plans)


def fallback(brute: Brute, given: Given, request: str) -> list[Json]:
    """The next plans of a served request, in the JSON form of an answer without its dates as text."""
    others = {who: identity for who, identity in given.items() if who != request}
    found: list[Json] = []
    seen = {given[request]}
    for plan in brute.plans[request]:
        if plan.identity not in seen and not beside(brute, others, plan):
            seen.add(plan.identity)
            found.append({"legs": plan.identity, "roofless_nights": plan.roofless, "cost": dict(plan.cost)})
    return found[: brute.most_fallbacks]


def shown_fallback(brute: Brute, row: Json) -> list[Json]:
    """The fallback list of an answer in the form of `fallback`."""
    return [
        {"legs": _identity(brute, each), "roofless_nights": each["roofless_nights"], "cost": each["cost"]}
        for each in row["fallback"]
    ]


def funnel(brute: Brute, given: Given, request: str) -> list[list[Any]]:
    """How many places stand after each rule, for an unserved request beside the others' plans."""
    household = brute.requests[request]
    roomy = [name for name, place in brute.places.items() if not facts.too_large(household, place)]
    broken = {name: facts.broken(household, brute.places[name]) for name in roomy}
    plans = list(brute.every_plan(household, roomy))
    others = seated(brute, given)
    assert others is not None
    rows: list[list[Any]] = [["household_too_large", len(roomy)]]
    for code in facts.ORDER[1:]:
        plans = [plan for plan in plans if not any(code in broken[leg.place] for leg in plan.legs)]
        if code in {"separation", "adult_with_minor", "quota_full"}:
            plans = [plan for plan in plans if code not in brute.clashes(plan, others)]
        rows.append([code, _places(plans)])
    rows.append(["taken_this_run", _places([plan for plan in plans if seated_with(brute, given, plan) is not None])])
    return rows


def _places(plans: Sequence[Plan]) -> int:
    return len({leg.place for plan in plans for leg in plan.legs})
