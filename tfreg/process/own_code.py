"""What a user's own code raises, as one line that says where.

Conventions: own code is what belongs neither to tfreg nor to Python or an installed package. The line is an
`InputError`, which carries the whole traceback as a note: it goes with the error from process to process, and the
commands show it with `--traceback`.
"""

import os
import re
import sysconfig
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tfreg.checks.errors import InputError, one_line

_INSTALLED = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
_LIBRARIES = tuple(f"{Path(path).resolve()}{os.sep}" for path in (str(Path(__file__).parent.parent), *_INSTALLED))
_LONGEST = 300  # characters of what an error says; TensorFlow's go on for pages
_NODE_NAME = re.compile(r"\{\{.*?\}\}")  # of TensorFlow, within its messages


@contextmanager
def own_code(script: Path) -> Iterator[None]:
    """Turn whatever the code of a script raises in the block, `sys.exit` included, into one line.

    The line begins with the file and line of the user's code that was running last. A mistake that tfreg found in
    what it was given gets that place too, and one that the script itself reports is left as it is. Ctrl-C passes.

    Raises:
        InputError: what the block raised.

    Example:
        >>> with own_code(Path("mine.py")):
        ...     model = "what the script makes"
    """
    try:
        yield
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        own = _own_frames(error)
        last = traceback.extract_tb(error.__traceback__)[-1:]
        # The script's own report, or the line of such a block within this one.
        if isinstance(error, InputError) and (own[-1:] in ([], last) or getattr(error, "__notes__", [])):
            raise
        raised = InputError(cause(error) if own or isinstance(error, SyntaxError) else f"{script}: {cause(error)}")
        raised.add_note("".join(traceback.format_exception(error)))
        raise raised from None


def cause(error: BaseException) -> str:
    """An error in one line, which begins with the file and line of the user's code that was running last, if any was.

    Example:
        >>> cause(KeyError("a"))
        "KeyError: 'a'"
    """
    own = _own_frames(error)
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_short(Path(error.filename))}:{error.lineno}: {_said(error)}"
    return f"{_short(Path(own[-1].filename))}:{own[-1].lineno}: {_said(error)}" if own else _said(error)


def is_own(filename: str) -> bool:
    """True for a file that belongs neither to tfreg nor to Python or an installed package.

    Example:
        >>> is_own("mine.py"), is_own(np.__file__), is_own("<frozen os>")
        (True, False, False)
    """
    return not filename.startswith("<") and not str(Path(filename).resolve()).startswith(_LIBRARIES)


def _own_frames(error: BaseException) -> list[traceback.FrameSummary]:
    return [frame for frame in traceback.extract_tb(error.__traceback__) if is_own(frame.filename)]


def _short(path: Path) -> str:
    """A path as seen from the current folder, if it lies below it."""
    path = path.resolve()
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _said(error: BaseException) -> str:
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, SystemExit):
        return f"expected the script to go on, got sys.exit({'' if error.code is None else repr(error.code)})"
    text = one_line(error.msg if isinstance(error, SyntaxError) else _NODE_NAME.sub("", str(error)))
    cut = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return f"{type(error).__name__}: {cut}" if cut else type(error).__name__
