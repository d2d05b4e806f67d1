"""Overfitting noise

The same 512 ReLUs on 100 points of pure noise around zero, with SGD(0.5). There is nothing to learn, and the best
prediction for new data is zero; the net finds something nevertheless. The lecture's start cannot be recovered, so this
one is drawn from a seed of our own, and several more beside it.
"""

import numpy as np

from tfreg import Claim, Findings, Problem, datasets, figures, losses, models, script, train

from keras.optimizers import SGD

NOISE = 0.001  # the standard deviation that the data were drawn with


def main(
    epochs: int = 1000, learning_rate: float = 0.5, n_units: int = 512, n_starts: int = 20, seed: int = 0
) -> Findings:
    data = datasets.flat_noise()
    problem = Problem(models.relu_net(n_units), losses.mse, data)
    starts = problem.random_starts(n_starts, seed)
    runs = train(problem, SGD(learning_rate), epochs, starts, record_every=max(1, epochs // 10))
    fits = problem.predictions_at(runs.weights.values[:, -1])[..., 0].astype(float)

    y = data.targets[:, 0]
    seen, seen_zero = np.mean((y - fits) ** 2, axis=1), np.mean(y**2)
    # New noise at the same x is independent of the fit: its expected squared error is a sum of two squares.
    fresh, fresh_zero = NOISE**2 + np.mean(fits**2, axis=1), NOISE**2
    found = (
        f"on the data the fits have {(seen / seen_zero).min():.2f} to {(seen / seen_zero).max():.2f} times the MSE of "
        f"zero ({seen_zero:.2e}), on fresh draws they are to expect {(fresh / fresh_zero).min():.2f} to "
        f"{(fresh / fresh_zero).max():.2f} times that of zero ({fresh_zero:.2e})"
    )
    return Findings(
        summary=f"After {epochs} epochs from {n_starts} starts: {found}.",
        runs={"run": runs.isel(start=0)},
        figures={
            "data": (figures.data(data, title="100 points of noise"), "The data: noise around zero and nothing else."),
            "fit": (
                figures.data(data, {"fit": fits[0]}, title=f"{n_units} ReLUs after {epochs} epochs"),
                "The net bends after the noise, where the true mean is zero.",
            ),
        },
        claims=(
            Claim(
                f"{n_units} units fit noise that is not to be fitted",
                "holds" if (seen < seen_zero).all() and (fresh > fresh_zero).all() else "depends",
                f"from {n_starts} starts: {found}",
            ),
        ),
    )


if __name__ == "__main__":
    script(main)
