"""Who is where: the few places that are free, those that are closed, and the residents whom newcomers would meet."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from data.models.place import ClosureReason
from data.models.stay import StayState
from data.seed.chance import Chance
from data.seed.figures import Figures
from data.seed.organisations import Row
from matcher.place import Sharing

CLOSED: Final = 0.012
"""Part of the places that receive nobody tonight."""
SHUTTING: Final = 0.04
"""Part of the places free without end that close for a while in the nights to come."""
UNKNOWN: Final = 0.03
"""Part of the residents whose composition was not written down."""
MINORS_ONLY: Final = frozenset({"mna_shelter", "foyer_enfance", "mecs"})
"""Kinds whose dormitories hold minors."""
NETWORKS: Final = 12
"""Networks of which one victim is sheltered already, and others ask tonight."""
SEPARATING: Final = frozenset({"koutcha", "satouk", "acse", "mecs_specialised", "lieu_de_vie", "dna_fvv_teh"})
"""Kinds where co-victims of one network could meet."""
_REASONS: Final = {
    ClosureReason.WORKS: 5,
    ClosureReason.PEST_CONTROL: 4,
    ClosureReason.STAFF: 3,
    ClosureReason.UNDER_OCCUPATION: 2,
    ClosureReason.OTHER: 1,
}


def network(number: int) -> str:
    """Name a separation group: opaque, the same in the inventory and in the requests of a night."""
    return f"reseau_{number:02}"


@dataclass
class Occupancy:
    """Rows of the tables ``free_interval``, ``closure`` and ``stay``."""

    free_intervals: list[Row] = field(default_factory=list)
    closures: list[Row] = field(default_factory=list)
    stays: list[Row] = field(default_factory=list)

    def free_on(self, night: date) -> set[str]:
        """Give the places that somebody could come to on a night."""
        return set(_tonight(self.free_intervals, night)) - set(_tonight(self.closures, night))


class Occupier:
    """Fills the places of an inventory.

    Parameters
    ----------
    chance : Chance
        Draws.
    night : date
        Tonight.
    now : datetime
        When closures were declared at the latest.
    """

    def __init__(self, chance: Chance, night: date, now: datetime) -> None:
        self._chance, self._night, self._now = chance, night, now
        self.rows = Occupancy()

    def fill(self, figures: Figures, kind: str, places: Sequence[Row]) -> None:
        """Decide which places of a kind are free, will be soon, or are closed; the others are full.

        Parameters
        ----------
        figures : Figures
            Of the kind.
        kind : str
            Its code.
        places : sequence of dict
            All its rows of ``place``.
        """
        free, soon = round(len(places) * figures.free), round(len(places) * figures.soon)
        chosen = self._chance.some(places, free + soon)
        for place in chosen[:free]:
            self._free(place, figures, kind)
        for place in chosen[free:]:
            self._soon(place, kind)
        taken = {place["id"] for place in chosen}
        for place in places:
            if place["id"] not in taken and self._chance.happens(CLOSED):
                start = self._night - timedelta(self._chance.between(0, 60))
                until = None if self._chance.happens(0.3) else self._night + timedelta(self._chance.between(2, 60))
                self._close(place, start, until)

    def separate(self, facilities: Iterable[Row], places: Sequence[Row]) -> None:
        """Give residents a separation group in facilities where co-victims asking tonight could be sent.

        Parameters
        ----------
        facilities, places : iterable of dict
            All rows of the inventory.
        """
        open_places = {row["place_id"] for row in self.rows.free_intervals}
        kinds = {row["id"]: row["kind"] for row in facilities}
        inside: dict[str, list[Row]] = {}
        for place in places:
            if kinds[place["facility_id"]] in SEPARATING:
                inside.setdefault(place["facility_id"], []).append(place)
        shared = [
            full[0]
            for some in inside.values()
            if (full := [place for place in some if place["id"] not in open_places]) and len(full) < len(some)
        ]
        for number, place in enumerate(self._chance.some(shared, NETWORKS)):
            self._stay(place, beds=1, minor=None, group=network(number))

    def _free(self, place: Row, figures: Figures, kind: str) -> None:
        start = self._night - timedelta(self._chance.between(0, 2))
        until = None
        if self._chance.happens(figures.short):
            until = self._night + timedelta(self._chance.between(1, 9))
        elif self._chance.happens(0.15):
            until = self._night + timedelta(self._chance.between(14, 60))
        elif self._chance.happens(SHUTTING):
            closing = self._night + timedelta(self._chance.between(5, 20))
            self._close(place, closing, closing + timedelta(self._chance.between(3, 20)))
        if place["sharing"] is Sharing.PRIVATE:
            self._interval(place, start, until, None)
            return
        beds = self._chance.between(1, min(3, place["beds"]))
        self._interval(place, start, until, beds)
        self._residents(place, place["beds"] - beds, kind)

    def _soon(self, place: Row, kind: str) -> None:
        start = self._night + timedelta(self._chance.between(1, 10))
        if place["sharing"] is Sharing.PRIVATE:
            self._interval(place, start, None, None)
            return
        self._interval(place, start, None, 1)
        self._residents(place, place["beds"] - 1, kind)
        self._stay(place, beds=1, minor=kind in MINORS_ONLY, until=start)

    def _residents(self, place: Row, count: int, kind: str) -> None:
        for _ in range(count):
            until = self._night + timedelta(self._chance.between(1, 40)) if self._chance.happens(0.5) else None
            self._stay(place, beds=1, minor=kind in MINORS_ONLY, until=until)

    def _interval(self, place: Row, start: date, until: date | None, beds: int | None) -> None:
        self.rows.free_intervals.append(
            {
                "id": self._chance.identifier(),
                "place_id": place["id"],
                "from_night": start,
                "until_night": until,
                "beds": beds,
                "cots": None if beds is None else 0,
            }
        )

    def _close(self, place: Row, start: date, until: date | None) -> None:
        self.rows.closures.append(
            {
                "id": self._chance.identifier(),
                "place_id": place["id"],
                "reason": self._chance.weighted(_REASONS),
                "from_night": start,
                "until_night": until,
                "declared_by": place["confirmed_by"],
                "declared_at": self._now - timedelta(hours=self._chance.between(1, 400)),
            }
        )

    def _stay(
        self, place: Row, *, beds: int, minor: bool | None, until: date | None = None, group: str | None = None
    ) -> None:
        unknown = minor is None or self._chance.happens(UNKNOWN)
        self.rows.stays.append(
            {
                "id": self._chance.identifier(),
                "place_id": place["id"],
                "request_id": None,
                "from_night": self._night - timedelta(self._chance.between(1, 120)),
                "until_night": until,
                "beds": beds,
                "cots": 0,
                "separation_group": group,
                "has_minor": None if unknown else minor,
                "has_adult": None if unknown else not minor,
                "state": StayState.OCCUPIED,
            }
        )


def _tonight(rows: Iterable[Row], night: date) -> Iterator[str]:
    for row in rows:
        if row["from_night"] <= night and (row["until_night"] is None or row["until_night"] > night):
            yield row["place_id"]
