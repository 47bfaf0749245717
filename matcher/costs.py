"""The cost of a plan: one function per term (`matching.md` §4), on arrays.

Every function takes the problem, one request, and columns that describe plans or their legs; it answers integers
of the same length, already weighted. Costs only choose among answers that shelter the same households the same nights.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from matcher.geo import great_circle_km
from matcher.legs import bed_demand, want
from matcher.tables import NOT_SENT, Ints, Tables


def scarcity(tables: Tables, request: int | Ints, place: Ints, interval: Ints) -> Ints:
    """Charge a specialised place given to a household that needs none of its specialisms."""
    del interval
    return tables.problem.policy.weights.scarcity * tables.scarce.at(request, place).astype(np.int64)


def distance(tables: Tables, request: int | Ints, place: Ints, interval: Ints) -> Ints:
    """Charge whole kilometres to the anchor and to the origin; a fixed number for a place without coordinates."""
    del interval
    weights = tables.problem.policy.weights
    total = np.zeros(len(place), dtype=np.int64)
    for (lat, lon), per_km in ((tables.anchor, weights.per_km_anchor), (tables.origin, weights.per_km_origin)):
        given = ~np.isnan(lat[request])
        if np.any(given) and per_km:
            km = great_circle_km(lat[request], lon[request], tables.lat[place], tables.lon[place])
            whole = np.where(np.isnan(km), weights.unknown_km, np.floor(km)).astype(np.int64)
            total += per_km * np.where(given, whole, 0)
    return total


def spare_beds(tables: Tables, request: int | Ints, place: Ints, interval: Ints) -> Ints:
    """Charge beds of a private place that nobody will sleep in."""
    beds, _ = bed_demand(tables, request, interval)
    spare = np.where(tables.shared[place], 0, np.maximum(tables.beds[place] - beds, 0))
    return tables.problem.policy.weights.spare_bed * spare


def preference(tables: Tables, request: int | Ints, place: Ints, interval: Ints) -> Ints:
    """Charge preferences the place does not offer."""
    del interval
    return tables.problem.policy.weights.preference * tables.missing_preferences.at(request, place)


def stale(tables: Tables, request: int | Ints, place: Ints, interval: Ints) -> Ints:
    """Charge hours since somebody confirmed that the place is free."""
    del request, interval
    weights = tables.problem.policy.weights
    return weights.stale_hour * np.minimum(tables.stale[place], weights.stale_hours_max)


def opportunity(tables: Tables, request: int | Ints, place: Ints, interval: Ints) -> Ints:
    """Charge the opportunity price of a place to a household that needs none of its specialisms."""
    del interval
    needed = tables.specialised[place] & ~tables.scarce.at(request, place)
    return np.where(needed, 0, tables.opportunity[place])


LEG_TERMS: Final[dict[str, Callable[[Tables, int | Ints, Ints, Ints], Ints]]] = {
    "scarcity": scarcity,
    "distance": distance,
    "spare_beds": spare_beds,
    "preference": preference,
    "stale": stale,
    "opportunity": opportunity,
}
"""Terms counted for each leg."""


def leg_cost(tables: Tables, request: int | Ints, place: Ints, interval: Ints) -> Ints:
    """Sum the terms of legs of one request."""
    total = np.zeros(len(place), dtype=np.int64)
    for term in LEG_TERMS.values():
        total += term(tables, request, place, interval)
    return total


def shortfall(tables: Tables, request: int | Ints, start: Ints, end: Ints) -> Ints:
    """Charge nights wanted that the plan does not cover."""
    return tables.problem.policy.weights.shortfall_night * (want(tables, request, start) - (end - start))


def change(tables: Tables, request: int | Ints, *places: Ints) -> Ints:
    """Charge leaving the place already proposed: when it is the place of no leg."""
    sent = tables.sent[request]
    left = np.full(len(places[0]), sent != NOT_SENT)
    for place in places:
        left &= place != sent
    return tables.problem.policy.weights.change * left.astype(np.int64)


def roofless_nights(tables: Tables, request: int | Ints, start: Ints, end: Ints) -> Ints:
    """Count the secured nights that a plan covering [start, end) leaves without a roof (`matching.md` §1).

    Not a cost: it is an entry of the objective, before every cost.
    """
    first, nights = tables.first[request], np.minimum(tables.nights[request], tables.problem.policy.secure_nights)
    secured = np.minimum(first + nights, tables.horizon)
    before = np.minimum(start, secured) - first
    after = np.maximum(secured - end, 0)
    return before + after
