"""The size of a comparison before the work begins: its runs, the bytes of its results, and about how long it takes.

Conventions: the speeds are rough, of the size that `benchmarks/README.md` measures on two cores. Another machine, loss
or optimizer may be a few times as fast or as slow, which is enough to tell a minute from a day.
"""

import math
from dataclasses import dataclass
from pathlib import Path

from tfreg import optimizers
from tfreg.checks.sizes import as_text, check_disk, check_memory
from tfreg.comparison.run_grid import RunGrid
from tfreg.optimizers import Optimizer
from tfreg.problem.problem import Problem

_UPDATES_PER_SECOND = 2e9  # of one weight by one sample
# What a step of one start takes beside: of an optimizer that works element by element, and of any other.
_SECONDS_PER_STEP = {True: 3e-8, False: 5e-7}
_BYTES_PER_FILE = 4096  # at the least, on most disks
_LONG = 60.0  # seconds
_UNITS = (("years", 31_557_600), ("days", 86400), ("hours", 3600), ("minutes", 60))


@dataclass(frozen=True)
class Estimate:
    """What a comparison takes.

    Attributes:
        n_runs: the number of runs.
        n_bytes: of the results, on disk or in memory.
        seconds: of computing, in one process.
    """

    n_runs: int
    n_bytes: int
    seconds: float

    @property
    def is_long(self) -> bool:
        """True if it takes so long that a user wants to know before."""
        return self.seconds > _LONG

    def __str__(self) -> str:
        """The estimate as text: `85800 runs, about 3.2 hours, 2.1 MiB`."""
        unit, size = next((one for one in _UNITS if self.seconds >= one[1]), _UNITS[-1])
        return f"{self.n_runs} runs, about {self.seconds / size:.2g} {unit}, {as_text(self.n_bytes)}"


def estimate(grid: RunGrid) -> Estimate:
    """The size of a comparison."""
    n_runs = math.prod(grid.sizes.values())
    per_pair = n_runs // (grid.sizes["problem"] * grid.sizes["optimizer"])
    seconds = sum(
        per_pair * _seconds_per_run(grid, problem, optimizer)
        for problem in grid.problems.values()
        for optimizer in grid.optimizers.values()
    )
    return Estimate(n_runs, n_runs * _bytes_per_run(grid), seconds)


def _seconds_per_run(grid: RunGrid, problem: Problem, optimizer: Optimizer) -> float:
    schedule, n_samples = grid.schedule, len(problem.dataset.inputs)
    n_steps = -(-n_samples // (schedule.batch_size or n_samples))
    updates = n_samples * max(shape[-1] for shape in problem.shapes)
    per_epoch = updates / _UPDATES_PER_SECOND + n_steps * _SECONDS_PER_STEP[optimizers.is_elementwise(optimizer)]
    return schedule.epochs * per_epoch


def check_fits(grid: RunGrid, path: Path | None) -> None:
    """Refuse a comparison whose results fit neither into memory nor on the disk.

    Raises:
        InputError: says how much is needed, and what to ask less of.
    """
    schedule, n_rows = grid.schedule, math.prod(grid.box.values())
    kept = _bytes_per_run(grid) if schedule.trajectories else 8 * schedule.n_records
    check_memory(
        f"epochs: a run of {schedule.epochs} epochs whose loss is looked at {schedule.n_records} times",
        3 * (n_rows * kept + 8 * schedule.n_records),
        "give a larger record_every or fewer epochs",
    )
    found = estimate(grid)
    what = f"a comparison of {found.n_runs} runs"
    fewer = "give fewer starts, seeds or values of hyper-parameters"
    if path is None:
        check_memory(what, 2 * found.n_bytes, f"give a store, or {fewer[5:]}")
    else:
        n_files = grid.n_chunks * (9 if schedule.trajectories else 7)
        check_disk(what, max(found.n_bytes, n_files * _BYTES_PER_FILE), path, fewer)
        check_memory(f"{what} in {grid.n_chunks} chunks", 64 * grid.n_chunks, fewer)


def _bytes_per_run(grid: RunGrid) -> int:
    itemsize = 8 if grid.first_problem.dtype == "float64" else 4
    n_records = 1 + (grid.schedule.n_records if grid.schedule.trajectories else 0)
    return itemsize * n_records * (grid.starts.shape[1] + 1) + 6  # and the status, `reached` and the epochs
