"""What the checklist of protection looks like in JSON."""

from marshmallow import Schema, fields

from api.resources.fields import Text
from data.models.journey import FUNCTION_LENGTH
from data.models.protection import Owner, StepKind, StepState


class StepChange(Schema):
    """Fields of a step that may change."""

    owner = fields.Enum(Owner, by_value=True)
    owner_function = Text(FUNCTION_LENGTH, allow_none=True, metadata={"description": "A function, never a name"})
    due_on = fields.Date(allow_none=True)
    state = fields.Enum(StepState, by_value=True)
    done_on = fields.Date(allow_none=True)
    valid_until = fields.Date(allow_none=True, metadata={"description": "When a placement order expires"})


class StepOut(StepChange):
    """One step."""

    id = fields.String(required=True)
    kind = fields.Enum(StepKind, by_value=True, required=True)
    service = fields.String(required=True, allow_none=True)
    version = fields.Integer(required=True)


class Checklist(Schema):
    """All steps of one request."""

    items = fields.List(fields.Nested(StepOut), required=True)
