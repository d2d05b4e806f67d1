"""What the user's own code raises, as part of a message: where it happened and what it said.

Conventions: own code is what belongs neither to tfreg nor to Python or an installed package.
"""

import os
import re
import sysconfig
import traceback
from pathlib import Path

from tfreg.errors import one_line

_INSTALLED = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
_LIBRARIES = tuple(f"{Path(path).resolve()}{os.sep}" for path in (str(Path(__file__).parent.parent), *_INSTALLED))
_LONGEST = 240  # characters of what an error says; TensorFlow's go on for pages


def told(error: BaseException) -> str:
    """The kind of an error and its text, preceded by the file and line of the user's code that was running last.

    Example:
        >>> told(ValueError("no such\\ncolumn"))
        'ValueError: no such column'
    """
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_own(frame.filename)]
    place = f"{_short(Path(own[-1].filename))}:{own[-1].lineno}: " if own else ""
    text = one_line(re.sub(r"\{\{.*?\}\}", "", str(error)))  # TensorFlow's names of nodes
    text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return f"{place}{type(error).__name__}{': ' * bool(text)}{text}"


def _is_own(filename: str) -> bool:
    return not filename.startswith("<") and not str(Path(filename).resolve()).startswith(_LIBRARIES)


def _short(path: Path) -> str:
    """A path as seen from the current folder, if it lies below it."""
    path = path.resolve()
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
