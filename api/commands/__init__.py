"""Commands of `escale`, one a module."""
