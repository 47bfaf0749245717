"""The JSON API of waivers."""
