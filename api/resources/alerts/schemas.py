"""What alerts look like in JSON: what happened and to which row; nothing about anyone."""

from marshmallow import Schema, fields

from api.resources.fields import PageOut
from data.models.alert import AlertKind


class AlertOut(Schema):
    """One thing to look at."""

    id = fields.String(required=True)
    kind = fields.Enum(AlertKind, by_value=True, required=True)
    subject_kind = fields.String(required=True, metadata={"description": "Noun: request, proposal, stay, worker…"})
    subject_id = fields.String(required=True)
    raised_at = fields.AwareDateTime(required=True)
    acknowledged_at = fields.AwareDateTime(required=True, allow_none=True)
    resolved_at = fields.AwareDateTime(required=True, allow_none=True)


class AlertPage(PageOut):
    """Some alerts."""

    items = fields.List(fields.Nested(AlertOut), required=True)
