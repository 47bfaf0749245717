"""Invented households, as members and facts of the interface's request: nobody has a name."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from data.reference.loader import Commune
from data.seed.chance import Chance

Json = dict[str, Any]
"""A JSON object of the interface."""

DISTANCES: Final = {40: 2, 80: 3, 150: 3, 250: 2}
"""Farthest from a maternity or a school (km), with weights."""

YOUNGEST_PARENT: Final = 18
"""Years between an invented parent and their child, at least."""


@dataclass
class Sheet:
    """A request being written.

    Parameters
    ----------
    chance : Chance
        Draws.
    night : date
        Tonight.
    departement : str
        Authority in charge.
    origin : Commune
        Where the household is.
    body : dict
        What is written so far.
    """

    chance: Chance
    night: date
    departement: str
    origin: Commune
    body: Json = field(default_factory=dict)

    def __post_init__(self) -> None:
        waited = min(int(self.chance.uniform(0, 1) ** 2 * 60), 60)
        self.body = {
            "departement": self.departement,
            "from_night": self.night.isoformat(),
            "waiting_since": (self.night - timedelta(waited)).isoformat(),
            "sleeping_tonight": "street",
            "origin_insee": self.origin.insee,
            "members": [],
            "statuses": [],
            "decisions": [],
            "needs": [],
            "preferences": [],
            "contingents": [],
            "zones": [],
        }

    def person(self, age: int, sex: str, role: str, unit: str = "years", minority: str | None = None) -> None:
        """Add a member; the age is true as of today."""
        member: Json = {"age": age, "age_unit": unit, "age_as_of": self.night.isoformat(), "sex": sex, "role": role}
        if minority is not None:
            member["minority_status"] = minority
        self.body["members"].append(member)

    def partner(self, sex: str) -> None:
        """Add a partner of about the principal's age, an adult."""
        age = self.body["members"][0]["age"]
        self.person(self.chance.between(max(18, age - 6), age + 8), sex, "partner")

    def children(self, count: int, youngest: int, oldest: int) -> None:
        """Add so many children a year apart at least, as the principal's age allows; babies are aged in months."""
        oldest = min(oldest, self.body["members"][0]["age"] - YOUNGEST_PARENT)
        month = self.chance.between(4, 11)
        for years in sorted(self.chance.some(range(youngest, oldest + 1), count)):
            sex = self.chance.one(("F", "M"))
            if years < 3:
                self.person(years * 12 + month, sex, "child", "months")
            else:
                self.person(years, sex, "child")

    def newborn(self) -> None:
        """Add a baby of some days."""
        self.person(self.chance.between(2, 20), self.chance.one(("F", "M")), "child", "days")

    def has(self, name: str, codes: Sequence[str]) -> None:
        """Add codes to one of the lists of the request."""
        self.body[name] = sorted({*self.body[name], *codes})

    def may_have(self, name: str, **probabilities: float) -> None:
        """Add each code to one of the lists by its own probability."""
        self.has(name, self.chance.each(probabilities))

    def sleeps(self, **weights: float) -> None:
        """Say where the household sleeps tonight."""
        self.body["sleeping_tonight"] = self.chance.weighted(weights)

    def flees(self) -> None:
        """Write where the household is in danger: around where it is, its département, or the neighbours too."""
        overseas = self.departement.startswith("97")
        form = "circle" if overseas else self.chance.weighted({"circle": 35, "departement": 40, "neighbours": 25})
        if form == "circle":
            km = self.chance.between(8, 15) if overseas else self.chance.one((20, 30, 40, 60, 80))
            self.body["zones"].append({"kind": "circle", "commune_insee": self.origin.insee, "km": km})
        else:
            zone = {"kind": "departement", "departement": self.departement, "with_neighbours": form == "neighbours"}
            self.body["zones"].append(zone)

    def stays_near(self, insee: str) -> None:
        """Write what the household must stay near, and how near."""
        self.body["anchor_insee"] = insee
        self.body["anchor_max_km"] = self.chance.weighted(DISTANCES)

    def leaves_on(self, first: date) -> None:
        """Write the first night without shelter, and the last one with."""
        self.body["from_night"] = first.isoformat()
        self.body["sleeping_until"] = (first - timedelta(1)).isoformat()
