"""The reference data shipped with Escale, and how it is read."""
