"""Six pupils, two layers in a row

The same pupils and optimizer; the model is a Dense layer and a sigmoid in a row, from a random start that was solved
for: it gives the first printed predictions. A column of accuracies is printed beside the losses, 100 % in every row. It
is stale: computed from the predictions of the model before, the one from zero after its last update, which stand still
while this one learns. Computed in float64: in float32 one loss falls a rounding error outside its printed digits.
"""

import numpy as np

from tfreg import Claim, Findings, Problem, datasets, diagrams, figures, losses, models, script, train

import keras
from keras.layers import Activation, Dense
from keras.optimizers import SGD

START = (0.26122787, 0.42208571, -0.60960906)


def main(epochs: int = 1001, learning_rate: float = 1.0) -> Findings:
    data = datasets.six_pupils()
    model = keras.Sequential([keras.Input((2,)), Dense(1, dtype="float64"), Activation("sigmoid", dtype="float64")])
    problem = Problem(model, losses.bce, data)
    run, from_zero = (train(problem, SGD(learning_rate), epochs, start) for start in (START, (0, 0, 0)))

    right = (problem.predictions_at(run.weights) > 0.5) == data.targets
    accuracy = 100 * right.mean(axis=(1, 2))
    stale = 100 * np.mean((problem.predictions_at(from_zero.weights[-1]) > 0.5) == data.targets)
    printed = np.full(epochs + 1, stale)
    found = (
        f"the model's own accuracy is {accuracy[0]:.0f} % at epoch 0 and below 100 % in {np.sum(accuracy < 100)} of "
        f"{epochs + 1} epochs, the last of them {np.flatnonzero(accuracy < 100)[-1]}"
    )
    curves = {"loss": {"BCE": run.loss}, "accuracy in %": {"as printed": printed, "of this model": accuracy}}
    return Findings(
        summary=f"The loss falls to {run.loss.values[-1]:.4f}. Every row says {stale:.0f} %; {found}.",
        runs={"run": run},
        figures={
            "network": (
                diagrams.detailed(models.holding(model, run.weights[-1])),
                "A Dense layer and a sigmoid in a row, with the weights after training.",
            ),
            "layers": (diagrams.compact(model), "The same, layer by layer."),
            "training": (
                figures.courses(run.epoch, curves, title="Six pupils, two layers in a row"),
                "The printed accuracy is stale; the model's own begins at one half.",
            ),
        },
        numbers={
            "prediction": problem.predictions_at(START),
            "loss": run.loss.values[:1001:100],
            "accuracy": printed[:1001:100],
        },
        claims=(Claim("all six are right from epoch 0 on", "holds" if right.all() else "fails", found),),
    )


if __name__ == "__main__":
    script(main)
