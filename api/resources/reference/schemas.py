"""What the reference lists look like in JSON."""

from marshmallow import Schema, fields, validate


class DepartementOut(Schema):
    """A département."""

    code = fields.String(required=True)
    name = fields.String(required=True)
    region_code = fields.String(required=True)
    region = fields.String(required=True)
    prefecture = fields.String(required=True)
    latitude = fields.Float(required=True)
    longitude = fields.Float(required=True)
    neighbours = fields.Function(
        lambda departement: sorted(departement.neighbours),
        metadata={"type": "array", "items": {"type": "string"}},
    )


class DepartementsOut(Schema):
    """The 101 départements."""

    items = fields.List(fields.Nested(DepartementOut), required=True)


class CommuneOut(Schema):
    """A commune; coordinates in degrees, with how far off they may be (km)."""

    insee = fields.String(required=True)
    name = fields.String(required=True)
    departement = fields.String(required=True)
    postal_codes = fields.List(fields.String(), required=True)
    population = fields.Integer(required=True)
    latitude = fields.Float(required=True)
    longitude = fields.Float(required=True)
    precision_km = fields.Float(required=True)


class CommunesOut(Schema):
    """Communes found, the most likely first; 20 at most."""

    items = fields.List(fields.Nested(CommuneOut), required=True)


class CommuneQuery(Schema):
    """What was typed."""

    q = fields.String(
        required=True,
        validate=validate.Length(min=2, max=60),
        metadata={"description": "Beginning of a name (case, accents and hyphens do not matter) or postal code"},
    )


class RuleOut(Schema):
    """A rule of a kind of place, with its source."""

    field = fields.String(required=True)
    value = fields.Raw(required=True)
    source = fields.String(required=True)
    valid_from = fields.Date(required=True)
    valid_until = fields.Date(required=True, allow_none=True)
    configurable = fields.Boolean(required=True)


class PlaceKindOut(Schema):
    """A kind of place and the rules in force tonight."""

    code = fields.String(required=True)
    fr = fields.String(required=True)
    en = fields.String(required=True)
    finess = fields.List(fields.String(), required=True)
    disclosure = fields.String(required=True)
    answer_hours = fields.Integer(required=True)
    rules = fields.List(fields.Nested(RuleOut), required=True)


class PlaceKindsOut(Schema):
    """All kinds of place."""

    items = fields.List(fields.Nested(PlaceKindOut), required=True)


class TermOut(Schema):
    """A code and its names."""

    code = fields.String(required=True)
    fr = fields.String(required=True)
    en = fields.String(required=True)


class GroupOut(Schema):
    """A group of codes."""

    code = fields.String(required=True)
    terms = fields.List(fields.Nested(TermOut), required=True)


class VocabularyOut(Schema):
    """All codes, by group."""

    items = fields.List(fields.Nested(GroupOut), required=True)
