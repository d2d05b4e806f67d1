"""Twelve rookies, the mean loss

The same rookies in PyTorch, float32: the *mean* of the binary cross-entropy, so the same learning rate is a twelfth of
what it was. The first printed predictions give away the start. But from there no number of updates leads to the weights
that are printed as the result: before and after belong to two different models. One that leads to the printed end was
solved for; it is one of many.
"""

import numpy as np

from tfreg import Claim, Findings, Problem, datasets, diagrams, figures, losses, models, script, statistics, train

from keras.optimizers import SGD

START = (-0.1840188, -0.3499195, 0.1943725, 0.5052482)
FREE_START = (0.0774662, -0.4364282, -0.5410744, -0.3898788)
SUM_START = np.random.RandomState(220104).randn(4)
NAMES = ["points", "rebounds", "assists"]
LONG = 50_000  # updates


def main(epochs: int = 3001, learning_rate: float = 0.001) -> Findings:
    data = datasets.rookies()
    problem = Problem(models.logistic(3, bias=True), losses.bce, data)
    # The learning rate on the sum is twelve times the one on the mean.
    plans = ((START, 1), (FREE_START, 1), (SUM_START, 12))
    runs = [train(problem, SGD(factor * learning_rate), max(epochs, LONG), start) for start, factor in plans]
    steps = (epochs, epochs, epochs - 1)
    weights, free, summed = (run.weights.sel(epoch=step).values for run, step in zip(runs, steps, strict=True))
    before, after, free_after, sum_after = problem.predictions_at([START, weights, free, summed])[..., 0]

    apart = abs(runs[0].weights - free).max("weight")
    two_models = (
        f"two models: from the printed first predictions {epochs} updates lead to a bias of {weights[3]:.4f}, not "
        f"{free[3]:.4f}; after any number of updates up to {LONG} some weight is {float(apart.min()):.3f} or more off"
    )
    orders, sizes = statistics.importance(NAMES, free[:3], data.inputs)
    as_claimed = [order[0] == "points" and order[-1] == "assists" for order in orders]
    columns = {f"sum, {epochs - 1}": sum_after, f"mean, {epochs}": free_after}
    saved = [run.isel(epoch=slice(epochs + 1)) for run in runs]
    return Findings(
        summary=f"Printed are {two_models}. Weights as printed {sizes}.",
        runs=dict(zip(("start", "free_start"), saved, strict=False)),
        figures={
            "network": (
                diagrams.detailed(models.holding(problem.model, free), inputs=NAMES),
                "Points, rebounds and assists, with the printed weights after training on the mean.",
            ),
            "table": (
                figures.predictions_table(data, [*NAMES, "drafted"], columns, title="Predictions, both losses"),
                "Twelve rookies and what the models of the sum and of the mean predict for them.",
            ),
        },
        numbers={
            "prediction_before": before,
            "weights": weights,
            "prediction_after": after,
            "after_from_free_start": [*free, *free_after],
        },
        evidence={"weights": two_models, "prediction_after": two_models},
        claims=(
            Claim(
                "points matter least and assists most",
                "holds" if all(as_claimed) else "depends" if any(as_claimed) else "fails",
                f"sizes of the printed weights {sizes}",
            ),
        ),
    )


if __name__ == "__main__":
    script(main)
