"""The record of acts: who did what, to which row, in the transaction that did it."""

import re
from collections.abc import Mapping
from typing import Final

from api.services.actor import Actor
from api.services.context import Context
from data.audit import Entry, note

_ACT: Final = re.compile(r"[a-z_]+(\.[a-z_]+)+")
_TABLE: Final = re.compile(r"[a-z_]{1,32}")
_CODE: Final = re.compile(r"[A-Za-z0-9_.,:+-]{0,400}")


def record(
    context: Context,
    actor: Actor | None,
    act: str,
    subject: tuple[str, str],
    details: Mapping[str, str | int | bool | None] | None = None,
) -> None:
    """Record an act; it is written with the rest of the transaction, or not at all.

    Parameters
    ----------
    context : Context
        The transaction that does it.
    actor : Actor or None
        Who; None: the service itself (a job, a deadline).
    act : str
        Noun and verb: ``proposal.accept``.
    subject : tuple of str
        Table and identifier of the row it is done to.
    details : mapping, optional
        Codes, identifiers and numbers; never a P3 or P4 value, which is why a text of other signs than
        ``A-Z a-z 0-9 _ . , : + -`` is refused.

    Raises
    ------
    ValueError
        Act, subject or a detail has not that form: a defect of the caller.
    """
    table, identifier = subject
    given = dict(details or {})
    texts = [identifier, *given, *(value for value in given.values() if isinstance(value, str))]
    if not _ACT.fullmatch(act) or not _TABLE.fullmatch(table) or not all(map(_CODE.fullmatch, texts)):
        # The value is not repeated: it may be what must not be told.
        message = f"{act!r} is recorded with codes and identifiers only"
        raise ValueError(message)
    note(
        context.session,
        context.audit_secret,
        Entry(
            at=context.now,
            # The command line's operator belongs to no organisation.
            organisation_id=(actor.organisation_id or None) if actor else None,
            role=actor.role.value if actor else None,
            token_id=actor.token_id if actor else None,
            act=act,
            subject_table=table,
            subject_id=identifier,
            details=given,
        ),
    )
