"""Basin atlas: from where does which optimizer arrive?

The lecture shows one start from which Adam stays stuck on MSE, and concludes that even Adam cannot do this. Here every
point of a grid is a start, for every optimizer and both losses, each optimizer fresh and with the lecture's learning
rate. Grey starts do not arrive within the epochs.
"""

from tfreg import (
    Claim,
    Findings,
    compare,
    descents,
    maps,
    optimizers,
    script,
    tables,
    statistics,
    surfaces,
)


def main(epochs: int = 435, learning_rate: float = 0.1, line_up: str = "all", grid_step: float = 0.5) -> Findings:
    problems = descents.lecture_problems()
    over = surfaces.grid(w0=(-10, 3, grid_step), w1=(-1, 10, grid_step))
    result = compare(
        problems,
        optimizers.line_up(line_up),
        over,
        epochs,
        vary={"learning_rate": [learning_rate]},
        record_every=15,
    ).isel(learning_rate=0)
    shape = (len(over["w0"]), len(over["w1"]))
    table = tables.summary(result)
    reached = result.reached
    n_starts = result.sizes["start"]
    arrives = {
        name: [statistics.share(int(reached.sel(problem=loss, optimizer=name).sum()), n_starts) for loss in problems]
        for name in ("sgd", "adam")
        if name in result.optimizer
    }
    words = "; ".join(
        f"{name}: {', '.join(f'{loss} {share}' for loss, share in zip(problems, shares, strict=True))}"
        for name, shares in arrives.items()
    )
    claims = ()
    if "adam" in result.optimizer:
        failing = 1 - float(reached.sel(problem="MSE", optimizer="adam").mean())
        claims = (
            Claim(
                "even Adam cannot cure MSE: it stays stuck",
                "holds" if failing > 0.5 else "fails" if failing < 0.05 else "depends",
                f"a fresh Adam({learning_rate:g}) on MSE fails from {100 * failing:.1f} % of {n_starts} starts within "
                f"{epochs} epochs; arriving: {words}",
            ),
        )
    return Findings(
        summary=f"The share of {n_starts} starts that arrives within {epochs} epochs: {words}.",
        runs={"runs": result},
        figures={
            f"{loss.lower()}_atlas": (
                maps.atlas(result, loss, shape, f"{loss}: epochs to tolerance from each start, rate {learning_rate:g}"),
                f"From where each optimizer arrives on {loss}, and how soon; with the share of starts that fail.",
            )
            for loss in problems
        },
        tables={"table": (table, "The share of starts that arrive, with its 95 % interval, and how soon they do")},
        claims=claims,
    )


if __name__ == "__main__":
    script(main)
