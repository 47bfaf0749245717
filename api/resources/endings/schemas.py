"""What the limits of stays look like in JSON."""

from marshmallow import Schema, fields

from api.resources.fields import PageOut
from data.models.follow_on import LimitKind


class LimitOut(Schema):
    """One limit of a stay."""

    kind = fields.Enum(LimitKind, by_value=True, required=True)
    night = fields.Date(required=True, metadata={"description": "First night that is not slept there any more"})
    opens_on = fields.Date(required=True, metadata={"description": "From this night on the next place is looked for"})
    ends = fields.Boolean(required=True, metadata={"description": "false: it is only said"})


class EndingOut(Schema):
    """A stay and what ends it."""

    id = fields.String(required=True)
    place_id = fields.String(required=True, allow_none=True)
    request_id = fields.String(required=True, allow_none=True)
    follow_on_request_id = fields.String(required=True, allow_none=True)
    from_night = fields.Date(required=True)
    until_night = fields.Date(required=True, allow_none=True)
    ends_on = fields.Date(required=True, allow_none=True)
    limits = fields.List(fields.Nested(LimitOut), required=True)
    next_place = fields.Boolean(required=True)


class EndingPage(PageOut):
    """Some stays."""

    items = fields.List(fields.Nested(EndingOut), required=True)
