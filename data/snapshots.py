"""One night as the matcher sees it, and the versions of the rows it was read from.

What goes in, and why, is told in `data/README.md`. Nothing here decides: the matcher does, on plain values.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from sqlalchemy.orm import Session

from data.agreements import Agreement, resolve
from data.availability import Nights, supply
from data.errors import UnknownReference
from data.households import household, member
from data.queries import night as rows
from data.reference.loader import place_kinds
from data.waivers import opened, waived
from matcher.errors import ProblemError
from matcher.place import FreeInterval, Place, Sharing
from matcher.policy import Policy
from matcher.problem import Problem, Quota, QuotaFact, Resident
from matcher.request import Request

_DEFAULT_POLICY: Final = Policy()
_HOUR: Final = timedelta(hours=1)
_NONE: Final[tuple[rows.AnyRow, ...]] = ()


class Why(StrEnum):
    """Why a row was left out of a run."""

    LAPSED = "lapsed"  # the latest night asked has passed
    UNKNOWN_REFERENCE = "unknown_reference"  # names a commune or département that the reference data do not hold
    UNKNOWN_KIND = "unknown_kind"  # no rule of the kind is in force on the night
    INVALID = "invalid"  # the facts make no household


@dataclass(frozen=True, slots=True)
class SetAside:
    """A request, or a facility with its places, that could not take part and that somebody must look at.

    Parameters
    ----------
    table : str
        ``request`` or ``facility``.
    id : str
        Which.
    why : Why
        What is wrong.
    """

    table: str
    id: str
    why: Why


@dataclass(frozen=True)
class Snapshot:
    """A problem, and what must still be true when its answer is written.

    Parameters
    ----------
    problem : Problem
        For `matcher.solve`.
    request_versions, place_versions, facility_versions : mapping of str to int
        Versions of the rows read, by identifier: of every request and place in the problem, and of the places'
        facilities. A place's version grows with its intervals, closures, stays and holds.
    set_aside : tuple of SetAside
        What was left out though it should have taken part; never silent.
    """

    problem: Problem
    request_versions: Mapping[str, int]
    place_versions: Mapping[str, int]
    facility_versions: Mapping[str, int]
    set_aside: tuple[SetAside, ...]


def load_snapshot(
    session: Session,
    *,
    night: date,
    now: datetime,
    policy: Policy = _DEFAULT_POLICY,
    seed: int = 0,
    horizon_nights: int = 28,
    only: str | None = None,
    facilities: frozenset[str] | None = None,
) -> Snapshot:
    """Read one night out of the database.

    Parameters
    ----------
    session : Session
        From `data.session.reading`, so that all rows are of one state.
    night : date
        The run night.
    now : datetime
        The present instant, aware: how stale each confirmation is.
    policy : Policy
        How the run decides.
    seed : int
        Fixes the choice among equal answers.
    horizon_nights : int
        Nights looked ahead, 1 to 400. Requests asked for later nights wait.
    only : str, optional
        One request, whatever its state: the night as it alone would find it. What it holds already is taken, and it is
        nobody's neighbour.
    facilities : frozenset of str, optional
        Look at these facilities and no other.

    Returns
    -------
    Snapshot
        Requests and places in the order of their identifiers.
    """
    end = night + timedelta(days=horizon_nights)
    set_aside: list[SetAside] = []
    members = rows.members(session, end, only)
    request_rows = rows.requests(session, end, only)
    zones, refusals = rows.zones(session, end, only), rows.refusals(session, end, only)
    waivers = rows.waivers(session, night)
    requests = tuple(waived(_requests(request_rows, (members, zones, refusals), night, set_aside), waivers))
    facility_rows = rows.facilities(session, facilities)
    agreements = _agreements(facility_rows, night, set_aside)
    stays, holds = rows.stays(session, night, facilities), rows.holds(session, night, facilities)
    place_rows = [row for row in rows.places(session, facilities) if row.facility_id in agreements]
    supplied = _supplier(session, [*stays, *holds], night, facilities)
    places = tuple(opened(_places(place_rows, agreements, supplied, now), waivers))
    stays, holds = _others(stays, only), _others(holds, only)
    taken = {request.id for request in requests}
    return Snapshot(
        problem=Problem(
            night=night,
            requests=requests,
            places=places,
            residents=tuple(_residents(stays, holds, members, night)),
            quotas=tuple(_quotas(session, places, night, facilities)),
            horizon_nights=horizon_nights,
            seed=seed,
            policy=policy,
        ),
        request_versions=_versions(row for row in request_rows if row.id in taken),
        place_versions=_versions(place_rows),
        facility_versions=_versions(row for row in facility_rows if row.id in agreements),
        set_aside=tuple(set_aside),
    )


def _versions(read: Iterable[rows.AnyRow]) -> Mapping[str, int]:
    return MappingProxyType({row.id: row.version for row in read})


def _requests(
    found: rows.Rows,
    children: tuple[rows.ByParent, rows.ByParent, rows.ByParent],
    night: date,
    set_aside: list[SetAside],
) -> Iterable[Request]:
    members, zones, refusals = children
    for row in found:
        if row.latest_night is not None and row.latest_night < night:
            set_aside.append(SetAside("request", row.id, Why.LAPSED))
            continue
        refused = frozenset(pair.facility_id for pair in refusals.get(row.id, _NONE))
        try:
            yield household(row, members.get(row.id, _NONE), zones.get(row.id, _NONE), refused, night)
        except UnknownReference:
            set_aside.append(SetAside("request", row.id, Why.UNKNOWN_REFERENCE))
        except ProblemError:
            set_aside.append(SetAside("request", row.id, Why.INVALID))


def _agreements(found: rows.Rows, night: date, set_aside: list[SetAside]) -> Mapping[str, Agreement]:
    kinds = place_kinds(night)
    agreements = {}
    for row in found:
        if row.kind in kinds:
            agreements[row.id] = resolve(row, kinds[row.kind])
        else:
            set_aside.append(SetAside("facility", row.id, Why.UNKNOWN_KIND))
    return agreements


def _others(occupants: rows.Rows, only: str | None) -> rows.Rows:
    return [row for row in occupants if only is None or row.request_id != only]


def _supplier(
    session: Session, occupants: rows.Rows, night: date, of: rows.Facilities
) -> Callable[[rows.AnyRow], Iterable[FreeInterval]]:
    declared, closures = rows.declared(session, night, of), rows.closures(session, night, of)
    taken = _taken(occupants)

    def supplied(row: rows.AnyRow) -> Iterable[FreeInterval]:
        free = supply(
            row.sharing,
            [
                FreeInterval(each.from_night, each.until_night, each.beds, each.cots)
                for each in declared.get(row.id, _NONE)
            ],
            beds=row.beds,
            cots=row.cots,
            closed=[Nights(each.from_night, each.until_night) for each in closures.get(row.id, _NONE)],
            taken=taken.get(row.id, ()),
        )
        return (each for each in free if each.until is None or each.until > night)

    return supplied


def _taken(occupants: rows.Rows) -> Mapping[str, list[Nights]]:
    taken: defaultdict[str, list[Nights]] = defaultdict(list)
    for row in occupants:
        # A stay without a request came by another way: the shelter's declaration already counts it.
        if row.request_id is not None:
            taken[row.place_id].append(Nights(row.from_night, row.until_night, row.beds, row.cots))
    return taken


def _places(
    found: rows.Rows,
    agreements: Mapping[str, Agreement],
    supplied: Callable[[rows.AnyRow], Iterable[FreeInterval]],
    now: datetime,
) -> Iterable[Place]:
    for row in found:
        agreement = agreements[row.facility_id]
        yield Place(
            id=row.id,
            beds=row.beds,
            cots=row.cots,
            sharing=row.sharing,
            pair_is_one=row.pair_is_one or agreement.pair_is_one,
            free=tuple(supplied(row)),
            admits=agreement.admits[row.sharing],
            confirmed_hours_ago=max(0, (now - row.confirmed_at) // _HOUR),
            **agreement.common,
        )


def _residents(stays: rows.Rows, holds: rows.Rows, members: rows.ByParent, night: date) -> Iterable[Resident]:
    # Only those a rule looks at: neighbours in a shared place, and households to be kept apart in a facility.
    for row in stays:
        if row.sharing is Sharing.SHARED or row.separation_group is not None:
            yield _resident(row, has_minor=row.has_minor is not False, has_adult=row.has_adult is not False)
    for row in holds:
        if row.sharing is Sharing.SHARED or row.separation_group is not None:
            people = [member(each, night) for each in members.get(row.request_id, _NONE)]
            yield _resident(
                row,
                has_minor=any(each.is_minor for each in people),
                has_adult=any(not each.is_minor for each in people),
            )


def _resident(row: rows.AnyRow, *, has_minor: bool, has_adult: bool) -> Resident:
    return Resident(
        facility=row.facility_id,
        place=row.place_id,
        start=row.from_night,
        until=row.until_night,
        separation_group=row.separation_group,
        has_minor=has_minor,
        has_adult=has_adult,
    )


def _quotas(session: Session, places: Sequence[Place], night: date, of: rows.Facilities) -> Iterable[Quota]:
    found = rows.quotas(session, of)
    if not found:
        return
    of_facility: defaultdict[str, set[str]] = defaultdict(set)
    for place in places:
        of_facility[place.facility].add(place.id)
    there: defaultdict[str, list[rows.AnyRow]] = defaultdict(list)
    for row in rows.counted(session, night):
        there[row.facility_id].append(row)
    for row in found:
        if row.facility_id in of_facility:
            already = sum(_counts(row, each) for each in there[row.facility_id])
            yield Quota(row.id, frozenset(of_facility[row.facility_id]), row.fact, row.max, already)


def _counts(quota: rows.AnyRow, household: rows.AnyRow) -> bool:
    if quota.fact is QuotaFact.HAS_PARTNER:
        return bool(household.has_partner)
    # A facility whose département is not known differs from all.
    return bool(household.departement != quota.departement)
