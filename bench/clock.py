"""Time and memory of one process."""

import resource
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Run something once; give its seconds and its result."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def worked(work: Callable[[], T]) -> tuple[float, T]:
    """Run something on one thread; give its seconds of processor time, whoever else uses the machine."""
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def peak_mib() -> int:
    """Peak memory of this process so far, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
