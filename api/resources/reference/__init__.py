"""The JSON API of reference."""
