"""Facilities: written and read by the organisation that runs them, and by nobody else (where they are is P4)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from api.services import access, rechecks, reference
from api.services.actor import Actor
from api.services.audit import record
from api.services.context import Context
from api.services.errors import FieldError, Invalid, NotFound, Stale
from api.services.paging import Page, Wanted, newest_first
from api.services.reasons import Reason
from api.services.request_facts import unknown_codes
from data import exclusions
from data.models.facility import Disclosure, Facility, Quota
from matcher.place import Audience
from matcher.problem import QuotaFact

_ORDER: Final = (Disclosure.OPEN, Disclosure.CONFIDENTIAL, Disclosure.SECRET)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaFacts:
    """At most ``max`` households with a fact, in all places of the facility together."""

    fact: QuotaFact
    max: int


@dataclass(frozen=True, kw_only=True)
class FacilityFacts:
    """What is written of a facility; None falls back on the rules of its kind.

    ``disclosure`` None: the kind's own, and never more open than that. Coordinates are degrees (WGS 84); without them
    and with a commune, the commune's centre is taken, with its precision (km). ``admits`` is a list of clauses in the
    form of matching.md §2.
    """

    kind: str
    disclosure: Disclosure | None = None
    departement: str | None = None
    commune_insee: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    precision_km: float | None = None
    audience: Audience = Audience.MIXED
    age_min: int | None = None
    age_max: int | None = None
    admits: list[dict[str, Any]] | None = None
    requires: tuple[str, ...] = ()
    decisions: tuple[str, ...] | None = None
    reserved_departements: tuple[str, ...] | None = None
    reserved_contingents: tuple[str, ...] | None = None
    serves: tuple[str, ...] | None = None
    services: tuple[str, ...] = ()
    specialisms: tuple[str, ...] = ()
    max_stay_nights: int | None = None
    quotas: tuple[QuotaFacts, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FacilityView(FacilityFacts):
    """A facility as its own organisation sees it."""

    id: str
    organisation_id: str
    created_at: datetime
    updated_at: datetime
    version: int


_PLAIN: Final = tuple(field.name for field in fields(FacilityFacts) if field.name != "quotas")
_LOCATION: Final = frozenset({"commune_insee", "departement", "latitude", "longitude", "precision_km"})


def create(actor: Actor, context: Context, facts: FacilityFacts) -> FacilityView:
    """Register a facility of the caller's.

    Raises
    ------
    Forbidden, Invalid
        The caller is no shelter; some facts are wrong (all of them are listed).
    """
    access.reach(actor, "facilities.create")
    settled = _settle(context, facts)
    row = Facility(organisation_id=actor.organisation_id, created_at=context.now)
    _write(context, row, settled)
    context.session.add(row)
    context.session.flush()
    exclusions.refresh_facility(context.session, row)
    record(context, actor, "facility.create", ("facility", row.id), {"kind": row.kind})
    return _view(row)


def get(actor: Actor, context: Context, facility_id: str) -> FacilityView:
    """Return one facility of the caller's.

    Raises
    ------
    Forbidden, NotFound
        The caller is no shelter; it does not exist for the caller.
    """
    return _view(own_row(actor, context, "facilities.get", facility_id))


def list_facilities(actor: Actor, context: Context, wanted: Wanted) -> Page[FacilityView]:
    """List the caller's facilities, newest first."""
    access.reach(actor, "facilities.list")
    return newest_first(
        context.session,
        select(Facility).where(Facility.organisation_id == actor.organisation_id),
        (Facility.created_at, Facility.id),
        wanted,
        _view,
    )


def amend(actor: Actor, context: Context, facility_id: str, changes: Mapping[str, Any], version: int) -> FacilityView:
    """Change facts of a facility; runs that had read it before notice by its version.

    Parameters
    ----------
    changes : mapping
        Fields of `FacilityFacts`, whole lists. A new commune without coordinates moves the facility to its centre.
    version : int
        The caller has read.

    Raises
    ------
    Forbidden, NotFound, Stale, Invalid
        As for `get`; it changed meanwhile; some facts are wrong.
    """
    own_row(actor, context, "facilities.amend", facility_id)
    # Requests are locked before the facility they may have to leave.
    touched = rechecks.lock_touched(context, facility_id)
    row = own_row(actor, context, "facilities.amend", facility_id, lock=True)
    if row.version != version:
        raise Stale
    facts = _facts(row)
    if "commune_insee" in changes and not {"latitude", "longitude"} & changes.keys():
        facts = replace(facts, latitude=None, longitude=None, precision_km=None, departement=None)
    settled = _settle(context, replace(facts, **changes))
    _write(context, row, settled)
    if settled != facts:
        row.facts_version += 1
        rechecks.facility_changed(context, actor, row, touched)
    context.session.flush()
    record(context, actor, "facility.amend", ("facility", row.id), {"fields": ",".join(sorted(changes))})
    return _view(row)


def own_row(actor: Actor, context: Context, action: str, facility_id: str, *, lock: bool = False) -> Facility:
    """Return the row of a facility of the caller's.

    Parameters
    ----------
    action : str
        Entry of the access table.
    lock : bool
        Keep others from changing it until the transaction ends.

    Raises
    ------
    Forbidden, NotFound
        As for `get`.
    """
    access.reach(actor, action)
    statement = select(Facility).where(Facility.id == facility_id, Facility.organisation_id == actor.organisation_id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    row = context.session.scalar(statement)
    if row is None:
        raise NotFound
    return row


def _settle(context: Context, facts: FacilityFacts) -> FacilityFacts:
    """Check the facts and fill in what follows from kind and commune."""
    wrong = list(_wrong(context, facts))
    if wrong:
        raise Invalid(wrong)
    kind_disclosure = reference.disclosure_of(facts.kind, context.tonight)
    filled: dict[str, Any] = {"disclosure": facts.disclosure or kind_disclosure}
    if facts.commune_insee is not None:
        commune = reference.commune(facts.commune_insee)
        filled["departement"] = commune.departement
        if facts.latitude is None:
            filled |= {
                "latitude": commune.latitude,
                "longitude": commune.longitude,
                "precision_km": commune.precision_km,
            }
    if facts.precision_km is None:
        filled.setdefault("precision_km", 0.0)
    return replace(facts, **filled)


def _wrong(context: Context, facts: FacilityFacts) -> Iterator[FieldError]:
    words = reference.codes(context.tonight)
    if facts.kind not in words.kinds:
        yield FieldError("kind", Reason.KIND_UNKNOWN)
    elif facts.disclosure is not None:
        least = reference.disclosure_of(facts.kind, context.tonight)
        if _ORDER.index(facts.disclosure) < _ORDER.index(least):
            yield FieldError("disclosure", Reason.LESS_SECRET, {"disclosure": least.value})
    yield from _wrong_location(facts)
    if (facts.age_min is None) != (facts.age_max is None):
        yield FieldError("age_max" if facts.age_max is None else "age_min", Reason.MISSING)
    elif facts.age_min is not None and facts.age_max is not None and facts.age_min > facts.age_max:
        yield FieldError("age_min", Reason.AGES_ORDER)
    for name, known in (
        ("requires", words.statuses),
        ("decisions", words.decisions),
        ("services", words.services),
        ("specialisms", words.services),
        ("reserved_departements", words.departements),
        ("serves", words.departements),
        ("reserved_contingents", None),
    ):
        yield from unknown_codes(name, getattr(facts, name) or (), known)
    for index, clause in enumerate(facts.admits or ()):
        yield from unknown_codes(f"admits[{index}].statuses", clause.get("statuses", ()), words.statuses)
    yield from unknown_codes("quotas", [quota.fact.value for quota in facts.quotas], None)


def _wrong_location(facts: FacilityFacts) -> Iterator[FieldError]:
    if facts.departement is not None and not reference.is_departement(facts.departement):
        yield FieldError("departement", Reason.UNKNOWN_CODE, {"code": facts.departement})
    if facts.commune_insee is not None:
        if not reference.is_commune(facts.commune_insee):
            yield FieldError("commune_insee", Reason.UNKNOWN_COMMUNE)
        else:
            home = reference.commune(facts.commune_insee).departement
            if facts.departement not in {None, home}:
                yield FieldError("departement", Reason.DEPARTEMENT_OF_KIND, {"departement": home})
    if (facts.latitude is None) != (facts.longitude is None):
        yield FieldError("longitude" if facts.longitude is None else "latitude", Reason.COORDINATES_TOGETHER)


def _write(context: Context, row: Facility, facts: FacilityFacts) -> None:
    for name in _PLAIN:
        setattr(row, name, getattr(facts, name))
    row.updated_at = context.now
    kept = {quota.fact: quota for quota in row.quotas} if row.id else {}
    quotas = []
    for wanted in facts.quotas:
        quota = kept.get(wanted.fact) or Quota(fact=wanted.fact)
        quota.max = wanted.max
        quotas.append(quota)
    row.quotas = quotas


def _facts(row: Facility) -> FacilityFacts:
    return FacilityFacts(
        **{name: getattr(row, name) for name in _PLAIN},
        quotas=tuple(QuotaFacts(fact=quota.fact, max=quota.max) for quota in row.quotas),
    )


def _view(row: Facility) -> FacilityView:
    facts = _facts(row)
    return FacilityView(
        **{field.name: getattr(facts, field.name) for field in fields(FacilityFacts)},
        id=row.id,
        organisation_id=row.organisation_id,
        created_at=row.created_at,
        updated_at=row.updated_at,
        version=row.version,
    )
