"""512 ReLUs

The lecture's fourth solution (풀이4): the same data and 512 ReLUs before the linear unit. The lecture's start cannot
be recovered, so we chose one (seed 0), drawn as Keras draws. The lecture says that so wide a net does not get stuck:
units die here too, but others make up for them. That is judged in `wide_starts`, from many starts.
"""

from tfreg import Findings, Problem, datasets, draw, losses, script, train

from keras import Input, Sequential
from keras.layers import Dense
from keras.optimizers import SGD


def main(epochs: int = 1000, learning_rate: float = 0.1, n_units: int = 512, seed: int = 0) -> Findings:
    data = datasets.piecewise()
    net = Sequential([Input((1,)), Dense(n_units, activation="relu"), Dense(1)])
    problem = Problem(net, losses.mse, data)
    start = problem.random_starts(1, seed)[0]
    run = train(problem, SGD(learning_rate), epochs, start)
    fit = problem.predictions_at(run.weights.values[-1])[:, 0]

    found = Findings(
        f"After {epochs} epochs the MSE is {run.loss.values[-1]:.4f}; we chose the start (seed {seed}). Whether such "
        "nets get stuck is judged in wide_starts."
    )
    found.run("run", run)
    found.figure("layers", draw.layers(net), f"The net with its {n_units} hidden units.")
    title = f"{n_units} ReLUs after {epochs} epochs of SGD({learning_rate:g})"
    found.figure(
        "fit",
        draw.data(data, {"fit": fit}, title=title),
        f"The data and the fit; we chose the start (seed {seed}).",
    )
    return found


if __name__ == "__main__":
    script(main)
