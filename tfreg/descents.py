"""What the descent experiments share: trained with the optimizer's state carried over and fresh, drawn on the surface.

Conventions: everything is keyed by the name of the loss (MSE, BCE). All runs are of the two-weight logistic problem,
start at the same weights and are recorded at every epoch. "Carried over" means as the lecture did it: the model was
fitted for one epoch from a random start, then the start was set, and the same optimizer went on with what it
remembered. "Fresh" is an optimizer that has made no step.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from tfreg import datasets, losses, models, surfaces
from tfreg.comparison.intervals import share
from tfreg.draw import animation as animations
from tfreg.draw import surfaces as landscapes
from tfreg.draw.animation import Animation
from tfreg.draw.surfaces import Scene
from tfreg.optimizers import Optimizer
from tfreg.problem.problem import Problem
from tfreg.training.train import train

STAYED = 3.0  # stayed is who ends this near the start without having arrived
ARRIVED = 0.01  # arrived is who has this share of the way down (in loss, from start to minimum) left or less


@dataclass(frozen=True, eq=False)
class Descents:
    """The runs of a descent experiment, each by the name of its loss."""

    problems: Mapping[str, Problem]
    warm_ups: Mapping[str, xr.Dataset]
    carried: Mapping[str, xr.Dataset]
    fresh: Mapping[str, xr.Dataset]

    @property
    def same(self) -> bool:
        """Whether the carried-over state made no difference at all."""
        pairs = ((self.carried[loss].weights, self.fresh[loss].weights) for loss in self.problems)
        return all(np.array_equal(carried, fresh, equal_nan=True) for carried, fresh in pairs)


@cache
def lecture_problems(dtype: str = "float32") -> dict[str, Problem]:
    """The logistic problem with weights (w0, w1) under both losses of the lecture.

    Made once, so that the experiments that share it share its compiled programs too.
    """
    data = datasets.bernoulli_line()
    return {
        "MSE": Problem(models.logistic(2, dtype=dtype), losses.mse, data),
        "BCE": Problem(models.logistic(2, dtype=dtype), losses.bce, data),
    }


def run(
    problems: Mapping[str, Problem],
    optimizer: Optimizer,
    epochs: int,
    start: Sequence[float],
    warm_up_starts: Mapping[str, Sequence[float]],
) -> Descents:
    """Train every problem from `start`, with the state carried over from one warm-up epoch and fresh."""
    warm_ups = {loss: train(problem, optimizer, 1, warm_up_starts[loss]) for loss, problem in problems.items()}
    return Descents(
        problems=problems,
        warm_ups=warm_ups,
        carried={
            loss: train(problem, optimizer, epochs, start, continue_from=warm_ups[loss])
            for loss, problem in problems.items()
        },
        fresh={loss: train(problem, optimizer, epochs, start) for loss, problem in problems.items()},
    )


@cache
def minimum(problem: Problem) -> np.ndarray:
    """The weights (2,) of the minimum of a problem of the lecture, in float64 whatever its own precision."""
    (exact,) = [twin for twin in lecture_problems("float64").values() if twin.loss is problem.loss]
    return surfaces.minimum_weights(exact, exact.dataset.true_weights)


def random_starts(count: int, seed: int) -> np.ndarray:
    """Starts (count, 2) spread evenly at random over the lecture's grid: w0 from -10 to 3, w1 from -1 to 10."""
    return np.random.default_rng(seed).uniform((-10, -1), (3, 10), (count, 2))


def arrival(problem: Problem, run: xr.Dataset) -> int | None:
    """The first recorded epoch with at most `ARRIVED` of the way down left, None if there is none."""
    reached = np.flatnonzero(_arrived(problem, run))
    return int(run.epoch[reached[0]]) if len(reached) else None


def _arrived(problem: Problem, run: xr.Dataset) -> np.ndarray:
    """Whether at most `ARRIVED` of the way down is left, in the shape of the run's loss, epochs last."""
    lowest = problem.loss_at(minimum(problem))
    return (run.loss.values - lowest) / (run.loss.values[..., :1] - lowest) <= ARRIVED


def fates_after_warm_up(
    problem: Problem, adam: Optimizer, epochs: int, start: Sequence[float], n_warm_ups: int, seed: int
) -> dict[str, str]:
    """What becomes of descents from `start`, by what of Adam's state is carried over.

    Each carries over the state of one warm-up epoch from a random start, drawn as Keras draws the kernel of this model
    (Glorot uniform) from `seed`: all of it, or one part of it with the rest as in a fresh Adam. In words, by the part:
    the share with its 95 % interval that stays, ending within `STAYED` of the start, and that does not arrive.
    """
    warm_up = train(problem, adam, 1, problem.random_starts(n_warm_ups, seed))
    labels = warm_up.state.str
    parts = {
        "all": labels.match(""),
        "the average of the gradient only": labels.contains("momentum"),
        "the average of its square only": labels.contains("velocity"),
        "the count of steps only": labels.match("iteration"),
    }
    fates = {}
    for name, kept in parts.items():
        # All of Adam's state is zero before its first step.
        carried = warm_up.assign(optimizer_state=warm_up.optimizer_state.where(kept, 0))
        runs = train(
            problem, adam, epochs, [start] * n_warm_ups, continue_from=carried, record_every=landscapes.STRETCH
        )
        away = np.linalg.norm(runs.weights.values[:, -1] - np.array(start), axis=1)
        lost = ~_arrived(problem, runs).any(axis=1)
        stay, do_not_arrive = (share(int(which.sum()), n_warm_ups) for which in (lost & (away < STAYED), lost))
        fates[name] = f"{stay} stay, {do_not_arrive} do not arrive"
    return fates


def arrivals(descents: Descents, runs: Mapping[str, xr.Dataset]) -> str:
    """In words, when each loss's run arrives."""
    words = []
    for loss, run in runs.items():
        epoch = arrival(descents.problems[loss], run)
        weights = ", ".join(f"{weight:.2f}" for weight in run.weights.values[-1])
        words.append(
            f"{loss} arrives at epoch {epoch}" if epoch is not None else f"{loss} does not arrive: ({weights})"
        )
    return ", ".join(words)


def place(weights: Sequence[float]) -> str:
    """A weight pair in words: `(-3, -1)`."""
    return f"({', '.join(f'{weight:g}' for weight in weights)})"


def saved_runs(descents: Descents) -> dict[str, xr.Dataset]:
    """All runs under the names that their files have."""
    kinds = {"warm_up": descents.warm_ups, "carried_over": descents.carried, "fresh": descents.fresh}
    return {f"{loss.lower()}_{kind}": run for kind, runs in kinds.items() for loss, run in runs.items()}


def numbers(descents: Descents) -> dict[str, object]:
    """What the lecture printed: the start, and of each warm-up epoch its loss before and its weights after."""
    values: dict[str, object] = {"start": next(iter(descents.fresh.values())).weights.values[0]}
    for loss, run in descents.warm_ups.items():
        values[f"{loss.lower()}.warm_up_loss"] = run.loss.values[0]
        values[f"{loss.lower()}.warm_up_weights"] = run.weights.values[-1]
    return values


def draw(
    descents: Descents, name: str, title: str, note: str, grid_step: float
) -> dict[str, tuple[Figure | Animation, str]]:
    """The figure and the animation, each with a sentence, with the true weights and the minimum of each loss marked.

    Args:
        descents: what to draw.
        name: the optimizer, as its paths are labelled.
        title: above both.
        note: what the difference between carried-over and fresh state is, above the legend.
        grid_step: distance of the surface's points.
    """
    shown = scene(descents, name, grid_step)
    return {
        "paths": (landscapes.descents(shown, title, note), f"{title}, in 3-D and from above. {note}."),
        "animation": (animations.descent(shown, title), f"{title}, a point every 15, and the fit at each."),
    }


def scene(descents: Descents, name: str, grid_step: float = 0.2) -> Scene:
    """The surfaces, paths, fits and marked points of descents whose optimizer is called `name`."""
    over = surfaces.grid(w0=(-12, 3, grid_step), w1=(-2, 10, grid_step))
    paths = {loss: _labelled(descents, name, loss) for loss in descents.problems}
    return Scene(
        surfaces={loss: surfaces.loss_surface(problem, over) for loss, problem in descents.problems.items()},
        paths=paths,
        fits={
            loss: {label: problem.predictions_at(run.weights.values)[..., 0] for label, run in paths[loss].items()}
            for loss, problem in descents.problems.items()
        },
        points={
            loss: {"true weights": problem.dataset.true_weights or (), "minimum": minimum(problem)}
            for loss, problem in descents.problems.items()
        },
        dataset=next(iter(descents.problems.values())).dataset,
    )


def _labelled(descents: Descents, name: str, loss: str) -> dict[str, xr.Dataset]:
    if descents.same:
        return {f"{name}, carried over and fresh alike": descents.fresh[loss]}
    return {f"{name}, state carried over": descents.carried[loss], f"{name}, fresh": descents.fresh[loss]}
