"""The next place is looked for before a stay ends, so that nobody is put back on the street (domain.md §5)."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, TypeAlias

from sqlalchemy import select

from api.services import alerts, endings, moves, requests
from api.services.alerts import AlertKind
from api.services.context import Context
from api.services.stay_limits import Limit, due, limits
from data.ages import restated
from data.models.alert import Alert
from data.models.facility import Facility
from data.models.follow_on import CancelledBecause, FollowOn
from data.models.place import Place
from data.models.proposal import WithdrawalReason
from data.models.protection import ProtectionStep, StepKind, StepState
from data.models.request import RefusedPair, Request
from data.models.request_codes import MATCHED_STATES, RequestState, SleepingTonight
from data.models.stay import LIVE_STAYS, Stay, StayState
from data.queries.locks import lock
from data.reference.loader import place_kinds
from data.workflow.machine import Party

Subject: TypeAlias = tuple[str, str]
NEAR: Final = timedelta(days=7)
"""From so many nights before its end on, a stay without a next place is an alert."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A stay somebody lives in, filed as a request, and what is to come.

    Parameters
    ----------
    stay : Stay
        Occupied.
    request : Request
        It was filed as.
    facility : Facility
        Where it is.
    found : list of Limit
        Its limits.
    """

    stay: Stay
    request: Request
    facility: Facility
    found: list[Limit]


def open_follow_ons(context: Context) -> int:
    """Bring follow-on requests to what the limits of stays say: opened in time, one a stay, cancelled when renewed.

    Parameters
    ----------
    context : Context
        A transaction.

    Returns
    -------
    int
        Follow-on requests opened.
    """
    opened, near = 0, set[Subject]()
    for stay_id, request_id in _occupied(context):
        watched = _locked(context, stay_id, request_id)
        if watched is None:
            continue
        existing = of_stay(context, stay_id)
        limit = None if _moves_on(context, watched.stay) else due(watched.found, context.tonight)
        if existing is None and limit is not None:
            existing = _open(context, watched, limit)
            opened += 1
        elif existing is not None and limit is None:
            _cancel(context, existing)
        elif existing is not None and limit is not None:
            _shift(context, existing, limit)
        if limit is not None and limit.night - NEAR <= context.tonight and not has_next(context, existing):
            near |= _alert(context, watched)
    for subject in sorted(_known_alerts(context) - near):
        alerts.resolve(context, AlertKind.LIMIT_NEAR, subject)
    return opened


def of_stay(context: Context, stay_id: str) -> FollowOn | None:
    """Return the follow-on request of a stay that was not cancelled."""
    return context.session.scalar(select(FollowOn).where(FollowOn.stay_id == stay_id, FollowOn.cancelled_at.is_(None)))


def stay_before(context: Context, request_id: str) -> Stay | None:
    """Find where a household lives whose request is a follow-on, locked; None: it is none, or that stay is over."""
    return context.session.scalar(
        select(Stay)
        .join(FollowOn, FollowOn.stay_id == Stay.id)
        .where(FollowOn.request_id == request_id, FollowOn.cancelled_at.is_(None), Stay.state == StayState.OCCUPIED)
        .with_for_update(of=Stay)
    )


def _occupied(context: Context) -> list[tuple[str, str | None]]:
    statement = select(Stay.id, Stay.request_id).where(Stay.state == StayState.OCCUPIED, Stay.request_id.is_not(None))
    return [(row.id, row.request_id) for row in context.session.execute(statement.order_by(Stay.id))]


def _locked(context: Context, stay_id: str, request_id: str | None) -> Watched | None:
    # Requests before stays, as everywhere.
    following = select(FollowOn.request_id).where(FollowOn.stay_id == stay_id, FollowOn.cancelled_at.is_(None))
    found = lock(context.session, Request, filter(None, [request_id, context.session.scalar(following)]))
    stay = context.session.get(Stay, stay_id, with_for_update=True, populate_existing=True)
    if stay is None or stay.state is not StayState.OCCUPIED or request_id not in found:
        return None
    return watch(context, stay, found[request_id])


def watch(context: Context, stay: Stay, request: Request) -> Watched:
    """Look at the limits of a stay."""
    place = context.session.get_one(Place, stay.place_id)
    facility = context.session.get_one(Facility, place.facility_id)
    kind = place_kinds(context.tonight).get(facility.kind)
    return Watched(stay, request, facility, limits(stay, facility, kind, request, _order_until(context, request)))


def _order_until(context: Context, request: Request) -> date | None:
    return context.session.scalar(
        select(ProtectionStep.valid_until).where(
            ProtectionStep.request_id == request.id,
            ProtectionStep.kind == StepKind.PLACEMENT_ORDER,
            ProtectionStep.state == StepState.DONE,
        )
    )


def _moves_on(context: Context, stay: Stay) -> bool:
    """Tell whether the second leg of the same plan follows without a gap."""
    if stay.until_night is None:
        return False
    following = select(Stay.id).where(
        Stay.request_id == stay.request_id,
        Stay.id != stay.id,
        Stay.state.in_(LIVE_STAYS),
        Stay.from_night == stay.until_night,
    )
    return context.session.scalar(following.limit(1)) is not None


def _open(context: Context, watched: Watched, limit: Limit) -> FollowOn:
    before = watched.request
    row = Request(
        organisation_id=before.organisation_id,
        state=RequestState.SUBMITTED,
        created_at=context.now,
        reference_hash=before.reference_hash,
    )
    facts = requests.facts_of(before)
    today = context.now.date()
    people = []
    for person in facts.members:
        age, unit, as_of = restated(person.age, person.age_unit, person.age_as_of, today)
        people.append(replace(person, age=age, age_unit=unit, age_as_of=as_of))
    from_night = max(limit.night, context.tonight)
    requests.enter(
        context,
        row,
        replace(
            facts,
            members=tuple(people),
            from_night=from_night,
            latest_night=None,
            nights=None,
            sleeping_tonight=SleepingTonight.FACILITY,
            sleeping_until=from_night,
        ),
    )
    _keep_refusals(before, row)
    found = FollowOn(
        stay_id=watched.stay.id,
        request_id=row.id,
        limit_kind=limit.kind,
        limit_night=limit.night,
        opened_at=context.now,
    )
    context.session.add(found)
    context.session.flush()
    moves.made(context, None, row, "submit", by=Party.SERVICE, follows=watched.stay.id, limit=limit.kind.value)
    return found


def _keep_refusals(before: Request, after: Request) -> None:
    # They lapse as they would have: when a side changes.
    for pair in before.refused_pairs:
        if pair.request_version == before.facts_version:
            after.refused_pairs.append(
                RefusedPair(
                    facility_id=pair.facility_id,
                    reason=pair.reason,
                    refused_by=pair.refused_by,
                    refused_at=pair.refused_at,
                    request_version=after.facts_version,
                    facility_version=pair.facility_version,
                    overridden_at=pair.overridden_at,
                )
            )


def _cancel(context: Context, row: FollowOn) -> None:
    request = context.session.get_one(Request, row.request_id)
    if request.state not in requests.LIVE:
        # Admitted elsewhere, or ended by those who follow it: theirs to settle.
        return
    endings.withdraw_open(context, None, request, WithdrawalReason.REQUEST_OVER)
    because = CancelledBecause.RENEWED
    moves.move(context, None, request, "cancel", by=Party.SERVICE, reason=because.value)
    row.cancelled_at, row.cancelled_because = context.now, because
    context.session.flush()


def _shift(context: Context, row: FollowOn, limit: Limit) -> None:
    """Let the next place begin when this stay ends, as things are now."""
    if row.limit_night == limit.night:
        return
    request = context.session.get_one(Request, row.request_id)
    if request.state in MATCHED_STATES:
        row.limit_kind, row.limit_night = limit.kind, limit.night
        request.from_night = request.sleeping_until = max(limit.night, context.tonight)
        request.facts_version += 1
        request.updated_at = context.now
        context.session.flush()


def _alert(context: Context, watched: Watched) -> set[Subject]:
    # Those who follow the request do not know the stay, the shelter does not know the request.
    shelter, followers = ("stay", watched.stay.id), ("request", watched.request.id)
    alerts.raise_alert(context, AlertKind.LIMIT_NEAR, shelter, watched.facility.organisation_id)
    for organisation_id in sorted({watched.request.organisation_id, *moves.coordinations(context, watched.request)}):
        alerts.raise_alert(context, AlertKind.LIMIT_NEAR, followers, organisation_id)
    return {shelter, followers}


def has_next(context: Context, row: FollowOn | None) -> bool:
    """Tell whether the household is expected somewhere after its stay."""
    if row is None:
        return False
    there = select(Stay.id).where(Stay.request_id == row.request_id, Stay.state.in_(LIVE_STAYS)).limit(1)
    return context.session.scalar(there) is not None


def _known_alerts(context: Context) -> set[Subject]:
    statement = select(Alert.subject_kind, Alert.subject_id).where(
        Alert.kind == AlertKind.LIMIT_NEAR, Alert.resolved_at.is_(None)
    )
    return {(row.subject_kind, row.subject_id) for row in context.session.execute(statement)}
