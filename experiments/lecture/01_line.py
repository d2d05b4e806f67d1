"""A line cannot bend

The lecture's first solution (풀이1): 100 points along a line that bends at zero, one Dense unit, SGD on the mean
squared error. The lecture prints the kernel and bias after 1000 epochs, but no start; we take zero. The printed
weights are not quite those of the least-squares line: in float32 the descent stalls just below it, where a step is
less than half the distance to the next float32 number.
"""

import numpy as np
from rounding import half_ulps

from tfreg import Findings, Problem, datasets, draw, losses, models, script, train

from keras import Input, Sequential
from keras.layers import Dense
from keras.optimizers import SGD

START = (0.0, 0.0)


def main(epochs: int = 1000, learning_rate: float = 0.1) -> Findings:
    data = datasets.piecewise()
    net = Sequential([Input((1,)), Dense(1)])
    bent_net = Sequential([Input((1,)), Dense(1, activation="relu")])
    problem = Problem(net, losses.mse, data)
    run = train(problem, SGD(learning_rate), epochs, START)
    weights = run.weights.values[-1]
    fit = problem.predictions_at(weights)[:, 0]

    # The least-squares line solves A'A w = A'y: no line has a lower MSE, however it was found.
    a, y = np.column_stack([data.inputs, np.ones(len(data.inputs))]), data.targets[:, 0]
    best = np.linalg.solve(a.T @ a, a.T @ y)
    lowest, noise = np.mean((y - a @ best) ** 2), np.mean((y - data.expected) ** 2)
    exact = Problem(models.line("float64"), losses.mse, data)
    step = half_ulps(learning_rate * exact.gradient_at(weights), weights)

    found = Findings(
        f"After {epochs} epochs the line is {weights[0]:.4f} x + {weights[1]:.4f}, {abs(best - weights).max():.1e} "
        f"from least squares: float32 rounds away the next step, {step.max():.2f} of half a unit in the last place."
    )
    found.run("run", run)
    found.number("y", y)
    found.number("weights", weights)
    found.figure("data", draw.data(data, title="100 points along a bent line"), "The data: a line that bends at zero.")
    found.figure("network", draw.network(net, ["x"], "y", weights="symbols", identity=True), "The net of a line.")
    network = draw.network(bent_net, ["x"], "y", weights="symbols")
    found.figure("network_relu", network, "The next net, with a ReLU in place of the identity.")
    title = f"A line after {epochs} epochs of SGD({learning_rate:g})"
    found.figure("fit", draw.data(data, {"fit": fit}, title=title), "The line goes through the middle of the bend.")
    found.claim(
        "said: a line can never fit the bend, however long it trains",
        holds=lowest > 2 * noise,
        because=f"no line has an MSE below {lowest:.4f}, that of least squares; this one has "
        f"{run.loss.values[-1]:.4f}, the bent line that the data were drawn around {noise:.4f}",
    )
    return found


if __name__ == "__main__":
    script(main)
