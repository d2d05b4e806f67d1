"""Are the loss surfaces convex?

The lecture judges by eye that the MSE surface of the logistic problem is not convex in (w0, w1) and the BCE surface is.
Here the Hessian decides, by automatic differentiation, over the lecture's grid. For BCE a line of algebra decides for
all weights: v'Hv = mean p (1 - p) (x·v)^2, which is never negative. That line is checked against automatic
differentiation at random weights and in random directions.
"""

import numpy as np

from tfreg import Findings, Problem, curvature_surface, datasets, draw, grid, losses, models, script


def main(grid_step: float = 0.2, n_random: int = 1000) -> Findings:
    data = datasets.bernoulli_line()
    net = models.logistic(2, dtype="float64")
    problems = {"MSE": Problem(net, losses.mse, data), "BCE": Problem(net, losses.bce, data)}

    random = np.random.default_rng(0)
    weights, v = random.uniform(-12, 12, (n_random, 2)), random.normal(size=(n_random, 2))
    p = datasets.sigmoid(weights @ data.inputs.T)
    formula = np.mean(p * (1 - p) * (v @ data.inputs.T) ** 2, axis=1)
    off = np.abs(np.einsum("si,sij,sj->s", v, problems["BCE"].hessian_at(weights), v) - formula).max()

    over = grid(w0=(-10, 3, grid_step), w1=(-1, 10, grid_step))
    by_loss = {loss: curvature_surface(problem, over) for loss, problem in problems.items()}
    negative = {loss: float((surface.curvature < 0).mean()) for loss, surface in by_loss.items()}
    lowest = {loss: float(surface.curvature.min()) for loss, surface in by_loss.items()}

    found = Findings(
        f"MSE curves downwards on {100 * negative['MSE']:.0f} % of the lecture's grid, BCE on "
        f"{100 * negative['BCE']:.0f} %; BCE cannot anywhere, since v'Hv = mean p (1 - p) (x·v)^2."
    )
    found.figure(
        "curvature",
        draw.curvature(by_loss, title="Where the surfaces curve downwards"),
        "The smallest eigenvalue of the Hessian; hatched where it is negative and the surface not convex.",
    )
    found.claim(
        "said: the MSE surface is not convex in (w0, w1)",
        holds=lowest["MSE"] < -1e-6,
        because=f"the smallest eigenvalue of the Hessian is negative on {100 * negative['MSE']:.1f} % of the grid, "
        f"down to {lowest['MSE']:.3f}",
    )
    found.claim(
        "said: the BCE surface is convex in (w0, w1)",
        holds=off < 1e-12 and lowest["BCE"] >= 0,
        because=f"v'Hv = mean p (1 - p) (x·v)^2 >= 0 for all weights and directions v; automatic differentiation "
        f"agrees to {off:.0e} at {n_random} random weights; the smallest eigenvalue on the grid is {lowest['BCE']:.1e}",
    )
    return found


if __name__ == "__main__":
    script(main)
