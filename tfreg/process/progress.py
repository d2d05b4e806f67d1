"""A progress bar with the time left, on a terminal and nowhere else."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

_shown = False  # a bar within another would tear it


@contextmanager
def progress(what: str, total: int, done: int = 0, console: Console | None = None) -> Iterator[Callable[[], None]]:
    """Show how many of `total` things are done; the block calls what it is given after each.

    A block that prints hands over its console, if that is a terminal, so that the bar stays below what is printed.
    """
    global _shown
    console = console if console is not None and console.is_terminal else Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    outermost, _shown = not _shown, True
    bar = Progress(*columns, console=console, transient=True, disable=not (outermost and console.is_terminal))
    try:
        with bar:
            task = bar.add_task(what, total=total, completed=done)
            yield lambda: bar.advance(task)
    finally:
        if outermost:
            _shown = False


def hide() -> None:
    """Show no bars in this process, whose parent shows one."""
    global _shown
    _shown = True
