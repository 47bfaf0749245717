"""How a value of the problem refuses what cannot be true."""

import math

from matcher.errors import ProblemError


def require(*, holds: bool, path: str, message: str) -> None:
    """Raise `ProblemError` at ``path`` unless ``holds``."""
    if not holds:
        raise ProblemError(path, message)


def check_latitude(degrees: float) -> None:
    """Refuse a latitude outside -90 to 90 degrees."""
    require(
        holds=math.isfinite(degrees) and -90 <= degrees <= 90,
        path="lat",
        message="a latitude is -90 to 90 degrees",
    )


def check_longitude(degrees: float) -> None:
    """Refuse a longitude outside -180 to 180 degrees."""
    require(
        holds=math.isfinite(degrees) and -180 <= degrees <= 180,
        path="lon",
        message="a longitude is -180 to 180 degrees",
    )
