"""What gunicorn is told beside its arguments: when its processes begin and end.

Named by ``--config python:api.jobs.gunicorn``. The deferred work starts in the worker, after the fork: no thread
survives one.
"""

from typing import Any

from flask import Flask

from api.jobs.embedded import Executor, start

_running: list[Executor] = []


def post_worker_init(worker: Any) -> None:  # noqa: ANN401 (gunicorn ships no types)
    """Start the deferred work once a worker has loaded the application."""
    app = worker.app.wsgi()
    if not isinstance(app, Flask):
        raise TypeError("gunicorn serves the Flask application itself: gunicorn wsgi:app")
    made = start(app)
    if made is not None:
        _running.append(made)


def worker_exit(server: Any, worker: Any) -> None:  # noqa: ANN401 (gunicorn ships no types)
    """Stop it, so that another process need not wait until it is known to be dead."""
    del server, worker
    while _running:
        _running.pop().stop()
