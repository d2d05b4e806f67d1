"""The whole line-up from the lecture's starts

Every optimizer that Keras ships descends both surfaces of the lecture, from its two starts, all with the lecture's
learning rate. That is not fair (`fair_race` is), but it shows at a glance how each of them moves. What counts as
arrived is the same for both losses: 1 % of the way from weights of zero down to the minimum is left.
"""

from tfreg import (
    Findings,
    charts,
    compare,
    descents,
    loss_surface,
    maps,
    optimizers,
    script,
    tables,
    surfaces,
)

STARTS = ((-3.0, -1.0), (-10.0, -1.0))


def main(epochs: int = 435, learning_rate: float = 0.1, line_up: str = "all", grid_step: float = 0.2) -> Findings:
    problems = descents.lecture_problems()
    result = compare(
        problems,
        optimizers.line_up(line_up),
        STARTS,
        epochs,
        vary={"learning_rate": [learning_rate]},
        record_every=1,
        trajectories=True,
    ).isel(learning_rate=0)
    over = surfaces.grid(w0=(-12, 4, grid_step), w1=(-2, 10, grid_step))
    title = f"{{}}: every optimizer with learning rate {learning_rate:g}, {epochs} epochs"
    paths = {
        name: maps.paths(
            loss_surface(problem, over),
            result.sel(problem=name),
            {"minimum": descents.minimum(problem)},
            title.format(name),
        )
        for name, problem in problems.items()
    }
    table = tables.by_start(result)
    reached = result.reached.all("start")
    slowest = result.epochs_to_tolerance.max("start").where(reached)
    words = []
    for name in problems:
        arrived = reached.sel(problem=name)
        first = f", {slowest.sel(problem=name).idxmin('optimizer').item()} first" if arrived.any() else ""
        words.append(f"{int(arrived.sum())} of {arrived.size} optimizers arrive from both starts on {name}{first}")
    return Findings(
        summary=f"With learning rate {learning_rate:g} and {epochs} epochs, {'; '.join(words)}.",
        runs={"runs": result},
        figures={
            "mse_paths": (paths["MSE"], "The paths on the MSE surface, from both starts."),
            "bce_paths": (paths["BCE"], "The paths on the BCE surface, from both starts."),
            "losses": (
                charts.courses(result, f"Loss above the minimum, learning rate {learning_rate:g}"),
                "The loss above the minimum over the epochs.",
            ),
            "epochs": (
                charts.bars(
                    table[table.w0 == -10],
                    "epochs to tolerance",
                    "problem",
                    "epochs to tolerance",
                    "From (-10, -1)",
                    most=epochs,
                ),
                "Epochs until 1 % of the way is left, from the far start.",
            ),
        },
        tables={"table": (table, "Epochs to tolerance, final loss and fate, for each loss, optimizer and start")},
    )


if __name__ == "__main__":
    script(main)
