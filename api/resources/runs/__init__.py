"""The JSON API of runs."""
