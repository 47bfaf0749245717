"""What vacancies look like in JSON."""

from marshmallow import Schema, fields, validate


class VacancyOut(Schema):
    """Places of one kind in one département; all but the kind is null when places of it are secret."""

    kind = fields.String(required=True)
    departement = fields.String(required=True, allow_none=True)
    places = fields.Integer(required=True, allow_none=True)
    free_tonight = fields.Integer(required=True, allow_none=True)


class VacanciesOut(Schema):
    """All kinds and départements."""

    items = fields.List(fields.Nested(VacancyOut), required=True)


class StaleKindOut(Schema):
    """Places of one kind in one département to call about."""

    kind = fields.String(required=True)
    departement = fields.String(required=True, allow_none=True)
    places = fields.Integer(required=True)
    oldest = fields.AwareDateTime(required=True, metadata={"description": "Confirmed the longest ago"})


class StaleKindsOut(Schema):
    """All of them, the oldest first."""

    items = fields.List(fields.Nested(StaleKindOut), required=True)


class StaleKindsQuery(Schema):
    """From which age on."""

    hours = fields.Integer(load_default=24, validate=validate.Range(min=1, max=8760))
