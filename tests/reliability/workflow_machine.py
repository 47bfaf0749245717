# ruff: noqa: ANN401 - rules are given values of every type
"""Everybody at work in any order: Hypothesis chooses the acts, the services do or refuse them, the rows are looked at.

Whoever acts picks a row for which the act makes sense when there is one, else any row, to be refused.
"""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import partial
from typing import Any, ClassVar, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from api.config import DEMO_AUDIT_SECRET
from api.services import (
    answers,
    arrivals,
    candidates,
    departures,
    facilities,
    freshness,
    manual,
    matching,
    places,
    request_acts,
    requests,
    waivers,
)
from api.services.actor import Actor
from api.services.answers import AnswerFacts, Refusal
from api.services.audit_check import verify
from api.services.places import ClosureFacts, FreeFacts
from api.services.request_facts import MemberFacts, RequestFacts, ZoneFacts
from api.services.waivers import WaiverFacts
from data.models.place import ClosureReason
from data.models.proposal import HOLDING_PROPOSALS, OPEN_PROPOSALS, Answer
from data.models.request_codes import AgeUnit, RefusalReason, SleepingTonight, ZoneKind
from matcher.request import Role as Part
from matcher.request import Sex
from tests import builders as b
from tests.reliability import workflow_rows as rows
from tests.reliability.workflow_rows import AnyRow, Picture
from tests.reliability.workflow_world import JOBS, SITES, World

_person = partial(MemberFacts, age_as_of=b.NIGHT)
WOMAN: Final = (_person(age=24, age_unit=AgeUnit.YEARS, sex=Sex.F, role=Part.PRINCIPAL),)
MOTHER: Final = (*WOMAN, _person(age=12, age_unit=AgeUnit.DAYS, sex=Sex.M, role=Part.CHILD))
COUPLE: Final = (*MOTHER, _person(age=30, age_unit=AgeUnit.YEARS, sex=Sex.M, role=Part.PARTNER))
ZONES: Final = (
    (),
    (),
    (ZoneFacts(kind=ZoneKind.DEPARTEMENT, departement="75", with_neighbours=True),),
    (ZoneFacts(kind=ZoneKind.DEPARTEMENT, departement="69"),),
    (ZoneFacts(kind=ZoneKind.CIRCLE, commune_insee="69123", km=30.0),),
    (ZoneFacts(kind=ZoneKind.CIRCLE, commune_insee="67482", km=50.0),),
)
"""None, Paris and around, and around each of two places where there are shelters."""
CHANGES: Final[tuple[dict[str, Any], ...]] = (
    *({"zones": zones} for zones in ZONES[2:]),
    {"members": COUPLE},
    {"nights": 3},
    {"nights": None},
    {"needs": ("midwife_pmi",)},
    {"decisions": ("ase",)},
    {"preferences": ("pets",)},
    {"separation_group": "one"},
)
_PICK: Final = st.integers(0, 5)
_AHEAD: Final = st.integers(0, 10)
_HOURS: Final = st.sampled_from((1, 3, 5, 24, 60, 170))
_HOLDING: Final = frozenset(state.value for state in HOLDING_PROPOSALS)
_OPEN: Final = frozenset(state.value for state in OPEN_PROPOSALS)
_SEARCHED: Final = frozenset({"submitted", "searching"})
_WAITING: Final = _SEARCHED | {"proposed", "agreed_in_principle"}
_OVER: Final = frozenset({"closed", "cancelled", "expired"})


def some(table: str, *states: str) -> Callable[[Any], bool]:
    """Whether rows of a table are in one of some states: otherwise nearly every step would be refused."""
    return lambda machine: any(row.state in states for row in machine.now.tables[table])


def _pick(found: Iterable[AnyRow], pick: int, sensible: Callable[[AnyRow], bool]) -> AnyRow | None:
    known = sorted(found, key=lambda row: str(row.id))
    best = [row for row in known if sensible(row)] or known
    return best[pick % len(best)] if best else None


class Workflow(RuleBasedStateMachine):
    """The whole workflow; `new_world` gives it an empty database."""

    new_world: ClassVar[Callable[[], World]]
    met: ClassVar[Any]

    def __init__(self) -> None:
        super().__init__()
        self.world = type(self).new_world()
        self.seen = 0
        self.now = self._look()

    def _look(self) -> Picture:
        found = rows.look(self.world.engine, self.seen)
        self.seen = found.acts[-1].seq if found.acts else self.seen
        return found

    def _row(self, table: str, pick: int, sensible: Callable[[AnyRow], bool]) -> AnyRow | None:
        return _pick(self.now.tables[table], pick, sensible)

    def _on(self, name: str, row: AnyRow | None, service: Callable[..., Any], actor: Actor, *given: Any) -> None:
        """Do a service to a row as it was last seen."""
        if row is not None:
            self.world.act(name, lambda context: service(actor, context, row.id, *given, row.version))

    # Households

    @initialize(begun=st.sampled_from(("filed", "proposed", "admitted", "arrived")))
    def some_are_under_way(self, begun: str) -> None:
        """Two households, as far as they have come: else most trials would end before anybody has arrived."""
        for members in (WOMAN, MOTHER):
            self.file(members, (), 14, 0, None, draft=False)
        steps: dict[str, Callable[[int], None]] = {
            "proposed": lambda _: self.run_the_night(),
            "admitted": lambda _: self.all_agree(0, None),
            "arrived": lambda pick: self.arrive(pick, in_time=True),
        }
        for name, step in steps.items():
            if begun == "filed":
                break
            for pick in range(1 if name == "proposed" else 2):
                self.all_is_well()
                step(pick)
            if name == begun:
                break
        self.all_is_well()

    @rule(
        members=st.sampled_from((WOMAN, MOTHER, COUPLE)),
        zones=st.sampled_from(ZONES),
        nights=st.sampled_from((None, 2, 14, 40)),
        ahead=st.sampled_from((0, 0, 0, 2)),
        latest=st.sampled_from((None, None, 1, 5)),
        draft=st.booleans(),
    )
    def file(
        self, members: Any, zones: Any, nights: int | None, ahead: int, latest: int | None, *, draft: bool
    ) -> None:
        world = self.world
        facts = RequestFacts(
            departement="75",
            from_night=world.night(ahead),
            latest_night=None if latest is None else world.night(ahead + latest),
            nights=nights,
            sleeping_tonight=SleepingTonight.STREET,
            members=members,
            zones=zones,
            decisions=("ase",) if members is MOTHER else (),
        )
        filed = world.act("file", lambda context: requests.submit(world.referrer, context, facts, draft=draft))
        if filed is not None:
            world.filed.add(filed.id)

    @rule(pick=_PICK, changes=st.sampled_from(CHANGES))
    def amend(self, pick: int, changes: dict[str, Any]) -> None:
        row = self._row("request", pick, lambda row: row.state not in _OVER)
        self._on("amend", row, requests.amend, self.world.referrer, changes)

    @rule(pick=_PICK, asked=st.booleans())
    def complete(self, pick: int, *, asked: bool) -> None:
        if asked:
            row = self._row("request", pick, lambda row: row.state in _WAITING)
            self._on("ask to complete", row, request_acts.ask_to_complete, self.world.siao, ["nights"])
        else:
            row = self._row("request", pick, lambda row: row.state in {"draft", "to_complete"})
            self._on("complete", row, request_acts.complete, self.world.referrer)

    @rule(pick=_PICK, how=st.sampled_from(("cancel", "close", "reactivate", "reactivate")))
    def end_or_take_up(self, pick: int, how: str) -> None:
        service = {"cancel": requests.cancel, "close": request_acts.close, "reactivate": request_acts.reactivate}[how]
        row = self._row("request", pick, lambda row: (row.state in _OVER) is (how == "reactivate"))
        self._on(how, row, service, self.world.siao)

    # Plans

    @precondition(some("request", *_SEARCHED))
    @rule()
    def run_the_night(self) -> None:
        world = self.world
        world.try_("run", lambda: matching.run(world.siao, world.engine, world.context))

    def _candidate(self, request_id: str, pick: int, lift: str | None) -> str | None:
        world = self.world
        found = world.try_(
            "candidates",
            lambda: candidates.list_candidates(world.siao, world.engine, world.context, request_id, lift=lift),
        )
        return found[pick % len(found)].id if found else None

    @precondition(some("request", *_WAITING))
    @rule(
        pick=_PICK,
        which=_PICK,
        lift=st.sampled_from((None, None, "refused_before")),
        minutes=st.sampled_from((0, 0, 0, 20)),
    )
    def propose(self, pick: int, which: int, lift: str | None, minutes: int) -> None:
        world, row = self.world, self._row("request", pick, lambda row: row.state in _WAITING)
        handle = None if row is None else self._candidate(row.id, which, lift)
        if row is not None and handle is not None:
            world.clock.instant += timedelta(minutes=minutes)
            override = lift is not None
            world.act("propose", lambda context: manual.propose(world.siao, context, row.id, handle, override=override))

    def _plan(self, pick: int, states: frozenset[str] = _HOLDING) -> AnyRow | None:
        return self._row("proposal", pick, lambda row: row.state in states)

    @precondition(some("proposal", *_OPEN))
    @rule(
        pick=_PICK, shelter=st.integers(0, 1), what=st.sampled_from(Answer), position=st.sampled_from((None, None, 1))
    )
    def answer(self, pick: int, shelter: int, what: Answer, position: int | None) -> None:
        facts = AnswerFacts(
            answer=what,
            position=position,
            interview_at=self.world.clock.now() + timedelta(hours=20) if what is Answer.INTERVIEW else None,
            refusal=Refusal(reason=RefusalReason.WORKS) if what is Answer.REFUSED else None,
        )
        self._on("answer", self._plan(pick, _OPEN), answers.answer, self.world.shelters[shelter], facts)

    @precondition(some("proposal", *_HOLDING))
    @rule(pick=_PICK, given=st.booleans(), on_behalf=st.booleans())
    def decide(self, pick: int, *, given: bool, on_behalf: bool) -> None:
        actor = self.world.siao if on_behalf else self.world.paris
        self._on("decide", self._plan(pick), answers.decide, actor, None if given else RefusalReason.DECLINED)

    @precondition(some("proposal", *_OPEN))
    @rule(pick=_PICK, how=st.sampled_from(("too far", "other", "withdrawn")))
    def refuse_or_withdraw(self, pick: int, how: str) -> None:
        row = self._plan(pick, _OPEN)
        if how == "withdrawn":
            self._on("withdraw", row, answers.withdraw, self.world.siao)
        elif row is not None:
            other = Refusal(reason=RefusalReason.OTHER, text="…")
            self._consent(row, other if how == "other" else Refusal(reason=RefusalReason.TOO_FAR))

    def _consent(self, row: AnyRow, refusal: Refusal | None) -> None:
        self.world.act(
            "consent",
            lambda context: answers.consent(self.world.referrer, context, row.id, refusal, version=row.version),
        )

    @precondition(some("proposal", *_HOLDING))
    @rule(pick=_PICK, leave_out=st.sampled_from((None, None, None, "shelter", "person")))
    def all_agree(self, pick: int, leave_out: str | None) -> None:
        """Whoever has not answered a plan says yes, or all but one."""
        row = self._plan(pick)
        if row is None:
            return
        legs = self.now.of("proposal_leg", "proposal_id")[row.id]
        yes = AnswerFacts(answer=Answer.ACCEPTED)
        steps: list[Callable[[AnyRow], None]] = []
        if leave_out != "person":
            steps.append(lambda now: self._consent(now, None))
        if any(leg.decision == "awaiting" for leg in legs):
            steps.append(lambda now: self._on("decide", now, answers.decide, self.world.paris, None))
        if leave_out != "shelter":
            owners = {self.world.owner_of(leg.place_id) for leg in legs}
            steps += [
                lambda now, who=who: self._on("answer", now, answers.answer, who, yes)  # type: ignore[misc]
                for who in sorted(owners, key=self.world.shelters.index)
            ]
        for step in steps:
            step(rows.look(self.world.engine, self.seen).by_id("proposal")[row.id])

    @rule(pick=_PICK, how=st.sampled_from(("ask", "ask, agreed", "agree", "revoke")))
    def lift_a_reservation(self, pick: int, how: str) -> None:
        world, waiver = self.world, self._row("waiver", pick, lambda _: True)
        if how == "revoke":
            self._on("revoke a waiver", waiver, waivers.revoke, world.rhone)
        elif how == "agree":
            self._on("agree to a waiver", waiver, waivers.agree, world.rhone, "responsable ASE")
        row = self._row("request", pick, lambda row: row.state in _WAITING)
        handle = self._candidate(row.id, 0, "reserved_elsewhere") if row is not None and "ask" in how else None
        if row is not None and handle is not None:
            facts = WaiverFacts(
                candidate=handle,
                until_night=world.night(20),
                agreed_by="responsable ASE" if "agreed" in how else None,
            )
            world.act("ask a waiver", lambda context: waivers.ask(world.siao, context, row.id, facts))

    # Places

    def _place(self, pick: int) -> tuple[AnyRow, Actor]:
        place_id = self.world.places[pick % len(self.world.places)]
        return self.now.by_id("place")[place_id], self.world.owner_of(place_id)

    @rule(pick=_PICK, spans=st.lists(st.tuples(_AHEAD, st.integers(1, 40)), max_size=2))
    def declare(self, pick: int, spans: list[tuple[int, int]]) -> None:
        row, owner = self._place(pick)
        free = [
            FreeFacts(from_night=self.world.night(start), until_night=self.world.night(start + nights))
            for start, nights in spans
        ]
        self._on("declare", row, places.replace_free, owner, free)

    @rule(pick=_PICK, start=st.sampled_from((None, None, 0, 3, 10)), nights=st.sampled_from((None, 2, 10)))
    def shut_or_reopen(self, pick: int, start: int | None, nights: int | None) -> None:
        closure = self._row("closure", pick, lambda _: True)
        if start is not None:
            row, owner = self._place(pick)
            until = None if nights is None else self.world.night(start + nights)
            facts = ClosureFacts(reason=ClosureReason.WORKS, from_night=self.world.night(start), until_night=until)
            self._on("shut", row, places.close, owner, facts)
        elif closure is not None:
            row = self.now.by_id("place")[closure.place_id]
            self._on("reopen", row, places.reopen, self.world.owner_of(row.id), closure.id)

    @rule(
        pick=_PICK,
        changes=st.sampled_from(({"closed": True}, {"closed": False}, {"closed": False}, {"beds": 1}, {"beds": 3})),
    )
    def amend_a_place(self, pick: int, changes: dict[str, Any]) -> None:
        row, owner = self._place(pick)
        self._on("amend a place", row, places.amend, owner, changes)

    @rule(shelter=st.integers(0, 1))
    def confirm_all(self, shelter: int) -> None:
        self.world.act("confirm all", partial(freshness.confirm_all, self.world.shelters[shelter]))

    @rule(pick=_PICK, site=st.sampled_from(SITES), kept=st.sampled_from((None, (), ("69",), ("67",))))
    def move_a_facility(self, pick: int, site: Any, kept: tuple[str, ...] | None) -> None:
        """To somewhere else, or into the reservation of a département."""
        world = self.world
        facility_id = world.facilities[pick % len(world.facilities)]
        row, owner = self.now.by_id("facility")[facility_id], world.owner_of(facility_id)
        changes = site._asdict() if kept is None else {"reserved_departements": kept}
        amend = partial(facilities.amend, owner, facility_id=facility_id, changes=changes, version=row.version)
        if world.act("move a facility", amend) is not None:
            if kept is None:
                world.sites[facility_id] = site
            else:
                world.reserved[facility_id] = kept

    # Stays

    def _stay(self, pick: int, state: str) -> tuple[AnyRow | None, Actor]:
        row = self._row("stay", pick, lambda row: row.state == state)
        return row, self.world.referrer if row is None else self.world.owner_of(row.place_id)

    @precondition(some("stay", "booked"))
    @rule(pick=_PICK, in_time=st.sampled_from((True, True, False)))
    def arrive(self, pick: int, *, in_time: bool) -> None:
        row, owner = self._stay(pick, "booked")
        if in_time and row is not None and row.state == "booked":
            nights = (row_night(row) - self.world.night(0)).days
            self.world.clock.instant += timedelta(days=max(0, nights))
        self._on("arrive", row, arrivals.arrive, owner)

    @precondition(some("stay", "booked"))
    @rule(pick=_PICK)
    def nobody_came(self, pick: int) -> None:
        row, owner = self._stay(pick, "booked")
        self._on("no show", row, arrivals.no_show, owner)

    @precondition(some("stay", "occupied"))
    @rule(pick=_PICK, nights=st.integers(1, 60))
    def renew(self, pick: int, nights: int) -> None:
        row, owner = self._stay(pick, "occupied")
        self._on("renew", row, departures.renew, owner, self.world.night(nights))

    @precondition(some("stay", "occupied"))
    @rule(pick=_PICK, leaves=st.sampled_from((None, 0, 2, 10)))
    def leave(self, pick: int, leaves: int | None) -> None:
        row, owner = self._stay(pick, "occupied")
        if leaves is None:
            self._on("depart", row, departures.depart, owner)
        else:
            night = self.world.night(leaves)
            self._on("announce leaving", row, departures.announce_leaving, owner, night)

    # Time

    @rule(hours=_HOURS)
    def time_passes(self, hours: int) -> None:
        self.world.clock.instant += timedelta(hours=hours)

    @rule(names=st.lists(st.sampled_from(JOBS), min_size=1, max_size=3, unique=True))
    def jobs_look(self, names: list[str]) -> None:
        for name in names:
            self.world.job(name)

    @rule()
    def silence_is_over(self) -> None:
        """Expire what is overdue, and send what comes next."""
        for name in ("expire_proposals", "send_next_plans", "expire_requests", "open_follow_ons"):
            self.world.job(name)

    @invariant()
    def all_is_well(self) -> None:
        before, self.now = self.now, self._look()
        now, world = self.now, self.world
        rows.no_bed_is_given_twice(now)
        rows.every_hold_and_stay_has_its_beds(now)
        rows.nothing_is_added_beyond_what_is_declared(before, now)
        rows.nobody_is_expected_in_danger(now, world.sites, world.reserved)
        rows.states_agree(now)
        rows.nobody_lives_in_two_places(now)
        rows.no_request_is_lost(now, world.filed)
        rows.every_state_is_explained(before, now)

    def teardown(self) -> None:
        type(self).met.update(self.world.met)
        assert verify(self.world.engine, [DEMO_AUDIT_SECRET]).fault is None
        self.world.engine.dispose()


def row_night(row: AnyRow) -> date:
    """First night of a stay; SQLite gives texts."""
    return date.fromisoformat(str(row.from_night))
