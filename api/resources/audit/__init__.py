"""The JSON API of the audit log."""
