"""Two ReLUs

The lecture's third solution (풀이3): two ReLUs and a linear unit behind them can bend and go below zero. The start is
the one that the lecture prints. The final weights are at the limit of float32: their last digits depend on the order
in which the 100 samples are added.
"""

import numpy as np
from layer_outputs import STYLES, steps, summary
from rounding import apart, order_scatter

from tfreg import Findings, Problem, datasets, draw, losses, script, train

from keras import Input, Sequential
from keras.layers import Activation, Dense
from keras.optimizers import SGD

START = (0.98630846, 0.59210145, 0.0, 0.0, 0.52757335, 0.33660662, 0.0)


def main(epochs: int = 1000, learning_rate: float = 0.1) -> Findings:
    data, sgd = datasets.piecewise(), SGD(learning_rate)
    x, y = data.inputs[:, 0], data.targets[:, 0]
    net = Sequential([Input((1,)), Dense(2, name="l1"), Activation("relu", name="a1"), Dense(1, name="l2")])
    problem = Problem(net, losses.mse, data)
    run = train(problem, sgd, epochs, START)
    before, after = steps(problem, START), steps(problem, run.weights.values[-1])

    loss, noise = run.loss.values[-1], np.mean((y - data.expected) ** 2)
    found = Findings(f"After {epochs} epochs the MSE is {loss:.4f}, that of the bent line itself {noise:.4f}.")
    found.run("run", run)

    table, counts = summary(net)
    found.table("summary", table, "The model's summary")
    found.number("summary", counts)
    found.number("shape", problem.layer_outputs_at(START)["l1"].shape)
    found.number("zero_biases", np.concatenate([variable for variable in net.get_weights() if variable.ndim == 1]))
    found.number("weights", run.weights.values[-1], because=apart(order_scatter(problem, sgd, epochs, START)))

    trained = f"after {epochs} epochs of SGD({learning_rate:g})"
    untrained = {step: {"x": x} | before[step] for step in list(before)[:2]}
    found.figure(
        "before",
        draw.curves(x, untrained, "x", title="Before training", styles=STYLES),
        "Before training: l1(x) are two lines through zero, relu(l1(x)) their upper halves; dotted is y = x.",
    )
    found.figure("network", draw.network(net, ["x"], weights="symbols", boxes=True), "The net and its weights.")
    found.figure("layers", draw.layers(net), "The net, layer by layer.")
    found.figure("fit", draw.data(data, after["sum"], title=f"Two ReLUs {trained}"), "The fit of two ReLUs.")
    outputs = {step: after[step] for step in list(after)[:2]} | {"l2(relu(l1(x)))": after["sum"]}
    found.figure(
        "outputs",
        draw.curves(x, outputs, "x", title=f"The layers {trained}", behind=y, styles=STYLES),
        "The outputs of each layer over the data: two lines, two bent lines, and the fit.",
    )
    last_steps = {step: after[step] for step in list(after)[1:]}
    analysis = draw.curves(x, last_steps, "x", title="How the fit comes about", behind=y, styles=STYLES)
    caption = "Two bent lines, each times its output weight (with the bias on the second), and their sum."
    found.figure("analysis", analysis, caption)
    found.claim(
        "said: two ReLUs can fit the bend",
        holds=loss <= 1.05 * noise,
        because=f"MSE {loss:.4f} after {epochs} epochs; the bent line that the data were drawn around has {noise:.4f}",
    )
    return found


if __name__ == "__main__":
    script(main)
