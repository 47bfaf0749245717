"""One plan, verified against the contract: dates, intervals, nights without a roof, cost."""

import math
from datetime import timedelta

from matcher.check_leg import beds_taken, broken_rules, distance_to
from matcher.errors import AnswerError
from matcher.packing import Seat
from matcher.place import FreeInterval, Place, Sharing
from matcher.problem import Problem
from matcher.request import Request
from matcher.solution import Option, PlanLeg


class PlanCheck:
    """Verify plans of one request.

    Parameters
    ----------
    problem : Problem
        What was asked.
    request : Request
        Whose plans.
    places : dict of str to Place
        Every place by identifier.
    """

    def __init__(self, problem: Problem, request: Request, places: dict[str, Place]) -> None:
        self._problem, self._request, self._places = problem, request, places

    def verify(self, option: Option) -> list[list[Seat]]:
        """Verify everything about one option that does not depend on other households.

        Returns
        -------
        list of list of Seat
            Per leg, the free intervals (positions in `Place.free`) that it could be using.

        Raises
        ------
        AnswerError
            Naming what is wrong.
        """
        self._check_shape(option)
        seats = []
        for number, leg in enumerate(option.legs):
            place = self._places[leg.place]
            for code in broken_rules(self._request, place):
                raise self._error(f"{place.id} breaks {code}")
            fitting = self._seats(option, number)
            if not fitting:
                raise self._error(f"no free interval of {place.id} gives {leg.start} to {leg.until}")
            seats.append(fitting)
        if option.roofless_nights != self.roofless_nights(option):
            raise self._error(f"{option.roofless_nights} nights without a roof, not {self.roofless_nights(option)}")
        cots = [self._offered_cots(leg, fitting) for leg, fitting in zip(option.legs, seats, strict=True)]
        expected = self.cost(option, cots)
        if option.cost != expected:
            raise self._error(f"cost {option.cost}, not {expected}")
        return seats

    def _error(self, message: str) -> AnswerError:
        return AnswerError(f"plan of {self._request.id}: {message}")

    def _check_shape(self, option: Option) -> None:
        legs = option.legs
        if not 1 <= len(legs) <= self._problem.policy.max_legs or any(leg.place not in self._places for leg in legs):
            raise self._error("as many legs as allowed, in places that exist")
        latest = self._request.latest_night
        if legs[0].start < self._request.from_night or (latest is not None and legs[0].start > latest):
            raise self._error(f"begins on {legs[0].start}")
        if len(legs) == 2 and (legs[0].until != legs[1].start or legs[0].place == legs[1].place):
            raise self._error("a bridge ends where another place begins")
        if len(legs) == 2 and (legs[0].until - legs[0].start).days >= self._want(legs[0]):
            raise self._error("the bridge alone covers the whole stay")

    def _want(self, first: PlanLeg) -> int:
        left = (self._problem.end - first.start).days
        return left if self._request.nights is None else min(self._request.nights, left)

    def _seats(self, option: Option, number: int) -> list[Seat]:
        leg = option.legs[number]
        place = self._places[leg.place]
        wanted_until = option.legs[0].start + timedelta(days=self._want(option.legs[0]))
        is_bridge = number + 1 < len(option.legs)
        found = []
        for index, free in enumerate(place.free):
            end = min(wanted_until, self._problem.end)
            if free.until is not None:
                end = min(end, free.until)
            if place.max_stay_nights is not None:
                end = min(end, leg.start + timedelta(days=min(place.max_stay_nights, self._problem.horizon_nights)))
            begins = leg.start == max(self._request.from_night, free.start)
            ends = leg.start < leg.until <= end if is_bridge else leg.start < leg.until == end
            seat = self._seat(place, index, free)
            if begins and ends and seat is not None:
                found.append(seat)
        return found

    def _seat(self, place: Place, index: int, free: FreeInterval) -> Seat | None:
        beds, cots = place.offered(free)
        needed = beds_taken(self._request, place, cots)
        if needed > beds or (place.sharing is Sharing.PRIVATE and beds < place.beds):
            return None
        infants = sum(1 for member in self._request.members if member.months < 24)
        return Seat(index, needed, 0 if place.pair_is_one else min(infants, cots))

    def _offered_cots(self, leg: PlanLeg, seats: list[Seat]) -> int:
        """Cots of the interval used; one interval at most fits a private place, and only there cots change a cost."""
        place = self._places[leg.place]
        _, cots = place.offered(place.free[seats[0].interval])
        return cots

    def roofless_nights(self, option: Option) -> int:
        """Count the secured nights that no leg covers, night by night."""
        request, policy = self._request, self._problem.policy
        horizon = self._problem.horizon_nights
        secured = min(policy.secure_nights, horizon if request.nights is None else request.nights, horizon)
        nights = [request.from_night + timedelta(days=index) for index in range(secured)]
        covered = [any(leg.start <= night < leg.until for leg in option.legs) for night in nights]
        return sum(not roof and night < self._problem.end for night, roof in zip(nights, covered, strict=True))

    def cost(self, option: Option, cots: list[int]) -> dict[str, int]:
        """Add up the terms of `matching.md` §4; ``cots`` are those offered to each leg."""
        request, weights = self._request, self._problem.policy.weights
        terms = dict.fromkeys(("scarcity", "distance", "spare_beds", "preference", "stale", "opportunity"), 0)
        for leg, offered in zip(option.legs, cots, strict=True):
            place = self._places[leg.place]
            if place.specialisms and not place.specialisms & request.needs:
                terms["scarcity"] += weights.scarcity
            for point, per_km in ((request.anchor, weights.per_km_anchor), (request.origin, weights.per_km_origin)):
                if point is not None:
                    km = distance_to(place, point.lat, point.lon)
                    terms["distance"] += per_km * (weights.unknown_km if km is None else math.floor(km))
            if place.sharing is Sharing.PRIVATE:
                spare = place.beds - beds_taken(request, place, offered)
                terms["spare_beds"] += weights.spare_bed * max(spare, 0)
            terms["preference"] += weights.preference * len(request.preferences - place.services)
            terms["stale"] += weights.stale_hour * min(place.confirmed_hours_ago, weights.stale_hours_max)
            if not request.needs & place.specialisms:
                terms["opportunity"] += place.opportunity
        terms["move"] = weights.move * (len(option.legs) - 1)
        nights = (option.legs[-1].until - option.legs[0].start).days
        terms["shortfall"] = weights.shortfall_night * (self._want(option.legs[0]) - nights)
        left = request.sent_place is not None and all(leg.place != request.sent_place for leg in option.legs)
        terms["change"] = weights.change if left else 0
        return {name: value for name, value in terms.items() if value}
