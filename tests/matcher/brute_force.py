"""The contract solved by trying everything: slow, independent of the matcher, right by being short.

Plain JSON in. Every plan of every request is enumerated with its choice of intervals, and every combination is
searched depth first; a branch is cut only when the best that each remaining request could have alone does not help.
A vector is one integer (`encode`): ten digits in a base no entry reaches, so integers compare as vectors do.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.matcher import brute_facts as facts

Json = dict[str, Any]
Vector = tuple[int, ...]

BASE = 1 << 60
RULES_ON_LEGS = frozenset({"separation", "adult_with_minor", "quota_full"})
NOTHING: frozenset[str] = frozenset()


def encode(vector: Sequence[int]) -> int:
    """One integer that orders as the vector does; entries may be negative."""
    total = 0
    for entry in vector:
        total = total * BASE + entry
    return total


@dataclass(frozen=True)
class Leg:
    place: str
    interval: int
    start: int
    end: int


@dataclass(frozen=True)
class Plan:
    """One way to shelter a request; ``cost`` holds the terms that are not zero."""

    request: str
    legs: tuple[Leg, ...]
    roofless: int
    cost: tuple[tuple[str, int], ...]

    @property
    def identity(self) -> tuple[tuple[str, int, int], ...]:
        """What an answer says of it: places and nights, no intervals."""
        return tuple((leg.place, leg.start, leg.end) for leg in self.legs)

    @property
    def total(self) -> int:
        return sum(value for _, value in self.cost)

    @property
    def preference(self) -> tuple[Any, ...]:
        """Best first: nights without a roof, cost, places, dates."""
        return (
            self.roofless,
            self.total,
            [leg.place for leg in self.legs],
            [(leg.start, leg.end) for leg in self.legs],
        )


@dataclass
class _Found:
    """The best answer met so far."""

    value: int
    plans: tuple[Plan, ...]


class Brute:
    """One problem, tried out.

    Parameters
    ----------
    problem : dict
        In its JSON form.
    lifted : frozenset of str
        Rules not to apply, to anyone.
    """

    def __init__(self, problem: Json, lifted: frozenset[str] = NOTHING) -> None:
        self.lifted = lifted
        self.night = date.fromisoformat(problem["night"])
        self.horizon: int = problem.get("horizon_nights", 28)
        policy = problem.get("policy", {})
        self.max_legs: int = policy.get("max_legs", 1)
        self.secure: int = policy.get("secure_nights", 14)
        self.most_fallbacks: int = policy.get("fallbacks", 3)
        self.weights = facts.WEIGHTS | policy.get("weights", {})
        self.requests: dict[str, Json] = {row["id"]: row for row in problem["requests"]}
        self.places: dict[str, Json] = {row["id"]: row for row in problem["places"]}
        self.residents: list[Json] = problem.get("residents", [])
        self.quotas: list[Json] = problem.get("quotas", [])
        self.room = {
            (identifier, index): (self._beds(place, free), self._cots(place, free))
            for identifier, place in self.places.items()
            for index, free in enumerate(place["free"])
        }
        self.plans = {
            identifier: sorted(self._admissible(request), key=lambda plan: plan.preference)
            for identifier, request in self.requests.items()
        }

    def offset(self, day: str | None) -> int:
        return 10**6 if day is None else (date.fromisoformat(day) - self.night).days

    @staticmethod
    def _beds(place: Json, free: Json) -> int:
        return place["beds"] if free.get("beds") is None else free["beds"]

    @staticmethod
    def _cots(place: Json, free: Json) -> int:
        return place.get("cots", 0) if free.get("cots") is None else free["cots"]

    # --- plans ---------------------------------------------------------------------------------------------------

    def want(self, request: Json, start: int) -> int:
        return min(request.get("nights") or 10**6, self.horizon - start)

    def legs(self, request: Json, places: list[str]) -> Iterator[Leg]:
        """Every leg that dates and beds allow, at its full length."""
        for identifier in places:
            place = self.places[identifier]
            for index, free in enumerate(place["free"]):
                beds, cots = self.room[identifier, index]
                start = max(self.offset(request["from_night"]), self.offset(free["from"]))
                end = min(start + self.want(request, start), self.horizon, self.offset(free.get("until")))
                end = min(end, start + (place.get("max_stay_nights") or 10**6))
                whole = place.get("sharing", "private") == "shared" or beds >= place["beds"]
                if end > start and whole and facts.demand(request, place, cots)[0] <= beds:
                    yield Leg(identifier, index, start, end)

    def every_plan(self, request: Json, places: list[str]) -> Iterator[Plan]:
        """Every plan of the contract's §1 in some places, whatever the rules on them say."""
        legs = list(self.legs(request, places))
        latest = min(self.offset(request.get("latest_night")), self.horizon - 1)
        for first in legs:
            if first.start > latest:
                continue
            yield self._plan(request, (first,))
            for last in legs if self.max_legs == 2 else ():
                moves = first.start < last.start <= first.end and last.place != first.place
                wanted = self.want(request, first.start)
                if moves and last.start - first.start < wanted:
                    place = self.places[last.place]
                    until = self.offset(place["free"][last.interval].get("until"))
                    stay = last.start + (place.get("max_stay_nights") or 10**6)
                    end = min(first.start + wanted, self.horizon, until, stay)
                    bridge = Leg(first.place, first.interval, first.start, last.start)
                    yield self._plan(request, (bridge, Leg(last.place, last.interval, last.start, end)))

    def _plan(self, request: Json, legs: tuple[Leg, ...]) -> Plan:
        first = self.offset(request["from_night"])
        secured = range(first, min(first + (request.get("nights") or 10**6), first + self.secure, self.horizon))
        roofless = sum(not any(leg.start <= night < leg.end for leg in legs) for night in secured)
        terms: Counter[str] = Counter()
        for leg in legs:
            cots = self.room[leg.place, leg.interval][1]
            terms.update(facts.leg_cost(request, self.places[leg.place], cots, self.weights))
        covered = sum(leg.end - leg.start for leg in legs)
        terms["move"] = self.weights["move"] if len(legs) == 2 else 0
        terms["shortfall"] = self.weights["shortfall_night"] * (self.want(request, legs[0].start) - covered)
        sent = request.get("sent_place")
        if sent is not None and all(leg.place != sent for leg in legs):
            terms["change"] = self.weights["change"]
        cost = tuple(sorted((name, value) for name, value in terms.items() if value))
        return Plan(request["id"], legs, roofless, cost)

    def _admissible(self, request: Json) -> list[Plan]:
        standing = [
            identifier
            for identifier, place in self.places.items()
            if not facts.too_large(request, place) and not facts.broken(request, place) - self.lifted
        ]
        return [plan for plan in self.every_plan(request, standing) if not self.clashes(plan, [])]

    # --- beside others -------------------------------------------------------------------------------------------

    def clashes(self, plan: Plan, others: Sequence[Plan]) -> set[str]:
        """The rules that look at other households and that a plan breaks beside residents and other plans."""
        found = set()
        request = self.requests[plan.request]
        for leg in plan.legs:
            for other in self._company(leg, others):
                if other["group"] is not None and other["group"] == request.get("separation_group"):
                    found.add("separation")
                if other["place"] == leg.place and self._mixing_matters(leg.place):
                    minor_there = facts.has_minor(request) and other["adult"]
                    if minor_there or (facts.has_adult(request) and other["minor"]):
                        found.add("adult_with_minor")
        if any(self._quota_exceeded(quota, [plan, *others]) for quota in self._quotas_of(plan)):
            found.add("quota_full")
        return found - self.lifted

    def _mixing_matters(self, identifier: str) -> bool:
        place = self.places[identifier]
        return place.get("sharing", "private") == "shared" and place.get("audience") != "women_with_children"

    def _company(self, leg: Leg, others: Sequence[Plan]) -> Iterator[Json]:
        """Who is in the leg's facility on one of its nights: facts of each household."""
        facility = self.places[leg.place]["facility"]
        for row in self.residents:
            together = self.offset(row["from"]) < leg.end and leg.start < self.offset(row.get("until"))
            same = {"group": row.get("separation_group") if row["facility"] == facility else None}
            if together:
                yield same | {"place": row["place"], "minor": row.get("has_minor", True),
                              "adult": row.get("has_adult", True)}  # fmt: skip
        for plan in others:
            request = self.requests[plan.request]
            for other in plan.legs:
                if other.start < leg.end and leg.start < other.end and self.places[other.place]["facility"] == facility:
                    yield {"group": request.get("separation_group"), "place": other.place,
                           "minor": facts.has_minor(request), "adult": facts.has_adult(request)}  # fmt: skip

    def _counts(self, quota: Json, plan: Plan) -> bool:
        request = self.requests[plan.request]
        for leg in plan.legs:
            outside = request["departement"] != self.places[leg.place].get("departement")
            fact = facts.has_partner(request) if quota["fact"] == "has_partner" else outside
            if leg.place in quota["places"] and fact:
                return True
        return False

    def _quotas_of(self, plan: Plan) -> list[Json]:
        return [quota for quota in self.quotas if self._counts(quota, plan)]

    def _quota_exceeded(self, quota: Json, plans: Sequence[Plan]) -> bool:
        return sum(self._counts(quota, plan) for plan in plans) > max(0, quota["max"] - quota.get("already", 0))

    def overfull(self, plans: Sequence[Plan]) -> bool:
        """Whether these plans, with the intervals they name, give a bed, a cot or a private interval twice."""
        beds: Counter[tuple[str, int]] = Counter()
        cots: Counter[tuple[str, int]] = Counter()
        users: Counter[tuple[str, int]] = Counter()
        for plan in plans:
            for leg in plan.legs:
                key, place = (leg.place, leg.interval), self.places[leg.place]
                need = facts.demand(self.requests[plan.request], place, self.room[key][1])
                users[key] += place.get("sharing", "private") == "private"
                beds[key] += need[0]
                cots[key] += need[1]
        return any(beds[key] > self.room[key][0] or cots[key] > self.room[key][1] or users[key] > 1 for key in beds)

    # --- the optimum ---------------------------------------------------------------------------------------------

    def value(self, plan: Plan) -> Vector:
        vector = [0] * 10
        vector[2 * self.requests[plan.request]["class"] - 1] = plan.roofless
        vector[9] = plan.total
        return tuple(vector)

    def unserved_value(self, identifier: str) -> Vector:
        vector = [0] * 10
        request = self.requests[identifier]
        vector[2 * request["class"] - 2] = 1
        vector[8] = -self.offset(request["waiting_since"])
        return tuple(vector)

    def vector(self, plans: Sequence[Plan]) -> Vector:
        """What an answer with these plans is worth."""
        served = {plan.request for plan in plans}
        rows = [self.value(plan) for plan in plans]
        rows += [self.unserved_value(request) for request in self.requests if request not in served]
        return tuple(map(sum, zip(*rows, strict=True))) if rows else (0,) * 10

    def best(self) -> Vector:
        """The lexicographic optimum."""
        options: list[list[tuple[int, Plan | None]]] = []
        for identifier, plans in sorted(self.plans.items(), key=lambda item: self.requests[item[0]]["class"]):
            own: list[tuple[int, Plan | None]] = [(encode(self.value(plan)), plan) for plan in plans]
            own.append((encode(self.unserved_value(identifier)), None))
            options.append(sorted(own, key=lambda option: option[0]))
        least = [sum(own[0][0] for own in options[depth:]) for depth in range(len(options) + 1)]
        found = _Found(encode(self.vector([])), ())
        self._search(options, least, [], 0, found)
        return self.vector(found.plans)

    def _search(
        self,
        options: list[list[tuple[int, Plan | None]]],
        least: list[int],
        taken: list[Plan],
        sofar: int,
        found: _Found,
    ) -> None:
        depth = len(options) - len(least) + 1
        if depth == len(options):
            found.value, found.plans = sofar, tuple(taken)
            return
        for value, plan in options[depth]:
            if sofar + value + least[1] >= found.value:
                return
            if plan is None:
                self._search(options, least[1:], taken, sofar + value, found)
            elif not self.clashes(plan, taken) and not self.overfull([*taken, plan]):
                self._search(options, least[1:], [*taken, plan], sofar + value, found)
