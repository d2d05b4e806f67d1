"""Stuck in a local minimum

The lecture's failure of the third solution (풀이3의 실패): the same net from another start. After 1000 epochs, and
after 10000 more, one unit is dead for every x and the other fits alone. The lecture prints the weights, but no start:
this one was solved for, is not the only one that leads there, and is certainly not the lecture's. The gradient is
printed too, that of the sum over the samples, not of the mean: the tape was given 100 squared errors one by one.
"""

from layer_outputs import STYLES, steps
from rounding import apart, order_scatter, start_scatter

from tfreg import Findings, Problem, datasets, draw, losses, models, script, train

import tensorflow as tf
from keras import Input, Sequential
from keras.layers import Activation, Dense
from keras.optimizers import SGD

START = (1.2112860076336143, 0.8289394964303682, 0.0, 0.0, 0.8249694085207023, -0.9087077080084475, 0.0)
PRINTED = (1.9579618, 0.46560898, 0.34100613, -0.4658857, 1.7770029, -0.7268499, -0.60076195)


def main(epochs: int = 1000, more_epochs: int = 10000, learning_rate: float = 0.1) -> Findings:
    data, sgd = datasets.piecewise(), SGD(learning_rate)
    x, y = data.inputs[:, 0], data.targets[:, 0]
    net = Sequential([Input((1,)), Dense(2, name="l1"), Activation("relu", name="a1"), Dense(1, name="l2")])
    problem = Problem(net, losses.mse, data)
    first = train(problem, sgd, epochs, START)
    last = train(problem, sgd, more_epochs, continue_from=first, record_every=100)
    weights = last.weights.values[-1]
    moved = abs(weights - first.weights.values[-1]).max()
    still = f"{more_epochs} more epochs move {f'the weights by up to {moved:.1g}' if moved else 'no weight'}"

    summed = Problem(models.relu_net(2, "float64"), lambda y, p: tf.reduce_sum((y - p) ** 2), data)
    gradient = summed.gradient_at(PRINTED)
    steepest = abs(gradient).max() / len(x)
    largest_input = problem.layer_outputs_at(PRINTED)["l1"].max(axis=0).min()

    found = Findings(
        f"One unit is dead: its largest input is {largest_input:.6f}. No derivative of the MSE is above "
        f"{steepest:.1e}; {still}. The start was solved for."
    )
    found.run("first", first)
    found.run("last", last)
    found.number("gradient", gradient)
    nearby = start_scatter(problem, sgd, epochs, START, shift=1e-6)[0]
    other_orders = apart(order_scatter(problem, sgd, epochs, START))
    why = f"{other_orders}; from starts about 1e-6 away the first is {nearby:.1e} apart, and ours is not the lecture's"
    found.number("weights", weights, because=why)

    fits = {
        f"after {epochs} epochs": problem.predictions_at(first.weights.values[-1])[:, 0],
        f"after {more_epochs} more": problem.predictions_at(weights)[:, 0],
    }
    lines = dict(zip(fits, (draw.Style("#56B4E9", width=5), draw.Style("#D55E00", "--")), strict=True))
    fit = draw.data(data, fits, title="Two ReLUs in a local minimum", styles=lines)
    caption = f"The fit after {epochs} epochs and after {more_epochs} more, the same, from a start that was solved for."
    found.figure("fit", fit, caption)
    found.figure(
        "analysis",
        draw.curves(x, steps(problem, weights), "x", title="The stuck fit, layer by layer", behind=y, styles=STYLES),
        f"The stuck fit, from a start that was solved for: no input of unit 2 is above {largest_input:.6f}.",
    )
    found.claim(
        "said: two ReLUs may get stuck in a local minimum, where the gradient is nearly zero",
        holds=steepest < 1e-5 and largest_input <= 0 and moved < 1e-5,
        because=f"no derivative of the MSE is above {steepest:.1e}; the dead unit's are 0; {still}",
    )
    return found


if __name__ == "__main__":
    script(main)
