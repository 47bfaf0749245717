"""Static rules compiled to bits: one subset test per pair instead of one look-up per rule.

Places whose facets are the same for every rule form a class. Each rule gives each of its request facets one bit
per class: whether it excludes it. What stands for a request is what no rule's bits cover, found for many requests in a
few operations on packed bytes, and spread over the free intervals only then.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from matcher.tables import Bools, Ints, PairTable, Tables

Bytes = npt.NDArray[np.uint8]

CELLS: Final = 2**22
"""Pairs looked at in one go: small enough for a processor's cache."""


class PlaceClasses:
    """Classes of places, and what each rule excludes of them.

    Parameters
    ----------
    tables : Tables
        The problem.

    Attributes
    ----------
    of_interval : ndarray of int64
        Class of each free interval's place.
    count : int
        How many classes.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        place_class = np.zeros(len(tables.places), dtype=np.int64)
        for table in tables.exclusions.values():
            facets = table.values.shape[1]
            _, place_class = np.unique(place_class * facets + table.place_facet, return_inverse=True)
        _, example = np.unique(place_class, return_index=True)
        self.count = len(example)
        self.of_interval: Ints = place_class[tables.intervals.place]
        self._bits = {code: _bits(table, example) for code, table in tables.exclusions.items()}

    def standing(self, requests: Ints, lifted: frozenset[str] = frozenset()) -> Bools:
        """Tell which free intervals stand for requests after every rule judged by facets.

        Parameters
        ----------
        requests : ndarray of int64
            Which requests.
        lifted : frozenset of str
            Rules not to apply.

        Returns
        -------
        ndarray of bool
            Shape (requests, free intervals).
        """
        spread: Bools = np.take(self.stands(requests, lifted), self.of_interval, axis=1)
        return spread

    def stands(self, requests: Ints, lifted: frozenset[str] = frozenset()) -> Bools:
        """Tell which classes stand for requests (see `standing`); shape (requests, classes)."""
        excluded = np.zeros((len(requests), (self.count + 7) // 8), dtype=np.uint8)
        for code, bits in self._bits.items():
            if code not in lifted:
                excluded |= bits[self._tables.exclusions[code].request_facet[requests]]
        stands: Bools = np.unpackbits(~excluded, axis=1, count=self.count).view(np.bool_)
        return stands


def _bits(table: PairTable, example: Ints) -> Bytes:
    """Pack what a rule excludes: a row per request facet, a bit per class; in blocks, to bound memory."""
    facet = table.place_facet[example]
    rows, block = len(table.values), max(1, CELLS // max(len(example), 1))
    packed = np.zeros((rows, (len(example) + 7) // 8), dtype=np.uint8)
    for low in range(0, rows, block):
        packed[low : low + block] = np.packbits(table.values[low : low + block][:, facet], axis=1)
    return packed
