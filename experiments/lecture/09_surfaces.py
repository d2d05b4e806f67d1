"""Both loss surfaces

The logistic problem with weights (w0, w1) and inputs (1, x), its MSE and its BCE over the lecture's grid, from the
lecture's angle. The lecture judges by eye that the MSE surface is not convex and the BCE surface is; the Hessian
decides that in `convexity`.
"""

from tfreg import Findings, Problem, datasets, draw, grid, loss_surface, script, surfaces

import tensorflow as tf
from keras import Input, Sequential
from keras.layers import Dense


def main(grid_step: float = 0.2) -> Findings:
    data = datasets.bernoulli_line()
    net = Sequential([Input((2,)), Dense(1, use_bias=False, activation="sigmoid")])
    bce = lambda y, p: -tf.reduce_mean(y * tf.math.log(p) + (1 - y) * tf.math.log(1 - p))
    mse = lambda y, p: tf.reduce_mean((y - p) ** 2)
    problems = {"MSE": Problem(net, mse, data), "BCE": Problem(net, bce, data)}

    over = grid(w0=(-10, 3, grid_step), w1=(-1, 10, grid_step))
    by_loss = {loss: loss_surface(problem, over) for loss, problem in problems.items()}

    minima = {loss: surfaces.minimum_weights(problem, data.true_weights) for loss, problem in problems.items()}
    places = ", ".join(f"that of {loss} at ({w0:.3f}, {w1:.3f})" for loss, (w0, w1) in minima.items())
    found = Findings(f"The data were drawn with the weights (-1, 5); the minima lie close to them, {places}.")
    found.number("X", data.inputs[[0, 1, 2, -3, -2, -1]])
    found.figure(
        "both",
        draw.surfaces(by_loss, title="Loss over (w0, w1)", view=(15, 75)),
        "The loss surfaces of MSE and BCE over the lecture's grid, from the lecture's angle.",
    )
    return found


if __name__ == "__main__":
    script(main)
