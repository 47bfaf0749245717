"""Secrets that somebody carries (a token, a link, a cookie): the database keeps their hash alone."""

import hashlib


def kept_form(secret: str) -> str:
    """Return what is kept of a carried secret: SHA-256, 64 hexadecimal digits.

    The secrets are 256 random bits, so a quick hash is enough and a lookup by it says nothing by its time.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
