"""The JSON API of the checklist of protection."""
