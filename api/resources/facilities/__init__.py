"""The JSON API of facilities."""
