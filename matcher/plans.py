"""Every plan that the rules on request and place allow, as columns: what the solvers choose among.

A plan is one leg, or a bridge and a lasting leg when the policy allows two. Rules that look at other households
are not applied here, except against residents, who do not move (`matcher.residents`).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from matcher import costs
from matcher.classes import CELLS
from matcher.errors import ProblemError
from matcher.kernels.choice import use
from matcher.legs import Legs, feasible_legs, feasible_pairs, want
from matcher.residents import Residents
from matcher.standing import classes_of, standing_intervals, standing_pairs
from matcher.tables import Bools, Ints, Tables

if TYPE_CHECKING:
    from matcher.enumeration import Enumeration

NONE: Final = -1
"""Place and interval of the second leg of a plan that has only one."""


@dataclass(frozen=True, slots=True)
class Plans:
    """Plans as columns of equal length; those of one request are consecutive.

    Parameters
    ----------
    request : ndarray of int64
        Whose.
    place, interval : ndarray of int64
        Of the first leg (the bridge, when there are two).
    last_place, last_interval : ndarray of int64
        Of the second leg, or `NONE`.
    start, move, end : ndarray of int64
        First night, night of the move (= ``end`` without one) and night after the last, counted from the run night.
    roofless, cost : ndarray of int64
        Secured nights without a roof, and the sum of the cost terms.
    """

    request: Ints
    place: Ints
    interval: Ints
    last_place: Ints
    last_interval: Ints
    start: Ints
    move: Ints
    end: Ints
    roofless: Ints
    cost: Ints

    def __len__(self) -> int:
        """Count the plans."""
        return len(self.request)

    def take(self, rows: Ints | Bools) -> "Plans":
        """Give some of the plans."""
        chosen = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        taken: dict[int, Ints] = {}
        for name in _COLUMNS:
            column = getattr(self, name)
            if id(column) not in taken:
                constant = len(column) > 0 and column.strides == (0,)
                taken[id(column)] = np.broadcast_to(column[0], len(chosen)) if constant else column[chosen]
        return Plans(*(taken[id(getattr(self, name))] for name in _COLUMNS))

    def rows_of(self, request: int) -> slice:
        """Give the rows of one request."""
        low, high = np.searchsorted(self.request, (request, request + 1))
        return slice(int(low), int(high))


_COLUMNS: Final = tuple(Plans.__dataclass_fields__)


def concatenate(parts: list[Plans]) -> Plans:
    """Put plans one after another; none gives empty columns."""
    if not parts:
        return Plans(*(np.zeros(0, dtype=np.int64) for _ in _COLUMNS))
    return Plans(*(np.concatenate([getattr(part, name) for part in parts]) for name in _COLUMNS))


def single_leg_plans(tables: Tables, request: int | Ints, legs: Legs) -> Plans:
    """Make a plan of each leg that may stand alone; of one request, or of the one given for each leg.

    The columns of a second leg take no memory, and ``move`` is ``end`` itself.
    """
    own = legs.take(legs.alone)
    if not isinstance(request, int):
        request = request[legs.alone]
    none = np.broadcast_to(np.int64(NONE), len(own))
    cost = (
        costs.leg_cost(tables, request, own.place, own.interval)
        + costs.shortfall(tables, request, own.start, own.end)
        + costs.change(tables, request, own.place)
    )
    roofless = costs.roofless_nights(tables, request, own.start, own.end)
    whose = np.full(len(own), request) if isinstance(request, int) else request
    return Plans(whose, own.place, own.interval, none, none, own.start, own.end, own.end, roofless, cost)


def bridge_pairs(tables: Tables, request: int, legs: Legs) -> tuple[Ints, Ints]:
    """Pair legs of one request as bridge and lasting leg (`matching.md` §1).

    Returns
    -------
    tuple of ndarray of int64
        Positions of the bridge and of the lasting leg: another place, which begins after the bridge does, and while
        both the bridge alone and the stay wanted still run.
    """
    start, arrival = legs.start[:, None], legs.start[None, :]
    meets = (
        legs.alone[:, None]
        & (arrival > start)
        & (legs.end[:, None] >= arrival)
        & (arrival - start < want(tables, request, legs.start)[:, None])
        & (legs.place[:, None] != legs.place[None, :])
    )
    bridge, last = np.nonzero(meets)
    return bridge, last


def two_leg_plans(tables: Tables, request: int, legs: Legs) -> Plans:
    """Make a plan of each pair of a bridge and a lasting leg."""
    bridge, last = (legs.take(rows) for rows in bridge_pairs(tables, request, legs))
    wanted_until = bridge.start + want(tables, request, bridge.start)
    stay_until = np.minimum(last.start + tables.max_stay[last.place], tables.intervals.until[last.interval])
    end = np.minimum(np.minimum(wanted_until, tables.horizon), stay_until)
    cost = (
        costs.leg_cost(tables, request, bridge.place, bridge.interval)
        + costs.leg_cost(tables, request, last.place, last.interval)
        + costs.shortfall(tables, request, bridge.start, end)
        + costs.change(tables, request, bridge.place, last.place)
        + tables.problem.policy.weights.move
    )
    roofless = costs.roofless_nights(tables, request, bridge.start, end)
    whose = np.full(len(bridge), request)
    return Plans(
        whose,
        bridge.place,
        bridge.interval,
        last.place,
        last.interval,
        bridge.start,
        last.start,
        end,
        roofless,
        cost,
    )


def plans_of_legs(tables: Tables, request: int, legs: Legs) -> Plans:
    """Make every plan of one request's legs, one or two of them as the policy allows."""
    single = single_leg_plans(tables, request, legs)
    if tables.problem.policy.max_legs == 1:
        return single
    return concatenate([single, two_leg_plans(tables, request, legs)])


def beside_residents(residents: Residents, request: int, plans: Plans) -> Plans:
    """Keep the plans of one request that no resident forbids on the very nights of their legs."""
    forbidden = residents.forbid(request, plans.place, plans.start, plans.move)
    second = np.flatnonzero(plans.last_place != NONE)
    forbidden[second] |= residents.forbid(request, plans.last_place[second], plans.move[second], plans.end[second])
    return plans.take(~forbidden)


def admissible_plans(tables: Tables, residents: Residents, lifted: frozenset[str] = frozenset()) -> Plans:
    """Enumerate the plans of all requests that no rule excludes, other requests' plans apart.

    Parameters
    ----------
    tables : Tables
        The problem.
    residents : Residents
        Who is there already.
    lifted : frozenset of str
        Rules not to apply (what-if).

    Returns
    -------
    Plans
        Requests in order.

    Raises
    ------
    ProblemError
        When a plan costs so much that sums could leave 64-bit integers.
    """
    if tables.problem.policy.max_legs == 1:
        batches = _batches(tables)
        compiled = _compiled(tables, lifted)
        plans = _single_legs([_batch(tables, residents, requests, lifted, compiled) for requests in batches])
    else:
        everyone = range(len(tables.requests))
        plans = concatenate([request_plans(tables, residents, request, lifted) for request in everyone])
    if len(plans) and int(plans.cost.max()) > COST_MAX:
        raise ProblemError("policy.weights", f"a plan would cost {int(plans.cost.max())}, more than {COST_MAX}")
    return plans


def _batches(tables: Tables) -> list[Ints]:
    """Group requests so that each group looks at a bounded number of pairs."""
    size = max(1, CELLS // max(len(tables.intervals), 1))
    return [np.arange(low, min(low + size, len(tables.requests))) for low in range(0, len(tables.requests), size)]


def _compiled(tables: Tables, lifted: frozenset[str]) -> "Enumeration | None":
    """Prepare the compiled enumeration, where it is installed and worth loading."""
    if not use(large=len(tables.requests) * len(tables.intervals) >= MANY_PAIRS):
        return None
    from matcher.enumeration import Enumeration  # noqa: PLC0415 -- numba is optional, and takes a second to load

    return Enumeration(tables, classes_of(tables), lifted)


def _batch(
    tables: Tables, residents: Residents, requests: Ints, lifted: frozenset[str], compiled: "Enumeration | None"
) -> Plans:
    """Make the plans of one leg of several requests at once."""
    found = None if compiled is None else compiled.plans(requests)
    if found is None:
        feasible, legs = feasible_pairs(tables, *standing_pairs(tables, requests, lifted))
        plans = single_leg_plans(tables, feasible, legs)
    else:
        request, interval, start, end, roofless, cost = found
        none = np.broadcast_to(np.int64(NONE), len(request))
        place = tables.intervals.place[interval]
        plans = Plans(request, place, interval, none, none, start, end, end, roofless, cost)
    if not residents.forbid_anything:
        return plans
    edges = np.searchsorted(plans.request, np.append(requests, requests[-1] + 1))
    forbidden = np.zeros(len(plans), dtype=np.bool_)
    for index, one in enumerate(requests.tolist()):
        rows = slice(edges[index], edges[index + 1])
        forbidden[rows] = residents.forbid(one, plans.place[rows], plans.start[rows], plans.end[rows])
    return plans.take(~forbidden)


def _single_legs(parts: list[Plans]) -> Plans:
    """Put plans of one leg one after another, column by column."""
    columns = {
        name: np.concatenate([getattr(part, name) for part in parts]) if parts else np.zeros(0, dtype=np.int64)
        for name in _COLUMNS
        if name not in {"last_place", "last_interval", "move"}
    }
    none = np.broadcast_to(np.int64(NONE), len(columns["request"]))
    return Plans(**columns, last_place=none, last_interval=none, move=columns["end"])


MANY_PAIRS: Final = 20_000_000
"""With fewer pairs of a request and a free interval, NumPy is done before compiled code is loaded."""
COST_MAX: Final = 2**40
"""A plan's cost stays under this, so that the sum over a million requests stays under 2**60."""


def request_plans(tables: Tables, residents: Residents, request: int, lifted: frozenset[str] = frozenset()) -> Plans:
    """Enumerate the plans of one request (see `admissible_plans`)."""
    legs = feasible_legs(tables, request, standing_intervals(tables, request, lifted))
    return beside_residents(residents, request, plans_of_legs(tables, request, legs))
