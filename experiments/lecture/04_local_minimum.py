"""Stuck in a local minimum

The same net from another start: after 1000 epochs, and after 10000 more, one unit is dead for every x and the other
fits alone. The lecture prints the weights, but no start; one that leads there was found by solving for it, and it is
not the only one. The gradient is printed too. It is a hundred times that of the mean squared error: the tape was given
the 100 squared errors one by one, which differentiates their sum. Beyond the lecture: where the stuck run and the good
one go on the loss surface, how many of 1000 random starts end where, and whether the minimum lets go of weights that
are nudged. It does not; but its floor is flat. A dead unit's output weight does not matter, so its sign may be turned
around, and from there the same nudge revives the unit on the other side.
"""

import numpy as np
import tensorflow as tf

from tfreg import (
    Claim,
    Findings,
    Problem,
    figures,
    landscapes,
    loss_surface,
    models,
    planes,
    relu_nets,
    rounding,
    script,
    statistics,
    surfaces,
    train,
)

from keras.optimizers import SGD

START = (1.2112860076336143, 0.8289394964303682, 0.0, 0.0, 0.8249694085207023, -0.9087077080084475, 0.0)
GOOD_START = (0.98630846, 0.59210145, 0.0, 0.0, 0.52757335, 0.33660662, 0.0)
PRINTED = (1.9579618, 0.46560898, 0.34100613, -0.4658857, 1.7770029, -0.7268499, -0.60076195)
TURN = (1, 1, 1, 1, 1, -1, 1)  # the sign of the dead unit's output weight
NUDGE = 0.01  # standard deviation
LONG = 5000  # epochs; a few of the random starts are still on their way then


def main(epochs: int = 1000, more_epochs: int = 10000, learning_rate: float = 0.1, n_starts: int = 1000) -> Findings:
    problem, sgd = relu_nets.problem(2), SGD(learning_rate)
    data, x, y = problem.dataset, problem.dataset.inputs[:, 0], problem.dataset.targets[:, 0]
    first = train(problem, sgd, epochs, START)
    last = train(problem, sgd, more_epochs, continue_from=first, record_every=100)
    good = train(problem, sgd, epochs, GOOD_START)
    stuck_at = last.weights.values[-1]
    fits = [problem.predictions_at(run.weights.values[-1])[:, 0] for run in (first, last)]
    moved = abs(stuck_at - first.weights.values[-1]).max()

    summed = Problem(models.relu_net(2, "float64"), lambda y, p: tf.reduce_sum((y - p) ** 2), data)
    gradient = summed.gradient_at(PRINTED)
    largest_input = relu_nets.largest_inputs(problem, PRINTED).min()
    step = rounding.in_half_ulps(learning_rate * gradient / len(x), PRINTED)
    scatter = rounding.order_scatter(problem, sgd, epochs, START)

    stuck_loss, good_loss = last.loss.values[-1], good.loss.values[-1]
    line_loss = np.polyfit(x, y, 1, full=True)[1][0] / len(x)
    ends = relu_nets.end_losses(problem, sgd, LONG, problem.random_starts(n_starts, seed=0))
    kinds = {f"well, within 5 % of experiment 3 ({good_loss:.4f}),": ends <= 1.05 * good_loss} | {
        f"{kind} ({loss:.4f})": np.isclose(ends, loss, rtol=1e-3)
        for kind, loss in {"in this minimum": stuck_loss, "on a line": line_loss, "on a constant": y.var()}.items()
    }
    shares = f"{n_starts} random starts end, by their MSE after {LONG} epochs: {statistics.shares_by_kind(kinds)}"
    nudges = np.random.default_rng(0).normal(scale=NUDGE, size=(n_starts, len(PRINTED)))
    after_nudge = [
        relu_nets.end_losses(problem, sgd, epochs, np.multiply(PRINTED, sign) + nudges) for sign in (1, TURN)
    ]
    freed, freed_turned = (statistics.share(int((ends < 0.999 * stuck_loss).sum()), n_starts) for ends in after_nudge)

    labels = ("towards the good minimum", "towards the start of the stuck run")
    plane = planes.plane_through(stuck_at, good.weights.values[-1], START, labels)
    runs = {"towards the stuck minimum": first, "towards the good minimum": good}
    paths = {label: planes.projected(plane, run) for label, run in runs.items()}
    stuck_end, good_end = (path.weights.values[-1] for path in paths.values())
    ridge = problem.loss_at(plane.weights(np.linspace(stuck_end, good_end))).max()
    return Findings(
        summary=f"One unit is dead, its largest input is {largest_input:.6f}; {more_epochs} more epochs move no weight "
        f"by more than {moved:.1g}. {shares}.",
        runs={"first": first, "last": last, "good": good},
        figures={
            "fit_first": (
                figures.data(data, {"fit": fits[0]}, f"Two ReLUs after {epochs} epochs"),
                f"The fit after {epochs} epochs.",
            ),
            "fit_last": (
                figures.data(data, {"fit": fits[1]}, f"Two ReLUs after {epochs + more_epochs} epochs"),
                f"The fit after {more_epochs} more epochs; no weight has moved by more than {moved:.1g}.",
            ),
            "analysis": (
                figures.courses(x, relu_nets.panels(problem, stuck_at), "x", "Where the fit gets stuck"),
                f"How the stuck fit comes about; the largest input of its weaker unit is {largest_input:.6f}.",
            ),
            "plane": (
                landscapes.plane(
                    loss_surface(
                        problem,
                        surfaces.grid_around([path.weights.values for path in paths.values()]),
                        plane=plane,
                    ),
                    paths,
                    {"stuck minimum": stuck_end, "good minimum": good_end},
                    title="The plane through the stuck minimum, its start, and the good minimum",
                    view=(40, -60),
                ),
                "The loss over a plane through both minima, with both runs at their own loss.",
            ),
        },
        numbers={"weights": stuck_at, "gradient": gradient},
        evidence={
            "weights": f"float32 stalls anywhere near the minimum: with the samples in other orders the weights end up "
            f"to {scatter.max():.1e} apart, and at the printed weights the live unit's next step is "
            f"{step[step > 0].min():.2f} to {step.max():.2f} times half a unit in the last place"
        },
        claims=(
            Claim(
                "two ReLUs may stick in a local minimum, where the gradient is nearly zero",
                "holds" if abs(gradient).max() / len(x) < 1e-5 and largest_input <= 0 and moved < 1e-5 else "fails",
                f"no derivative of the mean is larger than {abs(gradient).max() / len(x):.1e}, those of the dead unit "
                f"are 0; on the straight way to the good minimum the MSE rises from {stuck_loss:.4f} to {ridge:.4f}; "
                f"nudged by {NUDGE}, {freed} get lower, and with the dead unit's output weight turned around, which "
                f"changes no prediction, {freed_turned}; {shares}",
            ),
        ),
    )


if __name__ == "__main__":
    script(main)
