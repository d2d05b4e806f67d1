"""Sizes of what is asked, refused in one line before the work begins if they cannot fit into memory.

Conventions: sizes are whole numbers of bytes, texts give them in units of 1024. The limit is the memory that is free
now, or the number of GiB in the environment variable `TFREG_MAX_GIB`, which raises or lowers it.
"""

import math
import os
from pathlib import Path

from tfreg.errors import InputError

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
    limit = memory_limit()
    if n_bytes > limit:
        raise InputError(
            f"{what} needs {as_text(n_bytes)} of memory, and there are {as_text(limit)}; {cure}, "
            f"or set {LIMIT} to the GiB that it may take"
        )


def memory_limit() -> float:
    """The bytes that may be taken: those of `TFREG_MAX_GIB`, else those that are free, infinite if nobody knows.

    Raises:
        InputError: the environment variable holds no number above 0.
    """
    text = os.environ.get(LIMIT, "")
    return _as_gib(text) * 2**30 if text else _free_memory()


def _as_gib(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not number > 0:
        raise InputError(f"{LIMIT}: expected a number of GiB above 0, got {text!r}")
    return number


def _free_memory() -> float:
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
