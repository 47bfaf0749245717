"""The JSON API of the limits of stays."""
