"""Trainability: which learning rates and momenta converge

SGD with every combination of a learning rate and a momentum, from one start, on the lecture's model with fewer samples.
Theory gives the rates at which a quadratic with the curvature λ of the minimum is no longer stable: 2 (1 + m) / λ with
momentum m (Polyak 1964). Below it a run may still be lost: far from the minimum the unclipped BCE is NaN in float32
once a probability rounds to 0 or 1. Above it a run may pass the minimum. Narrower ranges zoom in.
"""

import numpy as np

from tfreg import Findings, Problem, compare, comparison, datasets, draw, losses, models, script, surfaces


def main(
    epochs: int = 300,
    loss: str = "bce",
    start: tuple[float, float] = (-3.0, -1.0),
    learning_rates: tuple[float, float] = (0.01, 1000.0),
    momenta: tuple[float, float] = (0.0, 0.995),
    n_points: int = 256,
    n_samples: int = 400,
) -> Findings:
    problem = Problem(models.logistic(2), losses.get(loss), datasets.bernoulli_line(n_samples))
    minimum = surfaces.minimum_weights(problem, near=problem.dataset.true_weights)
    limit = 2 / float(np.linalg.eigvalsh(problem.hessian_at(minimum))[-1])
    highest = 0.2 * momenta[0] + 0.8 * momenta[1]
    ranges = {"the whole map": (learning_rates, momenta), "closer": ((limit / 100, limit), (highest, momenta[1]))}
    maps = {
        title: compare(
            {loss: problem},
            ["momentum"],
            start,
            epochs,
            vary={"learning_rate": np.geomspace(*rates, n_points), "momentum": np.linspace(*momentum, n_points)},
            record_every=3,
        )
        for title, (rates, momentum) in ranges.items()
    }

    whole, closer = maps.values()
    inside = whole.learning_rate < limit * (1 + whole.momentum)
    below, above = (100 * float(whole.reached.where(where).mean()) for where in (inside, ~inside))
    found = Findings(
        f"Of {n_points} x {n_points} pairs {100 * float(whole.reached.mean()):.0f} % arrive within {epochs} epochs. "
        f"The limit of stability at the minimum is a learning rate of {limit:.1f} without momentum; below the limit "
        f"{below:.0f} % arrive, above it {above:.0f} %; {surfaces.ARRIVED}."
    )
    found.run("map", whole)
    found.run("detail", closer)
    momentum = np.linspace(*momenta, 200)
    limits = {"limit of stability of a quadratic": (limit * (1 + momentum), momentum)}
    title = f"SGD with momentum on {loss.upper()} from ({start[0]:g}, {start[1]:g})"
    caption = "Epochs to tolerance over learning rate and momentum, and a closer look at the edge."
    found.figure("map", draw.trainability(maps, limits, title), caption)
    found.table("table", comparison.by_status(whole), "How many pairs arrive, do not arrive in time, or diverge")
    return found


if __name__ == "__main__":
    script(main)
