"""What journeys look like in JSON."""

from marshmallow import Schema, fields

from api.resources.fields import PageOut, PageQuery, Text, Whole
from api.services.meeting_points import LENGTH_MAX
from data.models.journey import FUNCTION_LENGTH, Escort


class JourneyFields(Schema):
    """How a household travels."""

    escort = fields.Enum(Escort, by_value=True, required=True)
    escort_function = Text(FUNCTION_LENGTH, allow_none=True, metadata={"description": "A function, never a name"})
    leaves_at = fields.AwareDateTime(required=True)
    due_at = fields.AwareDateTime(required=True)


class JourneyChange(JourneyFields):
    """Fields of a journey that may change."""

    meeting_point = Text(LENGTH_MAX, allow_none=True, metadata={"description": "Never shown in a list or a notice"})


class JourneyIn(JourneyChange):
    """A journey to plan."""

    position = Whole(0, 1, load_default=0, metadata={"description": "Of the leg it leads to"})


class JourneyOut(JourneyFields):
    """A journey, without its meeting point."""

    id = fields.String(required=True)
    proposal_id = fields.String(required=True, allow_none=True)
    position = fields.Integer(required=True, allow_none=True)
    left_at = fields.AwareDateTime(required=True, allow_none=True)
    arrived_at = fields.AwareDateTime(required=True, allow_none=True)
    meeting_point_given = fields.Boolean(required=True)
    overdue = fields.Boolean(required=True)
    created_at = fields.AwareDateTime(required=True)
    version = fields.Integer(required=True)


class JourneyPage(PageOut):
    """Some journeys."""

    items = fields.List(fields.Nested(JourneyOut), required=True)


class JourneyQuery(PageQuery):
    """Which journeys."""

    expected = fields.Boolean(load_default=False, metadata={"description": "Only those that have not arrived"})


class MeetingPointOut(Schema):
    """Where the household is met."""

    meeting_point = fields.String(required=True, allow_none=True)
