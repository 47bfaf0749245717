"""A question "what if": changes to a problem, read from JSON and applied to values (`matching.md` §6).

```json
{"lift": ["reserved_elsewhere"],
 "open": [{"like": "p7", "places": 3}],
 "close": ["p9"],
 "change": [{"kind": "mecs", "set": {"ages": [16, 20]}}, {"places": ["p1"], "set": {"audience": "mixed"}}]}
```
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from matcher.cells import new_places
from matcher.codec import problem_from_json
from matcher.encode import problem_to_json
from matcher.errors import ProblemError
from matcher.lifted import LIFTABLE
from matcher.place import Place
from matcher.problem import Problem
from matcher.rules import RULES

_KEYS = ("lift", "open", "close", "change")
_FIXED = {"id", "facility"}


@dataclass(frozen=True, slots=True)
class Change:
    """Fields of some places set to something else.

    Parameters
    ----------
    places : frozenset of str
        Which.
    fields : mapping
        Fields of a place in their JSON form; None sets a field to what it is when left out.
    """

    places: frozenset[str]
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Scenario:
    """What would be different.

    Parameters
    ----------
    lift : frozenset of str
        Rules lifted for everyone.
    opened : tuple of str
        For each new place, the one it is like.
    closed : frozenset of str
        Places that close.
    changes : tuple of Change
        In order.
    """

    lift: frozenset[str] = frozenset()
    opened: tuple[str, ...] = ()
    closed: frozenset[str] = frozenset()
    changes: tuple[Change, ...] = ()

    def applied_to(self, problem: Problem) -> Problem:
        """Give the problem as it would be; the rules lifted are the solver's business.

        New places are copies as of `cells.new_places`, of places as changed; a place may close and be copied.

        Raises
        ------
        ProblemError
            When a change makes a place that cannot be.
        """
        form = problem_to_json(problem)
        for change in self.changes:
            for place in form["places"]:
                if place["id"] in change.places:
                    place.update(change.fields)
                    for name in [name for name, value in change.fields.items() if value is None]:
                        del place[name]
        changed = problem_from_json(form)
        by_id = {place.id: place for place in changed.places}
        quotas = (
            replace(quota, places=quota.places - self.closed) for quota in changed.quotas if quota.places - self.closed
        )
        return replace(
            changed,
            places=(
                *(place for place in changed.places if place.id not in self.closed),
                *new_places(problem, [by_id[name] for name in self.opened]),
            ),
            quotas=tuple(quotas),
        )


def scenario_from_json(problem: Problem, form: Any) -> Scenario:  # noqa: ANN401 -- whatever JSON holds
    """Read a scenario about a problem.

    Parameters
    ----------
    problem : Problem
        What it changes.
    form : object
        As `json.loads` gives it.

    Returns
    -------
    Scenario
        Checked against the problem.

    Raises
    ------
    ProblemError
        Naming the field that is wrong.
    """
    if not isinstance(form, dict) or not form:
        raise ProblemError("", f"a scenario is an object with some of {', '.join(_KEYS)}")
    for key in form:
        if key not in _KEYS:
            raise ProblemError(str(key), f"a scenario has {', '.join(_KEYS)}")
    places = {place.id: place for place in problem.places}
    lift = _texts(form.get("lift", []), "lift")
    for index, code in enumerate(lift):
        if code not in LIFTABLE:
            known = ", ".join(LIFTABLE)
            why = "cannot be lifted" if code in {rule.code for rule in RULES} else "is no rule"
            raise ProblemError(f"lift[{index}]", f"{code!r} {why}; those that can are {known}")
    return Scenario(
        frozenset(lift),
        _opened(places, form.get("open", [])),
        frozenset(_known(places, _texts(form.get("close", []), "close"), "close")),
        _changes(problem, form.get("change", [])),
    )


def _opened(places: Mapping[str, Place], rows: Any) -> tuple[str, ...]:  # noqa: ANN401 -- whatever JSON holds
    opened: list[str] = []
    for index, row in enumerate(_rows(rows, "open", {"like", "places"})):
        count = row.get("places", 1)
        if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= 1000:
            raise ProblemError(f"open[{index}].places", "1 to 1000 places")
        (model,) = _known(places, _texts([row.get("like")], f"open[{index}].like"), f"open[{index}].like")
        opened += [model] * count
    return tuple(opened)


def _changes(problem: Problem, rows: Any) -> tuple[Change, ...]:  # noqa: ANN401 -- whatever JSON holds
    changes = []
    places = {place.id: place for place in problem.places}
    for index, row in enumerate(_rows(rows, "change", {"kind", "places", "set"})):
        path = f"change[{index}]"
        fields = row.get("set")
        if not isinstance(fields, dict) or not fields or _FIXED & set(fields):
            raise ProblemError(f"{path}.set", "some fields of a place, neither id nor facility")
        if "places" in row:
            named = frozenset(_known(places, _texts(row["places"], f"{path}.places"), f"{path}.places"))
        else:
            named = frozenset(places)
        if "kind" in row:
            named = frozenset(name for name in named if places[name].kind == row["kind"])
        if not named:
            raise ProblemError(path, "no place is meant")
        changes.append(Change(named, fields))
    return tuple(changes)


def _rows(rows: Any, path: str, keys: set[str]) -> list[dict[str, Any]]:  # noqa: ANN401 -- whatever JSON holds
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ProblemError(path, "a list of objects")
    for index, row in enumerate(rows):
        for key in row:
            if key not in keys:
                raise ProblemError(f"{path}[{index}].{key}", f"the fields are {', '.join(sorted(keys))}")
    return rows


def _texts(values: Any, path: str) -> list[str]:  # noqa: ANN401 -- whatever JSON holds
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ProblemError(path, "a list of texts")
    return values


def _known(places: Mapping[str, Place], names: list[str], path: str) -> list[str]:
    for name in names:
        if name not in places:
            raise ProblemError(path, f"there is no place {name!r}")
    return names
