"""Six pupils, from zero

The exam notebook's first model: two inputs each, three pupils fail and three pass, all weights zero, SGD with a
learning rate of 1 on the mean binary cross-entropy. Printed are the shapes, the first predictions, the first loss (once
written out, once from the library), and the loss in every 100th epoch, before its update. Where y is printed, the code
shown has overwritten it with the 100 values of the sigmoid's figure; the printed text can only come from an earlier y.
"""

import numpy as np

from tfreg import Findings, Problem, datasets, diagrams, figures, losses, models, script, train

from keras import Input, Sequential
from keras.layers import Dense
from keras.losses import binary_crossentropy
from keras.optimizers import SGD

SCORES, PASSED = np.arange(45, 71, 5), np.array([0, 0, 0, 1, 1, 1])


def main(
    epochs: int = 1001, learning_rate: float = 1.0, start: tuple[float, float, float] = (0.0, 0.0, 0.0)
) -> Findings:
    x = np.arange(-5, 5, 0.1)
    y = datasets.sigmoid(x)

    data = datasets.six_pupils()
    net = Sequential([Input((2,)), Dense(1, activation="sigmoid")])
    problem = Problem(net, losses.bce, data)
    run = train(problem, SGD(learning_rate), epochs, start)
    before, after = problem.predictions_at(run.weights[[0, -1]])
    n_right = np.sum((after > 0.5) == data.targets)

    found = Findings(
        f"{n_right} of 6 pupils are right in the end, with a loss of {run.loss.values[-1]:.4f} after {epochs} updates. "
        "A line separates them, so the minimum of the loss is at infinity."
    )
    found.run("run", run)
    passed = figures.points(SCORES, PASSED, np.where(PASSED, "pass", "fail"), axis_labels=("score", "passed"))
    found.figure("scores", passed, "Fail or pass against the score: targets that are 0 or 1.")
    found.figure("sigmoid", figures.courses(x, {"sigmoid(x)": {"sigmoid": y}}, xlabel="x"), "The sigmoid.")
    found.figure("network", diagrams.detailed(models.holding(net, run.weights[-1])), "The net after training.")
    losses_by_epoch = figures.courses(
        run.epoch, {"loss": {"BCE": run.loss}}, title="Six pupils, all weights zero at first"
    )
    found.figure("loss", losses_by_epoch, "A learning rate of 1 makes the loss jump at first; then it falls for good.")

    found.number("shapes", [*data.inputs.shape, *data.targets.shape])
    found.number("prediction", before)
    found.number("first_loss", [run.loss.values[0], np.mean(binary_crossentropy(data.targets, before))])
    found.number("loss", run.loss.values[:1001:100])
    found.number(
        "print_y",
        data.targets,
        because=f"the code shown would print {len(y)} values from {y.min():.4f} to {y.max():.4f}; "
        "the printed six are the targets",
    )
    found.claim("the model learns who passes", holds=n_right == 6, because=f"{n_right} of 6 are right")
    return found


if __name__ == "__main__":
    script(main)
