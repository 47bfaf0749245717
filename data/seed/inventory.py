"""The invented national inventory: who runs which places, and what is free tonight."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from data.reference.loader import place_kinds
from data.seed.chance import Chance
from data.seed.facilities import Kind, facilities, quotas
from data.seed.figures import counts, figures
from data.seed.occupancy import Occupancy, Occupier
from data.seed.organisations import Organisations, Row, organisations

TABLES: Final = ("organisation", "facility", "quota", "place", "free_interval", "closure", "stay")
"""Tables the inventory fills, in an order in which every row finds what it refers to."""


@dataclass(frozen=True)
class Inventory:
    """Rows by table, in columns' names, and the organisations by what they do."""

    organisations: Organisations
    facilities: list[Row] = field(default_factory=list)
    quotas: list[Row] = field(default_factory=list)
    places: list[Row] = field(default_factory=list)
    occupancy: Occupancy = field(default_factory=Occupancy)

    def rows(self, table: str) -> list[Row]:
        """Give the rows of one of `TABLES`."""
        return {
            "organisation": self.organisations.rows,
            "facility": self.facilities,
            "quota": self.quotas,
            "place": self.places,
            "free_interval": self.occupancy.free_intervals,
            "closure": self.occupancy.closures,
            "stay": self.occupancy.stays,
        }[table]

    def occupied(self, night: date) -> int:
        """Count the places where nobody can come on a night: full, or closed."""
        return len(self.places) - len(self.occupancy.free_on(night))

    def run_by(self, organisation: str) -> int:
        """Count the facilities of an organisation."""
        return sum(row["organisation_id"] == organisation for row in self.facilities)


def inventory(seed: int, night: date, now: datetime, scale: float = 1.0) -> Inventory:
    """Invent an inventory, the same for the same arguments.

    Parameters
    ----------
    seed : int
        Of every draw.
    night : date
        Tonight: most places are full on it.
    now : datetime
        The instant, timezone-aware: everything was confirmed before.
    scale : float
        1 for the whole country; less for a quick look, with every kind still there.

    Returns
    -------
    Inventory
        20 000 places at scale 1.
    """
    made = Inventory(organisations(Chance(seed, "organisations"), now))
    occupier = Occupier(Chance(seed, "occupancy"), night, now)
    rules = place_kinds(night)
    for code, count in counts(scale).items():
        # Each kind draws apart: another count for one leaves the others as they were.
        chance = Chance(seed, f"kind {code}")
        kind = Kind(rules[code], figures()[code], count, scale)
        own: list[Row] = []
        for facility, places in facilities(chance, kind, made.organisations, now):
            made.facilities.append(facility)
            made.quotas.extend(quotas(chance, kind, facility, places))
            own.extend(places)
        occupier.fill(kind.figures, code, own)
        made.places.extend(own)
    occupier.separate(made.facilities, made.places)
    return Inventory(made.organisations, made.facilities, made.quotas, made.places, occupier.rows)
