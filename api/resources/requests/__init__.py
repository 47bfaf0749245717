"""The JSON API of requests."""
