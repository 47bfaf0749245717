"""The JSON API of alerts."""
