"""Work spread over the processor's cores by threads of this process.

Conventions: what is worth spreading spends its time in TensorFlow, which lets other threads run meanwhile. The threads
live as long as the process, so that what each keeps for itself is made once.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from threading import Event
from typing import TypeVar

_Part = TypeVar("_Part")
_Value = TypeVar("_Value")

_alone: ContextVar[bool] = ContextVar("_alone", default=False)


def cores() -> int:
    """The cores that this process may use.

    Example:
        >>> cores() >= 1
        True
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def one_core() -> Iterator[None]:
    """Let `on_all_cores` stay in this thread, for one of several workers that each have a core of their own."""
    token = _alone.set(True)
    try:
        yield
    finally:
        _alone.reset(token)


def on_all_cores(work: Callable[[_Part, Event], _Value], parts: Sequence[_Part]) -> list[_Value]:
    """The values of `work` at each part, in the order of the parts; as many at a time as there are cores.

    Args:
        work: called with a part and an event, which is set when nobody waits for the value any more.
        parts: independent of each other.

    Raises:
        Exception: the first that `work` raises, or Ctrl-C, after all calls under way have ended.

    Example:
        >>> on_all_cores(lambda part, stop: part**2, [1, 2, 3])
        [1, 4, 9]
    """
    stop = Event()
    n_threads = 1 if _alone.get() else min(cores(), len(parts))
    if n_threads < 2:
        return [work(part, stop) for part in parts]
    futures = [_pool(cores()).submit(work, part, stop) for part in parts]
    try:
        return [future.result() for future in futures]
    finally:
        under_way = [future for future in futures if not future.cancel()]
        stop.set()
        wait(under_way)


@cache
def _pool(n_threads: int) -> ThreadPoolExecutor:
    # What is called from one of these threads stays in it, or all would wait for each other.
    return ThreadPoolExecutor(n_threads, thread_name_prefix="tfreg", initializer=lambda: _alone.set(True))
