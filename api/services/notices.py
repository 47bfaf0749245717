"""The outbox: what an organisation is told of, written with the act that makes it so."""

from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import select

from api.services import access
from api.services.actor import Actor
from api.services.context import Context
from api.services.paging import Page, Wanted, newest_first
from data.models.notice import MessageNotice, Notice, Topic

__all__ = ["NoticeView", "Topic", "list_notices", "tell"]


@dataclass(frozen=True, slots=True)
class NoticeView:
    """One thing an organisation was told of.

    Parameters
    ----------
    id : str
        Of the notice.
    topic : Topic
        What it is about.
    subject_kind, subject_id : str
        Noun and identifier of the row to look at.
    urgent : bool
        It waited for no digest.
    created_at : datetime
        UTC.
    """

    id: str
    topic: Topic
    subject_kind: str
    subject_id: str
    urgent: bool
    created_at: datetime


def tell(
    context: Context, organisation_id: str, topic: Topic, subject: tuple[str, str], *, urgent: bool = False
) -> None:
    """Tell an organisation that something awaits it; it leaves after the commit (`api.services.delivery`).

    Parameters
    ----------
    context : Context
        The transaction of the act: it is told exactly if the act is done.
    organisation_id : str
        Who is told.
    topic : Topic
        What it is about, for the choice of each contact point.
    subject : tuple of (str, str)
        Noun and identifier: ``("proposal", id)``. It is shown to the organisation when it reads its notices (never
        written in a message): choose a row that is theirs to see.
    urgent : bool
        It waits for no digest.
    """
    context.session.add(
        Notice(
            organisation_id=organisation_id,
            topic=topic,
            subject_kind=subject[0],
            subject_id=subject[1],
            urgent=urgent,
            created_at=context.now,
        )
    )


def list_notices(actor: Actor, context: Context, wanted: Wanted, message_id: str | None = None) -> Page[NoticeView]:
    """List what the caller's organisation was told of, the latest first.

    Parameters
    ----------
    message_id : str, optional
        Only what one message stands for: where the link in a message leads.

    Raises
    ------
    Forbidden
        The role is told nothing.
    """
    access.reach(actor, "notices.list")
    mine = select(Notice).where(Notice.organisation_id == actor.organisation_id, Notice.topic != Topic.VERIFICATION)
    if message_id is not None:
        stood_for = select(MessageNotice.notice_id).where(MessageNotice.message_id == message_id)
        mine = mine.where(Notice.id.in_(stood_for))
    return newest_first(context.session, mine, (Notice.created_at, Notice.id), wanted, _view)


def _view(row: Notice) -> NoticeView:
    return NoticeView(**{field.name: getattr(row, field.name) for field in fields(NoticeView)})
