"""A fair race: each optimizer at its own best learning rate

Learning rates are chosen on the lecture's data, from some starts; judged is on data sets drawn again from the same
model, from other starts. At every budget each optimizer runs at the rate that was best for that budget, and is ranked
by how far above the minimum it is. The intervals say what another draw of data sets and starts could have changed.
"""

import numpy as np

from tfreg import (
    Findings,
    Problem,
    charts,
    compare,
    comparison,
    datasets,
    descents,
    losses,
    models,
    optimizers,
    script,
    tables,
)


def main(
    epochs: int = 200,
    loss: str = "bce",
    n_rates: int = 11,
    n_starts: int = 16,
    n_draws: int = 6,
    n_samples: int = 300,
    line_up: str = "all",
    seed: int = 0,
) -> Findings:
    first = Problem(models.logistic(2, dtype="float64"), losses.get(loss), datasets.bernoulli_line(n_samples))
    redrawn = {f"draw {k}": first.on(datasets.bernoulli_line(n_samples, seed=seed + k)) for k in range(1, n_draws + 1)}
    problems = {"for tuning": first} | redrawn
    result = compare(
        problems,
        optimizers.line_up(line_up),
        descents.random_starts(2 * n_starts, seed),
        epochs,
        vary={"learning_rate": np.geomspace(1e-3, 100, n_rates)},
        record_every=5,
        trajectories=True,
    )
    raced = comparison.race(result, {"problem": ["for tuning"], "start": np.arange(n_starts)})
    won = comparison.winners(raced.isel(epoch=slice(2, None)))
    table = tables.ranking(raced)
    leader, second = table.iloc[0], table.iloc[1]
    tied = second["rank from"] <= leader["rank to"]
    return Findings(
        summary=f"On {loss.upper()}, by budget: "
        + ", then ".join(f"{name} from {epoch} epochs on" for epoch, name in won)
        + f". After {epochs} epochs {leader.optimizer} leads with mean rank {leader['mean rank']:.1f}"
        + (f", which {second.optimizer} may share" if tied else "")
        + ".",
        figures={
            "ranks": (
                charts.ranks(
                    raced,
                    f"{loss.upper()}: {n_draws} data sets drawn again, {n_starts} starts each, none used for tuning",
                ),
                "Mean ranks over the budget, and at its end with 95 % intervals over data sets and starts.",
            )
        },
        tables={"table": (table, f"The race after {epochs} epochs, with the learning rate that tuning chose")},
    )


if __name__ == "__main__":
    script(main)
