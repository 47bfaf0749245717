"""The JSON API of organisations."""
