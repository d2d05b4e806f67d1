"""Two clusters on a line

The first part of "[PyTorch] implementing logistic regression": 1000 points on a line, 500 from each of two normal
clusters around 0 and 4, in seeded random order; logistic regression from zero with SGD(0.2) on the mean binary cross-
entropy, 1001 updates. The optimizer is called stochastic gradient descent there, but every update uses all points. The
source prints the loss in every 100th epoch, before its update, and the weights at the end. They are still far from the
weights of least loss, and those are not the truth either, which for such clusters is the logit 4 x - 8.
"""

import numpy as np

from tfreg import Findings, Problem, datasets, draw, losses, models, script, surfaces, train

from keras.optimizers import SGD


def main(epochs: int = 1001, learning_rate: float = 0.2, start: tuple[float, float] = (0.0, 0.0)) -> Findings:
    data = datasets.clusters()
    problem = Problem(models.logistic(1, bias=True), losses.bce, data)
    run = train(problem, SGD(learning_rate), epochs, start)
    weight, bias = run.weights.values[-1]

    # In float32, probabilities of the steeper curves round to 1, where the loss is not finite.
    exact = Problem(models.logistic(1, bias=True, dtype="float64"), losses.bce, data)
    best = surfaces.minimum_weights(exact, near=run.weights[-1])
    x, y = data.inputs[:, 0], data.targets[:, 0]
    fit = problem.predictions_at(run.weights[-1])[:, 0]
    accuracy, possible = (100 * np.mean((p > 0.5) == y) for p in (fit, data.expected))

    found = Findings(
        f"After {epochs} updates {accuracy:.1f} % are right; the boundary is {-bias / weight:.3f}, the true one 2. "
        f"The weights are ({weight:.2f}, {bias:.2f}), the best ({best[0]:.2f}, {best[1]:.2f}), the true (4, -8)."
    )
    found.run("run", run)
    classes = np.where(y, "y = 1", "y = 0")
    found.figure("data", draw.points(x, y, classes, title="Two clusters"), "1000 points of two clusters on a line.")
    network = draw.network(models.holding(problem.model, run.weights[-1]), inputs=["x"])
    found.figure("network", network, "One input, one unit and a sigmoid, with the weights after training.")
    loss = draw.curves(run.epoch, {"loss": {"BCE": run.loss}}, title=f"Two clusters, SGD({learning_rate:g}) from zero")
    found.figure("loss", loss, "The loss, epoch by epoch.")
    order = np.argsort(x)
    curves = {"fitted": (x[order], fit[order]), "true probability": (x[order], data.expected[order])}
    truth = {"true probability": draw.Style("#000000", "--")}
    fitted = draw.points(x, y, classes, curves, title=f"Two clusters, fit after {epochs} updates", styles=truth)
    found.figure("fit", fitted, "The fit beside the true probability.")

    found.number("start", run.weights[0])
    found.number("loss", run.loss[:1001:100])
    found.number("weights", (weight, bias))
    found.claim(
        "implied: one unit separates the clusters as well as possible",
        holds=accuracy >= possible - 0.5,
        because=f"{accuracy:.1f} % are right, with the true probability {possible:.1f} %",
    )
    apart = {size: spread_of_ends(exact, SGD(learning_rate), epochs, start, size) for size in (len(x), 100)}
    found.claim(
        "said: the optimizer is stochastic gradient descent",
        holds=apart[len(x)] > 0.01 * apart[100],
        because=f"each update uses all {len(x)} points, so nothing is drawn: in other orders of the points the weights "
        f"end {apart[len(x)]:.0e} apart, with batches of 100 points {apart[100]:.0e}",
    )
    return found


def spread_of_ends(problem: Problem, optimizer: SGD, epochs: int, start: object, batch_size: int) -> float:
    """How far the final weights are apart over four orders of the points."""
    runs = [
        train(problem, optimizer, epochs, start, record_every=epochs, batch_size=batch_size, seed=seed)
        for seed in range(4)
    ]
    return float(np.ptp([run.weights.values[-1] for run in runs], axis=0).max())


if __name__ == "__main__":
    script(main)
