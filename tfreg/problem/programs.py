"""Compiled programs by key, each compiled when it is first asked for and kept as long as its problem lives."""

from collections.abc import Callable, Hashable
from threading import RLock
from typing import TypeVar

_Made = TypeVar("_Made")

# One for all problems: compiling sets Keras's default precision, which is the same for all threads.
_compiling = RLock()


class Programs:
    """Compiled programs, each made once for a model, a loss and data of one shape.

    Args:
        check: called whenever a program is asked for; raises if what the programs were compiled from has changed.

    Example:
        >>> programs = Programs(lambda: None)
        >>> programs.get("loss", lambda: "compiled") is programs.get("loss", lambda: "compiled again")
        True
    """

    def __init__(self, check: Callable[[], None]) -> None:
        self.check = check
        self._made: dict[Hashable, object] = {}

    def get(self, key: Hashable, make: Callable[[], _Made]) -> _Made:
        """Return what was made for `key`, or make it now."""
        with _compiling:
            self.check()
            if key not in self._made:
                self._made[key] = make()
            return self._made[key]  # type: ignore[return-value]

    def __len__(self) -> int:
        return len(self._made)
