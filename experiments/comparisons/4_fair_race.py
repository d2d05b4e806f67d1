"""A fair race: each optimizer at its own best learning rate

Learning rates are chosen on the lecture's data, from some starts; the race is run on data sets drawn again from the
same model, from other starts. At every budget each optimizer runs at the rate that was best for that budget, and is
ranked by how far above the minimum it is. The intervals say what another draw of data sets and starts could have
changed.
"""

import numpy as np

from tfreg import Findings, Problem, compare, comparison, datasets, draw, losses, models, optimizers, script

TUNING = "the lecture's data"


def main(
    epochs: int = 200,
    loss: str = "bce",
    n_rates: int = 11,
    n_starts: int = 10,
    n_draws: int = 6,
    n_samples: int = 300,
    line_up: str = "all",
    seed: int = 0,
) -> Findings:
    tuning = Problem(models.logistic(2, dtype="float64"), losses.get(loss), datasets.bernoulli_line(n_samples))
    draws = {f"draw {k}": tuning.on(datasets.bernoulli_line(n_samples, seed=seed + k)) for k in range(1, n_draws + 1)}
    starts = np.random.default_rng(seed).uniform((-10, -1), (3, 10), (2 * n_starts, 2))
    result = compare(
        {TUNING: tuning} | draws,
        optimizers.parse_optimizers(line_up),
        starts,
        epochs,
        vary={"learning_rate": np.geomspace(1e-3, 100, n_rates)},
        record_every=5,
        trajectories=True,
    )
    raced = comparison.race(result, {"problem": [TUNING], "start": np.arange(n_starts)})
    late = raced.sel(epoch=slice(10, None))  # before, nobody has gone far
    won = comparison.winners(late)
    table = comparison.ranking(raced)
    leader, second = table.iloc[0], table.iloc[1]
    tie = f", which {second.optimizer} may share" if second["rank from"] <= leader["rank to"] else ""
    order = ", then ".join(f"{name} from {epoch} epochs on" for epoch, name in won)

    found = Findings(
        f"On {loss.upper()} the leaders by budget are {order}. After {epochs} epochs {leader.optimizer} leads with "
        f"mean rank {leader['mean rank']:.1f}{tie}. Data sets and starts are ours (seed {seed})."
    )
    title = f"{loss.upper()}: {n_draws} data sets drawn again, {n_starts} starts each, none used for tuning"
    caption = "Mean ranks over the budget, and at its end with 95 % intervals over data sets and starts."
    found.figure("ranks", draw.ranks(late, title), caption)
    found.table("table", table, f"The race after {epochs} epochs, with the learning rate that tuning chose")
    return found


if __name__ == "__main__":
    script(main)
