"""Six pupils, from zero

Two inputs each, three pupils fail and three pass: a logistic regression with all weights zero, one update per epoch
with a learning rate of 1 on the mean binary cross-entropy. Printed are the shapes of the data, the first predictions,
the first loss, once written out and once from the library, and the loss in every 100th epoch, before its update. Where
y is printed, the code shown has overwritten it with the 100 values of the sigmoid's figure; the printed text can only
come from an earlier y.
"""

import numpy as np

from tfreg import Claim, Findings, Problem, datasets, diagrams, figures, losses, models, script, train

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
    x = np.arange(-5, 5, 0.1)
    y = datasets.sigmoid(x)
    left = f"the loss is {run.loss.values[-1]:.4f} after {epochs} updates and its minimum is at infinity"
    return Findings(
        summary=f"{n_right} of 6 pupils are right in the end; a line tells them apart, so {left}.",
        runs={"run": run},
        figures={
            "scores": (
                figures.points(SCORES, PASSED, np.where(PASSED, "pass", "fail"), axis_labels=("score", "passed")),
                "Fail or pass against the score: targets that are 0 or 1.",
            ),
            "sigmoid": (figures.courses(x, {"sigmoid(x)": {"sigmoid": y}}, xlabel="x"), "The sigmoid."),
            "network": (
                diagrams.detailed(models.holding(problem.model, run.weights[-1])),
                "Two inputs, one unit and a sigmoid, with the weights after training.",
            ),
            "loss": (
                figures.courses(run.epoch, {"loss": {"BCE": run.loss}}, title="Six pupils, all weights zero at first"),
                "A learning rate of 1 makes the loss jump first; then it falls for good: its minimum is at infinity.",
            ),
        },
        numbers={
            "shapes": [*data.inputs.shape, *data.targets.shape],
            "prediction": before,
            "first_loss": [run.loss.values[0], np.mean(binary_crossentropy(data.targets, before))],
            "loss": run.loss.values[:1001:100],
            "print_y": data.targets,
        },
        evidence={
            "print_y": f"the code shown would print {len(y)} values from {y.min():.4f} to {y.max():.4f}; "
            f"the printed six are the targets"
        },
        claims=(
            Claim("the model learns who passes", "holds" if n_right == 6 else "fails", f"{n_right} of 6 are right"),
        ),
    )


if __name__ == "__main__":
    script(main)
