"""Persistence and reference data."""
