"""Does MSE fit worse than BCE at other learning rates?

The lecture compares the two losses at one learning rate, 0.1 (`logistic_mse`). Here both are trained from the same
start for as many epochs at lower and higher rates. The distance of a fit is its mean distance from the true
probability.
"""

import numpy as np
import pandas as pd
from lecture_values import LOGISTIC_KERNEL

from tfreg import Findings, Problem, datasets, draw, losses, models, script, surfaces, train

from keras.optimizers import SGD

RATES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)


def main(epochs: int = 1000) -> Findings:
    data, net = datasets.bernoulli_line(ones=False), models.logistic(1, bias=True)
    problems = {"BCE": Problem(net, losses.bce, data), "MSE": Problem(net, losses.mse, data)}
    distances = {
        loss: [
            off_truth(problem, train(problem, SGD(rate), epochs, (LOGISTIC_KERNEL, 0.0)).weights.values[-1])
            for rate in RATES
        ]
        for loss, problem in problems.items()
    }
    table = pd.DataFrame({"learning rate": RATES, **distances})
    worse = table["MSE"] > table["BCE"]
    table["MSE fits worse"] = np.where(worse, "yes", "no")

    minima = {loss: surfaces.minimum_weights(problem, near=(5, -1)) for loss, problem in problems.items()}
    at_minimum = {loss: off_truth(problems[loss], weights) for loss, weights in minima.items()}

    found = Findings(f"MSE fits worse at {worse.sum()} of {len(RATES)} learning rates; the start was solved for.")
    found.table("rates", table, "The mean distance of each fit from the true probability, by learning rate")
    panel = {"log10 of the mean distance": {loss: np.log10(values) for loss, values in distances.items()}}
    title = f"The fits of both losses after {epochs} epochs of SGD"
    figure = draw.curves(np.log10(RATES), panel, "log10 of the learning rate", title=title)
    found.figure("distances", figure, "The mean distance of each fit from the true probability, by learning rate.")
    pairs = ", ".join(f"{mse:.4f} and {bce:.4f} at {rate:g}" for rate, bce, mse in table.iloc[:, :3].values)
    found.claim(
        "ours: at every learning rate MSE fits worse",
        holds=bool(worse.all()) or ("depends" if worse.any() else False),
        because=f"mean distance of the MSE and the BCE fit from the true probability after {epochs} epochs: {pairs}; "
        f"at their minima {at_minimum['MSE']:.4f} and {at_minimum['BCE']:.4f}, beside which a descent may pass",
    )
    return found


def off_truth(problem: Problem, weights: np.ndarray) -> float:
    """The mean distance of the fit at some weights from the true probability."""
    return float(abs(problem.predictions_at(weights)[:, 0] - problem.dataset.expected).mean())


if __name__ == "__main__":
    script(main)
