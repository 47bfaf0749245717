"""What health looks like in JSON."""

from marshmallow import Schema, fields


class HealthOut(Schema):
    """A process that answers, or one that is ready to work."""

    status = fields.String(required=True, metadata={"enum": ["ok"]})
