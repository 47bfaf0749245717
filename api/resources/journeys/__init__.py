"""The JSON API of journeys."""
