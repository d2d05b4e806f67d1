"""The data files that a script reads from its folder, so that a change of them counts as a change of the script.

Conventions: seen is what Python opens for reading, below the folder and outside installed packages. What a library
opens by itself, such as HDF5 or TensorFlow's own readers, is not seen, nor what lies elsewhere.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tfreg.process.own_code import is_own

_CODE = (".py", ".pyc")  # scripts and modules count without being opened


@dataclass(frozen=True)
class _Opened:
    """The paths that were opened for reading and for writing."""

    read: set[str] = field(default_factory=set)
    written: set[str] = field(default_factory=set)


_watching = list[_Opened]()


@contextmanager
def files_read(folder: Path) -> Iterator[list[Path]]:
    """Fill a list, when the block ends, with the files below a folder that it has read and not written.

    Example:
        >>> with files_read(Path(".")) as read:
        ...     data = Path("data.csv").exists() and Path("data.csv").read_text()
    """
    _listen()
    opened, found = _Opened(), list[Path]()
    _watching.append(opened)
    try:
        yield found
    finally:
        _watching.remove(opened)
    below = folder.resolve()
    candidates = {Path(name).resolve() for name in opened.read - opened.written if not name.endswith(_CODE)}
    found += sorted(one for one in candidates if one.is_relative_to(below) and is_own(str(one)) and one.is_file())


@cache
def _listen() -> None:
    """Have Python report every file that it opens; such a hook stays, so there is one for all blocks."""
    sys.addaudithook(_note)


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if event != "open" or not _watching or not isinstance(arguments[0], str | os.PathLike):
        return
    name, flags = os.path.abspath(arguments[0]), arguments[2]  # noqa: PTH100
    writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR)
    for opened in _watching:
        (opened.written if writes else opened.read).add(str(name))
