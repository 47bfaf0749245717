"""Distances on the sphere that the contract fixes (`matching.md` §2).

People are shown geodesic distances (geopy); what *decides* is the great circle on a sphere of geopy's
radius, because it is fast on arrays and every part of the service then decides alike.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

EARTH_RADIUS_KM: Final = 6371.009
"""Mean radius of the Earth in kilometres, the one of `geopy.distance.great_circle`."""

Floats = npt.NDArray[np.float64]


def great_circle_km(lat1: float | Floats, lon1: float | Floats, lat2: Floats, lon2: Floats) -> Floats:
    """Great-circle distance by the haversine formula.

    Parameters
    ----------
    lat1, lon1, lat2, lon2 : float or ndarray of float64
        Degrees, WGS 84; shapes that broadcast together. NaN where a place has no coordinates.

    Returns
    -------
    ndarray of float64
        Kilometres, in the broadcast shape; NaN where any coordinate is.
    """
    phi1, phi2 = np.radians(lat1), np.radians(lat2)
    half_lat = np.sin((phi2 - phi1) / 2.0)
    half_lon = np.sin((np.radians(lon2) - np.radians(lon1)) / 2.0)
    chord = half_lat * half_lat + np.cos(phi1) * np.cos(phi2) * half_lon * half_lon
    distance: Floats = 2.0 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(chord, 1.0)))
    return distance
