"""Full batch against mini-batches

The lecture's far start on BCE, with all 2000 samples per update, 256, or 32, and as many shuffles as wanted. More
updates per epoch get there in fewer epochs, but each shuffle takes its own way, and at a constant learning rate it
never comes to rest. Compared are equal epochs, that is, equal numbers of samples looked at.
"""

import pandas as pd

from tfreg import Findings, compare, descents, loss_surface, maps, script, tables, surfaces

BATCHES = {"all samples": 2000, "256 samples": 256, "32 samples": 32}


def main(
    epochs: int = 200,
    loss: str = "BCE",
    optimizer: str = "adam:0.1",
    start: tuple[float, float] = (-10.0, -1.0),
    n_shuffles: int = 20,
    grid_step: float = 0.2,
) -> Findings:
    problem = descents.lecture_problems()[loss]
    results = {
        label: compare(
            {loss: problem},
            {optimizer: optimizer},
            start,
            epochs,
            seeds=range(n_shuffles),
            batch_size=size,
            record_every=1,
            trajectories=True,
        )
        for label, size in BATCHES.items()
    }
    table = pd.concat([tables.by_seed(result).assign(batch=label) for label, result in results.items()])
    runs = {label: result.isel(problem=0, optimizer=0, start=0) for label, result in results.items()}
    over = surfaces.grid(w0=(-12, 3, grid_step), w1=(-2, 10, grid_step))
    words = "; ".join(
        f"{row.batch}: final loss {row['mean final loss']:.4f} ± {row['standard deviation']:.1g}"
        for _, row in table.iterrows()
    )
    return Findings(
        summary=f"{optimizer} on {loss} from {descents.place(start)}, {epochs} epochs, {n_shuffles} shuffles. {words}.",
        runs={label.replace(" ", "_"): result for label, result in results.items()},
        figures={
            "paths": (
                maps.spreads(
                    loss_surface(problem, over),
                    runs,
                    descents.minimum(problem),
                    f"{optimizer} on {loss}: {n_shuffles} shuffles, {epochs} epochs from {descents.place(start)}",
                ),
                "The paths of all shuffles for each batch size, and how far the shuffles are apart.",
            )
        },
        tables={"table": (table, "Final losses over the shuffles, and epochs to tolerance")},
    )


if __name__ == "__main__":
    script(main)
