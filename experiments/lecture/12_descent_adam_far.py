"""Descent with Adam from (-10, -1)

The lecture's third animation (학습과정 시각화예시3): from further away its Adam stays where it is on the MSE surface,
and the lecture concludes that even Adam is no cure. But that Adam carries over the state of its warm-up epoch. A fresh
one from the same start arrives. Which part of the state does it, how often, and whether the conclusion holds is asked
in `adam_state`. The starts of the warm-up are not printed: they were solved for, from the weights that are.
"""

from descents import arrival, arrivals, figure_and_animation

from tfreg import Findings, Problem, datasets, grid, script, surfaces, train

import tensorflow as tf
from keras import Input, Sequential
from keras.layers import Dense
from keras.optimizers import Adam

WARM_UP_STARTS = {"MSE": (0.71488917, -1.3362132), "BCE": (0.9996041, -0.7355087)}


def main(
    epochs: int = 435, learning_rate: float = 0.1, start: tuple[float, float] = (-10.0, -1.0), grid_step: float = 0.2
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

    goal, place = surfaces.goals(problems), "({:g}, {:g})".format(*start)
    ends = f"state carried over, {arrivals(carried, goal)}; fresh, {arrivals(fresh, goal)}"

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

    found.claim(
        "said: on MSE even this Adam stays stuck",
        holds=arrival(carried["MSE"], goal["MSE"]) is None,
        because=f"epoch of arrival within {epochs} from {place}: {ends}",
    )
    return found


if __name__ == "__main__":
    script(main)
