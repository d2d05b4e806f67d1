"""512 ReLUs

The same data and 512 ReLUs before the linear unit. The lecture's start cannot be recovered, so this one is drawn as
Keras draws, from a seed of our own. The lecture says that so wide a net does not get stuck: units die here too, but
others make up for them. To judge that, it is trained from several random starts, and two ReLUs from many.
"""

from tfreg import Claim, Findings, diagrams, figures, models, relu_nets, script, statistics, train

from keras.optimizers import SGD

N_NARROW = 1000  # nets with two ReLUs


def main(
    epochs: int = 1000, learning_rate: float = 0.1, n_units: int = 512, n_starts: int = 20, seed: int = 0
) -> Findings:
    wide, narrow = relu_nets.problem(n_units), relu_nets.problem(2)
    data, sgd = wide.dataset, SGD(learning_rate)
    starts = wide.random_starts(n_starts, seed)
    runs = train(wide, sgd, epochs, starts, record_every=max(1, epochs // 10))
    run = runs.isel(start=0)
    fit = wide.predictions_at(run.weights.values[-1])[:, 0]

    ends, dead = runs.loss.values[:, -1], relu_nets.dead_units(wide, runs.weights.values[:, -1])
    of_two = relu_nets.end_losses(narrow, sgd, epochs, narrow.random_starts(N_NARROW, seed))
    best = of_two.min()
    n_good, n_good_of_two = (int((losses <= 1.05 * best).sum()) for losses in (ends, of_two))
    deaths = f"{dead.min()} to {dead.max()} of the {n_units} units are dead at the end"
    found = (
        f"MSE {ends.min():.4f} to {ends.max():.4f} from {n_starts} starts, where the best of {N_NARROW} nets with two "
        f"ReLUs has {best:.4f}; within 5 % of that come {statistics.share(n_good, n_starts)} with {n_units} units, "
        f"{statistics.share(n_good_of_two, N_NARROW)} with two"
    )
    return Findings(
        summary=f"After {epochs} epochs: {found}. {deaths[0].upper()}{deaths[1:]}.",
        runs={"run": run},
        figures={
            "layers": (
                diagrams.compact(models.holding(wide.model, run.weights.values[-1])),
                f"The net with its {n_units} hidden units.",
            ),
            "fit": (
                figures.data(data, {"fit": fit}, title=f"{n_units} ReLUs after {epochs} epochs"),
                f"The data and the fit of {n_units} ReLUs.",
            ),
        },
        claims=(
            Claim(
                f"{n_units} units do not get stuck: others make up for dead ones",
                "holds" if n_good == n_starts and dead.min() > 0 else "fails",
                f"{deaths}; {found}",
            ),
        ),
    )


if __name__ == "__main__":
    script(main)
