"""Overfitting noise

The lecture's warning after its fourth solution: the same 512 ReLUs on 100 points of pure noise, with SGD(0.5). There
is nothing to learn, and the best prediction for new data is zero; the net finds something nevertheless. The lecture's
start cannot be recovered, so we chose one (seed 0), drawn as Keras draws. The claim that the net fits noise is judged
in `overfit_starts`, from many starts.
"""

from tfreg import Findings, Problem, datasets, draw, losses, script, train

from keras import Input, Sequential
from keras.layers import Dense
from keras.optimizers import SGD


def main(epochs: int = 1000, learning_rate: float = 0.5, n_units: int = 512, seed: int = 0) -> Findings:
    data = datasets.flat_noise()
    net = Sequential([Input((1,)), Dense(n_units, activation="relu"), Dense(1)])
    problem = Problem(net, losses.mse, data)
    start = problem.random_starts(1, seed)[0]
    run = train(problem, SGD(learning_rate), epochs, start)
    fit = problem.predictions_at(run.weights.values[-1])[:, 0]

    y = data.targets[:, 0]
    found = Findings(
        f"After {epochs} epochs the MSE is {run.loss.values[-1]:.2e}, that of predicting zero {(y**2).mean():.2e}; we "
        f"chose the start (seed {seed}). Whether such nets fit noise is judged in overfit_starts."
    )
    found.run("run", run)
    found.figure(
        "data",
        draw.curves(data.inputs[:, 0], {"y": {"data": y}}, "x", title="100 points of noise"),
        "The data: noise around zero and nothing else, joined by a line as in the lecture.",
    )
    title = f"{n_units} ReLUs on noise after {epochs} epochs of SGD({learning_rate:g})"
    found.figure(
        "fit",
        draw.data(data, {"fit": fit}, title=title),
        f"The net follows the noise, where the true mean is zero; we chose the start (seed {seed}).",
    )
    return found


if __name__ == "__main__":
    script(main)
