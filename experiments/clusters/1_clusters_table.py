"""Two clusters on a line

1000 points on a line, 500 from each of two normal clusters around 0 and 4, in seeded random order: logistic regression
from zero with SGD(0.2) on the mean binary cross-entropy, 1001 updates. Printed are the loss in every 100th epoch,
before its update, and the weights at the end. They are still far from the weights of least loss, and
those are not the truth either, which for such clusters is the logit 4 x - 8.
"""

import numpy as np

from tfreg import Claim, Findings, Problem, datasets, diagrams, figures, losses, models, script, surfaces, train

from keras.optimizers import SGD


def main(epochs: int = 1001, learning_rate: float = 0.2, start: tuple[float, float] = (0.0, 0.0)) -> Findings:
    data = datasets.clusters()
    problem = Problem(models.logistic(1, bias=True), losses.bce, data)
    run = train(problem, SGD(learning_rate), epochs, start)

    weight, bias = run.weights.values[-1]
    # In float32, probabilities of the steeper curves round to 1, where the loss is not finite.
    exact = Problem(models.logistic(1, bias=True, dtype="float64"), losses.bce, data)
    best = surfaces.minimum_weights(exact, run.weights.values[-1])
    x, y = data.inputs[:, 0], data.targets[:, 0]
    fit = problem.predictions_at(run.weights[-1])[:, 0]
    accuracy, possible = (np.mean((p > 0.5) == y) for p in (fit, data.expected))
    order = np.argsort(x)
    classes = np.where(y, "y = 1", "y = 0")
    curves = {"fitted": (x[order], fit[order]), "true probability": (x[order], data.expected[order])}
    found = f"{100 * accuracy:.1f} % are right, with the true probability {100 * possible:.1f} %"
    return Findings(
        summary=f"After {epochs} updates {found}; the boundary is {-bias / weight:.3f}, in truth 2. The "
        f"weights are ({weight:.2f}, {bias:.2f}), of least loss ({best[0]:.2f}, {best[1]:.2f}), in truth (4, -8).",
        runs={"run": run},
        figures={
            "data": (figures.points(x, y, classes, title="Two clusters"), "1000 points of two clusters on a line."),
            "network": (
                diagrams.detailed(models.holding(problem.model, run.weights[-1]), inputs=["x"]),
                "One input, one unit and a sigmoid, with the weights after training.",
            ),
            "loss": (
                figures.courses(run.epoch, {"loss": {"BCE": run.loss}}, title=f"SGD({learning_rate:g}) from zero"),
                "The loss, epoch by epoch.",
            ),
            "fit": (
                figures.points(x, y, classes, curves, title=f"Fit after {epochs} updates"),
                "The fit beside the true probability.",
            ),
        },
        numbers={"start": run.weights.values[0], "loss": run.loss.values[:1001:100], "weights": (weight, bias)},
        claims=(
            Claim(
                "one unit tells the clusters apart as well as can be",
                "holds" if accuracy >= possible - 0.005 else "fails",
                found,
            ),
        ),
    )


if __name__ == "__main__":
    script(main)
