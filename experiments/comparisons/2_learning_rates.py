"""How much hangs on the learning rate

Every optimizer with learning rates over five powers of ten, from starts all over the lecture's grid. The best rate of
each is where the mean distance to the minimum, in powers of ten, is least; a rate is good if it brings at least 90 %
as many starts to the tolerance as the rate that brings most. An optimizer with a wide good range forgives.
"""

import numpy as np

from tfreg import Findings, charts, compare, descents, optimizers, script, tables


def main(epochs: int = 435, n_rates: int = 16, n_starts: int = 48, line_up: str = "all", seed: int = 0) -> Findings:
    problems = descents.lecture_problems()
    result = compare(
        problems,
        optimizers.line_up(line_up),
        descents.random_starts(n_starts, seed),
        epochs,
        vary={"learning_rate": np.geomspace(1e-3, 100, n_rates)},
        record_every=15,
    )
    table = tables.good_rates(result)
    widest = table.sort_values("good decades", ascending=False).drop_duplicates("problem")
    words = "; ".join(
        f"{row.problem}: {row.optimizer} ({row['good decades']:.1f} powers of ten)" for _, row in widest.iterrows()
    )
    return Findings(
        summary=f"The widest good range of learning rates, over {n_starts} starts: {words}.",
        runs={"runs": result},
        figures={
            "sensitivity": (
                charts.sensitivity(result, f"Where {epochs} epochs end, by learning rate ({n_starts} starts)"),
                "The final loss above the minimum over learning rates, a panel per optimizer.",
            ),
            "ranges": (
                charts.bars(
                    table, "good decades", "problem", "powers of ten of good learning rates", "How forgiving they are"
                ),
                "How many powers of ten the good learning rates of each optimizer cover.",
            ),
        },
        tables={"table": (table, "The best learning rate and the good range of each optimizer")},
    )


if __name__ == "__main__":
    script(main)
