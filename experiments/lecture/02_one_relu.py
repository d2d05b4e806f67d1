"""One ReLU

The same data and one ReLU: relu(kernel * x + bias), with nothing behind it. It bends, but it cannot go below zero, and
half of the data do. The start is the one that the lecture prints. Whether another one would do better is seen from
many at once; that none can do well follows from the negative targets alone, which cost their squares whatever the
weights are.
"""

import numpy as np

from tfreg import Claim, Findings, Problem, datasets, figures, losses, models, relu_nets, script, statistics, train

from keras.optimizers import SGD

START = (1.6202813, 0.0)
TWO_RELUS_START = (0.98630846, 0.59210145, 0.0, 0.0, 0.52757335, 0.33660662, 0.0)
REACH = 5.0  # random kernels and biases are up to this size


def main(epochs: int = 1000, learning_rate: float = 0.1, n_starts: int = 1000) -> Findings:
    data = datasets.piecewise()
    x, y = data.inputs[:, 0], data.targets[:, 0]
    problem = Problem(models.one_relu(), losses.mse, data)
    run = train(problem, SGD(learning_rate), epochs, START)
    before, after = (problem.layer_outputs_at(run.weights.values[epoch]) for epoch in (0, -1))

    starts = np.random.default_rng(0).uniform(-REACH, REACH, (n_starts, 2))
    ends = relu_nets.end_losses(problem, SGD(learning_rate), epochs, starts)
    best = min(ends.min(), run.loss.values[-1])
    floor = np.mean(np.minimum(y, 0) ** 2)
    two = train(relu_nets.problem(2), SGD(learning_rate), epochs, TWO_RELUS_START).loss.values[-1]
    kinds = {"end as low": ends <= 1.001 * best, "end with the unit dead": np.isclose(ends, np.mean(y**2), rtol=1e-3)}
    return Findings(
        summary=f"After {epochs} epochs the MSE is {run.loss.values[-1]:.4f}. Of {n_starts} random starts "
        f"{statistics.shares_by_kind(kinds)}.",
        runs={"run": run},
        figures={
            "relu": (
                figures.courses(x, {"y": {"identity": x, "relu": np.maximum(x, 0)}}, xlabel="x", title="ReLU"),
                "The ReLU beside the identity.",
            ),
            "untrained": (
                figures.courses(
                    x,
                    {"y": {"u = l1(x)": before["hidden"][:, 0], "v = relu(u)": before["relu"][:, 0]}},
                    xlabel="x",
                    title="Before training",
                ),
                "The untrained net: u = l1(x) is a line through zero, v = relu(u) is that line without its lower half.",
            ),
            "fit": (
                figures.data(
                    data,
                    {"fit": after["relu"][:, 0]},
                    title=f"One ReLU after {epochs} epochs of SGD({learning_rate:g})",
                ),
                "The data and the fit of one ReLU, which cannot go below zero.",
            ),
        },
        numbers={"relu": np.maximum(x, 0)},
        claims=(
            Claim(
                "one ReLU cannot fit the bend either",
                "holds" if floor > 1.5 * two else "fails",
                f"the best of {n_starts + 1} starts ends at an MSE of {best:.4f}, two ReLUs at {two:.4f}; with a "
                f"prediction that is never negative, the negative targets alone cost {floor:.4f}",
            ),
        ),
    )


if __name__ == "__main__":
    script(main)
