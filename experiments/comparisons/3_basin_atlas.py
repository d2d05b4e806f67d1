"""Basin atlas: the starts from which each optimizer arrives

Every point of a grid is a start, for every optimizer and both losses of the lecture, each optimizer fresh and with the
lecture's learning rate. Grey starts do not arrive within the epochs.
"""

from tfreg import (
    Findings,
    Problem,
    compare,
    comparison,
    datasets,
    draw,
    grid,
    losses,
    models,
    optimizers,
    script,
    surfaces,
)


def main(epochs: int = 435, learning_rate: float = 0.1, line_up: str = "all", grid_step: float = 0.5) -> Findings:
    data = datasets.bernoulli_line()
    problems = {
        "MSE": Problem(models.logistic(2), losses.mse, data),
        "BCE": Problem(models.logistic(2), losses.bce, data),
    }
    starts = grid(w0=(-10, 3, grid_step), w1=(-1, 10, grid_step))
    rate = {"learning_rate": [learning_rate]}
    result = compare(problems, optimizers.parse_optimizers(line_up), starts, epochs, vary=rate, record_every=15)
    result = result.isel(learning_rate=0)

    table = comparison.summary(result)
    shares = result.reached.mean("start")
    better = shares.sel(problem="BCE") >= shares.sel(problem="MSE")
    n_better, n_optimizers = int(better.sum()), better.size
    found = Findings(
        f"Within {epochs} epochs the optimizers arrive from {100 * float(shares.sel(problem='BCE').mean()):.0f} % of "
        f"{result.sizes['start']} starts on BCE and from {100 * float(shares.sel(problem='MSE').mean()):.0f} % on MSE; "
        f"{surfaces.ARRIVED}."
    )
    found.run("runs", result)
    for loss in problems:
        title = f"{loss}: epochs to tolerance from each start, learning rate {learning_rate:g}"
        caption = f"From where each optimizer arrives on {loss}, and how soon; with the share of starts that fail."
        found.figure(f"{loss.lower()}_atlas", draw.atlas(result, loss, title), caption)
    found.table("table", table, "The share of starts that arrive, with its 95 % interval, and how soon they do")
    found.claim(
        "ours: every optimizer arrives from at least as many starts on BCE as on MSE",
        holds=n_better == n_optimizers or ("depends" if n_better else False),
        because=f"with learning rate {learning_rate:g}, {n_better} of {n_optimizers} optimizers do",
    )
    return found


if __name__ == "__main__":
    script(main)
