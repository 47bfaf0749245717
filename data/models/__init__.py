"""The tables, one noun a module."""
