"""Descent with Adam from (-10, -1)

The lecture's third animation (학습과정 시각화예시3): from further away its Adam stays where it is on the MSE surface,
and the lecture concludes that even Adam is no cure. But that Adam carries over the state of its warm-up epoch. A fresh
one from the same start arrives. The starts of the warm-up are not printed: they were solved for, from the weights that
are. Which part of the state does it, and how often, is asked in `adam_state`.
"""

import tensorflow as tf
from descents import add_descents, add_warm_up, arrival, arrivals, goals

from tfreg import Findings, Problem, comparison, datasets, grid, script, surfaces, train

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

    goal, place = goals(problems), "({:g}, {:g})".format(*start)
    starts = surfaces.grid_points(grid(w0=(-10, 3, 1), w1=(-1, 10, 1)))
    many = train(problems["MSE"], Adam(learning_rate), epochs, starts, record_every=15)
    share = comparison.share_text(int((many.loss <= goal["MSE"]).any("epoch").sum()), len(starts))
    ends = f"state carried over, {arrivals(carried, goal)}; fresh, {arrivals(fresh, goal)}"

    found = Findings(f"Arrival within {epochs} epochs from {place}: {ends}.")
    found.number("start", carried["MSE"].weights.values[0])
    add_warm_up(found, warm_ups)
    runs = {loss: {"carried over": carried[loss], "fresh": fresh[loss]} for loss in problems}
    # A little wider than the lecture's grid: with its state carried over, Adam first goes away from the minimum.
    over = grid(w0=(-12, 3, grid_step), w1=(-2, 10, grid_step))
    title = f"Adam({learning_rate:g}) from {place}: {epochs} epochs"
    caption = f"{title}; carried over is the state of a warm-up epoch, whose start was solved for."
    add_descents(found, problems, runs, over, title, caption)

    cured = [arrival(runs["MSE"][state], goal["MSE"]) is not None for state in ("carried over", "fresh")]
    found.claim(
        "said: a good optimizer is no cure for MSE: even Adam stays stuck",
        holds=not any(cured) or ("depends" if not all(cured) else False),
        because=f"epoch of arrival within {epochs} from {place}: {ends}; a fresh Adam arrives on MSE from {share} "
        "starts on a grid",
    )
    return found


if __name__ == "__main__":
    script(main)
