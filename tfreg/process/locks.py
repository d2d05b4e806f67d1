"""One process at a time in a folder: a second one waits, and says for whom.

Conventions: the lock is one of the operating system's, on a small file beside the folder that is gone afterwards. The
system gives it back when its process ends, however it ends, so a killed process stops nobody. On systems without such
locks (Windows, some network drives) nobody waits.
"""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tfreg.checks.errors import InputError

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]


@contextmanager
def lock(folder: Path, what: str) -> Iterator[None]:
    """Hold a folder for this process while the block runs; wait while another process, or thread, holds it.

    Args:
        folder: what is held; it need not exist.
        what: the work, as the message to a process that waits names it.

    Raises:
        InputError: the lock cannot be written beside the folder.

    Example:
        >>> with lock(Path("runs/mine.zarr"), "the comparison"):
        ...     ...
    """
    folder = folder.resolve()
    path = folder.parent / f".{folder.name}.lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        held = _acquired(path, f"{what} in {folder}")
    except OSError as error:
        raise InputError(f"cannot write to {path.parent}: {error.strerror}; choose another folder") from None
    try:
        yield
    finally:
        # Removed while it is held: who waits for it sees that it is another file now.
        with suppress(OSError):
            path.unlink()
        os.close(held)


def _acquired(path: Path, work: str) -> int:
    """The open file of the lock, held by this process."""
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _wait_for(file, work)
            if _is_still(path, file):
                os.ftruncate(file, 0)
                os.pwrite(file, f"process {os.getpid()} on {socket.gethostname()}".encode(), 0)
                return file
        except BaseException:
            os.close(file)
            raise
        os.close(file)


def _wait_for(file: int, work: str) -> None:
    if fcntl is None:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(file, 200, 0).decode(errors="replace") or "another process"
        print(f"{work} is under way in {holder}; waiting for its end", file=sys.stderr, flush=True)
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError:
        pass  # a network drive without locks


def _is_still(path: Path, file: int) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False
