"""Descents of experiments 10 to 12: their arrival at the minimum, their figure and their animation.

Conventions: problems and goals go by the name of their loss, MSE or BCE; runs by that and, within it, by the state that
their optimizer began with. A run has arrived at the goal of `surfaces.goals`.
"""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from tfreg import Problem, draw, loss_surface, surfaces

Grid = dict[str, np.ndarray]


def arrival(run: xr.Dataset, goal: float) -> int | None:
    """The first recorded epoch whose loss is at the goal or below; None if there is none."""
    arrived = np.flatnonzero(run.loss.values <= goal)
    return int(run.epoch[arrived[0]]) if len(arrived) else None


def arrivals(runs: Mapping[str, xr.Dataset], goals: Mapping[str, float]) -> str:
    """The epoch of arrival of each loss's run, or the weights where it ends instead, as text."""
    texts = []
    for loss, run in runs.items():
        epoch, (w0, w1) = arrival(run, goals[loss]), run.weights.values[-1]
        texts.append(f"{loss} does not arrive, ends at ({w0:.2f}, {w1:.2f})" if epoch is None else f"{loss} at {epoch}")
    return ", ".join(texts)


def figure_and_animation(
    problems: Mapping[str, Problem], runs: Mapping[str, Mapping[str, xr.Dataset]], over: Grid, title: str
) -> tuple[Figure, draw.Animation]:
    """Draw the paths of runs on both loss surfaces, and animate them with the fits below.

    Args:
        problems: by loss.
        runs: by loss, and by a name such as "carried over".
        over: the grid of the surfaces.
        title: above figure and animation.
    """
    by_loss = {loss: loss_surface(problem, over) for loss, problem in problems.items()}
    data = problems["MSE"].dataset
    minima = {loss: {"minimum": surfaces.minimum_weights(p, data.true_weights)} for loss, p in problems.items()}
    fits = {
        loss: {name: problems[loss].predictions_at(run.weights.values)[..., 0] for name, run in by_name.items()}
        for loss, by_name in runs.items()
    }
    look = {"title": title, "points": minima, "styles": draw.STATES}
    paths = draw.descent(by_loss, runs, **look)
    return paths, draw.descent_animation(by_loss, runs, data=data, fits=fits, **look)
