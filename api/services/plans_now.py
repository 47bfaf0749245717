"""What a request could be given as things stand: the matcher's own rules on one request, and on some places or all."""

from dataclasses import dataclass
from typing import Final

from api.services.context import Context
from data.snapshots import load_snapshot
from matcher.check_leg import broken_rules
from matcher.check_plan import PlanCheck
from matcher.describe import option
from matcher.errors import ProblemError
from matcher.greedy import fits, preferred_order
from matcher.ledger import Ledger, Leg
from matcher.packing import Seat
from matcher.plans import NONE, request_plans
from matcher.policy import Policy
from matcher.problem import Problem
from matcher.request import Request
from matcher.residents import Residents
from matcher.rules import RULES
from matcher.solution import Option, PlanLeg
from matcher.tables import Tables

LIFTABLE: Final = frozenset({"reserved_elsewhere", "refused_before"})
"""Rules that people may lift for one request: a waiver, an override."""


_WITH_BRIDGES: Final = Policy(max_legs=2)
"""People who propose by hand look further than a run that must be proven in seconds."""


@dataclass(frozen=True)
class Standing:
    """A plan that every rule allows now.

    Parameters
    ----------
    option : Option
        Legs, nights without a roof, cost.
    seats : tuple of Seat
        Beds and cots that each leg takes.
    """

    option: Option
    seats: tuple[Seat, ...]


class PlansNow:
    """One request beside what is free now, everyone else where they are.

    Parameters
    ----------
    context : Context
        To read with.
    request_id : str
        Of the request, whatever its state.
    facilities : frozenset of str, optional
        Look at these alone; all unless told.

    Raises
    ------
    ProblemError
        The request cannot be matched: its latest night has passed, or it names what the reference data do not hold.
    """

    def __init__(self, context: Context, request_id: str, facilities: frozenset[str] | None = None) -> None:
        snapshot = load_snapshot(
            context.session,
            night=context.tonight,
            now=context.now,
            policy=_WITH_BRIDGES,
            only=request_id,
            facilities=facilities,
        )
        if not snapshot.problem.requests:
            raise ProblemError("requests", "the request cannot take part in a run")
        self.problem: Problem = snapshot.problem
        self.request: Request = snapshot.problem.requests[0]
        self._tables = Tables(self.problem)
        self._residents = Residents(self._tables)
        self._ledger = Ledger(self._tables, self._residents)

    def best(self, most: int, lifted: frozenset[str] = frozenset()) -> list[Option]:
        """List the best plans, each in other places than those before, in the order of fallback lists.

        Parameters
        ----------
        most : int
            How many at most.
        lifted : frozenset of str
            Rules of `LIFTABLE` not to apply.
        """
        plans = request_plans(self._tables, self._residents, 0, lifted)
        found: list[Option] = []
        seen: set[tuple[str, ...]] = set()
        for row in preferred_order(plans, slice(0, len(plans))):
            if len(found) == most:
                break
            if not fits(self._tables, self._ledger, plans, int(row)):
                continue
            each = option(self._tables, plans, int(row))
            places = tuple(leg.place for leg in each.legs)
            if places not in seen:
                seen.add(places)
                found.append(each)
        return found

    def find(self, legs: tuple[PlanLeg, ...]) -> Standing | None:
        """Give the plan with these legs, verified a second time; None when a rule forbids it now."""
        plans = request_plans(self._tables, self._residents, 0)
        places = {place.id: place for place in self.problem.places}
        for row in range(len(plans)):
            each = option(self._tables, plans, row)
            if each.legs == legs and fits(self._tables, self._ledger, plans, row):
                seats = PlanCheck(self.problem, self.request, places).verify(each)
                return Standing(each, tuple(ways[0] for ways in seats))
        return None

    def in_the_way(self, plan: Option) -> str | None:
        """Name the first rule on request and place that a plan breaks; None when it breaks none."""
        places = {place.id: place for place in self.problem.places}
        broken = {code for leg in plan.legs for code in broken_rules(self.request, places[leg.place])}
        return next((rule.code for rule in RULES if rule.code in broken), None)

    def beside_others(self, leg: PlanLeg) -> str | None:
        """Name the rule by which the neighbours forbid a leg, whether or not its beds are free; None when none does."""
        origin = self.problem.night
        start, until = ((night - origin).days for night in (leg.start, leg.until))
        entry = Leg(0, self._tables.place_index[leg.place], NONE, start, until, until, bridge=False)
        if self._ledger.separation(entry):
            return "separation"
        return "adult_with_minor" if self._ledger.adult_with_minor(entry) else None
