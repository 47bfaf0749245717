"""Rows of a request turned into the matcher's value, for one night."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

from data.ages import age_in_months, is_presumed_minor, judged_age, weeks_pregnant
from data.errors import UnknownReference
from data.models.request import RequestMember
from data.models.request_codes import ZoneKind
from data.queries.night import AnyRow
from data.reference.loader import Commune, communes, departements, priority_classes
from matcher.request import Anchor, Circle, Member, Point, Request, Zones

_NO_ZONES: Final = Zones()


def member(row: AnyRow | RequestMember, night: date) -> Member:
    """Turn a member into the matcher's, aged for a night.

    Parameters
    ----------
    row : Row or RequestMember
        Columns of `data.models.request.RequestMember`.
    night : date
        The run night.

    Returns
    -------
    Member
        Presumed a minor unless judged an adult, when a minority status is known.
    """
    months = age_in_months(row.age, row.age_unit, row.age_as_of, night)
    return Member(judged_age(months, row.minority_status), row.sex, row.role, is_presumed_minor(row.minority_status))


def household(
    row: AnyRow,
    members: Sequence[AnyRow],
    zone_rows: Sequence[AnyRow],
    refused_facilities: frozenset[str],
    night: date,
) -> Request:
    """Turn the rows of a request into the matcher's request.

    Parameters
    ----------
    row : Row
        Columns of `data.models.request.Request`.
    members, zone_rows : sequence of Row
        Its members in their order, and its danger zones.
    refused_facilities : frozenset of str
        Facilities not to be proposed again.
    night : date
        The run night.

    Returns
    -------
    Request
        From the run night or the night asked, whichever is later; until the latest night asked, or as long after as
        the priority class waits.

    Raises
    ------
    UnknownReference
        When a danger zone or the limit around an anchor names a département or commune that the reference data do
        not hold: without it nothing could be promised.
    matcher.errors.ProblemError
        When the facts make no household (no principal).
    """
    from_night = max(night, row.from_night)
    waits = timedelta(days=priority_classes()[row.priority].latest_nights)
    origin = communes().get(row.origin_insee) if row.origin_insee else None
    return Request(
        id=row.id,
        priority=row.priority,
        waiting_since=row.waiting_since,
        from_night=from_night,
        latest_night=from_night + waits if row.latest_night is None else row.latest_night,
        nights=row.nights,
        departement=row.departement,
        members=tuple(member(each, night) for each in members),
        pregnant_weeks=weeks_pregnant(row.pregnant_weeks, row.pregnancy_as_of, night),
        contingents=frozenset(row.contingents),
        statuses=frozenset(row.statuses),
        decisions=frozenset(row.decisions),
        needs=frozenset(row.needs),
        preferences=frozenset(row.preferences),
        kinds=None if row.kinds is None else frozenset(row.kinds),
        zones=zones(zone_rows),
        origin=None if origin is None else Point(origin.latitude, origin.longitude),
        anchor=_anchor(row),
        refused_facilities=refused_facilities,
        separation_group=row.separation_group,
    )


def zones(rows: Sequence[Any]) -> Zones:
    """Resolve danger zones: neighbours into départements, communes into circles.

    A circle grows by the precision of its centre: the commune may be that much nearer to a place than it seems.

    Parameters
    ----------
    rows : sequence of Row or of RequestZone
        Columns of `data.models.request.RequestZone`.

    Returns
    -------
    Zones
        Every place inside is excluded.

    Raises
    ------
    UnknownReference
        When a zone names a département or a commune that the reference data do not hold.
    """
    if not rows:
        return _NO_ZONES
    codes: set[str] = set()
    circles = []
    for row in rows:
        if row.kind is ZoneKind.CIRCLE:
            centre = _commune(row.commune_insee)
            circles.append(Circle(centre.latitude, centre.longitude, row.km + centre.precision_km))
            continue
        departement = departements().get(row.departement)
        if departement is None:
            raise UnknownReference("a danger zone names a département that does not exist")
        codes.add(departement.code)
        if row.with_neighbours:
            codes |= departement.neighbours
    return Zones(frozenset(codes), tuple(circles))


def _anchor(row: AnyRow) -> Anchor | None:
    if row.anchor_insee is None:
        return None
    if row.anchor_max_km is None and row.anchor_insee not in communes():
        return None  # only a cost would be lost
    centre = _commune(row.anchor_insee)
    return Anchor(centre.latitude, centre.longitude, row.anchor_max_km)


def _commune(insee: str) -> Commune:
    commune = communes().get(insee)
    if commune is None:
        raise UnknownReference("a zone or an anchor names a commune that does not exist")
    return commune
