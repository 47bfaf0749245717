"""What a service raises. Delivery turns each class into an HTTP status (`api.errors`) and words it (`api.i18n`).

"No place" is an answer and never one of these.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from api.services.reasons import Reason

Params: TypeAlias = Mapping[str, str | int]


@dataclass(frozen=True)
class FieldError:
    """One field that is wrong.

    Parameters
    ----------
    path : str
        Where, as in the JSON sent: ``members[0].age``.
    reason : Reason
        What is wrong.
    params : mapping
        Values the wording needs.
    """

    path: str
    reason: Reason
    params: Params = field(default_factory=dict)


class ServiceError(Exception):
    """Base of every refusal.

    Parameters
    ----------
    reason : Reason
        Why.
    params : str or int
        Values the wording needs.
    """

    def __init__(self, reason: Reason, **params: str | int) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.params: Params = params
        self.errors: tuple[FieldError, ...] = ()


class Unauthenticated(ServiceError):  # noqa: N818 (named for what it says)
    """Nobody known is asking: no token, or one that is wrong, expired or revoked (which of them is not said)."""

    def __init__(self) -> None:
        super().__init__(Reason.NOT_AUTHENTICATED)


class Forbidden(ServiceError):  # noqa: N818 (named for what it says)
    """The caller's role never does this, whatever the row: nothing is said about any row."""

    def __init__(self) -> None:
        super().__init__(Reason.NOT_ALLOWED)


class NotFound(ServiceError):  # noqa: N818 (named for what it says)
    """Not there, or not the caller's: both answer alike, so that nobody learns what exists."""

    def __init__(self) -> None:
        super().__init__(Reason.NOT_FOUND)


class Invalid(ServiceError):  # noqa: N818 (named for what it says)
    """What was sent is wrong; ``errors`` says which fields.

    Parameters
    ----------
    errors : sequence of FieldError
        At least one.
    """

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(Reason.INVALID)
        self.errors = tuple(errors)


class Conflict(ServiceError):  # noqa: N818 (named for what it says)
    """The state of things does not allow it (any more); the reason says what changed."""


class Stale(ServiceError):  # noqa: N818 (named for what it says)
    """Somebody changed the row since the caller read it."""

    def __init__(self) -> None:
        super().__init__(Reason.STALE)


class NotReady(ServiceError):  # noqa: N818 (named for what it says)
    """The database cannot answer or has another schema; or nobody does the work that happens later."""

    def __init__(self, reason: Reason = Reason.NOT_READY) -> None:
        super().__init__(reason)
