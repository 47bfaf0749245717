"""The one place where numba is imported: it compiles loops on arrays the first time they run, and keeps them.

Compiled code is kept beside the module, or in the user's cache folder where the package cannot be written to
(``NUMBA_CACHE_DIR`` names another); where nothing can be written, each process compiles again.
"""

from collections.abc import Callable
from typing import Any, Final, ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
T = TypeVar("T")


_BARE: Final[dict[str, Any]] = {"_nrt": False}
"""Without reference counts a loop cannot make arrays, and one that hands dozens of them to its parts is twenty times
faster. Numba names the option as private; where it went away, leaving it out changes nothing but time."""


def compiled(function: Callable[P, T]) -> Callable[P, T]:
    """Compile a loop that writes into arrays it is given; integers wrap, so callers state their bounds."""
    try:
        return cast("Callable[P, T]", numba.njit(cache=True, **_BARE)(function))
    except RuntimeError:  # no folder to keep the code in
        return cast("Callable[P, T]", numba.njit(**_BARE)(function))


def inlined(function: Callable[P, T]) -> Callable[P, T]:
    """Compile part of a loop into whatever calls it."""
    return cast("Callable[P, T]", numba.njit(forceinline=True, **_BARE)(function))
