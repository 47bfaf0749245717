"""The outbox: what an organisation is told of, written with the act that makes it so."""

from api.services.context import Context
from data.models.notice import Notice, Topic

__all__ = ["Topic", "tell"]


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
