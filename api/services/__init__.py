"""The use cases; no Flask, marshmallow or click in here."""
