"""A waiver as the matcher knows it: a contingent of one household, in the places whose reservation is lifted for it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from data.queries.night import Rows
from matcher.place import Place
from matcher.request import Request


def _contingent(waiver: str) -> str:
    return f"waiver:{waiver}"


def waived(requests: Iterable[Request], waivers: Rows) -> Iterable[Request]:
    """Put each waiver among the contingents of its request, when it holds on the request's first night.

    Parameters
    ----------
    requests : iterable of Request
        Of a run.
    waivers : sequence of Row
        From `data.queries.night.waivers`.
    """
    of = defaultdict(list)
    for row in waivers:
        of[row.request_id].append(row)
    for request in requests:
        names = {_contingent(row.id) for row in of.get(request.id, ()) if row.until_night > request.from_night}
        yield replace(request, contingents=request.contingents | names) if names else request


def opened(places: Iterable[Place], waivers: Rows) -> Iterable[Place]:
    """Put each waiver among the contingents that the reserved places of its facility are kept for.

    Parameters
    ----------
    places : iterable of Place
        Of a run.
    waivers : sequence of Row
        As in `waived`.
    """
    names = defaultdict(set)
    for row in waivers:
        names[row.facility_id].add(_contingent(row.id))
    for place in places:
        kept, added = place.reserved_to, names.get(place.facility)
        if kept is None or added is None:
            yield place
        else:
            yield replace(place, reserved_to=replace(kept, contingents=kept.contingents | added))
