"""Health, for whoever supervises the process; open to all, says nothing about anyone."""

from flask import Response, jsonify

from api.config import Jobs
from api.extensions.replies import Reply
from api.extensions.smorest import Routes, documentation
from api.resources.health.schemas import HealthOut
from api.runtime import runtime
from api.security import policy
from api.services import health, heartbeats
from data.session import reading

routes = Routes("health", "Whether the service runs and can work")


@routes.public("/health/live", action="health.live", answer=HealthOut)
def live() -> Reply:
    """Say that the process answers."""
    return Reply({"status": "ok"})


@routes.public("/health/ready", action="health.ready", answer=HealthOut)
def ready() -> Reply:
    """Say that the database answers and has the right schema; else 503."""
    health.require_ready(runtime().engine)
    return Reply({"status": "ok"})


@routes.public("/health/jobs", action="health.jobs", answer=HealthOut)
def jobs() -> Reply:
    """Say that the work that must happen later is being done; else 503, and whoever watches should be woken."""
    parts = runtime()
    if parts.settings.jobs.mode is not Jobs.OFF:
        with reading(parts.engine) as session:
            heartbeats.require_working(parts.context(session), parts.settings.jobs.silent_seconds)
    return Reply({"status": "ok"})


@policy("openapi.read")
def openapi() -> Response:
    """Give this interface's own description."""
    return jsonify(documentation())
