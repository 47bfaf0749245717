"""What must be true of the rows after every act, computed from the tables alone: no service and no trigger is asked."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, NamedTuple

from geopy.distance import great_circle
from sqlalchemy import Engine, Row, text

from data.models.proposal import HOLDING_PROPOSALS, OPEN_PROPOSALS
from data.reference.loader import communes, departements
from data.session import reading
from data.workflow.proposal import PROPOSAL
from data.workflow.request import REQUEST
from data.workflow.stay import STAY
from tests.reliability.workflow_world import Site

_TABLES: Final = {
    "request": "id, version, state",
    "request_zone": "id, request_id, kind, departement, with_neighbours, commune_insee, km",
    "proposal": "id, version, state, request_id",
    "proposal_leg": "proposal_id, position, request_id, place_id, from_night, until_night, beds, cots, open, answer, "
    "decision",
    "stay": "id, version, state, request_id, proposal_id, place_id, from_night, until_night, beds, cots",
    "booking": "id, place_id, request_id, proposal_id, position, stay_id, unit, number, from_night, until_night, live",
    "facility": "id, version",
    "place": "id, version, facility_id, sharing, beds, cots",
    "free_interval": "place_id, from_night, until_night, beds, cots",
    "closure": "id, place_id, from_night, until_night",
    "follow_on": "stay_id, request_id, cancelled_at",
    "waiver": "id, version, request_id",
}
_HOLDING: Final = frozenset(state.value for state in HOLDING_PROPOSALS)
_OPEN: Final = frozenset(state.value for state in OPEN_PROPOSALS)
_EXPECTED: Final = frozenset({"booked", "occupied"})
_OVER: Final = frozenset({"closed", "cancelled", "expired"})
_SEARCHED: Final = frozenset({"submitted", "searching"})
_FAR: Final = "9999-12-31"

AnyRow = Row[Any]


class Span(NamedTuple):
    """Nights taken, [start, until), as ISO texts, which compare as dates do."""

    start: str
    until: str

    def meets(self, other: "Span") -> bool:
        return self.start < other.until and other.start < self.until

    def holds(self, night: str) -> bool:
        return self.start <= night < self.until


def span(row: AnyRow) -> Span:
    return Span(str(row.from_night), _FAR if row.until_night is None else str(row.until_night))


@dataclass(frozen=True)
class Picture:
    """Every row the workflow is about, and the acts recorded since the picture before.

    Parameters
    ----------
    tables : mapping
        Rows by table.
    acts : sequence
        ``seq``, ``act``, ``subject_table``, ``subject_id``, in order.
    """

    tables: Mapping[str, Sequence[AnyRow]]
    acts: Sequence[AnyRow]

    def by_id(self, table: str) -> dict[str, AnyRow]:
        return {row.id: row for row in self.tables[table]}

    def of(self, table: str, key: str) -> defaultdict[str, list[AnyRow]]:
        """Rows of a table by one of their columns."""
        found: defaultdict[str, list[AnyRow]] = defaultdict(list)
        for row in self.tables[table]:
            found[getattr(row, key)].append(row)
        return found


def look(engine: Engine, after: int) -> Picture:
    """Read all rows, and the acts after a number."""
    with reading(engine) as session:
        tables = {
            name: session.execute(text(f"SELECT {columns} FROM {name}")).all()  # noqa: S608 - names above
            for name, columns in _TABLES.items()
        }
        acts = text("SELECT seq, act, subject_table, subject_id FROM audit_event WHERE seq > :after ORDER BY seq")
        return Picture(tables, session.execute(acts, {"after": after}).all())


def no_bed_is_given_twice(now: Picture) -> None:
    """Of what is held and lived in, by nights and beds, whatever the bookings say; and of the bookings."""
    places = now.by_id("place")
    takers = defaultdict(list)
    for row in (*_held(now), *_lived(now)):
        takers[row.place_id].append((span(row), row.beds, row.cots))
    for place_id, taken in takers.items():
        place = places[place_id]
        for nights, _, _ in taken:
            there = [(beds, cots) for other, beds, cots in taken if other.holds(nights.start)]
            beds, cots = (sum(each) for each in zip(*there, strict=True))
            fits = len(there) <= 1 if place.sharing == "private" else beds <= place.beds and cots <= place.cots
            assert fits, f"given twice: {place_id} on {nights.start}"
    units = defaultdict(list)
    for row in now.tables["booking"]:
        if row.live:
            units[row.place_id, row.unit, row.number].append(span(row))
    for unit, spans in units.items():
        spans.sort()
        assert not any(one.meets(two) for one, two in pairwise(spans)), f"booked twice: {unit}"


def every_hold_and_stay_has_its_beds(now: Picture) -> None:
    """As many bookings as beds, on the very nights; and no booking besides."""
    places = now.by_id("place")
    wanted = defaultdict(list)
    for row, holder in (
        *((row, (row.proposal_id, row.position)) for row in _held(now)),
        *((row, (row.id,)) for row in _lived(now)),
    ):
        private = places[row.place_id].sharing == "private"
        units = ["place"] if private else ["bed"] * row.beds + ["cot"] * row.cots
        wanted[holder] += [(row.place_id, unit, span(row)) for unit in units]
    booked = defaultdict(list)
    for row in now.tables["booking"]:
        if row.live:
            holder = (row.proposal_id, row.position) if row.stay_id is None else (row.stay_id,)
            booked[holder].append((row.place_id, row.unit, span(row)))
    for holder in {*wanted, *booked}:
        assert sorted(wanted[holder]) == sorted(booked[holder]), f"beds of {holder}"


def nothing_is_added_beyond_what_is_declared(before: Picture, now: Picture) -> None:
    """Of the nights that a booking was made for, or was prolonged by, since the picture before."""
    known = before.by_id("booking")
    live = [row for row in now.tables["booking"] if row.live]
    free, closed, places = now.of("free_interval", "place_id"), now.of("closure", "place_id"), now.by_id("place")
    for row in live:
        new = span(row)
        if row.id in known:
            new = new._replace(start=span(known[row.id]).until)
        if new.start >= new.until:
            continue
        taken = [span(each) for each in live if (each.place_id, each.unit) == (row.place_id, row.unit)]
        shut = [span(each) for each in closed[row.place_id]]
        edges = [each.start for each in (*taken, *shut)] + [span(each).until for each in free[row.place_id]]
        for night in {new.start, *filter(new.holds, edges)}:
            assert not any(each.holds(night) for each in shut), f"booked while closed: {row.place_id} on {night}"
            offered = sum(
                _offered(places[row.place_id], each, row.unit) for each in free[row.place_id] if span(each).holds(night)
            )
            booked = sum(each.holds(night) for each in taken)
            assert booked <= offered, f"booked beyond what is declared: {row.place_id} on {night}"


def _offered(place: AnyRow, free: AnyRow, unit: str) -> int:
    if unit == "place":
        return 1
    declared, has = (free.beds, place.beds) if unit == "bed" else (free.cots, place.cots)
    return int(has if declared is None else declared)


def nobody_is_expected_in_danger(now: Picture, sites: Mapping[str, Site], kept: Mapping[str, tuple[str, ...]]) -> None:
    """Measured anew, from where facilities were said to be; those who live somewhere are alerted, not moved."""
    homes = {row.id: row.facility_id for row in now.tables["place"]}
    zones = now.of("request_zone", "request_id")
    expected = [row for row in _lived(now) if row.state == "booked"]
    for row in (*_held(now), *expected):
        home = homes[row.place_id]
        for zone in zones[row.request_id]:
            assert not _dangerous(zone, sites[home], kept[home]), f"expected in danger: {row.request_id}"


def _dangerous(zone: AnyRow, site: Site, kept: Iterable[str]) -> bool:
    if zone.kind == "departement":
        forbidden = {zone.departement}
        if zone.with_neighbours:
            forbidden |= departements()[zone.departement].neighbours
        return site.departement is None or not forbidden.isdisjoint({site.departement, *kept})
    if site.latitude is None:
        return True
    centre = communes()[zone.commune_insee]
    return bool(great_circle((centre.latitude, centre.longitude), (site.latitude, site.longitude)).km <= zone.km)


def states_agree(now: Picture) -> None:
    """Of each request with those of its plans and stays."""
    plans, stays = now.of("proposal", "request_id"), now.of("stay", "request_id")
    for row in now.tables["request"]:
        states = {plan.state for plan in plans[row.id]} & _OPEN
        there = {stay.state for stay in stays[row.id]} & _EXPECTED
        agreed = states & {"agreed_in_principle", "interview"}
        right = {
            "proposed": bool(states & _HOLDING) and "accepted" not in states,
            "agreed_in_principle": bool(agreed) and "accepted" not in states,
            "admitted": bool(there) and not states & _HOLDING,
        }.get(row.state, not states and "booked" not in there)
        assert right, f"request {row.id} is {row.state}, its plans {states}, its stays {there}"
    accepted = {row.id: row.state for row in now.tables["proposal"]}
    for row in now.tables["stay"]:
        if row.state == "booked":
            assert accepted[row.proposal_id] in {"accepted", "arrived"}, f"stay {row.id} expected of no plan"
    for leg in now.tables["proposal_leg"]:
        assert bool(leg.open) == (accepted[leg.proposal_id] in _HOLDING), f"leg of {leg.proposal_id}"


def nobody_lives_in_two_places(now: Picture) -> None:
    """Not even as two requests, one of which follows the other."""
    first = {row.request_id: row.stay_id for row in now.tables["follow_on"] if row.cancelled_at is None}
    living = [row for row in now.tables["stay"] if row.state == "occupied" and row.request_id is not None]
    requests = [row.request_id for row in living]
    assert len(requests) == len(set(requests)), "two places for one request"
    lived = {row.id for row in living}
    for row in living:
        assert first.get(row.request_id) not in lived, f"still in the place before: {row.request_id}"


def no_request_is_lost(now: Picture, filed: Iterable[str]) -> None:
    """As many as were filed, and those opened for what follows a stay; each in one state that its machine knows."""
    there = {row.id for row in now.tables["request"]}
    assert there == {*filed, *(row.request_id for row in now.tables["follow_on"])}, "a request is lost"


def every_state_is_explained(before: Picture, now: Picture) -> None:
    """The acts recorded since the picture before lead, through the machine, from each state to the one there is."""
    acts = defaultdict(list)
    for row in now.acts:
        acts[row.subject_table, row.subject_id].append(row.act.removeprefix(f"{row.subject_table}."))
    for machine in (REQUEST, PROPOSAL, STAY):
        known = before.by_id(machine.noun)
        for row in now.tables[machine.noun]:
            state = known[row.id].state if row.id in known else None
            for name in acts[machine.noun, row.id]:
                step = machine.by_name.get(name)
                if step is not None:
                    starts = state in step.sources or (state is None and not step.sources)
                    assert starts, f"{machine.noun} {row.id}: {name} recorded from {state}"
                    state = step.target
            assert state == row.state, f"{machine.noun} {row.id}: {row.state}, the record says {state}"


def _held(now: Picture) -> Iterator[AnyRow]:
    holding = {row.id for row in now.tables["proposal"] if row.state in _HOLDING}
    return (row for row in now.tables["proposal_leg"] if row.proposal_id in holding)


def _lived(now: Picture) -> Iterator[AnyRow]:
    """Those filed as requests: the others are counted in what their shelter declares."""
    return (row for row in now.tables["stay"] if row.state in _EXPECTED and row.request_id is not None)
