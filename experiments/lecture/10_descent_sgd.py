"""Descent with SGD from (-3, -1)

The lecture's first animation of training (학습과정 시각화예시1): 29 stretches of 15 epochs of SGD(0.1) on both losses,
from the same start. The lecture had fitted its models for one epoch from a random start before it set this one, and
went on with the same optimizer. Plain SGD has no state, so that makes no difference here; with Adam it will. The
random starts are not printed: they were solved for, from the weights that are.
"""

import numpy as np
from descents import arrivals, figure_and_animation

from tfreg import Findings, Problem, datasets, grid, script, surfaces, train

import tensorflow as tf
from keras import Input, Sequential
from keras.layers import Dense
from keras.optimizers import SGD

WARM_UP_STARTS = {"MSE": (0.19806325, 0.34282184), "BCE": (-1.1119714, -0.16651416)}


def main(
    epochs: int = 435, learning_rate: float = 0.1, start: tuple[float, float] = (-3.0, -1.0), grid_step: float = 0.2
) -> Findings:
    data = datasets.bernoulli_line()
    net = Sequential([Input((2,)), Dense(1, use_bias=False, activation="sigmoid")])
    bce = lambda y, p: -tf.reduce_mean(y * tf.math.log(p) + (1 - y) * tf.math.log(1 - p))
    mse = lambda y, p: tf.reduce_mean((y - p) ** 2)
    problems = {"MSE": Problem(net, mse, data), "BCE": Problem(net, bce, data)}

    warm_ups, carried, fresh = {}, {}, {}
    for loss, problem in problems.items():
        warm_ups[loss] = train(problem, SGD(learning_rate), 1, WARM_UP_STARTS[loss])
        carried[loss] = train(problem, SGD(learning_rate), epochs, start, continue_from=warm_ups[loss])
        fresh[loss] = train(problem, SGD(learning_rate), epochs, start)
    same = all(np.array_equal(carried[loss].weights, fresh[loss].weights) for loss in problems)

    place = "({:g}, {:g})".format(*start)
    found = Findings(
        f"After {epochs} epochs from {place}: {arrivals(carried, surfaces.goals(problems))}. "
        f"A fresh SGD takes {'the same path' if same else 'another path'}. The starts of the warm-ups were solved for; "
        f"{surfaces.ARRIVED}."
    )
    found.number("start", carried["MSE"].weights.values[0])
    for loss in problems:
        name = loss.lower()
        found.number(f"{name}.warm_up_loss", warm_ups[loss].loss.values[0])
        found.number(f"{name}.warm_up_weights", warm_ups[loss].weights.values[-1])
        found.run(f"{name}_warm_up", warm_ups[loss])
        found.run(f"{name}_sgd", carried[loss])
    over = grid(w0=(-12, 3, grid_step), w1=(-2, 10, grid_step))  # wider than the lecture's, to show the start
    title = f"SGD({learning_rate:g}) from {place}: {epochs} epochs"
    paths, animation = figure_and_animation(problems, {loss: {"SGD": carried[loss]} for loss in problems}, over, title)
    found.figure("paths", paths, f"{title}, on a wider grid than the lecture's; the warm-up's start was solved for.")
    found.figure("animation", animation, f"{title}: a point every 15 epochs, and the fit at each.")
    return found


if __name__ == "__main__":
    script(main)
