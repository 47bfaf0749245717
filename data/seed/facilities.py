"""Invented facilities with their agreements, and their places."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp, log
from typing import Final

from data.models.facility import Disclosure
from data.reference.loader import PlaceKind, Scope, departements, regions
from data.seed.chance import Chance
from data.seed.figures import Figures
from data.seed.geography import MAINLAND, spread, town
from data.seed.organisations import Organisations, Row
from matcher.place import Audience, Sharing
from matcher.problem import QuotaFact

MINUTES: Final = (5, 6 * 24 * 60)
"""How long ago a place was confirmed, at least and at most (minutes); most often hours."""


@dataclass(frozen=True)
class Kind:
    """One kind of place on the night the inventory is made for.

    Parameters
    ----------
    rules : PlaceKind
        Its code, and the rules in force.
    figures : Figures
        What its places look like.
    places : int
        How many it has.
    scale : float
        Part of the whole inventory that is made.
    """

    rules: PlaceKind
    figures: Figures
    places: int
    scale: float = 1.0


def facilities(chance: Chance, kind: Kind, owners: Organisations, now: datetime) -> Iterator[tuple[Row, list[Row]]]:
    """Draw the facilities of a kind with their places.

    Parameters
    ----------
    chance : Chance
        Draws.
    kind : Kind
        Which, and how many places.
    owners : Organisations
        Who runs them.
    now : datetime
        Before which everything was confirmed.

    Yields
    ------
    tuple of dict and list of dict
        A row of ``facility``, and those of its ``place``.
    """
    sizes = list(_sizes(chance, kind))
    # Who asks from afar is never sent across an ocean: what is open to all of France stands in metropolitan France.
    far = kind.rules.scope in {Scope.NATIONAL, Scope.OTHER_DEPARTEMENT}
    where = kind.figures.departements or (MAINLAND if far else tuple(departements()))
    partners: set[str] = set()
    for size, departement in zip(sizes, spread(chance, kind.figures.spread, where, len(sizes)), strict=True):
        row = _facility(chance, kind, departement)
        row["organisation_id"] = _owner(chance, kind.figures, departement, owners, partners)
        row |= {"created_at": now, "updated_at": now, "version": 1}
        yield row, [_place(chance, kind, row, number, now) for number in range(1, size + 1)]


def quotas(chance: Chance, kind: Kind, facility: Row, places: list[Row]) -> Iterator[Row]:
    """Give the quota of a facility whose kind opens only a share of its places to partners, else nothing."""
    percent = kind.rules.partner_percent
    if percent is not None:
        yield {
            "id": chance.identifier(),
            "facility_id": facility["id"],
            "fact": QuotaFact.HAS_PARTNER,
            "max": len(places) * percent // 100,
        }


def _sizes(chance: Chance, kind: Kind) -> Iterator[int]:
    known, left = kind.figures.facilities, kind.places
    if known is not None:
        count = min(left, max(1, round(known * kind.scale)))
        larger = [chance.between(0, count - 1) for _ in range(left - count)]
        yield from (1 + larger.count(index) for index in range(count))
        return
    while left:
        size = min(left, chance.between(*kind.figures.facility))
        left -= size
        yield size


def _owner(chance: Chance, figures: Figures, departement: str, owners: Organisations, partners: set[str]) -> str:
    if figures.runs == "departement":
        return owners.departement[departement]
    if figures.runs != "operator":
        return owners.national[figures.runs]
    own = owners.operators[departement]
    if figures.facilities is not None:
        # Hosts of a network are counted: each is another partner.
        own = [one for one in own if one not in partners] or own
    chosen = chance.one(own)
    partners.add(chosen)
    return chosen


def _facility(chance: Chance, kind: Kind, departement: str) -> Row:
    figures, commune = kind.figures, town(chance, departement)
    lot = chance.uniform(0, 1)
    is_local = lot < figures.local
    is_open = figures.local <= lot < figures.local + figures.open and departement in MAINLAND
    is_regional = figures.local + figures.open <= lot < figures.local + figures.open + figures.regional
    services = chance.each({**figures.services, **(figures.open_services if is_open else {})})
    unlocated = chance.happens(figures.unlocated)
    lowest, highest = _ages(chance, figures)
    contingents = chance.each(figures.contingents)
    serves = None
    if is_local or is_open:
        serves = tuple(departements())
    elif is_regional:
        serves = tuple(sorted(regions()[departements()[departement].region_code]))
    secret = chance.happens(figures.disclosure) or (is_open and "secure_site" in services)
    return {
        "id": chance.identifier(),
        "kind": kind.rules.code,
        "disclosure": Disclosure.SECRET if secret else Disclosure(kind.rules.disclosure),
        "departement": departement,
        "commune_insee": None if unlocated else commune.insee,
        "latitude": None if unlocated else commune.latitude,
        "longitude": None if unlocated else commune.longitude,
        "precision_km": 0.0 if unlocated else commune.precision_km,
        "audience": Audience(chance.weighted(figures.audiences)),
        "age_min": lowest,
        "age_max": highest,
        "admits": None,
        "requires": (),
        "decisions": None,
        "reserved_departements": (departement,) if is_local else None,
        "reserved_contingents": contingents or None,
        "serves": serves,
        "services": services,
        "specialisms": tuple(code for code in figures.specialisms if code in services),
        "max_stay_nights": None,
    }


def _ages(chance: Chance, figures: Figures) -> tuple[int, int] | tuple[None, None]:
    if not figures.ages:
        return None, None
    return chance.weighted({(lowest, highest): weight for lowest, highest, weight in figures.ages})


def _place(chance: Chance, kind: Kind, facility: Row, number: int, now: datetime) -> Row:
    figures = kind.figures
    shared = chance.happens(figures.shared_share)
    if shared:
        beds, cots = chance.between(*figures.dormitory), 0
    else:
        beds, cots = chance.weighted({(beds, cots): weight for beds, cots, weight in figures.rooms})
    minutes = exp(chance.uniform(log(MINUTES[0]), log(MINUTES[1])))
    return {
        "id": chance.identifier(),
        "facility_id": facility["id"],
        "label": f"dortoir {number}" if shared else f"chambre {number}",
        "beds": beds,
        "cots": cots,
        "sharing": Sharing.SHARED if shared else Sharing.PRIVATE,
        "pair_is_one": kind.rules.pair_is_one,
        "confirmed_at": now - timedelta(minutes=int(minutes)),
        "confirmed_by": facility["organisation_id"],
        "closed_at": None,
        "version": 1,
    }
