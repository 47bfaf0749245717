# ruff: noqa: ANN401 - columns given by name are of every type
"""Valid rows with sensible defaults, for tests of every room.

Each function makes one unsaved row (with its children); any column may be given by name. `save` writes them in the
order given, so parents come first. The night is Saturday 21 November 2026, the hour 18:00 UTC.
"""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from data.base import Base, new_id
from data.models.alert import Alert, AlertKind
from data.models.booking import Booking, Unit
from data.models.candidate import Candidate
from data.models.exclusion import ExcludedPair, ExclusionRule
from data.models.facility import Disclosure, Facility, Quota
from data.models.organisation import ApiToken, Organisation, OrganisationKind, TokenRole
from data.models.place import Closure, ClosureReason, FreeInterval, Place
from data.models.proposal import (
    HOLDING_PROPOSALS,
    OPEN_PROPOSALS,
    REFUSED_PROPOSALS,
    Proposal,
    ProposalLeg,
    ProposalState,
    WithdrawalReason,
)
from data.models.request import RefusedPair, Request, RequestMember, RequestZone
from data.models.request_codes import (
    AgeUnit,
    RefusalReason,
    RefusedBy,
    RequestState,
    SleepingTonight,
    ZoneKind,
)
from data.models.run import Run, RunState
from data.models.stay import Stay, StayState
from data.models.waiver import Waiver
from data.session import transaction
from data.triggers.machines import MACHINES
from matcher.place import Audience, Sharing
from matcher.problem import QuotaFact
from matcher.request import Role, Sex

NIGHT = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)


WEEK_BEFORE = NIGHT - timedelta(days=7)
WEEK_AFTER = NIGHT + timedelta(days=7)


def nights(count: int) -> date:
    """The date so many nights after `NIGHT`."""
    return NIGHT + timedelta(days=count)


def save(engine: Engine, *rows: Base) -> None:
    """Write rows in the order given, in one transaction; they may stand in the middle of their machine."""
    late = {
        machine.noun
        for machine in MACHINES
        for row in rows
        if row.__tablename__ == machine.noun and getattr(row, "state", None) not in {None, *machine.initial}
    }
    with transaction(engine) as session, _beginning_anywhere(session, late):
        for row in rows:
            session.add(row)
            session.flush()


@contextmanager
def _beginning_anywhere(session: Session, nouns: Collection[str]) -> Iterator[None]:
    # The database makes no exception to `data.triggers.machines`: the rule is taken away for this transaction.
    rules = [f"{noun}_begins" for noun in nouns]
    made = {}
    for noun, rule in zip(nouns, rules, strict=True):
        if session.get_bind().dialect.name == "sqlite":
            made[rule] = session.scalar(text("SELECT sql FROM sqlite_master WHERE name = :rule"), {"rule": rule})
            session.execute(text(f"DROP TRIGGER {rule}"))
        else:
            made[rule] = f"ALTER TABLE {noun} ENABLE TRIGGER {rule}"
            session.execute(text(f"ALTER TABLE {noun} DISABLE TRIGGER {rule}"))
    yield
    for statement in made.values():
        session.connection().exec_driver_sql(str(statement))


def organisation(kind: OrganisationKind = OrganisationKind.SIAO, **columns: Any) -> Organisation:
    """A SIAO of Paris unless told."""
    return Organisation(
        **{
            "id": new_id(),
            "name": "SIAO 75",
            "kind": kind,
            "departement": "75",
            "verified_at": NOW,
            "created_at": NOW,
        }
        | columns
    )


def operator(**columns: Any) -> Organisation:
    """An operator of places."""
    return organisation(
        OrganisationKind.OPERATOR, **{"name": "Association gestionnaire", "departement": None} | columns
    )


def token(owner: Organisation, role: TokenRole, secret: str, **columns: Any) -> ApiToken:
    """A token valid for 30 days; ``secret`` is what its bearer carries."""
    return ApiToken(
        **{
            "id": new_id(),
            "organisation_id": owner.id,
            "role": role,
            "label": "test",
            "token_hash": hashlib.sha256(secret.encode()).hexdigest(),
            "created_at": NOW,
            "expires_at": NOW + timedelta(days=30),
        }
        | columns
    )


def facility(owner: Organisation, kind: str = "chu", **columns: Any) -> Facility:
    """An open CHU in Lyon unless told."""
    return Facility(
        **{
            "id": new_id(),
            "organisation_id": owner.id,
            "kind": kind,
            "disclosure": Disclosure.OPEN,
            "departement": "69",
            "commune_insee": None,
            "latitude": 45.76,
            "longitude": 4.84,
            "precision_km": 0.5,
            "audience": Audience.MIXED,
            "requires": (),
            "services": (),
            "specialisms": (),
            "created_at": NOW,
            "updated_at": NOW,
        }
        | columns
    )


def quota(of: Facility, fact: QuotaFact = QuotaFact.HAS_PARTNER, maximum: int = 1) -> Quota:
    """A quota over every place of a facility."""
    return Quota(id=new_id(), facility_id=of.id, fact=fact, max=maximum)


def place(of: Facility, *, free: Sequence[FreeInterval] | None = None, **columns: Any) -> Place:
    """A private room of two beds and a cot, free from `NIGHT` without end unless told (``free=[]``: full)."""
    return Place(
        **{
            "id": new_id(),
            "facility_id": of.id,
            "label": "chambre 1",
            "beds": 2,
            "cots": 1,
            "sharing": Sharing.PRIVATE,
            "confirmed_at": NOW,
            "confirmed_by": of.organisation_id,
            "free_intervals": [interval()] if free is None else list(free),
        }
        | columns
    )


def interval(from_night: date = NIGHT, until_night: date | None = None, **columns: Any) -> FreeInterval:
    """Nights declared free; the place's own beds and cots unless told."""
    return FreeInterval(id=new_id(), from_night=from_night, until_night=until_night, **columns)


def closure(of: Place, from_night: date = NIGHT, until_night: date | None = None, **columns: Any) -> Closure:
    """Works."""
    return Closure(
        **{
            "id": new_id(),
            "place_id": of.id,
            "reason": ClosureReason.WORKS,
            "from_night": from_night,
            "until_night": until_night,
            "declared_by": of.confirmed_by,
            "declared_at": NOW,
        }
        | columns
    )


def member(years: int = 30, role: Role = Role.PRINCIPAL, sex: Sex = Sex.F, **columns: Any) -> RequestMember:
    """A woman of 30 on `NIGHT` unless told; other units through ``age``, ``age_unit``, ``age_as_of``."""
    return RequestMember(
        **{
            "id": new_id(),
            "position": 0,
            "age": years,
            "age_unit": AgeUnit.YEARS,
            "age_as_of": NIGHT,
            "sex": sex,
            "role": role,
        }
        | columns
    )


def zone(departement: str, *, with_neighbours: bool = False) -> RequestZone:
    """A whole département, with its neighbours or not."""
    return RequestZone(id=new_id(), kind=ZoneKind.DEPARTEMENT, departement=departement, with_neighbours=with_neighbours)


def circle(commune_insee: str, km: float) -> RequestZone:
    """A circle around a commune."""
    return RequestZone(id=new_id(), kind=ZoneKind.CIRCLE, commune_insee=commune_insee, km=km, with_neighbours=False)


def request(
    filed_by: Organisation,
    *,
    members: Sequence[RequestMember] | None = None,
    zones: Sequence[RequestZone] = (),
    **columns: Any,
) -> Request:
    """A submitted request of class 2 for a woman of 30 in the street in Paris, from `NIGHT`, open-ended."""
    household = [member()] if members is None else list(members)
    for position, person in enumerate(household):
        person.position = position
    return Request(
        **{
            "id": new_id(),
            "organisation_id": filed_by.id,
            "departement": "75",
            "state": RequestState.SUBMITTED,
            "priority": 2,
            "waiting_since": NIGHT - timedelta(days=2),
            "from_night": NIGHT,
            "sleeping_tonight": SleepingTonight.STREET,
            "members": household,
            "zones": list(zones),
            "created_at": NOW,
            "updated_at": NOW,
        }
        | columns
    )


def refused_pair(of: Request, at: Facility, **columns: Any) -> RefusedPair:
    """The person found it too far."""
    return RefusedPair(
        **{
            "request_id": of.id,
            "facility_id": at.id,
            "reason": RefusalReason.TOO_FAR,
            "refused_by": RefusedBy.PERSON,
            "refused_at": NOW,
        }
        | columns
    )


def waiver(of: Request, at: Facility, by: Organisation, **columns: Any) -> Waiver:
    """The reservation of the facility's first département, lifted by its head of child welfare for a month."""
    return Waiver(
        **{
            "id": new_id(),
            "request_id": of.id,
            "facility_id": at.id,
            "departement": (at.reserved_departements or ("69",))[0],
            "until_night": nights(30),
            "asked_by": by.id,
            "asked_at": NOW,
            "agreed_by": "responsable ASE",
            "agreed_at": NOW,
        }
        | columns
    )


def candidate(of: Request, at: Place, by: Organisation, **columns: Any) -> Candidate:
    """A week in one place, as it is shown for a quarter of an hour."""
    return Candidate(
        **{
            "id": new_id(),
            "request_id": of.id,
            "organisation_id": by.id,
            "legs": [{"place": at.id, "from": NIGHT.isoformat(), "until": WEEK_AFTER.isoformat()}],
            "created_at": NOW,
            "expires_at": NOW + timedelta(minutes=15),
        }
        | columns
    )


def stay(of: Place, from_night: date = WEEK_BEFORE, until_night: date | None = None, **columns: Any) -> Stay:
    """A household of one bed, already there, of unknown composition and without a request."""
    return Stay(
        **{
            "id": new_id(),
            "place_id": of.id,
            "from_night": from_night,
            "until_night": until_night,
            "beds": 1,
            "cots": 0,
            "state": StayState.OCCUPIED,
        }
        | columns
    )


def run(asked_by: Organisation, **columns: Any) -> Run:
    """A run that has just begun."""
    return Run(
        **{
            "id": new_id(),
            "night": NIGHT,
            "state": RunState.RUNNING,
            "requested_by": asked_by.id,
            "started_at": NOW,
            "seed": 0,
        }
        | columns
    )


def leg(of: Place, from_night: date = NIGHT, until_night: date = WEEK_AFTER, **columns: Any) -> ProposalLeg:
    """Seven nights of one bed."""
    return ProposalLeg(
        **{
            "place_id": of.id,
            "from_night": from_night,
            "until_night": until_night,
            "beds": 1,
            "cots": 0,
        }
        | columns
    )


_REFUSED = dict(zip(REFUSED_PROPOSALS, RefusedBy, strict=True))


def _ended(state: ProposalState) -> dict[str, Any]:
    columns: dict[str, Any] = {} if state in OPEN_PROPOSALS else {"closed_at": NOW}
    if state in {ProposalState.ACCEPTED, ProposalState.ARRIVED, ProposalState.NO_SHOW}:
        columns["accepted_at"] = NOW
    if state in {ProposalState.WITHDRAWN, ProposalState.SUPERSEDED}:
        columns["withdrawal_reason"] = WithdrawalReason.BY_COORDINATOR
    if state in _REFUSED:
        columns["refusal_reason"] = RefusalReason.of(_REFUSED[state])[0]
    return columns


def proposal(of: Request, legs: Sequence[ProposalLeg], **columns: Any) -> Proposal:
    """A proposal just sent, by hand, open for two hours; a state given brings the fields that go with it."""
    state = columns.get("state", ProposalState.SENT)
    columns = {"id": new_id()} | _ended(state) | columns
    for position, each in enumerate(legs):
        each.proposal_id = columns["id"]
        each.position = position
        each.request_id = of.id
        each.open = state in HOLDING_PROPOSALS
    return Proposal(
        **{
            "request_id": of.id,
            "state": state,
            "created_at": NOW,
            "expires_at": NOW + timedelta(hours=2),
            "roofless_nights": 0,
            "cost": {},
            "context": {"format": 1},
            "legs": list(legs),
        }
        | columns
    )


def alert(subject: tuple[str, str], to: Organisation | None = None, **columns: Any) -> Alert:
    """An open alert that nobody has seen; for those who keep the service running unless told."""
    return Alert(
        **{
            "id": new_id(),
            "kind": AlertKind.STATE_TOO_OLD,
            "subject_kind": subject[0],
            "subject_id": subject[1],
            "organisation_id": None if to is None else to.id,
            "raised_at": NOW,
        }
        | columns
    )


def booking(of: ProposalLeg | Stay, **columns: Any) -> Booking:
    """A whole place, or the first bed of a shared one with ``unit``, for the nights of a hold or of a stay."""
    holder = {"stay_id": of.id} if isinstance(of, Stay) else {"proposal_id": of.proposal_id, "position": of.position}
    return Booking(
        **{
            "id": new_id(),
            "place_id": of.place_id,
            "request_id": of.request_id,
            "unit": Unit.PLACE,
            "number": 1,
            "from_night": of.from_night,
            "until_night": of.until_night,
            "live": True,
        }
        | holder
        | columns
    )


def excluded_pair(of: Request, at: Facility, rule: ExclusionRule = ExclusionRule.DANGER_AREA) -> ExcludedPair:
    """The facility lies in a danger zone of the request."""
    return ExcludedPair(request_id=of.id, facility_id=at.id, rule=rule)
