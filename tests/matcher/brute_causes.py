"""Why a request is unserved, tried out: each set of up to three rules is lifted for it alone, and all solved again."""

from itertools import combinations
from typing import Any

from tests.matcher import brute_facts as facts
from tests.matcher.brute_force import Brute, Plan

Json = dict[str, Any]

FIXED = {"household_too_large", "not_available", "separation", "adult_with_minor", "quota_full"}
LIFTABLE = [code for code in facts.ORDER if code not in FIXED]


class Causes:
    """Binding sets and reasons of one problem.

    Parameters
    ----------
    problem : dict
        In its JSON form.
    """

    def __init__(self, problem: Json) -> None:
        self.brute = Brute(problem)
        self.best = self.brute.best()[:9]

    def _broken(self, plan: Plan) -> frozenset[str]:
        request = self.brute.requests[plan.request]
        return frozenset().union(*(facts.broken(request, self.brute.places[leg.place]) for leg in plan.legs))

    def binding(self, identifier: str) -> list[list[str]]:
        """The smallest sets whose lifting for this request alone makes entries 1 to 9 better."""
        request = self.brute.requests[identifier]
        roomy = [name for name, place in self.brute.places.items() if not facts.too_large(request, place)]
        possible = [plan for plan in self.brute.every_plan(request, roomy) if not self.brute.clashes(plan, [])]
        known: dict[frozenset[Plan], bool] = {frozenset(self.brute.plans[identifier]): False}
        for size in (1, 2, 3):
            found = []
            for codes in combinations(LIFTABLE, size):
                plans = [plan for plan in possible if self._broken(plan) <= set(codes)]
                key = frozenset(plans)
                if key not in known:
                    known[key] = self._improves(identifier, plans)
                if known[key]:
                    found.append(list(codes))
            if found:
                return found
        return []

    def _improves(self, identifier: str, plans: list[Plan]) -> bool:
        own = self.brute.plans[identifier]
        self.brute.plans[identifier] = sorted(plans, key=lambda plan: plan.preference)
        better = self.brute.best()[:9] < self.best
        self.brute.plans[identifier] = own
        return better

    def reason(self, identifier: str) -> str:
        """Why, when there is no binding set."""
        request = self.brute.requests[identifier]
        if self.brute.plans[identifier]:
            return "outranked"
        passes = (
            not facts.too_large(request, place) and not facts.broken(request, place)
            for place in self.brute.places.values()
        )
        return "all_taken" if any(passes) else "no_place"
