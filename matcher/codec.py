"""Reading a problem from its JSON form (`problem.schema.json` of the contract; format 1)."""

from dataclasses import fields as dataclass_fields
from typing import Any, Final

from matcher.errors import ProblemError
from matcher.fields import Fields, boolean, day, integer, many, one_of, optional, pair, real, text, texts
from matcher.place import Audience, Clause, FreeInterval, Place, Reservation, Sharing
from matcher.policy import Policy, Weights
from matcher.problem import Problem, Quota, QuotaFact, Resident
from matcher.request import Anchor, Circle, Member, Point, Request, Role, Sex, Zones

FORMAT: Final = 1
"""Version of the JSON form."""


def problem_from_json(value: object) -> Problem:
    """Read a problem.

    Parameters
    ----------
    value : object
        What `json.loads` gave.

    Returns
    -------
    Problem
        Validated.

    Raises
    ------
    ProblemError
        Naming the field that is wrong, as ``requests[3].members[0].age_months``.
    """
    row = Fields(value)
    if row.take("format", integer) != FORMAT:
        raise ProblemError("format", f"only format {FORMAT} is known")
    arguments: dict[str, Any] = {
        "night": row.take("night", day),
        "requests": row.take("requests", many(_request)),
        "places": row.take("places", many(_place)),
        "residents": row.take("residents", many(_resident), ()),
        "quotas": row.take("quotas", many(_quota), ()),
        "horizon_nights": row.take("horizon_nights", integer, 28),
        "seed": row.take("seed", integer, 0),
        "policy": row.take("policy", _policy, Policy()),
    }
    row.done()
    return Problem(**arguments)


def _policy(value: object) -> Policy:
    row = Fields(value)
    policy = Policy()
    arguments: dict[str, Any] = {
        name: row.take(name, integer, getattr(policy, name)) for name in ("max_legs", "secure_nights", "fallbacks")
    }
    arguments["weights"] = row.take("weights", _weights, policy.weights)
    row.done()
    return Policy(**arguments)


def _weights(value: object) -> Weights:
    row = Fields(value)
    names = [field.name for field in dataclass_fields(Weights)]
    default = Weights()
    weights = Weights(**{name: row.take(name, integer, getattr(default, name)) for name in names})
    row.done()
    return weights


def _request(value: object) -> Request:
    row = Fields(value)
    nothing: frozenset[str] = frozenset()
    arguments: dict[str, Any] = {
        "id": row.take("id", text),
        "priority": row.take("class", integer),
        "waiting_since": row.take("waiting_since", day),
        "from_night": row.take("from_night", day),
        "latest_night": row.take("latest_night", optional(day), None),
        "nights": row.take("nights", optional(integer), None),
        "departement": row.take("departement", text),
        "members": row.take("members", many(_member)),
        "pregnant_weeks": row.take("pregnant_weeks", optional(integer), None),
        "kinds": row.take("kinds", optional(texts), None),
        "zones": row.take("zones", _zones, Zones()),
        "origin": row.take("origin", optional(_point), None),
        "anchor": row.take("anchor", optional(_anchor), None),
        "separation_group": row.take("separation_group", optional(text), None),
        "sent_place": row.take("sent_place", optional(text), None),
    }
    for name in ("contingents", "statuses", "decisions", "needs", "preferences", "refused_facilities"):
        arguments[name] = row.take(name, texts, nothing)
    row.done()
    return Request(**arguments)


def _member(value: object) -> Member:
    row = Fields(value)
    member = Member(
        age_months=row.take("age_months", integer),
        sex=row.take("sex", one_of(Sex)),
        role=row.take("role", one_of(Role)),
        presumed_minor=row.take("presumed_minor", boolean, default=False),
    )
    row.done()
    return member


def _zones(value: object) -> Zones:
    row = Fields(value)
    zones = Zones(row.take("departements", texts, frozenset()), row.take("circles", many(_circle), ()))
    row.done()
    return zones


def _circle(value: object) -> Circle:
    row = Fields(value)
    circle = Circle(row.take("lat", real), row.take("lon", real), row.take("km", real))
    row.done()
    return circle


def _point(value: object) -> Point:
    row = Fields(value)
    point = Point(row.take("lat", real), row.take("lon", real))
    row.done()
    return point


def _anchor(value: object) -> Anchor:
    row = Fields(value)
    anchor = Anchor(row.take("lat", real), row.take("lon", real), row.take("max_km", optional(real), None))
    row.done()
    return anchor


def _place(value: object) -> Place:
    row = Fields(value)
    nothing: frozenset[str] = frozenset()
    arguments: dict[str, Any] = {
        "id": row.take("id", text),
        "facility": row.take("facility", text),
        "kind": row.take("kind", text),
        "beds": row.take("beds", integer),
        "free": row.take("free", many(_interval)),
        "departement": row.take("departement", optional(text), None),
        "lat": row.take("lat", optional(real), None),
        "lon": row.take("lon", optional(real), None),
        "precision_km": row.take("precision_km", real, 0.0),
        "cots": row.take("cots", integer, 0),
        "sharing": row.take("sharing", one_of(Sharing), Sharing.PRIVATE),
        "pair_is_one": row.take("pair_is_one", boolean, default=False),
        "max_stay_nights": row.take("max_stay_nights", optional(integer), None),
        "admits": row.take("admits", optional(many(_clause)), None),
        "ages": row.take("ages", optional(pair), None),
        "audience": row.take("audience", one_of(Audience), Audience.MIXED),
        "reserved_to": row.take("reserved_to", optional(_reservation), None),
        "serves": row.take("serves", optional(texts), None),
        "confirmed_hours_ago": row.take("confirmed_hours_ago", integer, 0),
    }
    for name in ("requires", "decisions", "services", "specialisms"):
        arguments[name] = row.take(name, texts, nothing)
    row.done()
    return Place(**arguments)


def _interval(value: object) -> FreeInterval:
    row = Fields(value)
    interval = FreeInterval(
        row.take("from", day),
        row.take("until", optional(day), None),
        row.take("beds", optional(integer), None),
        row.take("cots", optional(integer), None),
    )
    row.done()
    return interval


def _clause(value: object) -> Clause:
    row = Fields(value)
    clause = Clause(
        principal_age=row.take("principal_age", pair, None),
        pregnant_weeks_min=row.take("pregnant_weeks_min", integer, None),
        youngest_child_months_below=row.take("youngest_child_months_below", integer, None),
        statuses=row.take("statuses", texts, frozenset()),
        minor_principal=row.take("minor_principal", boolean, default=None),
        has_partner=row.take("has_partner", boolean, default=None),
    )
    row.done()
    if not value:
        raise ProblemError("", "a clause of admission says at least one thing")
    return clause


def _reservation(value: object) -> Reservation:
    row = Fields(value)
    kept = Reservation(row.take("departements", texts, frozenset()), row.take("contingents", texts, frozenset()))
    row.done()
    return kept


def _resident(value: object) -> Resident:
    row = Fields(value)
    resident = Resident(
        facility=row.take("facility", text),
        place=row.take("place", text),
        start=row.take("from", day),
        until=row.take("until", optional(day), None),
        separation_group=row.take("separation_group", optional(text), None),
        has_minor=row.take("has_minor", boolean, default=True),
        has_adult=row.take("has_adult", boolean, default=True),
    )
    row.done()
    return resident


def _quota(value: object) -> Quota:
    row = Fields(value)
    quota = Quota(
        id=row.take("id", text),
        places=row.take("places", texts),
        fact=row.take("fact", one_of(QuotaFact)),
        max=row.take("max", integer),
        already=row.take("already", integer, 0),
    )
    row.done()
    return quota
