"""Revisions, oldest first; once released they never change."""
