"""What vacancies look like in JSON."""

from marshmallow import Schema, fields


class VacancyOut(Schema):
    """Places of one kind in one département; all but the kind is null when places of it are secret."""

    kind = fields.String(required=True)
    departement = fields.String(required=True, allow_none=True)
    places = fields.Integer(required=True, allow_none=True)
    free_tonight = fields.Integer(required=True, allow_none=True)


class VacanciesOut(Schema):
    """All kinds and départements."""

    items = fields.List(fields.Nested(VacancyOut), required=True)
