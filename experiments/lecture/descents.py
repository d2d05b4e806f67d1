"""What the scripts of experiments 10 to 12 share: when a descent has arrived, and how descents are drawn and kept.

Conventions: problems and goals go by the name of their loss, MSE or BCE; runs by that and, within it, by the state that
their optimizer began with.
"""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from tfreg import Findings, Problem, draw, loss_surface, surfaces

Runs = Mapping[str, xr.Dataset]  # by loss
Grid = dict[str, np.ndarray]


def goals(problems: Mapping[str, Problem]) -> dict[str, float]:
    """The loss at which a descent has arrived: 1 % of what weights of zero have to gain is left above the minimum."""
    targets = surfaces.targets(problems)
    return {loss: float((targets.minimum + targets.tolerance).sel(problem=loss)) for loss in problems}


def arrival(run: xr.Dataset, goal: float) -> int | None:
    """The first recorded epoch whose loss is at the goal or below; None if there is none."""
    arrived = np.flatnonzero(run.loss.values <= goal)
    return int(run.epoch[arrived[0]]) if len(arrived) else None


def arrivals(runs: Runs, goals: Mapping[str, float]) -> str:
    """When each loss's run arrives, as text."""
    texts = []
    for loss, run in runs.items():
        epoch, (w0, w1) = arrival(run, goals[loss]), run.weights.values[-1]
        texts.append(f"{loss} does not arrive, ends at ({w0:.2f}, {w1:.2f})" if epoch is None else f"{loss} at {epoch}")
    return ", ".join(texts)


def add_warm_up(found: Findings, warm_ups: Runs) -> None:
    """Add the warm-up epoch of each loss: the run, and the numbers that the lecture printed of it."""
    for loss, run in warm_ups.items():
        found.run(f"{loss.lower()}_warm_up", run)
        found.number(f"{loss.lower()}.warm_up_loss", run.loss.values[0])
        found.number(f"{loss.lower()}.warm_up_weights", run.weights.values[-1])


def add_descents(
    found: Findings, problems: Mapping[str, Problem], runs: Mapping[str, Runs], over: Grid, title: str, caption: str
) -> None:
    """Add runs, their figure on both surfaces, and their animation with the fits below.

    Args:
        found: receives them.
        problems: by loss.
        runs: by loss, and by a name such as "carried over".
        over: the grid of the surfaces.
        title: above figure and animation.
        caption: a sentence on what the figure shows.
    """
    for loss, by_name in runs.items():
        for name, run in by_name.items():
            found.run(f"{loss.lower()}_{name.replace(' ', '_')}", run)
    by_loss = {loss: loss_surface(problem, over) for loss, problem in problems.items()}
    data = problems["MSE"].dataset
    minima = {loss: {"minimum": surfaces.minimum_weights(p, data.true_weights)} for loss, p in problems.items()}
    fits = {
        loss: {name: problems[loss].predictions_at(run.weights.values)[..., 0] for name, run in by_name.items()}
        for loss, by_name in runs.items()
    }
    look = {"title": title, "points": minima, "styles": draw.STATES}
    found.figure("paths", draw.descent(by_loss, runs, **look), caption)
    found.figure(
        "animation",
        draw.descent_animation(by_loss, runs, data=data, fits=fits, **look),
        f"{title}: a point every 15 epochs, and the fit at each.",
    )
