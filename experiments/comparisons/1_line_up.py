"""The whole line-up from the lecture's starts

Every optimizer that Keras ships descends both surfaces of the lecture, from its two starts, all with the lecture's
learning rate. That is not fair (`fair_race` is), but it shows at a glance how each of them moves.
"""

import xarray as xr

from tfreg import Findings, Problem, compare, grid, loss_surface, script
from tfreg import comparison, datasets, draw, losses, models, optimizers, surfaces

STARTS = ((-3.0, -1.0), (-10.0, -1.0))


def main(epochs: int = 435, learning_rate: float = 0.1, line_up: str = "all", grid_step: float = 0.2) -> Findings:
    data = datasets.bernoulli_line()
    problems = {
        "MSE": Problem(models.logistic(2), losses.mse, data),
        "BCE": Problem(models.logistic(2), losses.bce, data),
    }
    result = compare(
        problems,
        optimizers.parse_optimizers(line_up),
        STARTS,
        epochs,
        vary={"learning_rate": [learning_rate]},
        record_every=1,
        trajectories=True,
    ).isel(learning_rate=0)

    arrivals = "; ".join(arriving(result.sel(problem=name)) for name in problems)
    found = Findings(f"With learning rate {learning_rate:g} and {epochs} epochs, {arrivals}; {surfaces.ARRIVED}.")
    found.run("runs", result)
    over = grid(w0=(-12, 4, grid_step), w1=(-2, 10, grid_step))
    for name, problem in problems.items():
        minimum = surfaces.minimum_weights(problem, near=data.true_weights)
        title = f"{name}: every optimizer with learning rate {learning_rate:g}, {epochs} epochs"
        paths = draw.paths(loss_surface(problem, over), result.sel(problem=name), {"minimum": minimum}, title)
        found.figure(f"{name.lower()}_paths", paths, f"The paths on the {name} surface, from both starts.")
    curves = draw.loss_curves(result, f"Loss above the minimum, learning rate {learning_rate:g}")
    found.figure("losses", curves, "The loss above the minimum over the epochs.")
    table = comparison.by_start(result)
    bars = draw.bars(table[table.start == 1], "epochs to tolerance", "problem", "epochs to tolerance", "From (-10, -1)")
    found.figure("epochs", bars, "Epochs until the optimizers arrive, from the far start.")
    found.table("table", table, "Epochs to tolerance, final loss and outcome, for each loss, optimizer and start")
    return found


def arriving(runs: xr.Dataset) -> str:
    """The number of optimizers that arrive from both starts on one loss, and the one that arrives first, as text."""
    from_both = runs.reached.all("start")
    text = f"{int(from_both.sum())} of {from_both.size} optimizers arrive from both starts on {runs.problem.item()}"
    if not from_both.any():
        return text
    first = runs.epochs_to_tolerance.max("start").where(from_both).idxmin("optimizer")
    return f"{text}, {first.item()} first"


if __name__ == "__main__":
    script(main)
