"""The runs of a comparison, cut into chunks that can be computed in any order, on any machine.

Conventions: the runs fill a grid with the dimensions `problem`, `optimizer`, then `seed` and each varied
hyper-parameter where given, and last `start`. A chunk is a box of that grid with one problem, one optimizer and one
seed; its runs are rows in the grid's order. The grid alone decides where the cuts are, so that a comparison that is
resumed computes the same chunks to the same bits.
"""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from tfreg.training.epochs import recorded_epochs

if TYPE_CHECKING:
    from tfreg.optimizers import Optimizer
    from tfreg.problem.problem import Problem

STATUS = ("reached", "not_reached", "diverged")  # the outcomes of a run, by the number that stands for each

# A chunk should take long beside the milliseconds of calling and saving it, and not so long that its loss hurts.
_UPDATES_PER_CHUNK = 2**31  # of one weight vector by one sample: about a second
_NUMBERS_PER_CHUNK = 2**24  # of a chunk's results: 64 MB in float32
_MOST_ROWS = 2**16


@dataclass(frozen=True)
class Schedule:
    """The training of every run of a comparison, and what is recorded of it.

    Attributes:
        epochs: passes over the data.
        record_every: the loss is looked at every so many epochs, and at the last.
        batch_size: samples per update, None for all of them.
        trajectories: keep weights and losses of all recorded epochs.
    """

    epochs: int
    record_every: int = 10
    batch_size: int | None = None
    trajectories: bool = False

    @property
    def n_records(self) -> int:
        """The number R of those epochs."""
        return -(-self.epochs // self.record_every) + 1

    @property
    def record_at(self) -> np.ndarray:
        """The epochs at which the loss is looked at, (R,)."""
        return recorded_epochs(self.epochs, self.record_every)


@dataclass(frozen=True, eq=False)
class RunGrid:
    """The axes of a comparison, how each run is trained, and when it has arrived.

    Attributes:
        problems: what is minimised, by name; all with the same weights.
        optimizers: what minimises them, by name.
        varied: values of each hyper-parameter that is an axis, by its name.
        seeds: for shuffling the samples; None if there is no such axis.
        starts: weight vectors (S, n_weights).
        schedule: how each run is trained.
        tolerance: how far above the minimum a loss has arrived, by problem; None to derive it from the minimum.
        minimum: the lowest loss of those problems whose minimum is given.
    """

    problems: Mapping[str, "Problem"]
    optimizers: Mapping[str, "Optimizer"]
    varied: Mapping[str, np.ndarray]
    seeds: tuple[int, ...] | None
    starts: np.ndarray
    schedule: Schedule
    tolerance: Mapping[str, float] | None
    minimum: Mapping[str, float]

    @property
    def first_problem(self) -> "Problem":
        """The first problem, for what all of them share: their weights and their precision."""
        return next(iter(self.problems.values()))

    @cached_property
    def sizes(self) -> dict[str, int]:
        """The dimensions of the grid of runs, in order, and their sizes."""
        return {
            "problem": len(self.problems),
            "optimizer": len(self.optimizers),
            **({} if self.seeds is None else {"seed": len(self.seeds)}),
            **{name: len(values) for name, values in self.varied.items()},
            "start": len(self.starts),
        }

    @cached_property
    def box(self) -> dict[str, int]:
        """The size of a chunk along each dimension."""
        n_weights, schedule = self.starts.shape[1], self.schedule
        numbers_per_run = (schedule.n_records if schedule.trajectories else 1) * (n_weights + 1)
        left = min(
            max(1, _UPDATES_PER_CHUNK // (schedule.epochs * self._updates_per_epoch)),
            max(1, _NUMBERS_PER_CHUNK // numbers_per_run),
            _MOST_ROWS,
        )
        box = dict.fromkeys(self.sizes, 1)
        for name in reversed([*self.varied, "start"]):
            # In equal parts, so that little has to be filled up.
            n_parts = -(-self.sizes[name] // max(1, left))
            box[name] = -(-self.sizes[name] // n_parts)
            left //= box[name]
        return box

    @property
    def _updates_per_epoch(self) -> int:
        """The cost of one epoch of one run of the largest problem, in updates of one weight by one sample."""
        return max(
            max(shape[-1] for shape in problem.shapes) * len(problem.dataset.inputs)
            for problem in self.problems.values()
        )

    def chunks(self) -> Iterator["Chunk"]:
        """All chunks, in the grid's order."""
        corners = (range(0, size, self.box[name]) for name, size in self.sizes.items())
        for number, corner in enumerate(itertools.product(*corners)):
            yield Chunk(self, number, dict(zip(self.sizes, corner, strict=True)))

    @property
    def n_chunks(self) -> int:
        """The number of chunks."""
        return int(np.prod([-(-size // self.box[name]) for name, size in self.sizes.items()]))


@dataclass(frozen=True, eq=False)
class Chunk:
    """One box of a grid of runs.

    Attributes:
        grid: what it is cut from.
        number: its place among the chunks.
        corner: where it begins along each dimension.
    """

    grid: RunGrid
    number: int
    corner: Mapping[str, int]

    @property
    def region(self) -> dict[str, slice]:
        """Its extent along each dimension."""
        sizes, box = self.grid.sizes, self.grid.box
        return {name: slice(first, min(first + box[name], sizes[name])) for name, first in self.corner.items()}

    @property
    def shape(self) -> tuple[int, ...]:
        """Its size along each dimension."""
        return tuple(part.stop - part.start for part in self.region.values())

    @property
    def problem(self) -> str:
        """The name of its problem."""
        return list(self.grid.problems)[self.corner["problem"]]

    @property
    def optimizer(self) -> str:
        """The name of its optimizer."""
        return list(self.grid.optimizers)[self.corner["optimizer"]]

    @property
    def seed(self) -> int:
        """The seed for shuffling its samples."""
        return 0 if self.grid.seeds is None else self.grid.seeds[self.corner["seed"]]

    def runs(self) -> "ChunkRuns":
        """Its runs as rows: everything that a worker needs besides the problem and the optimizer."""
        grid, region = self.grid, self.region
        axes = [values[region[name]] for name, values in grid.varied.items()]
        *columns, start = np.meshgrid(*axes, np.arange(len(grid.starts))[region["start"]], indexing="ij")
        # Chunks at the edge of the grid are filled up: another shape would have to be compiled, and might round
        # otherwise.
        missing = int(np.prod(list(grid.box.values()))) - start.size
        starts, *varied = (np.pad(rows.ravel(), (0, missing), mode="edge") for rows in (start, *columns))
        return ChunkRuns(
            starts=grid.starts[starts],
            varied=dict(zip(grid.varied, varied, strict=True)),
            n_runs=start.size,
            schedule=grid.schedule,
            seed=self.seed,
        )

    def __str__(self) -> str:
        """The chunk as text: `problem bce, optimizer adam, learning_rate 0.1 to 1, starts 0 to 255`."""
        words = [f"problem {self.problem}, optimizer {self.optimizer}"]
        if self.grid.seeds is not None:
            words.append(f"seed {self.seed}")
        for name, values in self.grid.varied.items():
            inside = values[self.region[name]]
            words.append(f"{name} {inside[0]:g}" + (f" to {inside[-1]:g}" if len(inside) > 1 else ""))
        starts = self.region["start"]
        return ", ".join([*words, f"starts {starts.start} to {starts.stop - 1}"])


@dataclass(frozen=True, eq=False)
class ChunkRuns:
    """The runs of a chunk, as rows.

    Attributes:
        starts: weight vectors (rows, n_weights).
        varied: of each varied hyper-parameter the values (rows,).
        n_runs: the number of rows that count; the others fill up.
        schedule: how they are trained.
        seed: for shuffling the samples.
    """

    starts: np.ndarray
    varied: Mapping[str, np.ndarray]
    n_runs: int
    schedule: Schedule
    seed: int
