"""The process in which runs are computed: reads a task's name a line, answers with a line of JSON.

It ends when its input does, so that it never outlives the process it works for.
"""

import json
import logging
import os
import signal
import sys

from api.clock import SystemClock
from api.config import Settings
from api.jobs.tasks import BY_NAME
from api.runtime import Runtime
from data.session import make_engine

_log = logging.getLogger("escale.jobs")


def main() -> None:
    """Work until there is no more input."""
    # Ctrl-C reaches the whole group: whoever started this process ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Nothing else may speak to the parent: what some library prints goes to the log.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    settings = Settings.from_env()
    runtime = Runtime(make_engine(settings.database_url), SystemClock(), settings)
    for line in sys.stdin:
        try:
            answer: dict[str, object] = {"done": BY_NAME[line.strip()].work(runtime)}
        except Exception as error:  # noqa: BLE001 (whatever it is, the next task has its turn)
            _log.exception("task %s failed", line.strip())
            answer = {"failed": type(error).__name__}
        answers.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
