"""The JSON API of stays."""
