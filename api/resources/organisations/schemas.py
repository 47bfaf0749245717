"""What organisations look like in JSON."""

from marshmallow import Schema, fields

from api.resources.fields import DEPARTEMENT, Items, PageOut, Text, YesNo, codes
from api.services.actor import OrganisationKind


class OrganisationChange(Schema):
    """Fields of an organisation that may change."""

    name = Text(200, required=True)
    departement = fields.String(validate=DEPARTEMENT, allow_none=True)
    verified = YesNo()
    decides = codes(metadata={"description": "Whose admissions it decides: codes of the vocabulary's deciders"})


class OrganisationIn(OrganisationChange):
    """An organisation to register."""

    kind = fields.Enum(OrganisationKind, by_value=True, required=True)


class OrganisationOut(Schema):
    """An organisation."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    kind = fields.Enum(OrganisationKind, by_value=True, required=True)
    departement = fields.String(required=True, allow_none=True)
    verified = fields.Boolean(required=True)
    decides = Items(fields.String(), required=True)
    verified_at = fields.AwareDateTime(required=True, allow_none=True)
    created_at = fields.AwareDateTime(required=True)
    version = fields.Integer(required=True)


class OrganisationPage(PageOut):
    """Some organisations."""

    items = fields.List(fields.Nested(OrganisationOut), required=True)
