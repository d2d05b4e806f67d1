"""Two models printed as one

"Logistic regression in practice" prints the predictions of its PyTorch model before training, and its weights after.
From the start that gives these predictions no number of updates leads to these weights (`draft_mean`). But predictions
are printed with four decimals, so the starts that give them fill a small polytope: here are many of its corners.
"""

import numpy as np
from scipy.optimize import linprog
from scipy.special import logit

from tfreg import Findings, Problem, datasets, draw, losses, models, script, train

from keras.optimizers import SGD

PRINTED_BEFORE = np.array(
    [0.1699, 0.0752, 0.1071, 0.0430, 0.0759, 0.0634, 0.0505, 0.0230, 0.0230, 0.0027, 0.0036, 0.0129]
)
PRINTED_AFTER = np.array([-0.1720, 0.2783, 0.3558, -0.4204])


def main(epochs: int = 50000, learning_rate: float = 0.001, n_starts: int = 100, seed: int = 0) -> Findings:
    data = datasets.rookies()
    problem = Problem(models.logistic(3, bias=True, dtype="float64"), losses.bce, data)
    starts = corners(data.inputs, np.random.default_rng(seed).normal(size=(n_starts, 4)))
    off = abs(problem.predictions_at(starts)[..., 0] - PRINTED_BEFORE).max()
    run = train(problem, SGD(learning_rate), epochs, starts, record_every=10)
    distance = abs(run.weights.values - PRINTED_AFTER).max(axis=2)
    closest = distance.min()

    found = Findings(
        f"Of {n_starts} starts solved for (seed {seed}), with predictions within {off:.1e} of the printed ones, none "
        f"comes closer than {closest:.3f} to the printed weights in {epochs} updates."
    )
    curves = {"nearest start": distance.min(axis=0), "farthest start": distance.max(axis=0)}
    title = "From the printed predictions to the printed weights"
    figure = draw.curves(run.epoch, {"largest distance of a weight": curves}, "updates", title=title)
    found.figure("distance", figure, "How far the weights are from the printed ones, from starts solved for.")
    found.claim(
        "implied: the predictions before training and the weights after it belong to one model",
        holds=closest < 5e-5,
        because=f"some weight is off by {closest:.3f} or more after any number of updates up to {epochs}, from each of "
        f"{n_starts} starts; the printed digits allow 5e-5",
    )
    return found


def corners(inputs: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """The start farthest in each direction (n, 4) among those whose predictions round to the printed ones."""
    design = np.column_stack([inputs, np.ones(len(inputs))])
    low, high = (logit(PRINTED_BEFORE + off) for off in (-5e-5, 5e-5))
    limits = {"A_ub": np.vstack([design, -design]), "b_ub": np.concatenate([high, -low]), "bounds": (None, None)}
    return np.array([linprog(-direction, **limits).x for direction in directions])


if __name__ == "__main__":
    script(main)
