"""What hurts MSE, its hills or its plateau?

The summary of the lecture says that MSE must not be used for logistic regression because its surface is not convex. A
surface that is not convex can end a descent in other minima: all of the lecture's grid is searched for them, with a
proof. Or it can be so flat that the steps become tiny. RMSprop tells the two apart: it divides the gradient by its
recent size, so no plateau holds it up, but another minimum would.
"""

import numpy as np
from stationary import proven_cells

from tfreg import Findings, Problem, comparison, datasets, draw, grid, losses, models, script, surfaces, train

from keras.optimizers import SGD, RMSprop

BOX = ((-10.0, 3.0), (-1.0, 10.0))  # of the lecture's grid


def main(epochs: int = 435, learning_rate: float = 0.1, grid_step: float = 0.2) -> Findings:
    data, net = datasets.bernoulli_line(), models.logistic(2, dtype="float64")
    problems = {"MSE": Problem(net, losses.mse, data), "BCE": Problem(net, losses.bce, data)}
    minima = {loss: surfaces.minimum_weights(problem, data.true_weights) for loss, problem in problems.items()}
    n_cells = proven_cells(problems["MSE"], minima["MSE"], BOX)
    left = np.linalg.norm(problems["MSE"].gradient_at(minima["MSE"]))
    lowest = np.linalg.eigvalsh(problems["MSE"].hessian_at(minima["MSE"]))[0]

    points = surfaces.grid_points(grid(w0=(*BOX[0], grid_step), w1=(*BOX[1], grid_step)))
    sizes = {loss: np.linalg.norm(problem.gradient_at(points), axis=1) for loss, problem in problems.items()}
    far = {loss: np.linalg.norm(points - minimum, axis=1) for loss, minimum in minima.items()}
    flat = {loss: 100 * np.mean(epochs * learning_rate * size < far[loss]) for loss, size in sizes.items()}

    starts = surfaces.grid_points(grid(w0=(*BOX[0], 1), w1=(*BOX[1], 1)))
    goals, arrived = surfaces.goals(problems), {}
    for loss, problem in problems.items():
        for name, optimizer in (("SGD", SGD(learning_rate)), ("RMSprop", RMSprop(learning_rate))):
            runs = train(problem, optimizer, epochs, starts, record_every=15)
            arrived[name, loss] = int((runs.loss <= goals[loss]).any("epoch").sum())
    shares = {case: comparison.share_text(count, len(starts)) for case, count in arrived.items()}

    found = Findings(
        f"{'No other' if n_cells else 'Perhaps another'} stationary point of MSE lies on the lecture's grid. But on "
        f"{flat['MSE']:.0f} % of the grid its gradient is too small to lead to the minimum in {epochs} epochs, on "
        f"{flat['BCE']:.0f} % that of BCE. SGD arrives from {shares['SGD', 'MSE']} starts, RMSprop from "
        f"{shares['RMSprop', 'MSE']}; {surfaces.ARRIVED}."
    )
    percent = np.linspace(0, 100, 201)
    curves = {loss: np.log10(np.quantile(size, percent / 100)) for loss, size in sizes.items()}
    panel, title = {"log10 of the size of the gradient": curves}, "How steep the surfaces are"
    found.figure(
        "gradients",
        draw.curves(percent, panel, "share of the lecture's grid (%)", title=title),
        "The size of the gradient below which a given share of the lecture's grid lies.",
    )
    found.claim(
        "said: MSE must not be used because its surface is not convex",
        holds=n_cells is None,
        because=f"at the minimum the gradient is {left:.0e} and the least eigenvalue {lowest:.4f}; in {n_cells} "
        "cells a bound on third derivatives proves that the lecture's grid has no other stationary point; "
        f"RMSprop({learning_rate:g}) arrives from {shares['RMSprop', 'MSE']} starts",
    )
    found.claim(
        "ours: it is the plateau of MSE that holds SGD up",
        holds=flat["MSE"] > flat["BCE"] and arrived["RMSprop", "MSE"] > arrived["SGD", "MSE"],
        because=f"on {flat['MSE']:.1f} % of the grid {epochs} steps of SGD({learning_rate:g}) by the gradient there "
        f"are shorter than the way to the minimum, with that of BCE on {flat['BCE']:.1f} %; SGD arrives from "
        f"{shares['SGD', 'MSE']} starts on MSE, {shares['SGD', 'BCE']} on BCE",
    )
    return found


if __name__ == "__main__":
    script(main)
