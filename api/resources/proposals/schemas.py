"""What proposals look like in JSON; what is not the caller's to see is null."""

from marshmallow import Schema, fields

from api.resources.fields import IDENTIFIER, PageOut, PageQuery
from data.models.facility import Disclosure
from data.models.proposal import ProposalState


class LegOut(Schema):
    """Nights in one place, [from, until)."""

    kind = fields.String(required=True)
    disclosure = fields.Enum(Disclosure, by_value=True, required=True)
    departement = fields.String(required=True, allow_none=True)
    from_night = fields.Date(required=True)
    until_night = fields.Date(required=True)
    place_id = fields.String(required=True, allow_none=True)
    facility_id = fields.String(required=True, allow_none=True)
    beds = fields.Integer(required=True, allow_none=True)
    cots = fields.Integer(required=True, allow_none=True)


class PersonOut(Schema):
    """One person, as a shelter must know them."""

    age = fields.Integer(required=True)
    age_unit = fields.String(required=True)
    sex = fields.String(required=True)
    role = fields.String(required=True)
    presumed_minor = fields.Boolean(required=True)


class HouseholdOut(Schema):
    """The facts a shelter or a decider decides on."""

    members = fields.List(fields.Nested(PersonOut), required=True)
    pregnant_weeks = fields.Integer(required=True, allow_none=True)
    needs = fields.List(fields.String(), required=True)
    statuses = fields.List(fields.String(), required=True)
    decisions = fields.List(fields.String(), required=True)


class ProposalOut(Schema):
    """A proposal, as the caller may see it."""

    id = fields.String(required=True)
    state = fields.Enum(ProposalState, by_value=True, required=True)
    created_at = fields.AwareDateTime(required=True)
    expires_at = fields.AwareDateTime(required=True)
    legs = fields.List(fields.Nested(LegOut), required=True)
    request_id = fields.String(required=True, allow_none=True)
    run_id = fields.String(required=True, allow_none=True)
    roofless_nights = fields.Integer(required=True, allow_none=True)
    cost = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True, allow_none=True)
    household = fields.Nested(HouseholdOut, required=True, allow_none=True)
    version = fields.Integer(required=True)


class ProposalPage(PageOut):
    """Some proposals."""

    items = fields.List(fields.Nested(ProposalOut), required=True)


class ProposalQuery(PageQuery):
    """Which proposals."""

    request_id = fields.String(load_default=None, validate=IDENTIFIER)
    state = fields.Enum(ProposalState, by_value=True, load_default=None)
