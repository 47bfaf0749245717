"""The rules on one request and one place and the costs of one leg, for `brute_force`: third statement, plain JSON in.

Written from the contract (`matching.md` §§1, 2, 4) alone; nothing here imports the matcher. Distances are geopy's.
"""

import math
from collections.abc import Iterator
from typing import Any

from geopy.distance import great_circle

Json = dict[str, Any]

ORDER = (
    "household_too_large", "not_available", "kind_not_admissible", "age_out_of_range", "audience", "hotel_minor",
    "status_required", "decision_missing", "unknown_location", "danger_area", "reserved_elsewhere", "out_of_scope",
    "too_far", "need_not_covered", "refused_before", "separation", "adult_with_minor", "quota_full",
)  # fmt: skip
"""The rules in the order of the contract."""

WEIGHTS = {"scarcity": 500, "per_km_anchor": 4, "per_km_origin": 1, "unknown_km": 300, "spare_bed": 20,
           "preference": 50, "stale_hour": 1, "stale_hours_max": 168, "move": 300, "shortfall_night": 3,
           "change": 200}  # fmt: skip
"""The contract's default weights."""


def months(member: Json) -> int:
    """Age that counts: a presumed minor has 215 months at most."""
    return min(member["age_months"], 215) if member.get("presumed_minor") else member["age_months"]


def principal(request: Json) -> Json:
    return next(member for member in request["members"] if member["role"] == "principal")


def ages_of(request: Json, *roles: str) -> list[int]:
    return [months(member) for member in request["members"] if not roles or member["role"] in roles]


def infants(request: Json) -> int:
    return sum(age < 24 for age in ages_of(request))


def has_minor(request: Json) -> bool:
    return any(age < 216 for age in ages_of(request))


def has_adult(request: Json) -> bool:
    return any(age >= 216 for age in ages_of(request))


def has_partner(request: Json) -> bool:
    return bool(ages_of(request, "partner"))


def demand(request: Json, place: Json, cots: int) -> tuple[int, int]:
    """Beds and cots the household takes where ``cots`` are offered."""
    heads = len(request["members"]) - infants(request)
    if place.get("pair_is_one"):
        return heads, 0
    in_cots = min(infants(request), cots)
    return heads + infants(request) - in_cots, in_cots


def too_large(request: Json, place: Json) -> bool:
    return demand(request, place, place.get("cots", 0))[0] > place["beds"]


def km_to(place: Json, point: Json) -> float | None:
    if place.get("lat") is None or place.get("lon") is None:
        return None
    return float(great_circle((place["lat"], place["lon"]), (point["lat"], point["lon"])).km)


def clause_holds(request: Json, clause: Json) -> bool:
    years = months(principal(request)) // 12
    weeks = request.get("pregnant_weeks")
    tests = {
        "principal_age": lambda span: span[0] <= years <= span[1],
        "pregnant_weeks_min": lambda least: weeks is not None and weeks >= least,
        "youngest_child_months_below": lambda limit: any(age < limit for age in ages_of(request, "child")),
        "statuses": lambda asked: set(asked) <= set(request.get("statuses", ())),
        "minor_principal": lambda wanted: wanted == (months(principal(request)) < 216),
        "has_partner": lambda wanted: wanted == has_partner(request),
    }
    return all(tests[key](value) for key, value in clause.items())


def unwelcome(request: Json, audience: str) -> bool:
    sexes = {member["sex"] for member in request["members"]}
    man = any(member["sex"] == "M" and months(member) >= 156 for member in request["members"])
    family = bool(ages_of(request, "child")) or request.get("pregnant_weeks") is not None
    if audience == "minors":
        return months(principal(request)) >= 216
    if audience == "women":
        return man
    if audience == "women_with_children":
        return man or not family
    if audience == "families":
        return not family
    return audience == "men" and "F" in sexes


def broken(request: Json, place: Json) -> frozenset[str]:
    """Every rule from `kind_not_admissible` to `refused_before` that the pair breaks."""
    return frozenset([*_about_people(request, place), *_about_papers(request, place), *_about_where(request, place)])


def _about_people(request: Json, place: Json) -> Iterator[str]:
    kinds, admits, ages = request.get("kinds"), place.get("admits"), place.get("ages")
    if kinds is not None and place["kind"] not in kinds:
        yield "kind_not_admissible"
    if admits is not None and not any(clause_holds(request, clause) for clause in admits):
        yield "kind_not_admissible"
    couple = [age // 12 for age in ages_of(request, "principal", "partner")]
    if ages is not None and any(years < ages[0] or years > ages[1] for years in couple):
        yield "age_out_of_range"
    if unwelcome(request, place.get("audience", "mixed")):
        yield "audience"
    age = months(principal(request))
    if place["kind"] == "hotel" and (age < 216 or (age < 252 and "under_ase" in request.get("statuses", ()))):
        yield "hotel_minor"


def _about_papers(request: Json, place: Json) -> Iterator[str]:
    if not set(place.get("requires", ())) <= set(request.get("statuses", ())):
        yield "status_required"
    if place.get("decisions") and not set(place["decisions"]) & set(request.get("decisions", ())):
        yield "decision_missing"
    kept = place.get("reserved_to")
    if kept is not None:
        shared = set(kept.get("contingents", ())) & set(request.get("contingents", ()))
        if request["departement"] not in kept.get("departements", ()) and not shared:
            yield "reserved_elsewhere"
    if place.get("serves") is not None and request["departement"] not in place["serves"]:
        yield "out_of_scope"
    if not set(request.get("needs", ())) <= set(place.get("services", ())):
        yield "need_not_covered"
    if place["facility"] in request.get("refused_facilities", ()):
        yield "refused_before"


def _about_where(request: Json, place: Json) -> Iterator[str]:
    zones = request.get("zones", {})
    forbidden = set(zones.get("departements", ()))
    kept = (place.get("reserved_to") or {}).get("departements", ())
    if forbidden and place.get("departement") is None:
        yield "unknown_location"
    if place.get("departement") in forbidden or forbidden & set(kept):
        yield "danger_area"
    for circle in zones.get("circles", ()):
        km = km_to(place, circle)
        if km is None:
            yield "unknown_location"
        elif km <= circle["km"] + place.get("precision_km", 0):
            yield "danger_area"
    anchor = request.get("anchor")
    if anchor is not None and anchor.get("max_km") is not None:
        km = km_to(place, anchor)
        if km is None or km > anchor["max_km"]:
            yield "too_far"


def leg_cost(request: Json, place: Json, cots: int, weights: dict[str, int]) -> dict[str, int]:
    """Terms counted for one leg, where ``cots`` cots are offered."""
    distance = 0
    for point, per_km in (("anchor", "per_km_anchor"), ("origin", "per_km_origin")):
        if request.get(point) is not None:
            km = km_to(place, request[point])
            distance += weights[per_km] * (weights["unknown_km"] if km is None else math.floor(km))
    special = set(place.get("specialisms", ()))
    spare = place["beds"] - demand(request, place, cots)[0] if place.get("sharing", "private") == "private" else 0
    return {
        "scarcity": weights["scarcity"] if special and not special & set(request.get("needs", ())) else 0,
        "distance": distance,
        "spare_beds": weights["spare_bed"] * spare,
        "preference": weights["preference"] * len(set(request.get("preferences", ())) - set(place.get("services", ()))),
        "stale": weights["stale_hour"] * min(place.get("confirmed_hours_ago", 0), weights["stale_hours_max"]),
    }
