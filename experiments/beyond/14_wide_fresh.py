"""Are many units mostly not bad?

The lecture says of many units that they are mostly not bad, and has one data set. Here fifty are drawn anew around the
bent line, and on each 512 ReLUs are trained, and two, from a random start each. On fresh targets at the same x a fit
adds to the variance of the noise its mean squared distance from the bent line; at most a tenth of it is not bad.
"""

import numpy as np
from relu_nets import problem

from tfreg import Dataset, Findings, Problem, comparison, draw, script, train

from keras.optimizers import SGD

NOISE = 0.3  # the standard deviation that the data were drawn with


def main(epochs: int = 1000, learning_rate: float = 0.1, n_units: int = 512, n_draws: int = 50) -> Findings:
    narrow = problem(2)
    x, bent = narrow.dataset.inputs, narrow.dataset.expected
    noise = np.random.default_rng(0).normal(scale=NOISE, size=(n_draws, len(bent)))
    draws = [Dataset(f"draw {number}", x, bent + one, expected=bent) for number, one in enumerate(noise)]
    added = {
        name: [added_error(net.on(data), SGD(learning_rate), epochs, k) for k, data in enumerate(draws)]
        for name, net in ((f"{n_units} units", problem(n_units)), ("2 units", narrow))
    }
    fine = {net: int(np.sum(np.array(errors) <= 0.1)) for net, errors in added.items()}
    better = int(np.sum(np.less(*added.values())))
    shares = " and ".join(f"{net} on {comparison.share_text(count, n_draws)} data sets" for net, count in fine.items())

    found = Findings(
        f"At most a tenth of the variance of the noise is added by {shares}; data and starts are ours (seed 0)."
    )
    percent = np.linspace(0, 100, 201)
    curves = {net: np.log10(np.quantile(errors, percent / 100)) for net, errors in added.items()}
    panel, title = {"log10 of the added error / variance of the noise": curves}, "Errors on fresh data"
    figure = draw.curves(percent, panel, "share of the data sets (%)", title=title)
    found.figure("errors", figure, f"The error added on fresh data, by the share of {n_draws} data sets of ours.")
    low, high = comparison.wilson_interval(fine[f"{n_units} units"], n_draws)
    medians = ", ".join(f"{net} {np.median(errors):.3f}" for net, errors in added.items())
    found.claim(
        "said: many units are mostly not bad",
        holds="depends" if low <= 0.5 <= high else low > 0.5,
        because=f"at most a tenth of the variance of the noise is added on fresh data by {shares}; the medians are "
        f"{medians} times that variance; {n_units} units are better than two on {better} of {n_draws}",
    )
    return found


def added_error(problem: Problem, optimizer: SGD, epochs: int, seed: int) -> float:
    """Train from a random start; the mean squared distance from the true mean, in variances of the noise."""
    run = train(problem, optimizer, epochs, problem.random_starts(1, seed)[0], record_every=epochs)
    fit = problem.predictions_at(run.weights.values[-1])[:, 0]
    return float(np.mean((fit - problem.dataset.expected) ** 2) / NOISE**2)


if __name__ == "__main__":
    script(main)
