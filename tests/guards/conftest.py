"""The guards use the same application and callers as the interface's own tests."""

from tests.api.conftest import app, clock, enrol

__all__ = ["app", "clock", "enrol"]
