"""What facilities look like in JSON; only their own organisation ever sees one."""

from typing import Any

from marshmallow import Schema, fields, post_load, validate

from api.resources.fields import (
    CODE,
    DEPARTEMENT,
    INSEE,
    LIST_MAX,
    Items,
    Number,
    PageOut,
    Whole,
    YesNo,
    codes,
    departements,
)
from api.services.facilities import QuotaFacts
from data.models.facility import Disclosure
from matcher.place import Audience
from matcher.problem import QuotaFact


class ClauseIn(Schema):
    """One way of being admissible: all that is given must hold (matching.md §2)."""

    principal_age = fields.List(Whole(0, 120), validate=validate.Length(equal=2))
    pregnant_weeks_min = Whole(1, 45)
    youngest_child_months_below = Whole(1, 1440)
    statuses = fields.List(fields.String(validate=CODE), validate=LIST_MAX)
    minor_principal = YesNo()
    has_partner = YesNo()


class QuotaIn(Schema):
    """At most so many households with a fact, in all places of the facility together."""

    fact = fields.Enum(QuotaFact, by_value=True, required=True)
    max = Whole(0, 10_000, required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> QuotaFacts:
        """Make the value services take."""
        return QuotaFacts(**data)


class FacilityIn(Schema):
    """A facility; what is null falls back on the rules of its kind."""

    kind = fields.String(required=True, validate=CODE)
    disclosure = fields.Enum(Disclosure, by_value=True, allow_none=True)
    departement = fields.String(validate=DEPARTEMENT, allow_none=True)
    commune_insee = fields.String(validate=INSEE, allow_none=True)
    latitude = Number(validate=validate.Range(min=-90, max=90), allow_none=True)
    longitude = Number(validate=validate.Range(min=-180, max=180), allow_none=True)
    precision_km = Number(validate=validate.Range(min=0, max=200), allow_none=True)
    audience = fields.Enum(Audience, by_value=True)
    age_min = Whole(0, 120, allow_none=True)
    age_max = Whole(0, 120, allow_none=True)
    admits = fields.List(fields.Nested(ClauseIn), validate=LIST_MAX, allow_none=True)
    requires = codes()
    decisions = codes(allow_none=True)
    reserved_departements = departements(allow_none=True)
    reserved_contingents = codes(allow_none=True)
    serves = departements(allow_none=True)
    services = codes()
    specialisms = codes()
    max_stay_nights = Whole(1, 10_000, allow_none=True)
    quotas = Items(fields.Nested(QuotaIn), validate=LIST_MAX)


class FacilityChange(FacilityIn):
    """Fields of a facility to change; any may be left out."""


class FacilityOut(FacilityIn):
    """A facility, as its own organisation sees it."""

    id = fields.String(required=True)
    organisation_id = fields.String(required=True)
    created_at = fields.AwareDateTime(required=True)
    updated_at = fields.AwareDateTime(required=True)
    version = fields.Integer(required=True)


class FacilityPage(PageOut):
    """Some facilities."""

    items = fields.List(fields.Nested(FacilityOut), required=True)
