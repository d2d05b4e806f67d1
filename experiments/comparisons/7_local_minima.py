"""Which minima of the two-ReLU net are found, and how often

The lecture's net of two ReLUs from two thousand random starts, drawn as Keras draws them, with each optimizer at the
learning rate that did best on other starts. The loss tells where a run ended: the good minimum that the lecture prints
(or better), its local minimum with one dead unit, the least-squares line, or a constant; all else is elsewhere, often
on its way still. Optimizers that look at whole tensors run one start after another and get fewer.
"""

import numpy as np
import pandas as pd
import xarray as xr
from keras.optimizers import Optimizer

from tfreg import Findings, Problem, compare, comparison, datasets, draw, losses, models, optimizers, script, surfaces

# As the lecture prints them: after the fit that works, and after the one that does not.
GOOD = (1.7125574, 0.96457523, -0.10849824, 0.80890274, 1.5033181, 1.1611973, -0.9116387)
ONE_DEAD = (1.9579618, 0.46560898, 0.34100613, -0.4658857, 1.7770029, -0.7268499, -0.60076195)
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
        f"{best.starts} starts{beside}."
    )
    title = f"Where the two-ReLU net ends after {epochs} epochs"
    grey = {"elsewhere": draw.Style("#BDBDBD")}
    shares = draw.shares(table, [*levels, "elsewhere"], title, styles=grey)
    found.figure("shares", shares, "Where the starts end, each optimizer at its best learning rate.")
    found.table("table", table, "Shares of the starts by where they end; the interval is that of the good minimum")
    return found


def losses_at_rest(problem: Problem) -> dict[str, float]:
    """The losses of the places where the net comes to rest."""
    x, y = problem.dataset.inputs[:, 0], problem.dataset.targets[:, 0]
    good, dead = (float(problem.loss_at(surfaces.minimum_weights(problem, near))) for near in (GOOD, ONE_DEAD))
    line = np.mean((y - np.polyval(np.polyfit(x, y, 1), x)) ** 2)
    return {"good minimum": good, "one dead unit": dead, "a line": float(line), "a constant": float(y.var())}


def at_rate(name: str, rate: float) -> Optimizer:
    """An optimizer with this learning rate."""
    optimizer = optimizers.get(name)
    optimizer.learning_rate = rate
    return optimizer


def shares_at_rest(result: xr.Dataset, levels: dict[str, float], rates: np.ndarray) -> pd.DataFrame:
    """A row for each optimizer: the shares of its runs that ended within 0.1 % of each loss, or at the good one."""
    ends = result.final_loss.transpose("optimizer", "start").values
    shares = {kind: np.isclose(ends, level, rtol=1e-3).mean(axis=1) for kind, level in levels.items()}
    shares["good minimum"] = result.reached.mean("start").values
    intervals = [comparison.wilson_interval(int(n), ends.shape[1]) for n in result.reached.sum("start")]
    low, high = zip(*intervals, strict=True)
    columns = {"optimizer": result.optimizer.values, "learning rate": rates, "starts": ends.shape[1]}
    return pd.DataFrame(columns | shares | {"elsewhere": 1 - sum(shares.values()), "from": low, "to": high})


if __name__ == "__main__":
    script(main)
