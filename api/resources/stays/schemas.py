"""What stays look like in JSON, to the shelter that receives them."""

from marshmallow import Schema, fields

from api.resources.fields import PageOut, PageQuery
from data.models.stay import StayState


class StayOut(Schema):
    """A household expected in a place, there, or gone, [from, until)."""

    id = fields.String(required=True)
    place_id = fields.String(required=True)
    proposal_id = fields.String(
        required=True, allow_none=True, metadata={"description": "null: it came by another way, as you declared"}
    )
    state = fields.Enum(StayState, by_value=True, required=True)
    from_night = fields.Date(required=True)
    until_night = fields.Date(required=True, allow_none=True)
    leaving_night = fields.Date(required=True, allow_none=True)
    arrived_at = fields.AwareDateTime(required=True, allow_none=True)
    beds = fields.Integer(required=True)
    cots = fields.Integer(required=True)
    renewals = fields.Integer(required=True)
    version = fields.Integer(required=True)


class StayPage(PageOut):
    """Some stays."""

    items = fields.List(fields.Nested(StayOut), required=True)


class StayQuery(PageQuery):
    """Which stays."""

    state = fields.Enum(StayState, by_value=True, load_default=None)


class RenewalIn(Schema):
    """Until when a stay goes on."""

    until_night = fields.Date(required=True, metadata={"description": "Night after the last"})


class LeavingIn(Schema):
    """When a household leaves."""

    night = fields.Date(required=True, metadata={"description": "First night on which the place is free again"})
