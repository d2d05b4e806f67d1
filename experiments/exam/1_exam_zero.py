"""Six pupils, from zero

The first model of "PyTorch – Logistic Regression": two inputs for each of six pupils, three fail and three pass; all
weights zero, one update per epoch with SGD(1) on the mean binary cross-entropy. Where y is printed, the code shown has
overwritten it with the 100 values of the sigmoid's figure.
"""

import numpy as np

from tfreg import Findings, Problem, datasets, draw, losses, models, script, train

from keras.losses import binary_crossentropy
from keras.optimizers import SGD

SCORES, PASSED = np.arange(45, 71, 5), np.array([0, 0, 0, 1, 1, 1])


def main(
    epochs: int = 1001, learning_rate: float = 1.0, start: tuple[float, float, float] = (0.0, 0.0, 0.0)
) -> Findings:
    data = datasets.six_pupils()
    problem = Problem(models.logistic(2, bias=True), losses.bce, data)
    run = train(problem, SGD(learning_rate), epochs, start)
    before, after = problem.predictions_at(run.weights[[0, -1]])
    n_right = np.sum((after > 0.5) == data.targets)

    found = Findings(
        f"{n_right} of 6 pupils are right at the end. A line separates them, so the minimum of the loss is at "
        f"infinity; after {epochs} updates it is {run.loss[-1]:.4f}."
    )
    found.run("run", run)
    x = np.arange(-5, 5, 0.1)
    y = datasets.sigmoid(x)
    passed = np.where(PASSED, "pass", "fail")
    joined, thin = {"joined": (SCORES, PASSED)}, {"joined": draw.Style("#7F7F7F", width=1.0)}
    scores = draw.points(SCORES, PASSED, passed, joined, ("score", "passed"), title="Who passes, by score", styles=thin)
    found.figure("scores", scores, "Fail or pass against the score: targets that are 0 or 1, joined to a flat S.")
    sigmoid = draw.curves(x, {"sigmoid(x)": {"sigmoid": y}}, "x", title="The sigmoid")
    found.figure("sigmoid", sigmoid, "The sigmoid, on which the model's probabilities lie.")
    network = draw.network(models.holding(problem.model, run.weights[-1]))
    found.figure("network", network, "Two inputs, one unit and a sigmoid, with the weights after training.")
    loss = draw.curves(run.epoch, {"loss": {"BCE": run.loss}}, title="Six pupils, SGD from zero", log_x=True)
    found.figure("loss", loss, "A learning rate of 1 makes the loss jump first; then it falls steadily.")

    found.number("shapes", [*data.inputs.shape, *data.targets.shape])
    found.number("prediction", before)
    found.number("first_loss", [run.loss[0], np.mean(binary_crossentropy(data.targets, before))])
    found.number("loss", run.loss[:1001:100])
    would_print = f"the code shown would print {len(y)} values from {y.min():.4f} to {y.max():.4f}"
    found.number("print_y", data.targets, because=f"{would_print}; the printed six are the targets")
    found.claim("implied: the model learns who passes", holds=n_right == 6, because=f"{n_right} of 6 are right")
    rises = np.flatnonzero(np.diff(PASSED) != 0)
    found.claim(
        "said: the data have the shape of an S",
        holds=len(rises) == 1 and 0 < rises[0] < len(PASSED) - 2,
        because=f"joined by a line the {len(PASSED)} targets change {len(rises)} time, from a score of "
        f"{SCORES[rises[0]]} to {SCORES[rises[0] + 1]}, and are flat before and after",
    )
    return found


if __name__ == "__main__":
    script(main)
