# ruff: noqa: ANN401 - columns given by name are of every type
"""Valid rows of contact points, notices and messages (as `tests.builders` makes the others)."""

from typing import Any

from data.base import new_id
from data.models.notice import Channel, ContactPoint, Digest, Language, Message, MessageNotice, Notice, Topic
from data.models.organisation import Organisation
from tests.builders import NOW


def contact_point(of: Organisation, **columns: Any) -> ContactPoint:
    """A verified e-mail address told at once, in French."""
    return ContactPoint(
        **{
            "id": new_id(),
            "organisation_id": of.id,
            "channel": Channel.EMAIL,
            "address": "permanence@exemple.org",
            "language": Language.FR,
            "digest": Digest.AT_ONCE,
            "verified_at": NOW,
            "created_at": NOW,
        }
        | columns
    )


def notice(to: Organisation, topic: Topic = Topic.PROPOSAL, **columns: Any) -> Notice:
    """A notice nobody has sorted yet."""
    return Notice(
        **{
            "id": new_id(),
            "organisation_id": to.id,
            "topic": topic,
            "subject_kind": "proposal",
            "subject_id": new_id(),
            "urgent": False,
            "created_at": NOW,
        }
        | columns
    )


def message(to: ContactPoint, **columns: Any) -> Message:
    """A message that waits to be sent."""
    return Message(
        **{"id": new_id(), "contact_point_id": to.id, "created_at": NOW, "due_at": NOW, "urgent": False} | columns
    )


def stands_for(one: Message, told: Notice) -> MessageNotice:
    """Say that a message stands for a notice."""
    return MessageNotice(message_id=one.id, notice_id=told.id)
