"""The command `tfreg compare`: compute here or on a cluster, draw, and print the result.

Conventions: the result goes to a Zarr folder named after the options, so that the same command resumes where it was
interrupted. Anything heavy is imported by the function that needs it.
"""

import logging
import sys
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from tfreg.checks.errors import InputError
from tfreg.checks.values import check_folder
from tfreg.cli.option_kinds import EPILOG, NoEmptyValues
from tfreg.cli.options import CompareOptions, with_options
from tfreg.suite import terminal

if TYPE_CHECKING:
    import xarray as xr

_CONNECT_WITHIN = "5s"


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("compare", cls=NoEmptyValues, epilog=EPILOG)(with_options(CompareOptions)(compare_optimizers))


def compare_optimizers(options: CompareOptions) -> None:
    """Compare optimizers: their best learning rates, and the share of starts that each brings to the tolerance.

    The same command resumes where it was interrupted.
    """
    from tfreg.cli.show_comparison import interruption, next_command, report

    for place in (options.figures, options.runs):
        check_folder(place)
    console = terminal.console()
    try:
        result = compute(options)
    except KeyboardInterrupt:
        console.print(interruption(options.store))
        sys.exit(130)
    files = _drawn(result, options.figures / "compare" / options.name)
    console.print(report(result, options, files))
    console.print(f"Next: {next_command(result, options)}", soft_wrap=True, markup=False)


def compute(options: CompareOptions) -> "xr.Dataset":
    """Compute the comparison, keeping it in the folder `options.store` as it comes.

    Raises:
        InputError: an option that cannot be understood, or a scheduler that does not answer.
    """
    from tfreg.cli.named_problems import ranges
    from tfreg.cli.read_options import code_of, read_optimizers, read_problems, read_rates, read_starts
    from tfreg.comparison.compare import compare

    problems = read_problems(options)
    optimizers = read_optimizers(options.optimizer)
    rates = read_rates(options.learning_rate)
    own_ranges = ranges("" if options.data else options.problem)
    starts = read_starts(options.starts, next(iter(problems.values())), own_ranges)
    with executor_at(options.scheduler) as executor, code_of(options):
        return compare(
            problems,
            optimizers,
            starts,
            options.epochs,
            vary={"learning_rate": rates},
            seeds=None if options.seeds is None else range(options.seeds),
            batch_size=options.batch_size,
            tolerance=options.tolerance,
            record_every=options.record_every,
            trajectories=options.trajectories,
            store=options.store,
            executor=executor,
        )


def _drawn(result: "xr.Dataset", stem: Path) -> list[Path]:
    """Draw the figures that the result allows and save its table; the files, named after the stem."""
    from tfreg import comparison, draw
    from tfreg.files import write_whole

    drawn = {"profile": draw.profile(result, "The share of starts that arrive, each at its best learning rate")}
    if result.sizes["learning_rate"] > 1:
        drawn["learning_rates"] = draw.sensitivity(result, "Final loss by learning rate")
    names = comparison.grid_of_starts(result)
    if names is not None and "seed" not in result.dims:
        best = comparison.at_best_rate(result)
        for problem in result.problem.values.tolist():
            title = f"{problem}: epochs to tolerance from each start, each at its best learning rate"
            drawn[f"atlas_{problem}"] = draw.atlas(best, problem, title)
    files = [stem.with_name(f"{stem.name}_{name}.png") for name in drawn]
    for path, figure in zip(files, drawn.values(), strict=True):
        draw.save(figure, path)
    table = stem.with_name(f"{stem.name}_table.csv")
    rows = comparison.summary(result)
    write_whole(table, lambda path: rows.to_csv(path, index=False, float_format="%.6g"))
    return [*files, table]


@contextmanager
def executor_at(address: str) -> Iterator[Executor | None]:
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
        # Not as the default: a client that fails to connect would stay it, and xarray would ask it for locks.
        client = Client(address, timeout=_CONNECT_WITHIN, set_as_default=False)
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
