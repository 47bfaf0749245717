"""What runs look like in JSON: totals and proofs; nothing about anyone."""

from marshmallow import Schema, fields

from api.resources.fields import PageOut, Whole
from data.models.run import RunCause, RunState, RunStatus


class RunIn(Schema):
    """A run to make."""

    night = fields.Date(load_default=None, allow_none=True, metadata={"description": "First night; null: tonight"})
    seed = Whole(0, 2**31 - 1, load_default=0)
    wait = fields.Boolean(
        load_default=True,
        truthy={True},
        falsy={False},
        metadata={"description": "false: answer at once with a queued run; read it again until it is done or failed"},
    )


class RunOut(Schema):
    """A run."""

    id = fields.String(required=True)
    night = fields.Date(required=True)
    state = fields.Enum(RunState, by_value=True, required=True)
    cause = fields.Enum(RunCause, by_value=True, required=True)
    requested_by = fields.String(required=True, allow_none=True)
    started_at = fields.AwareDateTime(required=True)
    finished_at = fields.AwareDateTime(required=True, allow_none=True)
    status = fields.Enum(RunStatus, by_value=True, required=True, allow_none=True)
    objective = fields.List(fields.Integer(), required=True, allow_none=True)
    bound = fields.List(fields.Integer(), required=True, allow_none=True)
    greedy_objective = fields.List(fields.Integer(), required=True, allow_none=True)
    solver = fields.String(required=True, allow_none=True)
    matcher_version = fields.String(required=True, allow_none=True)
    seed = fields.Integer(required=True)
    seconds = fields.Dict(keys=fields.String(), values=fields.Float(), required=True, allow_none=True)
    digest = fields.String(required=True, allow_none=True)
    requests = fields.Integer(required=True, allow_none=True)
    served = fields.Integer(required=True, allow_none=True)


class RunPage(PageOut):
    """Some runs."""

    items = fields.List(fields.Nested(RunOut), required=True)
