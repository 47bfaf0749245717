"""How a value of the problem refuses what cannot be true."""

import math

from matcher.errors import ProblemError


def require(*, holds: bool, path: str, message: str) -> None:
    if not holds:
        raise ProblemError(path, message)


def check_point(lat: float, lon: float, path: str = "") -> None:
    require(
        holds=math.isfinite(lat) and -90 <= lat <= 90,
        path=path + "lat",
        message="latitude is -90 to 90 degrees",
    )
    require(
        holds=math.isfinite(lon) and -180 <= lon <= 180,
        path=path + "lon",
        message="longitude is -180 to 180 degrees",
    )
