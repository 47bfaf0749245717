"""Small random problems in their JSON form that exercise every rule, cost and corner of the contract.

`random_problem` draws from the generator it is given: a seeded `random.Random` for the long comparisons, Hypothesis's
own for properties, which can then shrink a failure.
"""

from datetime import date, timedelta
from random import Random  # noqa: TID251 -- seeded instances for tests
from typing import Any

Json = dict[str, Any]

NIGHT = date(2026, 11, 21)
TOWNS = {
    "75": (48.8566, 2.3522),
    "93": (48.91, 2.48),
    "77": (48.54, 2.66),
    "59": (50.63, 3.06),
    "69": (45.76, 4.84),
    "13": (43.3, 5.37),
}
"""Départements of the instances, with a point in each (degrees)."""
CODES = sorted(TOWNS)
STATUSES = ["under_ase", "trafficking_victim", "asylum_seeker"]
DECISIONS = ["ase", "opp", "siao"]
SERVICES = ["midwife_pmi", "paediatric_care", "trafficking_support", "addiction_care"]
CONTINGENTS = ["east", "koutcha_one"]
KINDS = ["chu", "chrs", "mecs", "hotel", "lhss"]
FACILITIES = ["f0", "f1", "f2", "f3"]
GROUPS = ["g1", "g2"]
AUDIENCES = ["minors", "women", "women_with_children", "families", "men", "mixed"]
WEIGHTS = ["scarcity", "per_km_anchor", "per_km_origin", "unknown_km", "spare_bed", "preference", "stale_hour",
           "stale_hours_max", "move", "shortfall_night", "change"]  # fmt: skip


def day(offset: int) -> str:
    """The night so many after the run night."""
    return (NIGHT + timedelta(days=offset)).isoformat()


def some(rng: Random, values: list[str], chance: float) -> list[str]:
    """Each value with this chance."""
    return [value for value in values if rng.random() < chance]


def member(months: int, sex: str, role: str = "principal", *, presumed_minor: bool = False) -> Json:
    row: Json = {"age_months": months, "sex": sex, "role": role}
    return row | {"presumed_minor": True} if presumed_minor else row


def _children(rng: Random, most: int) -> list[Json]:
    ages = [rng.choice([0, 3, 12, 23, 24, 40, 100, 155, 156, 200, 230]) for _ in range(rng.randint(1, most))]
    return [member(months, rng.choice("FMX"), "child") for months in ages]


def _alone(rng: Random) -> Json:
    if rng.random() < 0.25:
        return member(rng.choice([200, 240, 250]), rng.choice("FM"), presumed_minor=True)
    months = rng.choice([150, 170, 190, 215, 216, 230, 251, 252, rng.randint(216, 600), rng.randint(216, 600)])
    return member(months, rng.choice("FFMX"))


def _members(rng: Random) -> list[Json]:
    kind = rng.randrange(8)
    if kind == 0:
        return [member(rng.randint(200, 420), "F"), *_children(rng, 3)]
    if kind == 1:
        couple = [member(rng.randint(190, 420), "F"), member(rng.randint(190, 480), rng.choice("MMF"), "partner")]
        return couple + (_children(rng, 2) if rng.random() < 0.6 else [])
    if kind == 2:
        return [member(rng.randint(200, 300), "F"), member(rng.choice([20, 130, 260, 700]), rng.choice("FM"), "other")]
    return [_alone(rng)]


HARMLESS = {"decisions", "statuses", "services", "contingents", "preferences", "origin", "nights", "sent_place",
            "separation_group", "specialisms", "confirmed_hours_ago", "max_stay_nights", "precision_km"}  # fmt: skip
"""Optional fields that give or cost rather than exclude, and those whose frequency is right as it is."""


def _drawn(rng: Random, optional: list[tuple[float, str, Any]], strictness: float) -> Json:
    return {
        name: draw()
        for chance, name, draw in optional
        if rng.random() < (chance if name in HARMLESS else chance * strictness)
    }


def _zones(rng: Random) -> Json:
    zones: Json = {}
    if rng.random() < 0.7:
        zones["departements"] = some(rng, CODES, 0.25)
    if rng.random() < 0.5:
        zones["circles"] = []
        for _ in range(rng.randint(1, 2)):
            lat, lon = TOWNS[rng.choice(CODES)]
            circle = {"lat": lat + rng.uniform(-0.4, 0.4), "lon": lon + rng.uniform(-0.4, 0.4)}
            zones["circles"].append(circle | {"km": rng.choice([5, 20.5, 60, 250])})
    return zones


def _point(rng: Random) -> Json:
    lat, lon = TOWNS[rng.choice(CODES)]
    return {"lat": lat + rng.uniform(-0.2, 0.2), "lon": lon + rng.uniform(-0.2, 0.2)}


def random_request(rng: Random, identifier: str, strictness: float = 1.0) -> Json:
    """One household that may carry any field of a request; ``strictness`` scales how often one excludes places."""
    first = rng.choice([0, 0, 0, 1, 2, 5])
    row: Json = {
        "id": identifier,
        "class": rng.choice([1, 1, 2, 3, 4]),
        "waiting_since": day(-rng.randint(-1, 20)),
        "from_night": day(first),
        "departement": rng.choice(CODES),
        "members": _members(rng),
    }
    optional: list[tuple[float, str, Any]] = [
        (0.4, "latest_night", lambda: day(first + rng.choice([-1, 0, 1, 3, 6, 10]))),
        (0.6, "nights", lambda: rng.choice([1, 2, 3, 5, 10, 40])),
        (0.3, "contingents", lambda: some(rng, CONTINGENTS, 0.6)),
        (0.3, "pregnant_weeks", lambda: rng.choice([5, 28, 29, 40])),
        (0.5, "statuses", lambda: some(rng, STATUSES, 0.5)),
        (0.6, "decisions", lambda: some(rng, DECISIONS, 0.6)),
        (0.3, "needs", lambda: some(rng, SERVICES, 0.25)),
        (0.4, "preferences", lambda: some(rng, SERVICES, 0.4)),
        (0.15, "kinds", lambda: some(rng, KINDS, 0.7)),
        (0.5, "zones", lambda: _zones(rng)),
        (0.4, "origin", lambda: _point(rng)),
        (0.3, "anchor", lambda: _point(rng) | rng.choice([{}, {"max_km": None}, {"max_km": 30}, {"max_km": 400.5}])),
        (0.15, "refused_facilities", lambda: some(rng, FACILITIES, 0.3)),
        (0.4, "separation_group", lambda: rng.choice(GROUPS)),
        (0.2, "sent_place", lambda: f"p{rng.randint(0, 9)}"),
    ]
    return row | _drawn(rng, optional, strictness)


def _private_intervals(rng: Random) -> list[Json]:
    rows, start = [], rng.choice([-3, 0, 0, 1, 3])
    for _ in range(rng.choice([0, 1, 1, 1, 2, 2, 3])):
        until = start + rng.choice([1, 2, 4, 8, 30])
        rows.append({"from": day(start), "until": day(until)})
        start = until + rng.choice([0, 1, 3])
    if rows and rng.random() < 0.5:
        rows[-1]["until"] = None
    return rows


def _shared_intervals(rng: Random, beds: int, cots: int) -> list[Json]:
    rows = []
    for _ in range(rng.choice([0, 1, 1, 2, 2, 3])):
        start = rng.choice([-2, 0, 0, 1, 2, 4])
        row: Json = {"from": day(start)}
        if rng.random() < 0.7:
            row["until"] = day(start + rng.choice([1, 3, 6, 12, 40]))
        if rng.random() < 0.7:
            row["beds"] = rng.randint(0, beds)
        if rng.random() < 0.5:
            row["cots"] = rng.randint(0, cots)
        rows.append(row)
    return rows


def _clause(rng: Random) -> Json:
    keys: list[tuple[str, Any]] = [
        ("principal_age", lambda: rng.choice([[13, 17], [18, 20], [0, 20], [18, 99]])),
        ("pregnant_weeks_min", lambda: rng.choice([1, 28, 29])),
        ("youngest_child_months_below", lambda: rng.choice([12, 24, 36])),
        ("statuses", lambda: some(rng, STATUSES, 0.4)),
        ("minor_principal", lambda: rng.random() < 0.4),
        ("has_partner", lambda: rng.random() < 0.4),
    ]
    return {name: draw() for name, draw in rng.sample(keys, rng.choice([1, 1, 2]))}


def _reservation(rng: Random) -> Json:
    kept: Json = {"departements": some(rng, CODES, 0.5)} if rng.random() < 0.8 else {}
    return kept | ({"contingents": some(rng, CONTINGENTS, 0.7)} if rng.random() < 0.5 else {})


def random_place(rng: Random, identifier: str, strictness: float = 1.0) -> Json:
    """One place that may carry any field of a place; ``strictness`` scales how often one excludes households."""
    code = rng.choice(CODES)
    beds, cots = rng.choice([1, 2, 2, 3, 4]), rng.choice([0, 0, 1, 2])
    shared = rng.random() < 0.4
    row: Json = {
        "id": identifier,
        "facility": rng.choice(FACILITIES),
        "kind": rng.choice(KINDS),
        "beds": beds,
        "cots": cots,
        "sharing": "shared" if shared else "private",
        "free": _shared_intervals(rng, beds, cots) if shared else _private_intervals(rng),
    }
    if not shared and row["free"] and rng.random() < 0.2:
        row["free"][0] |= {"beds": rng.randint(0, beds), "cots": rng.randint(0, cots)}
    lat, lon = TOWNS[code]
    optional: list[tuple[float, str, Any]] = [
        (0.4, "precision_km", lambda: rng.choice([0, 0.5, 3, 25])),
        (0.15, "pair_is_one", lambda: True),
        (0.35, "max_stay_nights", lambda: rng.choice([1, 2, 3, 7, 90])),
        (0.25, "admits", lambda: [_clause(rng) for _ in range(rng.choice([0, 1, 2, 2, 3]))]),
        (0.2, "ages", lambda: rng.choice([[0, 17], [13, 20], [18, 99], [18, 25]])),
        (0.35, "audience", lambda: rng.choice(AUDIENCES)),
        (0.12, "requires", lambda: some(rng, STATUSES, 0.4)),
        (0.15, "decisions", lambda: some(rng, DECISIONS, 0.5)),
        (0.2, "reserved_to", lambda: _reservation(rng)),
        (0.15, "serves", lambda: some(rng, CODES, 0.6)),
        (0.7, "services", lambda: some(rng, SERVICES, 0.6)),
        (0.25, "specialisms", lambda: some(rng, SERVICES, 0.4)),
        (0.6, "confirmed_hours_ago", lambda: rng.choice([0, 2, 30, 168, 400])),
    ]
    known = {"departement": code, "lat": lat + rng.uniform(-0.3, 0.3), "lon": lon + rng.uniform(-0.3, 0.3)}
    for name in some(rng, list(known), 0.08):
        known[name] = None
    return row | known | _drawn(rng, optional, strictness)


def _resident(rng: Random, places: list[Json]) -> Json:
    place = rng.choice(places)
    start = rng.choice([-5, 0, 2, 6])
    row: Json = {"facility": place["facility"], "place": place["id"], "from": day(start)}
    if rng.random() < 0.7:
        row["until"] = day(start + rng.choice([1, 4, 8, 15]))
    if rng.random() < 0.7:
        row["separation_group"] = rng.choice(GROUPS)
    for fact in ("has_minor", "has_adult"):
        if rng.random() < 0.7:
            row[fact] = rng.random() < 0.4
    return row


def _quota(rng: Random, number: int, places: list[Json]) -> Json:
    named = rng.sample([place["id"] for place in places], rng.randint(1, len(places)))
    row: Json = {"id": f"q{number}", "places": named, "fact": rng.choice(["has_partner", "outside_departement"])}
    row["max"] = rng.choice([0, 1, 1, 2])
    return row | ({"already": rng.choice([0, 1, 3])} if rng.random() < 0.3 else {})


def _policy(rng: Random, max_legs: int) -> Json:
    policy: Json = {"max_legs": max_legs}
    if rng.random() < 0.5:
        policy["secure_nights"] = rng.choice([1, 3, 7, 30])
    if rng.random() < 0.3:
        policy["fallbacks"] = rng.choice([0, 1, 2, 8])
    if rng.random() < 0.3:
        policy["weights"] = {name: rng.choice([0, 1, 7, 600]) for name in some(rng, WEIGHTS, 0.4)}
    return policy


def random_problem(rng: Random, max_legs: int = 1, requests: int = 6, places: int = 9) -> Json:
    """A problem of 2 to ``requests`` requests and 2 to ``places`` places."""
    strictness = rng.choice([0.1, 0.2, 0.4, 0.8])
    rows = [random_place(rng, f"p{number}", strictness) for number in range(rng.randint(2, places))]
    households = [random_request(rng, f"r{number}", strictness) for number in range(rng.randint(2, requests))]
    problem: Json = {
        "format": 1,
        "night": NIGHT.isoformat(),
        "horizon_nights": rng.choice([28, 28, 14, 14, 6, 3]),
        "seed": rng.randint(0, 10**6),
        "policy": _policy(rng, max_legs),
        "requests": households,
        "places": rows,
    }
    if rng.random() < 0.4:
        problem["residents"] = [_resident(rng, rows) for _ in range(rng.randint(1, 3))]
    if rng.random() < 0.35:
        problem["quotas"] = [_quota(rng, number, rows) for number in range(rng.randint(1, 2))]
    return problem


def seeded_problem(seed: int, max_legs: int) -> Json:
    """The random problem of one seed."""
    return random_problem(Random(seed), max_legs)


def private_problem(seed: int, size: int) -> Json:
    """A plain assignment: private places, one leg, neither separation nor quota, some steep weights."""
    rng = Random(seed)
    strictness = rng.choice([0.0, 0.05, 0.3])
    requests = [random_request(rng, f"r{number}", strictness) for number in range(rng.randint(2, size))]
    places = [random_place(rng, f"p{number}", strictness) for number in range(rng.randint(2, 2 * size))]
    for place in places:
        place["sharing"] = "private"
        place["free"] = _private_intervals(rng)
    for request in requests:
        request.pop("separation_group", None)
        request["waiting_since"] = day(-rng.choice([3, 4, 40, 100_000]))
    weight = rng.choice([1, 1000, 1_000_000])
    return {
        "format": 1,
        "night": NIGHT.isoformat(),
        "horizon_nights": rng.choice([14, 28, 400]),
        "seed": seed,
        "policy": {"secure_nights": rng.choice([3, 14, 400]), "weights": {"per_km_origin": weight}},
        "requests": requests,
        "places": places,
    }
