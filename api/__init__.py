"""Delivery and use cases: web, JSON, command line and jobs are callers of the same services."""
