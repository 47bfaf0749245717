"""The one place where numba is imported: it compiles loops on arrays the first time they run, and keeps them.

Compiled code is kept beside the module, or in the user's cache folder where the package cannot be written to
(``NUMBA_CACHE_DIR`` names another); where nothing can be written, each process compiles again.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
T = TypeVar("T")


def compiled(function: Callable[P, T]) -> Callable[P, T]:
    """Compile a loop whose arguments are arrays and numbers; integers wrap, so callers state their bounds."""
    try:
        return cast("Callable[P, T]", numba.njit(cache=True)(function))
    except RuntimeError:  # no folder to keep the code in
        return cast("Callable[P, T]", numba.njit(function))
