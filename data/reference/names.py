"""Names of places brought to one written form, so that « St-Étienne » and "Saint Etienne" meet."""

import re
import unicodedata

_LIGATURES = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss"})
_NOT_ALPHANUMERIC = re.compile(r"[^a-z0-9]+")
_ABBREVIATIONS = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}


def fold(name: str) -> str:
    """Bring a place name to the form in which names are compared.

    Parameters
    ----------
    name : str
        A name as people write it: any case, accents, hyphens, apostrophes, ``St`` for ``Saint``.

    Returns
    -------
    str
        Lower-case ASCII words parted by single spaces; empty when the name has no Latin letter or digit.
    """
    decomposed = unicodedata.normalize("NFKD", name.translate(_LIGATURES))
    plain = "".join(sign for sign in decomposed if not unicodedata.combining(sign)).lower()
    words = _NOT_ALPHANUMERIC.sub(" ", plain).split()
    return " ".join(_ABBREVIATIONS.get(word, word) for word in words)
