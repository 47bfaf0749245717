"""What the audit log looks like in JSON; what is not the caller's to see is null."""

from marshmallow import Schema, fields, validate

from api.resources.fields import IDENTIFIER, PageOut, PageQuery


class ActOut(Schema):
    """One act."""

    seq = fields.Integer(required=True, metadata={"description": "Number of the row, from 1, without a gap"})
    at = fields.AwareDateTime(required=True)
    organisation_id = fields.String(required=True, allow_none=True, metadata={"description": "Null: the service"})
    role = fields.String(required=True, allow_none=True)
    token_id = fields.String(required=True, allow_none=True)
    act = fields.String(required=True, metadata={"description": "Noun and verb: proposal.accept"})
    subject_table = fields.String(required=True)
    subject_id = fields.String(required=True)
    details = fields.Dict(keys=fields.String(), required=True, allow_none=True)


class ActPage(PageOut):
    """Some acts."""

    items = fields.List(fields.Nested(ActOut), required=True)


class ActQuery(PageQuery):
    """Which acts."""

    act = fields.String(load_default=None, validate=validate.Regexp(r"^[a-z_]+(?:\.[a-z_]+)+\Z"))
    subject_id = fields.String(load_default=None, validate=IDENTIFIER)


class ChainOut(Schema):
    """Where the log ends."""

    rows = fields.Integer(required=True)
    mac = fields.String(required=True, metadata={"description": "MAC of the last row"})
    last_at = fields.AwareDateTime(required=True, allow_none=True)
    ends_at_head = fields.Boolean(required=True, metadata={"description": "The last row is the one the head names"})
