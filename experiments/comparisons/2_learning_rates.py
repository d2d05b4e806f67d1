"""Sensitivity to the learning rate

Every optimizer with learning rates over five powers of ten, from starts all over the lecture's grid. The best rate of
each is where the mean distance to the minimum, in powers of ten, is least; a rate is good if it brings at least 90 %
as many starts to the tolerance as the rate that brings most. An optimizer with a wide good range is forgiving.
"""

import numpy as np

from tfreg import Findings, Problem, compare, comparison, datasets, draw, losses, models, optimizers, script


def main(epochs: int = 435, n_rates: int = 16, n_starts: int = 48, line_up: str = "all", seed: int = 0) -> Findings:
    data = datasets.bernoulli_line()
    problems = {
        "MSE": Problem(models.logistic(2), losses.mse, data),
        "BCE": Problem(models.logistic(2), losses.bce, data),
    }
    starts = np.random.default_rng(seed).uniform((-10, -1), (3, 10), (n_starts, 2))
    rates = np.geomspace(1e-3, 100, n_rates)
    result = compare(
        problems, optimizers.parse_optimizers(line_up), starts, epochs, vary={"learning_rate": rates}, record_every=15
    )

    table = comparison.good_rates(result)
    widest = table.loc[table.groupby("problem")["good decades"].idxmax()]
    decades = "; ".join(f"{row.problem}: {row.optimizer}, {row['good decades']:.1f}" for _, row in widest.iterrows())
    found = Findings(
        f"The widest good range of rates in powers of ten, over {n_starts} starts of ours (seed {seed}): {decades}."
    )
    found.run("runs", result)
    sensitivity = draw.sensitivity(result, f"Where {epochs} epochs end, by learning rate ({n_starts} starts)")
    found.figure("sensitivity", sensitivity, "The final loss above the minimum over the learning rate, by optimizer.")
    label = "powers of ten of good learning rates"
    ranges = draw.bars(table, "good decades", "problem", label, "How forgiving each optimizer is")
    found.figure("ranges", ranges, "How many powers of ten the good learning rates of each optimizer cover.")
    found.table("table", table, "The best learning rate and the good range of each optimizer")
    return found


if __name__ == "__main__":
    script(main)
