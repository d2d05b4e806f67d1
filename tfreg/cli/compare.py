"""Answering a question of `tfreg compare`: computing it, here or on a cluster, and showing what came out.

Conventions: the result goes to a Zarr folder named after the question, so that the same command goes on where it was
interrupted.
"""

import logging
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import xarray as xr

from tfreg import files as store
from tfreg.cli.options import Question, read_optimizers, read_problems, read_rates, read_starts
from tfreg.comparison import analysis as contests
from tfreg.comparison import tables
from tfreg.comparison.compare import compare
from tfreg.draw import charts, maps
from tfreg.draw import data as figures
from tfreg.errors import InputError
from tfreg.surfaces.minimum import marks


def answer(question: Question, folder: Path, scheduler: str = "") -> tuple[xr.Dataset, tuple[int, int] | None]:
    """Compute what was asked, keeping it in a folder as it comes.

    Returns:
        The result, and the shape of the grid of starts if they are one.

    Raises:
        InputError: an option that cannot be understood, or a scheduler that does not answer.
    """
    asked = read_problems(question)
    some = next(iter(asked.values()))
    starts, shape = read_starts(question.starts, some)
    line_up = read_optimizers(question.optimizer)
    rates = read_rates(question.learning_rate)
    minimum, tolerance = marks(asked)
    with executor(scheduler) as workers:
        result = compare(
            asked,
            line_up,
            starts,
            question.epochs,
            vary={"learning_rate": rates},
            seeds=None if question.seeds is None else range(question.seeds),
            batch_size=question.batch_size,
            tolerance=tolerance if question.tolerance is None else question.tolerance,
            minimum=minimum,
            record_every=question.record_every,
            trajectories=question.trajectories,
            store=folder / f"{question.name}.zarr",
            executor=workers,
        )
    return result, shape


def draw(result: xr.Dataset, shape: tuple[int, int] | None, stem: Path) -> list[Path]:
    """Draw the figures that the result allows and save its table; the files."""
    drawn = {"profile": charts.profile(result, "How many starts arrive, and how soon, each at its best learning rate")}
    if result.sizes["learning_rate"] > 1:
        drawn["learning_rates"] = charts.sensitivity(result, "Where the epochs end, by learning rate")
    if shape is not None and "seed" not in result.dims:
        best = contests.at_best_rate(result)
        for problem in result.problem.values.tolist():
            title = f"{problem}: epochs to tolerance from each start, each at its best rate"
            drawn[f"atlas_{problem}"] = maps.atlas(best, problem, shape, title)
    files = [stem.with_name(f"{stem.name}_{name}.png") for name in drawn]
    for path, figure in zip(files, drawn.values(), strict=True):
        figures.save(figure, path)
    table = stem.with_name(f"{stem.name}_table.csv")
    rows = tables.summary(result)
    store.write_whole(table, lambda path: rows.to_csv(path, index=False, float_format="%.6g"))
    return [*files, table]


@contextmanager
def executor(address: str) -> Iterator[Executor | None]:
    """The executor of the Dask cluster whose scheduler is at that address; None without one.

    Raises:
        InputError: Dask is not installed, or no scheduler answers.
    """
    if not address:
        yield None
        return
    try:
        from distributed import Client
    except ImportError:
        raise InputError("--scheduler needs Dask; install it with: pip install 'tfreg[dask]'") from None
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        client = Client(address, timeout="5s")
    except (OSError, ValueError, TypeError) as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"--scheduler: expected a Dask scheduler at {address}, got none ({type(error).__name__}: {reason:.80}); "
            "start one with: dask scheduler"
        ) from None
    with client:
        if not client.scheduler_info()["workers"]:
            raise InputError(f"--scheduler: {address} has no workers; start some with: dask worker {address}")
        yield client.get_executor()


def in_words(result: xr.Dataset) -> str:
    """What was found: for each problem, which optimizer brings most starts to the tolerance, and how soon."""
    table = tables.summary(result)
    words = []
    for problem, rows in table.groupby("problem", sort=False):
        best = rows.sort_values(["share reached", "median epochs"], ascending=[False, True]).iloc[0]
        soon = f", half of them within {best['median epochs']:.0f} epochs" if np.isfinite(best["median epochs"]) else ""
        words.append(
            f"{problem}: {best.optimizer} at learning rate {best['best rate']:.3g} brings "
            f"{100 * best['share reached']:.0f} % of the starts to a loss of "
            f"{result.attrs['minimum'][problem] + result.attrs['tolerance'][problem]:.4g} or less{soon}."
        )
    return "\n".join(words)


def finished(path: Path) -> tuple[int, int]:
    """How many chunks a store holds, and of how many."""
    import zarr

    done = np.asarray(zarr.open_group(path, mode="r")["done"][:])  # type: ignore[index]
    return int(done.sum()), len(done)
