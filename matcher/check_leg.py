"""The hard rules on one request and one place, stated a second time.

Written from the contract alone: it shares no code with `matcher.rules`, `matcher.tables` or `matcher.legs`, so that one
mistake cannot both make an answer and pass it. Plain values and plain loops; slow, and only ever run on answers.
"""

import math
from collections.abc import Iterator
from typing import Final

from matcher.place import Clause, Place
from matcher.request import Request

_RADIUS_KM: Final = 6371.009
_SLACK_KM: Final = 1e-6
"""Two correct ways to compute a distance differ by less than a millimetre."""


def distance_km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Great-circle distance in kilometres between two points in degrees, by the haversine formula."""
    phi1, phi2 = math.radians(lat1), math.radians(lat2)
    half_lat = math.sin((phi2 - phi1) / 2)
    half_lon = math.sin((math.radians(lon2) - math.radians(lon1)) / 2)
    return 2 * _RADIUS_KM * math.asin(math.sqrt(min(1.0, half_lat**2 + math.cos(phi1) * math.cos(phi2) * half_lon**2)))


def distance_to(place: Place, lat: float, lon: float) -> float | None:
    """Distance from a point to a place in kilometres, None when the place has no coordinates."""
    if place.lat is None or place.lon is None:
        return None
    return distance_km(lat, lon, place.lat, place.lon)


def broken_rules(request: Request, place: Place) -> Iterator[str]:
    """Name every rule on request and place that placing one in the other would break.

    Parameters
    ----------
    request : Request
        One household.
    place : Place
        One place.

    Yields
    ------
    str
        Codes of rules; nothing when the place is admissible.
    """
    if beds_taken(request, place, place.cots) > place.beds:
        yield "household_too_large"
    if request.kinds is not None and place.kind not in request.kinds:
        yield "kind_not_admissible"
    if place.admits is not None and not any(_holds(clause, request) for clause in place.admits):
        yield "kind_not_admissible"
    yield from _people(request, place)
    yield from _papers(request, place)
    yield from _where(request, place)


def beds_taken(request: Request, place: Place, cots: int) -> int:
    """Beds the household takes where so many cots are offered."""
    infants = sum(1 for member in request.members if member.months < 24)
    others = len(request.members) - infants
    return others if place.pair_is_one else others + max(infants - cots, 0)


def _holds(clause: Clause, request: Request) -> bool:
    children = [member.months for member in request.members if member.role == "child"]
    facts = [
        clause.statuses <= request.statuses,
        clause.minor_principal is None or clause.minor_principal == (request.principal.months < 216),
        clause.has_partner is None or clause.has_partner == any(member.role == "partner" for member in request.members),
    ]
    if clause.principal_age is not None:
        facts.append(clause.principal_age[0] <= request.principal.months // 12 <= clause.principal_age[1])
    if clause.pregnant_weeks_min is not None:
        facts.append((request.pregnant_weeks or 0) >= clause.pregnant_weeks_min and request.pregnant_weeks is not None)
    if clause.youngest_child_months_below is not None:
        facts.append(any(months < clause.youngest_child_months_below for months in children))
    return all(facts)


def _people(request: Request, place: Place) -> Iterator[str]:
    couple = [member for member in request.members if member.role in {"principal", "partner"}]
    if place.ages is not None and any(not place.ages[0] <= one.months // 12 <= place.ages[1] for one in couple):
        yield "age_out_of_range"
    man = any(member.sex == "M" and member.months >= 13 * 12 for member in request.members)
    woman = any(member.sex == "F" for member in request.members)
    family = request.pregnant_weeks is not None or any(member.role == "child" for member in request.members)
    minor = request.principal.months < 18 * 12
    unwelcome = {
        "minors": not minor,
        "women": man,
        "women_with_children": man or not family,
        "families": not family,
        "men": woman,
        "mixed": False,
    }
    if unwelcome[place.audience.value]:
        yield "audience"
    if place.kind == "hotel" and (minor or ("under_ase" in request.statuses and request.principal.months < 21 * 12)):
        yield "hotel_minor"


def _papers(request: Request, place: Place) -> Iterator[str]:
    if place.requires - request.statuses:
        yield "status_required"
    if place.decisions and place.decisions.isdisjoint(request.decisions):
        yield "decision_missing"
    kept = place.reserved_to
    if (
        kept is not None
        and request.departement not in kept.departements
        and kept.contingents.isdisjoint(request.contingents)
    ):
        yield "reserved_elsewhere"
    if place.serves is not None and request.departement not in place.serves:
        yield "out_of_scope"
    if request.needs - place.services:
        yield "need_not_covered"
    if place.facility in request.refused_facilities:
        yield "refused_before"


def _where(request: Request, place: Place) -> Iterator[str]:
    zones = request.zones
    if zones.departements:
        if place.departement is None:
            yield "unknown_location"
        local = set() if place.reserved_to is None else place.reserved_to.departements
        if place.departement in zones.departements or zones.departements & local:
            yield "danger_area"
    for circle in zones.circles:
        distance = distance_to(place, circle.lat, circle.lon)
        if distance is None:
            yield "unknown_location"
        elif distance <= circle.km + place.precision_km - _SLACK_KM:
            yield "danger_area"
    anchor = request.anchor
    if anchor is not None and anchor.max_km is not None:
        distance = distance_to(place, anchor.lat, anchor.lon)
        if distance is None or distance > anchor.max_km + _SLACK_KM:
            yield "too_far"
