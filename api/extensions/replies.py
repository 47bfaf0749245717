"""What a handler gives back."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Reply:
    """A value to serialise, and the headers that go with it.

    Parameters
    ----------
    value : object
        Frozen value of a service.
    version : int or None
        Becomes the ``ETag``.
    location : str or None
        Path under ``/api/v1`` of what was made; becomes ``Location``.
    """

    value: object
    version: int | None = None
    location: str | None = None
