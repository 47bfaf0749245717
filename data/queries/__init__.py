"""Reads as plain columns, and locks."""
