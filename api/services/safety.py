"""The last look before a proposal is written: no place may be a danger for its household.

Independent of the matcher on purpose. It reads the rows as they are now, not the snapshot, and measures with geopy, not
with our own formula: an error in either must not send anyone where they are in danger. Source: domain.md §4
(distancing), CASF L221-2-3 (no minor in a hotel).
"""

from datetime import date

from geopy.distance import great_circle

from data.ages import age_in_months, is_presumed_minor, judged_age
from data.models.facility import Facility
from data.models.request import Request, RequestZone
from data.models.request_codes import ZoneKind
from data.reference.loader import communes, departements
from matcher.request import Role

HOTEL = "hotel"


def dangers(request: Request, facility: Facility, night: date) -> list[str]:
    """Name the safety rules that forbid a facility to a household.

    Parameters
    ----------
    request : Request
        Row, as it is now, with members and zones.
    facility : Facility
        Row, as it is now.
    night : date
        Run night.

    Returns
    -------
    list of str
        Codes of matching.md §2, in its order; empty when the facility is safe.
    """
    found = []
    if facility.kind == HOTEL and _never_in_hotel(request, night):
        found.append("hotel_minor")
    if any(_unknown(zone, facility) for zone in request.zones):
        found.append("unknown_location")
    if any(_inside(zone, facility) for zone in request.zones):
        found.append("danger_area")
    return found


def refused(request: Request, facility: Facility) -> bool:
    """Tell whether a facility was refused to a household, or by it, and neither side has changed since.

    Parameters
    ----------
    request, facility : Request, Facility
        Rows, as they are now.
    """
    return any(
        pair.facility_id == facility.id
        and pair.overridden_at is None
        and pair.request_version == request.facts_version
        and pair.facility_version == facility.facts_version
        for pair in request.refused_pairs
    )


def _never_in_hotel(request: Request, night: date) -> bool:
    for member in request.members:
        if member.role is Role.PRINCIPAL:
            months = age_in_months(member.age, member.age_unit, member.age_as_of, night)
            years = judged_age(months, member.minority_status) // 12
            minor = years < 18 or is_presumed_minor(member.minority_status)
            return minor or (years < 21 and "under_ase" in request.statuses)
    return True


def _unknown(zone: RequestZone, facility: Facility) -> bool:
    if zone.kind is ZoneKind.DEPARTEMENT:
        return facility.departement is None
    return facility.latitude is None or facility.longitude is None


def _inside(zone: RequestZone, facility: Facility) -> bool:
    if zone.kind is ZoneKind.DEPARTEMENT:
        forbidden = {zone.departement}
        if zone.with_neighbours and zone.departement is not None:
            forbidden |= departements()[zone.departement].neighbours
        # Places kept for a danger département house its young people, wherever they stand.
        return facility.departement in forbidden or bool(forbidden & set(facility.reserved_departements or ()))
    if zone.commune_insee is None or zone.km is None or facility.latitude is None:
        return True
    centre = communes()[zone.commune_insee]
    km = great_circle((centre.latitude, centre.longitude), (facility.latitude, facility.longitude)).km
    return bool(km <= zone.km + centre.precision_km + facility.precision_km)
