"""How much noise do wide nets fit?

The lecture's 512 ReLUs on noise, from twenty random starts, drawn as Keras draws them. Fitting noise means more than
fitting its mean: on the data the net has to beat the least-squares line, and on fresh draws it has to do worse than
that line. New noise at the same x is independent of the fit, so its expected squared error is the variance of the noise
plus the mean square of the fit.
"""

import numpy as np

from tfreg import Findings, Problem, datasets, draw, losses, models, script, train

from keras.optimizers import SGD

NOISE = 0.001  # the standard deviation that the data were drawn with
N_SHOWN = 5


def main(
    epochs: int = 1000, learning_rate: float = 0.5, n_units: int = 512, n_starts: int = 20, seed: int = 0
) -> Findings:
    data = datasets.flat_noise()
    x, y = data.inputs[:, 0], data.targets[:, 0]
    problem = Problem(models.relu_net(n_units), losses.mse, data)
    runs = train(problem, SGD(learning_rate), epochs, problem.random_starts(n_starts, seed), record_every=epochs)
    fits = problem.predictions_at(runs.weights.values[:, -1])[..., 0].astype(float)
    line = np.polyval(np.polyfit(x, y, 1), x)

    seen, seen_line = np.mean((y - fits) ** 2, axis=1) / np.mean(y**2), np.mean((y - line) ** 2) / np.mean(y**2)
    fresh, fresh_line = 1 + np.mean(fits**2, axis=1) / NOISE**2, 1 + np.mean(line**2) / NOISE**2
    found = Findings(
        f"From {n_starts} starts the nets have {seen.min():.3f} to {seen.max():.3f} times the MSE of zero on the data, "
        f"and {fresh.min():.3f} to {fresh.max():.3f} times on fresh draws. We drew the starts (seed {seed})."
    )
    shown = {f"start {number}": fit for number, fit in enumerate(fits[:N_SHOWN], start=1)}
    found.figure(
        "fits",
        draw.data(data, shown | {"least-squares line": line}, title=f"{n_units} ReLUs on noise after {epochs} epochs"),
        f"The fits from the first {len(shown)} of {n_starts} starts of ours (seed {seed}), and the least-squares line.",
    )
    found.claim(
        f"said: {n_units} units fit noise",
        holds=bool((seen < seen_line).all() and (fresh > fresh_line).all()) or "depends",
        because=f"relative to the MSE of zero, from {n_starts} starts: on the data {seen.min():.3f} to "
        f"{seen.max():.3f}, the least-squares line {seen_line:.3f}; on fresh draws {fresh.min():.3f} to "
        f"{fresh.max():.3f}, that line {fresh_line:.3f}",
    )
    return found


if __name__ == "__main__":
    script(main)
