"""The JSON API of health."""
