"""Twelve rookies, the summed loss

The NumPy half of "Logistic regression in practice": who of twelve NBA rookies was drafted, by points, rebounds and
assists. Logistic regression in float64 on the *summed* binary cross-entropy, 3000 updates from seeded normal weights.
The sigmoid is written out as there, which reproduces even the last of the 16 printed digits. The table of predictions
has a misprint: a digit is missing in row 4. The document reads the sizes of the weights as importance; but the inputs
have different spreads, and twelve rookies are few.
"""

import numpy as np

from tfreg import Findings, Problem, datasets, draw, models, script, train

import keras
import tensorflow as tf
from keras.layers import Dense
from keras.optimizers import SGD

from importance import importance, ranking

START = np.random.RandomState(220104).randn(4)
NAMES = ["points", "rebounds", "assists"]
MISPRINT = "0.9788304"  # in row 4 of the table


def main(epochs: int = 3000, learning_rate: float = 0.001) -> Findings:
    data = datasets.rookies()
    unit = Dense(1, activation=lambda u: 1 / (1 + tf.exp(-u)), dtype="float64")
    summed = lambda y, p: -tf.reduce_sum(y * tf.math.log(p) + (1 - y) * tf.math.log(1 - p))
    problem = Problem(keras.Sequential([keras.Input((3,), dtype="float64"), unit]), summed, data)
    run = train(problem, SGD(learning_rate), epochs, START)
    before, after = problem.predictions_at(run.weights[[0, -1]])[..., 0]
    weights = run.weights.values[-1]
    n_right = np.sum((after > 0.5) == data.targets[:, 0])

    found = Findings(
        f"The summed loss falls from {run.loss[0]:.3f} to {run.loss[-1]:.3f}, and {n_right} of 12 rookies are right."
    )
    found.run("run", run)
    network = draw.network(models.holding(models.logistic(3, bias=True), weights), inputs=NAMES)
    found.figure("network", network, "Points, rebounds and assists, with the weights after training on the sum.")
    columns = {"before": before, f"after {epochs}": after}
    table = draw.predictions_table(data, [*NAMES, "drafted"], columns, title="Predictions, summed loss")
    found.figure(
        "table",
        table,
        "Twelve rookies and what is predicted for them; within 0.05 of 1/2, a limit of ours, is undecided.",
    )

    found.number("start", START)
    found.number("prediction_before", before)
    found.number("loss_before", run.loss[0])
    found.number("prediction_after", after)
    found.number("loss_after", run.loss[-1])
    found.number("weights", weights)
    row_4 = f"{after[3]:.8f}"
    is_short = any(row_4[:place] + row_4[place + 1 :] == MISPRINT for place in range(len(row_4)))
    lost = "that with one digit left out" if is_short else "another number"
    found.number("table", after, because=f"a misprint: row 4 is {row_4}, and the {MISPRINT} of the table is {lost}")

    sizes = importance(NAMES, weights[:3], data.inputs, problem.hessian_at(weights))
    found.table("importance", sizes, "The weights, their standard errors, and the weights times the inputs' spreads")
    orders = {measure: ranking(sizes, measure) for measure in ("weight", "weight x spread")}
    as_said = [order[0] == "points" and order[-1] == "assists" for order in orders.values()]
    difference = abs(weights[2]) - abs(weights[0])
    error = np.hypot(*sizes["standard error"][[0, 2]])
    ranked = "; ".join(f"by {measure} {' < '.join(order)}" for measure, order in orders.items())
    found.claim(
        "said: points matter least and assists most",
        holds=(all(as_said) and difference > 2 * error) or ("depends" if any(as_said) else False),
        because=f"{ranked}; but the sizes of the weights of assists and points differ by {difference:.2f} with a "
        f"standard error of {error:.2f}, so twelve rookies are too few to decide; and a weight of {weights[0]:.2f} "
        "says that points count against a rookie, not that they do not count",
    )
    n_wrong, n_guessed = len(after) - n_right, min(data.targets.sum(), (1 - data.targets).sum())
    found.claim(
        "said: many predictions are wrong",
        holds=n_wrong > len(after) / 4,
        because=f"{n_wrong} of {len(after)} are wrong, on the rookies trained on; saying the same of all would make "
        f"{n_guessed:.0f} wrong",
    )
    return found


if __name__ == "__main__":
    script(main)
