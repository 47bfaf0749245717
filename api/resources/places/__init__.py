"""The JSON API of places."""
