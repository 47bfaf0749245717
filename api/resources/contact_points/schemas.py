"""What contact points and notices look like in JSON."""

from marshmallow import Schema, fields

from api.resources.fields import IDENTIFIER, PageOut, PageQuery, Text, YesNo, codes
from data.models.notice import ADDRESS_LENGTH, Channel, Digest, DisabledBecause, Language, Topic


class ContactPointChange(Schema):
    """Fields of a contact point that may change."""

    language = fields.Enum(Language, by_value=True)
    digest = fields.Enum(
        Digest, by_value=True, metadata={"description": "How long notices wait for each other; urgent ones never do"}
    )
    muted = codes(metadata={"description": "Topics it is not told of"})
    enabled = YesNo()


class ContactPointIn(ContactPointChange):
    """A contact point to add."""

    channel = fields.Enum(Channel, by_value=True, required=True)
    address = Text(ADDRESS_LENGTH, required=True, metadata={"description": "E-mail address, or URL in https"})


class ContactPointOut(ContactPointIn):
    """A contact point."""

    id = fields.String(required=True)
    organisation_id = fields.String(required=True)
    verified_at = fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "null: it is told nothing before its code comes back"}
    )
    disabled_because = fields.Enum(DisabledBecause, by_value=True, required=True, allow_none=True)
    failures = fields.Integer(required=True)
    bounces = fields.Integer(required=True)
    retry_at = fields.AwareDateTime(required=True, allow_none=True)
    created_at = fields.AwareDateTime(required=True)
    version = fields.Integer(required=True)


class ContactPointPage(PageOut):
    """Some contact points."""

    items = fields.List(fields.Nested(ContactPointOut), required=True)


class FailingOut(Schema):
    """A contact point that does not answer, without its address."""

    id = fields.String(required=True)
    organisation_id = fields.String(required=True)
    channel = fields.Enum(Channel, by_value=True, required=True)
    failures = fields.Integer(required=True)
    bounces = fields.Integer(required=True)
    disabled_because = fields.Enum(DisabledBecause, by_value=True, required=True, allow_none=True)
    retry_at = fields.AwareDateTime(required=True, allow_none=True)


class FailingPage(PageOut):
    """Some of them."""

    items = fields.List(fields.Nested(FailingOut), required=True)


class CodeIn(Schema):
    """The code a contact point was sent."""

    code = Text(64, required=True)


class SecretOut(Schema):
    """The secret of a webhook, shown this once."""

    secret = fields.String(required=True, metadata={"description": "As libraries of Standard Webhooks take it"})
    version = fields.Integer(required=True)


class NoticeOut(Schema):
    """One thing your organisation was told of."""

    id = fields.String(required=True)
    topic = fields.Enum(Topic, by_value=True, required=True)
    subject_kind = fields.String(required=True)
    subject_id = fields.String(required=True)
    urgent = fields.Boolean(required=True)
    created_at = fields.AwareDateTime(required=True)


class NoticePage(PageOut):
    """Some notices."""

    items = fields.List(fields.Nested(NoticeOut), required=True)


class NoticeQuery(PageQuery):
    """Which notices."""

    message_id = fields.String(
        data_key="message",
        load_default=None,
        validate=IDENTIFIER,
        metadata={"description": "What one message stands for"},
    )
