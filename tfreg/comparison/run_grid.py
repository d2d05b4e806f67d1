"""What a comparison consists of, cut into chunks that are computed one by one, in any order, on any machine.

Conventions: the runs of a comparison fill a grid with the dimensions `problem`, `optimizer`, then `seed` and each
varied hyper-parameter where given, and last `start`. A chunk is a box of that grid with one problem, one optimizer and
one seed; its runs are rows in the grid's order. Where the cuts are is decided by the plan alone, so that a comparison
that is taken up again computes the same chunks to the same bits.
"""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from tfreg.errors import InputError

STATUS = ("reached", "stuck", "diverged")  # what a run can have come to, by the number that stands for it

# A chunk should take long beside the milliseconds of calling and saving it, and short beside the patience of who waits.
_UPDATES_PER_CHUNK = 2**31  # of one weight vector by one sample: about a second
_NUMBERS_PER_CHUNK = 2**24  # of a chunk's results: 64 MB in float32
_MOST_ROWS = 2**16


@dataclass(frozen=True, eq=False)
class Plan:
    """The axes of a comparison and how each run is made.

    Attributes:
        problems: their names.
        optimizers: their names.
        varied: values of each hyper-parameter that is an axis, by its name.
        seeds: of the order of the samples; None if there is no such axis.
        starts: weight vectors (S, n_weights).
        epochs: passes over the data.
        record_every: the loss is looked at every so many epochs, and at the last.
        batch_size: samples per update, None for all of them.
        trajectories: whether weights and losses of all recorded epochs are kept.
        updates_per_epoch: what one epoch of one run costs, in updates of one weight vector by one sample.
    """

    problems: tuple[str, ...]
    optimizers: tuple[str, ...]
    varied: Mapping[str, np.ndarray]
    seeds: tuple[int, ...] | None
    starts: np.ndarray
    epochs: int
    record_every: int
    batch_size: int | None
    trajectories: bool
    updates_per_epoch: int

    @property
    def sizes(self) -> dict[str, int]:
        """The dimensions of the grid of runs, in order, and their sizes."""
        return {
            "problem": len(self.problems),
            "optimizer": len(self.optimizers),
            **({} if self.seeds is None else {"seed": len(self.seeds)}),
            **{name: len(values) for name, values in self.varied.items()},
            "start": len(self.starts),
        }

    @property
    def record_at(self) -> np.ndarray:
        """The epochs at which the loss is looked at, (R,)."""
        return np.unique(np.append(np.arange(0, self.epochs, self.record_every), self.epochs))

    @property
    def box(self) -> dict[str, int]:
        """The size of a chunk along each dimension."""
        kept = len(self.record_at) * (self.starts.shape[1] + 1) if self.trajectories else self.starts.shape[1] + 1
        left = min(
            max(1, _UPDATES_PER_CHUNK // (self.epochs * self.updates_per_epoch)),
            max(1, _NUMBERS_PER_CHUNK // kept),
            _MOST_ROWS,
        )
        box = dict.fromkeys(self.sizes, 1)
        for name in reversed([*self.varied, "start"]):
            # In equal parts, so that little has to be filled up.
            n_parts = -(-self.sizes[name] // max(1, left))
            box[name] = -(-self.sizes[name] // n_parts)
            left //= box[name]
        return box

    def chunks(self) -> Iterator["Chunk"]:
        """All chunks, in the grid's order."""
        corners = (range(0, size, self.box[name]) for name, size in self.sizes.items())
        for number, corner in enumerate(itertools.product(*corners)):
            yield Chunk(self, number, dict(zip(self.sizes, corner, strict=True)))

    @property
    def n_chunks(self) -> int:
        """How many chunks there are."""
        return int(np.prod([-(-size // self.box[name]) for name, size in self.sizes.items()]))


@dataclass(frozen=True, eq=False)
class Chunk:
    """One box of a plan's grid.

    Attributes:
        plan: what it is cut from.
        number: its place among the chunks.
        corner: where it begins along each dimension.
    """

    plan: Plan
    number: int
    corner: Mapping[str, int]

    @property
    def region(self) -> dict[str, slice]:
        """Its extent along each dimension."""
        sizes, box = self.plan.sizes, self.plan.box
        return {name: slice(first, min(first + box[name], sizes[name])) for name, first in self.corner.items()}

    @property
    def shape(self) -> tuple[int, ...]:
        """Its size along each dimension."""
        return tuple(part.stop - part.start for part in self.region.values())

    @property
    def problem(self) -> str:
        """The name of its problem."""
        return self.plan.problems[self.corner["problem"]]

    @property
    def optimizer(self) -> str:
        """The name of its optimizer."""
        return self.plan.optimizers[self.corner["optimizer"]]

    @property
    def seed(self) -> int:
        """The seed of its orders of the samples."""
        return 0 if self.plan.seeds is None else self.plan.seeds[self.corner["seed"]]

    def task(self) -> "Task":
        """What whoever computes it has to know."""
        plan, region = self.plan, self.region
        axes = [values[region[name]] for name, values in plan.varied.items()]
        *columns, start = np.meshgrid(*axes, np.arange(len(plan.starts))[region["start"]], indexing="ij")
        # Chunks at the edge of the grid are filled up: another shape would have to be compiled, and might round
        # otherwise.
        missing = int(np.prod(list(plan.box.values()))) - start.size
        starts, *varied = (
            np.pad(rows, (0, missing), mode="edge") for rows in (start.ravel(), *(values.ravel() for values in columns))
        )
        return Task(
            starts=plan.starts[starts],
            varied=dict(zip(plan.varied, varied, strict=True)),
            n_runs=start.size,
            record_at=plan.record_at,
            batch_size=plan.batch_size,
            seed=self.seed,
            trajectories=plan.trajectories,
        )

    def __str__(self) -> str:
        """What it is, in words: `problem bce, optimizer adam, learning_rate 0.1 to 1, starts 0 to 255`."""
        words = [f"problem {self.problem}, optimizer {self.optimizer}"]
        if self.plan.seeds is not None:
            words.append(f"seed {self.seed}")
        for name, values in self.plan.varied.items():
            inside = values[self.region[name]]
            words.append(f"{name} {inside[0]:g}" + (f" to {inside[-1]:g}" if len(inside) > 1 else ""))
        starts = self.region["start"]
        return ", ".join([*words, f"starts {starts.start} to {starts.stop - 1}"])


@dataclass(frozen=True, eq=False)
class Task:
    """The runs of a chunk, as rows.

    Attributes:
        starts: weight vectors (rows, n_weights).
        varied: of each varied hyper-parameter the values (rows,).
        n_runs: how many of the rows count; the others fill up.
        record_at: the epochs at which the loss is looked at, (R,).
        batch_size: samples per update, None for all of them.
        seed: of the orders of the samples.
        trajectories: whether weights and losses of all recorded epochs are wanted.
    """

    starts: np.ndarray
    varied: Mapping[str, np.ndarray]
    n_runs: int
    record_at: np.ndarray
    batch_size: int | None
    seed: int
    trajectories: bool


def check_axis(name: str, values: object) -> np.ndarray:
    """The values of a hyper-parameter as an array: numbers above 0 (for momentum from 0 on, below 1), each once.

    Raises:
        InputError: they are not.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name}: expected numbers, got {values!r:.60}") from None
    if array.ndim != 1 or array.size == 0:
        raise InputError(f"{name}: expected one value or more in a row, got shape {array.shape}")
    valid = (array >= 0) & (array < 1) if name == "momentum" else (array > 0) & (array < np.inf)
    if not valid.all():
        expected = "from 0 on, below 1" if name == "momentum" else "above 0"
        raise InputError(f"{name}: expected values {expected}, got {array[~valid][0]:g}")
    if len(np.unique(array)) < len(array):
        raise InputError(f"{name}: expected each value once, got {array.size - len(np.unique(array))} twice")
    return array
