"""What distancing changes on a night: who sleeps where, with danger zones and without, measured apart from the matcher.

Distances shown to people are geodesic; whether a place is inside a zone is asked of geopy's great circle, so that the
matcher's own arithmetic is not its own witness.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from statistics import median
from typing import Final

import numpy as np
from geopy.distance import geodesic, great_circle
from sqlalchemy import Engine, select

from data.models.proposal import Proposal, ProposalLeg
from data.reference.loader import communes
from data.session import reading
from matcher.geo import Floats, great_circle_km
from matcher.place import Place
from matcher.problem import Problem
from matcher.request import Request, Zones
from matcher.solution import Solution

_NOWHERE: Final = Zones()


@dataclass(frozen=True, slots=True)
class Nights:
    """Where households with a danger zone would sleep.

    Parameters
    ----------
    sheltered : int
        Those with a place.
    inside : int
        Those whose place is inside an area they must avoid.
    km : float or None
        Half of those inside would sleep nearer than this to where they flee from (km); None: nobody is inside.
    proven : bool
        Whether the answer that sends them there is the best.
    """

    sheltered: int
    inside: int
    km: float | None
    proven: bool = True


def without_zones(problem: Problem) -> Problem:
    """Give the same night as if nobody were in danger anywhere; it shows what the rule prevents."""
    return replace(problem, requests=tuple(replace(request, zones=_NOWHERE) for request in problem.requests))


def assigned(engine: Engine, run_id: str) -> Mapping[str, str]:
    """Read which place each request of a run was given first: request → place."""
    statement = (
        select(ProposalLeg.request_id, ProposalLeg.place_id)
        .join(Proposal, Proposal.id == ProposalLeg.proposal_id)
        .where(Proposal.run_id == run_id, ProposalLeg.position == 0)
    )
    with reading(engine) as session:
        return {row.request_id: row.place_id for row in session.execute(statement)}


def given(solution: Solution) -> Mapping[str, str]:
    """Read the same out of an answer in memory."""
    return {plan.request: plan.given.legs[0].place for plan in solution.plans}


def nights(problem: Problem, where: Mapping[str, str], *, proven: bool = True) -> Nights:
    """Count who would sleep inside an area to avoid.

    Parameters
    ----------
    problem : Problem
        The night with its danger zones.
    where : mapping of str to str
        Request → place.
    proven : bool
        Whether that answer is the best.
    """
    places = {place.id: place for place in problem.places}
    threatened = [request for request in problem.requests if request.zones != _NOWHERE and request.id in where]
    inside = [(request, places[where[request.id]]) for request in threatened]
    inside = [(request, place) for request, place in inside if is_inside(request.zones, place)]
    return Nights(len(threatened), len(inside), _middle(_km_from_origin(*pair) for pair in inside), proven)


def is_inside(zones: Zones, place: Place) -> bool:
    """Tell whether a place is, or could be, inside a danger zone."""
    if place.departement in zones.departements:
        return True
    if place.reserved_to is not None and place.reserved_to.departements & zones.departements:
        return True
    if place.lat is None or place.lon is None:
        return bool(zones.circles)
    here = (place.lat, place.lon)
    return any(
        great_circle((circle.lat, circle.lon), here).km <= circle.km + place.precision_km for circle in zones.circles
    )


def km_outside(zones: Zones, place: Place) -> float | None:
    """Measure how far a place is from the nearest edge of the danger zones, in km.

    Returns
    -------
    float or None
        To the nearest commune of a département, to the edge of a circle; None without zone or without coordinates.
    """
    if zones == _NOWHERE or place.lat is None or place.lon is None:
        return None
    here = (place.lat, place.lon)
    found: list[float] = [geodesic((circle.lat, circle.lon), here).km - circle.km for circle in zones.circles]
    for departement in zones.departements:
        lat, lon = _towns(departement)
        nearest = int(np.argmin(great_circle_km(place.lat, place.lon, lat, lon)))
        found.append(geodesic((lat[nearest], lon[nearest]), here).km)
    return max(0.0, min(found))


def km_to_anchor(request: Request, place: Place) -> float | None:
    """Measure how far a place is from what the household must stay near, in km; None without either."""
    if request.anchor is None or place.lat is None or place.lon is None:
        return None
    return float(geodesic((request.anchor.lat, request.anchor.lon), (place.lat, place.lon)).km)


def _km_from_origin(request: Request, place: Place) -> float | None:
    if request.origin is None or place.lat is None or place.lon is None:
        return None
    return float(geodesic((request.origin.lat, request.origin.lon), (place.lat, place.lon)).km)


def _middle(distances: Iterable[float | None]) -> float | None:
    known = [km for km in distances if km is not None]
    return median(known) if known else None


@cache
def _towns(departement: str) -> tuple[Floats, Floats]:
    own = [one for one in communes().values() if one.departement == departement]
    return np.array([one.latitude for one in own]), np.array([one.longitude for one in own])
