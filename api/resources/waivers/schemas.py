"""What waivers look like in JSON."""

from typing import Any

from marshmallow import Schema, fields, post_load

from api.resources.fields import DEPARTEMENT, IDENTIFIER, PageOut, PageQuery, Text
from api.services.waivers import WaiverFacts
from data.models.waiver import AGREED_BY_MAX


class AgreementIn(Schema):
    """Who agrees, by function: never a name."""

    agreed_by = Text(AGREED_BY_MAX, required=True)


class WaiverIn(Schema):
    """A reservation to lift for one household."""

    candidate = fields.String(
        required=True, validate=IDENTIFIER, metadata={"description": "Handle of a plan it stands in the way of"}
    )
    departement = fields.String(
        validate=DEPARTEMENT, metadata={"description": "Whose reservation; the first unless told"}
    )
    until_night = fields.Date(required=True, metadata={"description": "First night it holds no more"})
    agreed_by = Text(AGREED_BY_MAX, metadata={"description": "Function of who has agreed; left out: it is asked for"})

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> WaiverFacts:
        """Make the value services take."""
        return WaiverFacts(**data)


class WaiverOut(Schema):
    """A waiver."""

    id = fields.String(required=True)
    request_id = fields.String(required=True, allow_none=True)
    kind = fields.String(required=True)
    departement = fields.String(required=True)
    until_night = fields.Date(required=True)
    asked_at = fields.AwareDateTime(required=True)
    agreed_by = fields.String(required=True, allow_none=True)
    agreed_at = fields.AwareDateTime(required=True, allow_none=True)
    revoked_at = fields.AwareDateTime(required=True, allow_none=True)
    version = fields.Integer(required=True)


class WaiverPage(PageOut):
    """Some waivers."""

    items = fields.List(fields.Nested(WaiverOut), required=True)


class WaiverQuery(PageQuery):
    """Which waivers."""

    request_id = fields.String(load_default=None, validate=IDENTIFIER)
