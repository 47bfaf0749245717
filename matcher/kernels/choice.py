"""Whether compiled code is used: where it is installed and worth its second of loading, or as the environment says."""

import os
from importlib.util import find_spec
from typing import Final

COMPILED: Final = find_spec("numba") is not None
"""Whether the optional extra ``fast`` is installed."""


def use(*, large: bool) -> bool:
    """Tell whether to use compiled code: where it is installed and, unless ``ESCALE_COMPILED`` says otherwise, large.

    Parameters
    ----------
    large : bool
        Whether the work at hand takes longer than loading compiled code.

    Returns
    -------
    bool
        With ``ESCALE_COMPILED`` set to ``never`` or ``always``, that.
    """
    wish = os.environ.get("ESCALE_COMPILED", "auto")
    return COMPILED and (wish == "always" or (wish == "auto" and large))
