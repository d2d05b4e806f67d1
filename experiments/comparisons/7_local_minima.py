"""Minima of the two-ReLU net by optimizer

The lecture's net of two ReLUs from two thousand random starts, drawn as Keras draws them, with each optimizer at the
learning rate that did best on other starts. The final loss shows where a run ended: the good minimum that the lecture
prints (or better), its local minimum with one dead unit, the least-squares line, or a constant; all else is elsewhere,
often still on its way. Optimizers that look at whole tensors run one start after another, and get fewer starts.
"""

import numpy as np
import pandas as pd
from at_rest import losses_at_rest, shares_at_rest
from keras.optimizers import Optimizer

from tfreg import Findings, Problem, compare, comparison, datasets, draw, losses, models, optimizers, script

RATES = np.geomspace(1e-3, 1, 7)


def main(
    epochs: int = 1000,
    n_starts: int = 2000,
    n_starts_tuning: int = 200,
    n_starts_slow: int = 500,
    line_up: str = "sgd,momentum,nesterov,rmsprop,adam,amsgrad,adamw,adamax,nadam,adagrad,adadelta,ftrl,lion,"
    "schedulefreeadamw",
    slow_line_up: str = "adafactor,lamb,muon",
    seed: int = 0,
) -> Findings:
    problem = Problem(models.relu_net(2), losses.mse, datasets.piecewise())
    levels = losses_at_rest(problem)
    reached = {"minimum": {"net": levels["good minimum"]}, "tolerance": 0.05 * levels["good minimum"]}
    tuning, starts = problem.random_starts(n_starts_tuning, seed + 1), problem.random_starts(n_starts, seed)
    tables = []
    for names, count in ((line_up, n_starts), (slow_line_up, n_starts_slow)):
        few = tuning[: max(1, count // 10)]
        line = optimizers.parse_optimizers(names)
        tuned = compare(
            {"net": problem}, line, few, epochs, vary={"learning_rate": RATES}, record_every=epochs, **reached
        )
        rates = comparison.most_reached_rates(tuned).isel(problem=0).values
        chosen = {name: at_rate(name, rate) for name, rate in zip(line, rates, strict=True)}
        result = compare({"net": problem}, chosen, starts[:count], epochs, record_every=epochs, **reached)
        tables.append(shares_at_rest(result.isel(problem=0), levels, rates))

    table = pd.concat(tables, ignore_index=True)
    best, sgd = table.loc[table["good minimum"].idxmax()], table[table.optimizer == "sgd"]["good minimum"]
    beside = f", sgd in {100 * sgd.item():.0f} %" if len(sgd) else ""
    found = Findings(
        f"The good minimum is found most often by {best.optimizer}, in {100 * best['good minimum']:.0f} % of its "
        f"{best.starts} starts{beside}; we drew them (seed {seed})."
    )
    title = f"Where the two-ReLU net ends after {epochs} epochs"
    grey = {"elsewhere": draw.Style("#BDBDBD")}
    shares = draw.shares(table, [*levels, "elsewhere"], title, styles=grey)
    found.figure("shares", shares, "Where the starts end, each optimizer at its best learning rate.")
    found.table("table", table, "Shares of the starts by where they end; the interval is that of the good minimum")
    return found


def at_rate(name: str, rate: float) -> Optimizer:
    """An optimizer with this learning rate."""
    optimizer = optimizers.get(name)
    optimizer.learning_rate = rate
    return optimizer


if __name__ == "__main__":
    script(main)
