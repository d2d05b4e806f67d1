"""One ReLU

The lecture's second solution (풀이2): the same data and one ReLU, relu(kernel * x + bias), with nothing behind it, from
the start that the lecture prints. It bends, but it cannot go below zero, and half of the data do. No start can do
better: each negative target adds at least its square to the loss, whatever the weights are.
"""

import numpy as np

from tfreg import Findings, Problem, datasets, draw, losses, script, train

import tensorflow as tf
from keras import Input, Sequential
from keras.layers import Activation, Dense
from keras.optimizers import SGD

KERNEL = 1.6202813


def main(epochs: int = 1000, learning_rate: float = 0.1) -> Findings:
    data = datasets.piecewise()
    x, y = data.inputs[:, 0], data.targets[:, 0]
    net = Sequential([Input((1,)), Dense(1, name="l1"), Activation("relu", name="a1")])
    bias = float(net.get_layer("l1").bias[0])  # Keras starts biases at zero
    problem = Problem(net, losses.mse, data)
    run = train(problem, SGD(learning_rate), epochs, (KERNEL, bias))
    before, after = (problem.layer_outputs_at(run.weights.values[epoch]) for epoch in (0, -1))
    fit = after["a1"][:, 0]

    floor, noise = np.mean(np.minimum(y, 0) ** 2), np.mean((y - data.expected) ** 2)
    found = Findings(f"After {epochs} epochs the MSE is {run.loss.values[-1]:.4f}, that of the bent line {noise:.4f}.")
    found.run("run", run)
    found.number("relu", tf.nn.relu(x))
    found.number("bias", [bias])
    found.figure(
        "relu",
        draw.curves(x, {"y": {"identity": x, "relu": tf.nn.relu(x).numpy()}}, "x", title="ReLU"),
        "The ReLU beside the identity.",
    )
    untrained = {"x": x, "u = l1(x)": before["l1"][:, 0], "v = relu(u)": before["a1"][:, 0]}
    dotted = {"x": draw.Style("#7F7F7F", ":", width=1.6)}
    found.figure(
        "untrained",
        draw.curves(x, {"y": untrained}, "x", title="Before training", styles=dotted),
        "The untrained net: u = l1(x) is a line through zero, v = relu(u) its upper half; dotted is y = x.",
    )
    title = f"One ReLU after {epochs} epochs of SGD({learning_rate:g})"
    found.figure("fit", draw.data(data, {"fit": fit}, title=title), "The fit of one ReLU, which cannot go below zero.")
    found.claim(
        "said: one ReLU cannot fit the bend either",
        holds=floor > 2 * noise,
        because=f"no prediction of a ReLU is negative, so the negative targets alone cost {floor:.4f}; the bent line "
        f"that the data were drawn around has an MSE of {noise:.4f}, this net {run.loss.values[-1]:.4f}",
    )
    return found


if __name__ == "__main__":
    script(main)
