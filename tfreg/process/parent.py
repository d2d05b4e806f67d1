"""A worker process that ends with the process that started it.

Conventions: a worker calls `end_with_parent` once it begins, as the initializer of its pool or at the head of a task;
another call changes nothing.
"""

import multiprocessing
import os
import threading
from multiprocessing.process import BaseProcess

_WATCH = "tfreg: waits for the parent"


def end_with_parent() -> None:
    """End this process at once when its parent ends, even one that is killed; does nothing where there is no parent.

    Without it a worker whose parent was killed computes on for minutes, and may overwrite what a newer run wrote.

    Example:
        >>> from concurrent.futures import ProcessPoolExecutor
        >>> pool = ProcessPoolExecutor(2, initializer=end_with_parent)
    """
    parent = multiprocessing.parent_process()
    # Looked up among the threads and not kept in a variable, which a forked process would take over without the thread.
    watched = any(thread.name == _WATCH for thread in threading.enumerate())
    if parent is not None and not watched:
        threading.Thread(target=_wait, args=(parent,), name=_WATCH, daemon=True).start()


def _wait(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)
