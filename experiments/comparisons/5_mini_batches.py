"""Full batch against mini-batches

The lecture's far start on BCE, with all 2000 samples per update, 256, or 32, and as many shuffles as wanted. More
updates per epoch get there in fewer epochs, but each shuffle takes its own way, and at a constant learning rate it
never comes to rest. The comparison is at equal epochs, that is, equal numbers of samples seen.
"""

import pandas as pd

from tfreg import Findings, Problem, compare, grid, loss_surface, script
from tfreg import comparison, datasets, draw, losses, models, surfaces

BATCH_SIZES = (2000, 256, 32)


def main(
    epochs: int = 200,
    loss: str = "bce",
    optimizer: str = "adam:0.1",
    start: tuple[float, float] = (-10.0, -1.0),
    n_shuffles: int = 20,
    grid_step: float = 0.2,
) -> Findings:
    problem = Problem(models.logistic(2), losses.get(loss), datasets.bernoulli_line())
    shuffles = range(n_shuffles)
    results = {
        size: compare(
            {loss: problem},
            [optimizer],
            start,
            epochs,
            seeds=shuffles,
            batch_size=size,
            record_every=1,
            trajectories=True,
        )
        for size in BATCH_SIZES
    }
    table = pd.concat([comparison.by_seed(result).assign(batch=size) for size, result in results.items()])
    ends = "; ".join(
        f"{row.batch} samples: {row['mean final loss']:.4f} ± {row['standard deviation']:.1g}"
        for _, row in table.iterrows()
    )

    found = Findings(f"{n_shuffles} shuffles, {epochs} epochs of {optimizer} on {loss.upper()} end at {ends}.")
    for size, result in results.items():
        found.run(f"batch_{size}", result)
    surface = loss_surface(problem, grid(w0=(-12, 3, grid_step), w1=(-2, 10, grid_step)))
    runs = {f"{size} samples": result.isel(problem=0, optimizer=0, start=0) for size, result in results.items()}
    minimum = surfaces.minimum_weights(problem, near=problem.dataset.true_weights)
    title = f"{optimizer} on {loss.upper()}: {n_shuffles} shuffles, {epochs} epochs"
    caption = "The paths of all shuffles for each batch size, and how far the shuffles are apart."
    found.figure("paths", draw.spreads(surface, runs, minimum, title), caption)
    found.table("table", table, "Final losses over the shuffles, and epochs to tolerance")
    return found


if __name__ == "__main__":
    script(main)
