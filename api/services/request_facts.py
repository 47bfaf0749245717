"""What is written of a request, as values, and every check of it that the field's rules ask for."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from api.services import reference
from api.services.actor import Actor, Role
from api.services.context import Context
from api.services.errors import FieldError, Invalid
from api.services.reasons import Reason
from data.ages import is_presumed_minor
from data.models.request_codes import AgeUnit, MinorityStatus, RequestState, SleepingTonight, ZoneKind
from matcher.request import Role as Part
from matcher.request import Sex

AHEAD_NIGHTS_MAX = 365
"""Latest first night, counted from tonight."""
AGE_DAYS_MAX = 2 * 365
"""Oldest "as of" of an age: older ones are asked for again."""
WAITING_DAYS_MAX = 5 * 365
"""Longest seniority that may be carried over from elsewhere."""
PREGNANCY_DAYS_MAX = 300
"""Oldest count of weeks of a pregnancy that can still go on."""
AGE_MAX = {AgeUnit.YEARS: 120, AgeUnit.MONTHS: 36, AgeUnit.DAYS: 92}
MINORITY_YEARS_MAX = 25
"""Above this age a minority that is declared, evaluated or recognised is a mistake of typing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberFacts:
    """One person: an age with the date it was true, in years, months (under 3 years) or days (under 3 months)."""

    age: int
    age_unit: AgeUnit
    age_as_of: date
    sex: Sex
    role: Part
    minority_status: MinorityStatus | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneFacts:
    """A danger zone: a département, with its neighbours or not, or a circle around a commune (km)."""

    kind: ZoneKind
    departement: str | None = None
    with_neighbours: bool = False
    commune_insee: str | None = None
    km: float | None = None


@dataclass(frozen=True, kw_only=True)
class RequestFacts:
    """What is written of a request (domain.md §4).

    ``priority`` None: by the grid. ``latest_night`` None: by class. ``nights`` None: open-ended. Codes are those of
    the reference vocabulary, communes their INSEE codes, distances kilometres.
    """

    departement: str
    from_night: date
    sleeping_tonight: SleepingTonight
    members: tuple[MemberFacts, ...]
    waiting_since: date | None = None
    latest_night: date | None = None
    nights: int | None = None
    sleeping_until: date | None = None
    priority: int | None = None
    priority_overridden_because: str | None = None
    pregnant_weeks: int | None = None
    pregnancy_as_of: date | None = None
    contingents: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    preferences: tuple[str, ...] = ()
    kinds: tuple[str, ...] | None = None
    origin_insee: str | None = None
    anchor_insee: str | None = None
    anchor_max_km: float | None = None
    separation_group: str | None = None
    zones: tuple[ZoneFacts, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RequestView(RequestFacts):
    """A request as those who follow it see it: facts, class, state, version; never the reference itself."""

    id: str
    organisation_id: str
    state: RequestState
    reference_given: bool
    possible_duplicate: bool
    created_at: datetime
    updated_at: datetime
    missing_fields: tuple[str, ...] | None
    closed_at: datetime | None
    version: int


def check(actor: Actor, context: Context, facts: RequestFacts, previous: RequestFacts | None = None) -> None:
    """Check a request's facts against the field's rules and the reference data.

    Parameters
    ----------
    actor : Actor
        Who files or amends it.
    context : Context
        For tonight's date.
    facts : RequestFacts
        As they would be.
    previous : RequestFacts, optional
        As they were: a date that does not change may have passed meanwhile.

    Raises
    ------
    Invalid
        Lists every wrong field.
    """
    wrong = [
        *_who(actor, facts, previous),
        *_nights(context, facts, previous),
        *_household(context, facts),
        *_codes(context, facts),
        *_whereabouts(facts),
    ]
    for index, zone in enumerate(facts.zones):
        wrong += _zone(zone, f"zones[{index}]")
    if wrong:
        raise Invalid(wrong)


def _who(actor: Actor, facts: RequestFacts, previous: RequestFacts | None) -> Iterator[FieldError]:
    own = actor.departement
    changed = previous is None or previous.departement != facts.departement
    if not reference.is_departement(facts.departement):
        yield FieldError("departement", Reason.UNKNOWN_CODE, {"code": facts.departement})
    elif changed and own is not None and facts.departement != own:
        yield FieldError("departement", Reason.OTHER_DEPARTEMENT, {"departement": own})
    if facts.priority is not None and not facts.priority_overridden_because:
        yield FieldError("priority_overridden_because", Reason.OVERRIDE_NEEDS_REASON)
    if facts.priority is None and facts.priority_overridden_because:
        yield FieldError("priority", Reason.MISSING)
    if actor.role is not Role.COORDINATOR:
        # A class chosen by hand goes before others, a contingent opens reserved places: both are the coordination's.
        before = (previous.priority, previous.contingents) if previous else (None, ())
        for name, value, old in (
            ("priority", facts.priority, before[0]),
            ("contingents", facts.contingents, before[1]),
        ):
            if value != old:
                yield FieldError(name, Reason.COORDINATOR_ONLY)


def _nights(context: Context, facts: RequestFacts, previous: RequestFacts | None) -> Iterator[FieldError]:
    first, last = context.tonight, context.tonight + timedelta(days=AHEAD_NIGHTS_MAX)
    for name in ("from_night", "latest_night"):
        night: date | None = getattr(facts, name)
        if night is None or (previous is not None and getattr(previous, name) == night):
            continue
        if night < first:
            yield FieldError(name, Reason.NIGHT_PAST, {"tonight": first.isoformat()})
        elif night > last:
            yield FieldError(name, Reason.NIGHT_TOO_FAR, {"latest": last.isoformat()})
    if facts.latest_night is not None and facts.latest_night < facts.from_night:
        yield FieldError("latest_night", Reason.LATEST_BEFORE_FIRST)
    if facts.waiting_since is not None:
        yield from _past(context, "waiting_since", facts.waiting_since, WAITING_DAYS_MAX)


def _past(context: Context, path: str, day: date, days_max: int) -> Iterator[FieldError]:
    today = context.now.date()
    if day > today:
        yield FieldError(path, Reason.IN_FUTURE)
    elif day < today - timedelta(days=days_max):
        earliest = (today - timedelta(days=days_max)).isoformat()
        yield FieldError(path, Reason.TOO_OLD, {"earliest": earliest})


def _household(context: Context, facts: RequestFacts) -> Iterator[FieldError]:
    principals = sum(member.role is Part.PRINCIPAL for member in facts.members)
    if principals != 1:
        yield FieldError("members", Reason.ONE_PRINCIPAL, {"count": principals})
    for index, member in enumerate(facts.members):
        path = f"members[{index}]"
        most = AGE_MAX[member.age_unit]
        if member.age > most:
            yield FieldError(f"{path}.age", Reason.AGE_TOO_HIGH, {"unit": member.age_unit.value, "max": most})
        yield from _past(context, f"{path}.age_as_of", member.age_as_of, AGE_DAYS_MAX)
        if (
            is_presumed_minor(member.minority_status)
            and member.age_unit is AgeUnit.YEARS
            and member.age > MINORITY_YEARS_MAX
        ):
            yield FieldError(f"{path}.minority_status", Reason.MINORITY_OF_ADULT, {"years": member.age})
    if (facts.pregnant_weeks is None) != (facts.pregnancy_as_of is None):
        missing = "pregnancy_as_of" if facts.pregnancy_as_of is None else "pregnant_weeks"
        yield FieldError(missing, Reason.BOTH_OR_NEITHER)
    if facts.pregnancy_as_of is not None:
        yield from _past(context, "pregnancy_as_of", facts.pregnancy_as_of, PREGNANCY_DAYS_MAX)


def _codes(context: Context, facts: RequestFacts) -> Iterator[FieldError]:
    words = reference.codes(context.tonight)
    for name, known in (
        ("statuses", words.statuses),
        ("decisions", words.decisions),
        ("needs", words.services),
        ("preferences", words.services),
        ("kinds", words.kinds),
    ):
        yield from unknown_codes(name, getattr(facts, name) or (), known)
    yield from unknown_codes("contingents", facts.contingents, None)


def unknown_codes(path: str, given: Iterable[str], known: frozenset[str] | None) -> Iterator[FieldError]:
    """Find codes that are unknown or given twice.

    Parameters
    ----------
    path : str
        Of the list.
    given : iterable of str
        Its codes.
    known : frozenset of str or None
        Codes of the vocabulary; None: an open list.
    """
    seen: set[str] = set()
    for index, code in enumerate(given):
        if known is not None and code not in known:
            yield FieldError(f"{path}[{index}]", Reason.UNKNOWN_CODE, {"code": code})
        elif code in seen:
            yield FieldError(f"{path}[{index}]", Reason.REPEATED, {"code": code})
        seen.add(code)


def _whereabouts(facts: RequestFacts) -> Iterator[FieldError]:
    for name in ("origin_insee", "anchor_insee"):
        insee: str | None = getattr(facts, name)
        if insee is not None and not reference.is_commune(insee):
            yield FieldError(name, Reason.UNKNOWN_COMMUNE)
    if facts.anchor_max_km is not None and facts.anchor_insee is None:
        yield FieldError("anchor_insee", Reason.ANCHOR_NEEDED)


def _zone(zone: ZoneFacts, path: str) -> Iterator[FieldError]:
    kind = {"kind": zone.kind.value}
    if zone.kind is ZoneKind.DEPARTEMENT:
        if zone.departement is None:
            yield FieldError(f"{path}.departement", Reason.DEPARTEMENT_NEEDED)
        elif not reference.is_departement(zone.departement):
            yield FieldError(f"{path}.departement", Reason.UNKNOWN_CODE, {"code": zone.departement})
        foreign = {"commune_insee": zone.commune_insee, "km": zone.km}
    else:
        for name, value in (("commune_insee", zone.commune_insee), ("km", zone.km)):
            if value is None:
                yield FieldError(f"{path}.{name}", Reason.CIRCLE_NEEDED)
        if zone.commune_insee is not None and not reference.is_commune(zone.commune_insee):
            yield FieldError(f"{path}.commune_insee", Reason.UNKNOWN_COMMUNE)
        foreign = {"departement": zone.departement, "with_neighbours": zone.with_neighbours or None}
    for name, given in foreign.items():
        if given is not None:
            yield FieldError(f"{path}.{name}", Reason.NOT_FOR_THIS_ZONE, kind)
