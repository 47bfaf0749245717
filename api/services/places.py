"""Places and their availability: kept true by the shelter that runs them, read by it alone."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import delete, select

from api.services import access, rechecks
from api.services.actor import Actor
from api.services.audit import record
from api.services.context import Context
from api.services.errors import Conflict, FieldError, Invalid, NotFound, Stale
from api.services.facilities import own_row
from api.services.paging import Page, Wanted, by_identifier
from api.services.reasons import Reason
from data.models.facility import Facility
from data.models.place import Closure, ClosureReason, FreeInterval, Place
from data.models.proposal import ProposalLeg
from data.models.request import RefusedPair
from data.models.request_codes import RefusalReason
from data.models.stay import LIVE_STAYS, Stay
from data.queries.place_state import place_state
from data.workflow.place import PlaceState
from matcher.place import Sharing


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeFacts:
    """Nights declared free, [from, until); beds and cots None: all the place's."""

    from_night: date
    until_night: date | None = None
    beds: int | None = None
    cots: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosureFacts:
    """Nights on which the place receives nobody, [from, until), and why."""

    reason: ClosureReason
    from_night: date
    until_night: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosureView(ClosureFacts):
    """A closure as its shelter sees it."""

    id: str
    declared_at: datetime


@dataclass(frozen=True, kw_only=True)
class PlaceFacts:
    """What is written of a place; ``closed`` for good keeps it out of every run."""

    label: str
    beds: int
    cots: int = 0
    sharing: Sharing = Sharing.PRIVATE
    pair_is_one: bool = False
    closed: bool = False


@dataclass(frozen=True, kw_only=True)
class PlaceView(PlaceFacts):
    """A place as its shelter sees it; ``confirmed_at`` says since when this is known to be true."""

    id: str
    facility_id: str
    free: tuple[FreeFacts, ...]
    closures: tuple[ClosureView, ...]
    confirmed_at: datetime
    closed_at: datetime | None = field(default=None)
    version: int


_PLAIN: Final = ("label", "beds", "cots", "sharing", "pair_is_one")


def create(
    actor: Actor, context: Context, facility_id: str, facts: PlaceFacts, free: Sequence[FreeFacts] = ()
) -> PlaceView:
    """Add a place to a facility of the caller's.

    Raises
    ------
    Forbidden, NotFound, Invalid
        The caller is no shelter; the facility does not exist for the caller; a fact is wrong.
    """
    own_row(actor, context, "places.create", facility_id)
    check_free(facts, free)
    row = Place(
        facility_id=facility_id,
        confirmed_at=context.now,
        confirmed_by=actor.organisation_id,
        closed_at=context.now if facts.closed else None,
        **{name: getattr(facts, name) for name in _PLAIN},
        free_intervals=_intervals(free),
        closures=[],
    )
    context.session.add(row)
    context.session.flush()
    record(context, actor, "place.create", ("place", row.id), {"facility": facility_id})
    return _view(row)


def get(actor: Actor, context: Context, place_id: str) -> PlaceView:
    """Return one place of the caller's.

    Raises
    ------
    Forbidden, NotFound
        The caller is no shelter; it does not exist for the caller.
    """
    return _view(_row(actor, context, "places.get", place_id))


def list_places(actor: Actor, context: Context, wanted: Wanted, facility_id: str | None = None) -> Page[PlaceView]:
    """List the caller's places, in the order of their identifiers; those of one facility when it is given."""
    access.reach(actor, "places.list")
    statement = select(Place).join(Place.facility).where(Facility.organisation_id == actor.organisation_id)
    if facility_id is not None:
        statement = statement.where(Place.facility_id == facility_id)
    return by_identifier(context.session, statement, Place.id, wanted, _view)


def amend(actor: Actor, context: Context, place_id: str, changes: Mapping[str, Any], version: int) -> PlaceView:
    """Change label, beds, cots, sharing, or close the place for good.

    Parameters
    ----------
    changes : mapping
        Fields of `PlaceFacts`.
    version : int
        The caller has read.

    Raises
    ------
    Forbidden, NotFound, Stale, Invalid, Conflict
        As for `get`; it changed meanwhile; free intervals no longer fit; more beds than that are taken.
    """
    _row(actor, context, "places.amend", place_id)
    # Requests are locked before the place they may have to leave.
    touched = rechecks.lock_place_touched(context, place_id) if changes.get("closed") else []
    row = _row(actor, context, "places.amend", place_id, version)
    facts = replace(
        PlaceFacts(**{name: getattr(row, name) for name in _PLAIN}, closed=row.closed_at is not None), **changes
    )
    check_free(facts, _free(row))
    if facts.beds < row.beds and facts.beds < _taken(context, row.id):
        raise Conflict(Reason.BELOW_OCCUPIED)
    for name in _PLAIN:
        setattr(row, name, getattr(facts, name))
    if facts.closed != (row.closed_at is not None):
        row.closed_at = context.now if facts.closed else None
        rechecks.place_shut(context, actor, row, touched, (context.tonight, None))
    context.session.flush()
    record(context, actor, "place.amend", ("place", row.id), {"fields": ",".join(sorted(changes))})
    return _view(row)


def replace_free(actor: Actor, context: Context, place_id: str, free: Sequence[FreeFacts], version: int) -> PlaceView:
    """Declare anew all the nights on which a place is free; it counts as confirmed.

    Parameters
    ----------
    free : sequence of FreeFacts
        All of them; empty: the place is full.
    version : int
        The caller has read.

    Raises
    ------
    Forbidden, NotFound, Stale, Invalid
        As for `amend`; intervals are wrong or, in a private place, overlap.
    """
    row = _row(actor, context, "availability.replace", place_id, version)
    check_free(_facts(row), free)
    # The old intervals go first, or the database would see them overlap the new ones.
    row.free_intervals.clear()
    context.session.flush()
    row.free_intervals = _intervals(free)
    _confirm(actor, context, row)
    context.session.flush()
    record(context, actor, "availability.replace", ("place", row.id), {"intervals": len(free)})
    return _view(row)


def confirm(actor: Actor, context: Context, place_id: str, version: int) -> PlaceView:
    """Say that what the caller has read of a place is true now.

    Raises
    ------
    Forbidden, NotFound, Stale
        As for `get`; it changed meanwhile, so something else would be confirmed.
    """
    row = _row(actor, context, "availability.confirm", place_id, version)
    _confirm(actor, context, row)
    context.session.flush()
    record(context, actor, "availability.confirm", ("place", row.id))
    return _view(row)


def close(actor: Actor, context: Context, place_id: str, closure: ClosureFacts, version: int) -> PlaceView:
    """Close a place for some nights; what is free on them is not offered, what is held on them is withdrawn.

    Raises
    ------
    Forbidden, NotFound, Stale, Invalid
        As for `get`; it changed meanwhile; the end does not follow the beginning.
    """
    _row(actor, context, "availability.close", place_id)
    touched = rechecks.lock_place_touched(context, place_id)
    row = _row(actor, context, "availability.close", place_id, version)
    if closure.until_night is not None and closure.until_night <= closure.from_night:
        raise Invalid([FieldError("until_night", Reason.UNTIL_BEFORE_FROM)])
    row.closures.append(
        Closure(
            reason=closure.reason,
            from_night=closure.from_night,
            until_night=closure.until_night,
            declared_by=actor.organisation_id,
            declared_at=context.now,
        )
    )
    rechecks.place_shut(context, actor, row, touched, (closure.from_night, closure.until_night))
    record(context, actor, "availability.close", ("place", row.id), {"reason": closure.reason.value})
    return _view(row)


def reopen(actor: Actor, context: Context, place_id: str, closure_id: str, version: int) -> PlaceView:
    """Take a closure back.

    Raises
    ------
    Forbidden, NotFound, Stale
        As for `get`, for the place or the closure; the place changed meanwhile.
    """
    row = _row(actor, context, "availability.reopen", place_id, version)
    found = [closure for closure in row.closures if closure.id == closure_id]
    if not found:
        raise NotFound
    row.closures.remove(found[0])
    context.session.flush()
    record(context, actor, "availability.reopen", ("place", row.id), {"closure": closure_id})
    return _view(row)


def forget_silence(context: Context, facility_ids: Collection[str]) -> None:
    """Let facilities be proposed again where they had only not answered: they do now."""
    context.session.execute(
        delete(RefusedPair).where(
            RefusedPair.facility_id.in_(facility_ids), RefusedPair.reason == RefusalReason.NO_ANSWER
        )
    )


def state_on(actor: Actor, context: Context, place_id: str, night: date | None = None) -> PlaceState:
    """Tell what a place of the caller's is on a night; tonight unless told.

    Raises
    ------
    Forbidden, NotFound
        As for `get`.
    """
    row = _row(actor, context, "places.state", place_id)
    return place_state(context.session, row, night or context.tonight)


def check_free(place: PlaceFacts, free: Sequence[FreeFacts]) -> None:
    """Check free intervals against their place.

    Raises
    ------
    Invalid
        An interval ends before it begins, offers more than the place has, or (private) overlaps another.
    """
    wrong: list[FieldError] = []
    for index, interval in enumerate(free):
        path = f"free[{index}]"
        if interval.until_night is not None and interval.until_night <= interval.from_night:
            wrong.append(FieldError(f"{path}.until_night", Reason.UNTIL_BEFORE_FROM))
        for name in ("beds", "cots"):
            given, most = getattr(interval, name), getattr(place, name)
            if given is not None and given > most:
                wrong.append(FieldError(f"{path}.{name}", Reason.MORE_THAN_PLACE, {"max": most}))
    if place.sharing is Sharing.PRIVATE:
        ordered = sorted(enumerate(free), key=lambda entry: entry[1].from_night)
        for (_, earlier), (index, later) in pairwise(ordered):
            if earlier.until_night is None or earlier.until_night > later.from_night:
                night = {"night": later.from_night.isoformat()}
                wrong.append(FieldError(f"free[{index}].from_night", Reason.OVERLAP, night))
    if wrong:
        raise Invalid(wrong)


def _row(actor: Actor, context: Context, action: str, place_id: str, version: int | None = None) -> Place:
    access.reach(actor, action)
    statement = (
        select(Place)
        .join(Place.facility)
        .where(Place.id == place_id, Facility.organisation_id == actor.organisation_id)
    )
    if version is not None:
        # Read before something else was locked: read again.
        statement = statement.with_for_update(of=Place).execution_options(populate_existing=True)
    row = context.session.scalar(statement)
    if row is None:
        raise NotFound
    if version is not None and row.version != version:
        raise Stale
    return row


def _confirm(actor: Actor, context: Context, row: Place) -> None:
    row.confirmed_at, row.confirmed_by = context.now, actor.organisation_id
    forget_silence(context, [row.facility_id])


def _taken(context: Context, place_id: str) -> int:
    """Return the most beds that live stays and open holds take on one night."""
    spans: list[tuple[date, date | None, int]] = []
    for table, live in ((Stay, Stay.state.in_(LIVE_STAYS)), (ProposalLeg, ProposalLeg.open)):
        columns = select(table.from_night, table.until_night, table.beds)
        spans += [
            (row[0], row[1], row[2]) for row in context.session.execute(columns.where(table.place_id == place_id, live))
        ]
    # The number of beds taken only grows on a night on which somebody arrives.
    return max(
        (
            sum(beds for start, until, beds in spans if start <= night and (until is None or until > night))
            for night, _, _ in spans
        ),
        default=0,
    )


def _intervals(free: Sequence[FreeFacts]) -> list[FreeInterval]:
    return [
        FreeInterval(
            from_night=interval.from_night,
            until_night=interval.until_night,
            beds=interval.beds,
            cots=interval.cots,
        )
        for interval in free
    ]


def _free(row: Place) -> tuple[FreeFacts, ...]:
    free = (
        FreeFacts(
            from_night=interval.from_night,
            until_night=interval.until_night,
            beds=interval.beds,
            cots=interval.cots,
        )
        for interval in row.free_intervals
    )
    # Those of a shared place may begin together: readings of the same intervals must be equal.
    return tuple(sorted(free, key=lambda each: (each.from_night, each.until_night or date.max, each.beds or 0)))


def _facts(row: Place) -> PlaceFacts:
    return PlaceFacts(**{name: getattr(row, name) for name in _PLAIN}, closed=row.closed_at is not None)


def _view(row: Place) -> PlaceView:
    facts = _facts(row)
    return PlaceView(
        **{entry.name: getattr(facts, entry.name) for entry in fields(PlaceFacts)},
        id=row.id,
        facility_id=row.facility_id,
        free=_free(row),
        closures=tuple(
            ClosureView(
                id=closure.id,
                reason=closure.reason,
                from_night=closure.from_night,
                until_night=closure.until_night,
                declared_at=closure.declared_at,
            )
            for closure in row.closures
        ),
        confirmed_at=row.confirmed_at,
        closed_at=row.closed_at,
        version=row.version,
    )
