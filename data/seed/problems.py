"""The same invented nights as plain problems for the matcher, at any size and without a database."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Final, cast

from data.agreements import resolve
from data.availability import Nights, supply
from data.households import household
from data.models.request_codes import AgeUnit, MinorityStatus, ZoneKind
from data.queries.night import AnyRow
from data.reference.loader import place_kinds
from data.seed.chance import Chance
from data.seed.figures import counts, figures
from data.seed.households import Json
from data.seed.inventory import Inventory, inventory
from data.seed.organisations import Row
from data.seed.requests import night_of_requests
from matcher.place import FreeInterval, Place, Sharing
from matcher.problem import Problem, Quota, Resident
from matcher.request import Request, Role, Sex

NIGHT: Final = date(2026, 11, 21)
"""Night of the problems made for benches."""
NOW: Final = datetime(2026, 11, 21, 20, tzinfo=UTC)
"""Instant of the problems made for benches."""
_PREGNANT_WEEKS: Final = 26


def night_problem(seed: int = 0, requests: int = 600, scale: float = 1.0) -> Problem:
    """Give the night of the demo as one problem.

    Parameters
    ----------
    seed : int
        Of every draw.
    requests : int
        Households asking.
    scale : float
        Of the inventory; 1: 20 000 places, most of them full.
    """
    made = inventory(seed, NIGHT, NOW, scale)
    places = tuple(_places(made, dict(_supplied(made))))
    return Problem(
        night=NIGHT,
        requests=tuple(_requests(night_of_requests(requests, seed, NIGHT))),
        places=places,
        residents=tuple(_residents(made)),
        quotas=tuple(_quotas(made, {place.id for place in places})),
        seed=seed,
    )


def realistic_problem(
    requests: int = 10_000, places: int = 20_000, seed: int = 0, *, specialist: bool = False
) -> Problem:
    """Give a problem of any size whose places are all free, from various nights on.

    Parameters
    ----------
    requests, places : int
        How many.
    seed : int
        Of every draw.
    specialist : bool
        False: private places alone, without quota or separation group, so that the problem is an assignment. True:
        shared places, residents, quotas and separation groups too.
    """
    made = inventory(seed, NIGHT, NOW, _scale_for(places))
    chance = Chance(seed, "problem")
    rows = [row for row in made.places if specialist or row["sharing"] is Sharing.PRIVATE]
    chosen = {row["id"] for row in chance.some(rows, places)}
    vacant: dict[str, tuple[FreeInterval, ...]] = {
        row["id"]: (_vacancy(chance),) for row in made.places if row["id"] in chosen
    }
    kept = tuple(_places(made, vacant, chosen))
    asking = tuple(_requests(night_of_requests(requests, seed, NIGHT)))
    if not specialist:
        asking = tuple(replace(request, separation_group=None) for request in asking)
    return Problem(
        night=NIGHT,
        requests=asking,
        places=kept,
        residents=tuple(one for one in _residents(made) if one.place in chosen) if specialist else (),
        quotas=tuple(_quotas(made, chosen)) if specialist else (),
        seed=seed,
    )


def _scale_for(places: int) -> float:
    # Enough for the private places alone, whose part of all is known from the figures.
    known = figures()
    private = sum(count * (1 - known[code].shared_share) for code, count in counts().items())
    return 1.1 * places / private


def _vacancy(chance: Chance) -> FreeInterval:
    start = NIGHT + timedelta(chance.weighted({0: 6, 1: 1, 2: 1, 4: 1, 8: 1}))
    return FreeInterval(start, start + timedelta(chance.between(3, 40)) if chance.happens(0.3) else None)


def _by_place(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["place_id"], []).append(row)
    return found


def _supplied(made: Inventory) -> Iterator[tuple[str, tuple[FreeInterval, ...]]]:
    declared, closures = _by_place(made.occupancy.free_intervals), _by_place(made.occupancy.closures)
    for row in made.places:
        free = supply(
            row["sharing"],
            [
                FreeInterval(one["from_night"], one["until_night"], one["beds"], one["cots"])
                for one in declared.get(row["id"], ())
            ],
            beds=row["beds"],
            cots=row["cots"],
            closed=[Nights(one["from_night"], one["until_night"]) for one in closures.get(row["id"], ())],
        )
        yield row["id"], tuple(each for each in free if each.until is None or each.until > NIGHT)


def _row(values: dict[str, Any]) -> AnyRow:
    # What reads a row reads its columns by name; here they come from no database.
    return cast("AnyRow", SimpleNamespace(**values))


def _places(
    made: Inventory, free: dict[str, tuple[FreeInterval, ...]], chosen: set[str] | None = None
) -> Iterator[Place]:
    kinds = place_kinds(NIGHT)
    agreements = {row["id"]: resolve(_row(row), kinds[row["kind"]]) for row in made.facilities}
    for row in sorted(made.places, key=lambda row: str(row["id"])):
        if chosen is None or row["id"] in chosen:
            agreement = agreements[row["facility_id"]]
            yield Place(
                id=row["id"],
                beds=row["beds"],
                cots=row["cots"],
                sharing=row["sharing"],
                pair_is_one=row["pair_is_one"],
                free=free[row["id"]],
                admits=agreement.admits[row["sharing"]],
                confirmed_hours_ago=(NOW - row["confirmed_at"]) // timedelta(hours=1),
                **agreement.common,
            )


def _residents(made: Inventory) -> Iterator[Resident]:
    places = {row["id"]: row for row in made.places}
    for row in made.occupancy.stays:
        place = places[row["place_id"]]
        if place["sharing"] is Sharing.SHARED or row["separation_group"] is not None:
            yield Resident(
                facility=place["facility_id"],
                place=place["id"],
                start=row["from_night"],
                until=row["until_night"],
                separation_group=row["separation_group"],
                has_minor=row["has_minor"] is not False,
                has_adult=row["has_adult"] is not False,
            )


def _quotas(made: Inventory, places: set[str]) -> Iterator[Quota]:
    inside: dict[str, set[str]] = {}
    for row in made.places:
        if row["id"] in places:
            inside.setdefault(row["facility_id"], set()).add(row["id"])
    for row in made.quotas:
        if row["facility_id"] in inside:
            yield Quota(row["id"], frozenset(inside[row["facility_id"]]), row["fact"], row["max"])


def _requests(bodies: Iterable[Json]) -> Iterator[Request]:
    for number, body in enumerate(bodies):
        members = [_row(_member(member)) for member in body["members"]]
        zones = [_row(_zone(zone)) for zone in body["zones"]]
        row = {name: body.get(name) for name in _OPTIONAL}
        row |= body | {"id": f"r{number:05}", "from_night": date.fromisoformat(body["from_night"])}
        row |= {"waiting_since": date.fromisoformat(body["waiting_since"])}
        row["pregnancy_as_of"] = NIGHT if row["pregnant_weeks"] else None
        row["priority"] = 1
        asking = household(_row(row), members, zones, frozenset(), NIGHT)
        # The grid itself belongs to the services; this reading of it serves figures only.
        row["priority"] = _priority(asking, body["sleeping_tonight"])
        yield household(_row(row), members, zones, frozenset(), NIGHT)


_OPTIONAL: Final = (
    "latest_night",
    "nights",
    "pregnant_weeks",
    "kinds",
    "anchor_insee",
    "anchor_max_km",
    "separation_group",
)


def _member(given: Json) -> dict[str, Any]:
    status = given.get("minority_status")
    return {
        "age": given["age"],
        "age_unit": AgeUnit(given["age_unit"]),
        "age_as_of": date.fromisoformat(given["age_as_of"]),
        "sex": Sex(given["sex"]),
        "role": Role(given["role"]),
        "minority_status": None if status is None else MinorityStatus(status),
    }


def _zone(given: Json) -> dict[str, Any]:
    empty = {"departement": None, "with_neighbours": False, "commune_insee": None, "km": None}
    return {**empty, **given, "kind": ZoneKind(given["kind"])}


def _priority(request: Request, sleeping: str) -> int:
    nowhere = sleeping in {"street", "station", "exploiter"}
    hurt = bool(request.statuses & {"trafficking_victim", "violence_victim"})
    youngest = min(member.months for member in request.members)
    if (
        youngest < 3
        or (request.pregnant_weeks or 0) >= _PREGNANT_WEEKS
        or (hurt and "immediate_danger" in request.statuses)
        or (not request.has_adult and nowhere)
    ):
        return 1
    if youngest < 36 or hurt or (nowhere and 18 <= request.principal.years < 26) or "medical_bed" in request.needs:
        return 2
    return 3 if request.has_minor or request.principal.years >= 65 else 4
