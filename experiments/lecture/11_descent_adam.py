"""Descent with Adam from (-3, -1)

The lecture's second animation (학습과정 시각화예시2): the same with Adam(0.1). Here the warm-up epoch shows: Adam goes
on with the averages of the gradient and of its square, and the count of steps, that it remembers from the random
start. Both are run here: Adam with that state carried over, as in the lecture, and a fresh one. The random starts are
not printed: they were solved for, from the weights that are.
"""

from descents import arrival, arrivals, figure_and_animation

from tfreg import Findings, Problem, datasets, grid, script, surfaces, train

import tensorflow as tf
from keras import Input, Sequential
from keras.layers import Dense
from keras.optimizers import SGD, Adam

WARM_UP_STARTS = {"MSE": (1.3018724, 0.63810194), "BCE": (-1.0399626, -0.62198395)}


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
        warm_ups[loss] = train(problem, Adam(learning_rate), 1, WARM_UP_STARTS[loss])
        carried[loss] = train(problem, Adam(learning_rate), epochs, start, continue_from=warm_ups[loss])
        fresh[loss] = train(problem, Adam(learning_rate), epochs, start)
    sgd = {"MSE": train(problems["MSE"], SGD(learning_rate), epochs, start)}

    goal, place = surfaces.goals(problems), "({:g}, {:g})".format(*start)
    ends = f"state carried over, {arrivals(carried, goal)}; fresh, {arrivals(fresh, goal)}; SGD, {arrivals(sgd, goal)}"
    found = Findings(
        f"Arrival within {epochs} epochs from {place}: {ends}. The starts of the warm-ups were solved for; "
        f"{surfaces.ARRIVED}."
    )
    found.number("start", carried["MSE"].weights.values[0])
    for loss in problems:
        name = loss.lower()
        found.number(f"{name}.warm_up_loss", warm_ups[loss].loss.values[0])
        found.number(f"{name}.warm_up_weights", warm_ups[loss].weights.values[-1])
        found.run(f"{name}_warm_up", warm_ups[loss])
        found.run(f"{name}_carried_over", carried[loss])
        found.run(f"{name}_fresh", fresh[loss])
    runs = {loss: {"carried over": carried[loss], "fresh": fresh[loss]} for loss in problems}
    over = grid(w0=(-12, 3, grid_step), w1=(-2, 10, grid_step))  # wider than the lecture's, to show the start
    title = f"Adam({learning_rate:g}) from {place}: {epochs} epochs"
    paths, animation = figure_and_animation(problems, runs, over, title)
    found.figure(
        "paths", paths, f"{title}, on a wider grid; carried over is the state of a warm-up from a solved start."
    )
    found.figure("animation", animation, f"{title}: a point every 15 epochs, and the fit at each, the same two runs.")

    with_adam, with_sgd = arrival(carried["MSE"], goal["MSE"]), arrival(sgd["MSE"], goal["MSE"])
    found.claim(
        "said: a good optimizer speeds MSE up",
        holds=with_adam is not None and (with_sgd is None or with_adam < with_sgd),
        because=f"epoch of arrival within {epochs}: {ends}",
    )
    return found


if __name__ == "__main__":
    script(main)
