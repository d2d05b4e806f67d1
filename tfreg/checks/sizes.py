"""Sizes of what is asked, refused in one line before the work begins if they cannot fit into memory, or on a disk.

Conventions: sizes are whole numbers of bytes, texts give them in units of 1024. The limit is what is free now, or the
number of GiB in the environment variable `TFREG_MAX_GIB`, which raises or lowers it.
"""

import math
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from tfreg.checks.errors import InputError

LIMIT = "TFREG_MAX_GIB"
_MEMORY = Path("/proc/meminfo")  # of Linux
_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB")


def check_memory(what: str, n_bytes: int, cure: str) -> None:
    """Refuse what needs more memory than there is.

    Args:
        what: the work or the result, the subject of the sentence.
        n_bytes: that it needs at its largest.
        cure: the argument to change, as an imperative.

    Raises:
        InputError: it does not fit.

    Example:
        >>> check_memory("a surface of 81 x 81 points", 81 * 81 * 8, "give fewer steps")
    """
    _check(what, n_bytes, "memory", free_memory, cure)


def check_disk(what: str, n_bytes: int, path: Path, cure: str) -> None:
    """Refuse what needs more room than there is on the disk of a path, which need not exist; see `check_memory`.

    Raises:
        InputError: it does not fit.
    """
    _check(what, n_bytes, "disk", lambda: _free_on_disk(path), cure)


def _check(what: str, n_bytes: int, kind: str, free: Callable[[], float], cure: str) -> None:
    limit = _given_limit() or free()
    if n_bytes > limit:
        raise InputError(
            f"{what} needs {as_text(n_bytes)} of {kind}, and there are {as_text(limit)}; {cure}, "
            f"or set {LIMIT} to the GiB that it may take"
        )


def _given_limit() -> float | None:
    text = os.environ.get(LIMIT, "")
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not number > 0:
        raise InputError(f"{LIMIT}: expected a number of GiB above 0, got {text!r}")
    return number * 2**30


def _free_on_disk(path: Path) -> float:
    existing = next((folder for folder in (path, *path.absolute().parents) if folder.exists()), None)
    try:
        return shutil.disk_usage(existing or ".").free
    except OSError:
        return math.inf


def free_memory() -> float:
    """The bytes of memory that are free, or all that there are where nobody knows; infinite where neither is known."""
    try:
        lines = dict(line.split(":", 1) for line in _MEMORY.read_text(encoding="ascii").splitlines())
        return int(lines["MemAvailable"].split()[0]) * 1024
    except (OSError, ValueError, KeyError):
        pass
    try:  # all that there is, on other systems
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return math.inf


def as_text(n_bytes: float) -> str:
    """A number of bytes as people read it.

    Example:
        >>> as_text(1536), as_text(8 * 10**12)
        ('1.5 KiB', '7.28 TiB')
    """
    power = 0
    while n_bytes >= 1024 and power < len(_UNITS) - 1:
        n_bytes, power = n_bytes / 1024, power + 1
    return f"{n_bytes:.{4 if n_bytes >= 1000 else 3}g} {_UNITS[power]}"
