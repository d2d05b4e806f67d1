"""A line cannot bend

100 points along a line that bends at zero, one Dense unit, SGD on the mean squared error. The lecture prints the kernel
and bias after 1000 epochs and no start; every start below the end leads to the same digits, so zero is taken. They are
not quite those of the least-squares line: in float32 the descent stalls just below it, where a step is less than half
the distance to the next float32 number.
"""

import numpy as np

from tfreg import Claim, Findings, Problem, datasets, diagrams, figures, losses, models, rounding, script, train

from keras.optimizers import SGD

START = (0.0, 0.0)


def main(epochs: int = 1000, learning_rate: float = 0.1) -> Findings:
    data = datasets.piecewise()
    problem = Problem(models.line(), losses.mse, data)
    run = train(problem, SGD(learning_rate), epochs, START)
    weights = run.weights.values[-1]
    fit = problem.predictions_at(weights)[:, 0]

    # Of all lines the one of least squares has the lowest MSE: it solves A'A w = A'y.
    a, y = np.column_stack([data.inputs, np.ones(len(data.inputs))]), data.targets[:, 0]
    best = np.linalg.solve(a.T @ a, a.T @ y)
    lowest, noise = np.mean((y - a @ best) ** 2), np.mean((y - data.expected) ** 2)
    below = best - weights
    exact = Problem(models.line("float64"), losses.mse, data)
    next_step = rounding.in_half_ulps(learning_rate * exact.gradient_at(weights), weights)
    return Findings(
        summary=f"After {epochs} epochs the MSE is {run.loss.values[-1]:.4f}. The least-squares line is "
        f"{below[0]:.1e} higher in the kernel and {below[1]:.1e} in the bias; the next step would be "
        f"{next_step[0]:.2f} and {next_step[1]:.2f} times half the distance to the next float32 number.",
        runs={"run": run},
        figures={
            "data": (figures.data(data, title="100 points along a bent line"), "The data: a line that bends at zero."),
            "network": (
                diagrams.detailed(models.holding(problem.model, weights), inputs=["x"], output="y"),
                "The net of a line, with its weights after training.",
            ),
            "network_relu": (
                diagrams.detailed(models.holding(models.one_relu(), weights), inputs=["x"], output="y"),
                "The same net with a ReLU in place of the identity.",
            ),
            "fit": (
                figures.data(data, {"fit": fit}, title=f"A line after {epochs} epochs of SGD({learning_rate:g})"),
                "The line goes through the middle of the bend and fits neither side.",
            ),
        },
        numbers={"y": y, "weights": weights},
        claims=(
            Claim(
                "a line can never fit the bend, however long it trains",
                "holds" if lowest > 2 * noise else "fails",
                f"no line has an MSE below {lowest:.4f}, by least squares in closed form, and this one has "
                f"{run.loss.values[-1]:.4f}; the bent line that the data were drawn around has {noise:.4f}",
            ),
        ),
    )


if __name__ == "__main__":
    script(main)
