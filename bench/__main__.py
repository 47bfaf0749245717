"""Measure the matcher: every figure is a ratio against a reference in the same run, on the same machine.

``python -m bench`` runs everything and prints a Markdown table; ``python -m bench assignment`` one bench.
Each measure runs in a process of its own, so that its peak memory is its own.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable

from bench import assignment, audit, candidates, causes, marginal, online, specialist

BENCHES: dict[str, tuple[Callable[..., dict[str, object]], list[dict[str, int]]]] = {
    "assignment": (
        assignment.measure,
        [
            {"requests": 1_000, "places": 5_000},
            {"requests": 10_000, "places": 20_000},
            {"requests": 50_000, "places": 20_000},
        ],
    ),
    "audit": (audit.measure, [{"writers": 1}, {"writers": 8}]),
    "candidates": (
        candidates.measure,
        [
            {"requests": 1_000, "places": 5_000},
            {"requests": 10_000, "places": 20_000},
            {"requests": 50_000, "places": 20_000},
        ],
    ),
    "causes": (causes.measure, [{"requests": 1_000, "places": 5_000}, {"requests": 10_000, "places": 20_000}]),
    "marginal": (marginal.measure, [{"requests": 1_000, "places": 5_000}, {"requests": 10_000, "places": 20_000}]),
    "online": (online.measure, [{"places": 20_000}, {"places": 200_000}]),
    "specialist": (
        specialist.measure,
        [
            {"requests": 100, "places": 100},
            {"requests": 300, "places": 300},
            {"requests": 300, "places": 600},
            {"requests": 1_000, "places": 1_000},
        ],
    ),
}


def main() -> None:
    """Run the benches asked for, each case in a fresh process."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="BENCH", help=f"of {', '.join(BENCHES)}; all by default")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.case is not None:
        measure, _ = BENCHES[arguments.names[0]]
        print(json.dumps(measure(**json.loads(arguments.case))))
        return
    for name in arguments.names or BENCHES:
        for number, case in enumerate(BENCHES[name][1]):
            command = [sys.executable, "-m", "bench", name, "--case", json.dumps(case)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 -- ourselves
            row = json.loads(done.stdout.splitlines()[-1])
            if number == 0:
                print(f"\n**{name}**\n\n| {' | '.join(row)} |\n|{'---|' * len(row)}")
            print(f"| {' | '.join(str(value) for value in row.values())} |", flush=True)


if __name__ == "__main__":
    main()
