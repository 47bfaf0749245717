"""What requests look like in JSON (domain.md §4): no name, no birth date, no nationality, no story."""

from typing import Any

from marshmallow import Schema, fields, post_load, validate

from api.resources.fields import (
    CODE,
    DEPARTEMENT,
    INSEE,
    KM,
    Items,
    Number,
    PageOut,
    PageQuery,
    Text,
    Whole,
    YesNo,
    codes,
)
from api.services.request_facts import MemberFacts, ZoneFacts
from data.models.request_codes import AgeUnit, MinorityStatus, RequestState, SleepingTonight, ZoneKind
from matcher.request import Role, Sex


class MemberIn(Schema):
    """One person: an age and the date it was true; months under 3 years, days under 3 months."""

    age = Whole(0, 120, required=True)
    age_unit = fields.Enum(AgeUnit, by_value=True, required=True)
    age_as_of = fields.Date(required=True)
    sex = fields.Enum(Sex, by_value=True, required=True)
    role = fields.Enum(Role, by_value=True, required=True)
    minority_status = fields.Enum(MinorityStatus, by_value=True, allow_none=True)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> MemberFacts:
        """Make the value services take."""
        return MemberFacts(**data)


class ZoneIn(Schema):
    """A danger zone: a département, with its neighbours or not, or a circle around a commune."""

    kind = fields.Enum(ZoneKind, by_value=True, required=True)
    departement = fields.String(validate=DEPARTEMENT, allow_none=True)
    with_neighbours = YesNo()
    commune_insee = fields.String(validate=INSEE, allow_none=True)
    km = Number(validate=KM, allow_none=True)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> ZoneFacts:
        """Make the value services take."""
        return ZoneFacts(**data)


class RequestFields(Schema):
    """Facts of a request that are read as they were written."""

    departement = fields.String(
        required=True,
        validate=DEPARTEMENT,
        metadata={"description": "Authority in charge: the SIAO's, the ASE's or the judge's"},
    )
    from_night = fields.Date(required=True)
    latest_night = fields.Date(allow_none=True)
    nights = Whole(1, 10_000, allow_none=True)
    waiting_since = fields.Date()
    sleeping_tonight = fields.Enum(SleepingTonight, by_value=True, required=True)
    sleeping_until = fields.Date(allow_none=True)
    members = Items(fields.Nested(MemberIn), required=True, validate=validate.Length(min=1, max=20))
    priority = Whole(1, 4, allow_none=True, metadata={"description": "null: by the grid"})
    priority_overridden_because = Text(300, allow_none=True)
    pregnant_weeks = Whole(1, 45, allow_none=True)
    pregnancy_as_of = fields.Date(allow_none=True)
    contingents = codes()
    statuses = codes()
    decisions = codes()
    needs = codes()
    preferences = codes()
    kinds = codes(allow_none=True)
    origin_insee = fields.String(validate=INSEE, allow_none=True)
    anchor_insee = fields.String(validate=INSEE, allow_none=True)
    anchor_max_km = Number(validate=KM, allow_none=True)
    separation_group = fields.String(validate=CODE, allow_none=True)
    zones = Items(fields.Nested(ZoneIn), validate=validate.Length(max=30))


class RequestChange(RequestFields):
    """Facts of a request to change; any may be left out."""

    reference = Text(
        100,
        allow_none=True,
        metadata={"description": "Reference the field already has; only a keyed hash of it is kept"},
    )


class RequestIn(RequestChange):
    """A request to file."""

    draft = YesNo(load_default=False, metadata={"description": "Kept out of runs until it is completed"})


class QuestionIn(Schema):
    """What those who filed a request should complete."""

    fields_ = Items(
        fields.String(validate=CODE),
        required=True,
        data_key="fields",
        attribute="fields",
        validate=validate.Length(min=1, max=30),
    )


class RequestOut(RequestFields):
    """A request, as those who follow it see it."""

    id = fields.String(required=True)
    organisation_id = fields.String(required=True)
    state = fields.Enum(RequestState, by_value=True, required=True)
    reference_given = fields.Boolean(required=True)
    possible_duplicate = fields.Boolean(
        required=True,
        metadata={"description": "Another live request bears the same reference; neither which nor whose"},
    )
    created_at = fields.AwareDateTime(required=True)
    updated_at = fields.AwareDateTime(required=True)
    missing_fields = Items(
        fields.String(),
        required=True,
        allow_none=True,
        metadata={"description": "What a coordination asks to be completed; null when nothing"},
    )
    closed_at = fields.AwareDateTime(required=True, allow_none=True)
    version = fields.Integer(required=True)


class RequestPage(PageOut):
    """Some requests."""

    items = fields.List(fields.Nested(RequestOut), required=True)


class RequestQuery(PageQuery):
    """Which requests."""

    state = fields.Enum(RequestState, by_value=True, load_default=None)


class OutcomeOut(Schema):
    """What one run answered to one request."""

    run_id = fields.String(required=True)
    request_id = fields.String(required=True)
    night = fields.Date(required=True)
    finished_at = fields.AwareDateTime(required=True)
    served = fields.Boolean(required=True)
    funnel = fields.List(
        fields.List(fields.Raw()),
        required=True,
        allow_none=True,
        metadata={
            "description": "Per rule, how many places whose address is open still stand after it",
            "example": [["household_too_large", 41], ["not_available", 12]],
        },
    )
    binding = fields.List(fields.List(fields.String()), required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)


class OutcomePage(PageOut):
    """Some outcomes."""

    items = fields.List(fields.Nested(OutcomeOut), required=True)
