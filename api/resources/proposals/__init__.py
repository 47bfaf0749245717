"""The JSON API of proposals."""
