"""Logistic regression with BCE

2000 points y ~ Bernoulli(sigmoid(-1 + 5 x)), one Dense unit with a sigmoid, SGD on the binary cross-entropy. The
lecture prints the kernel and bias after 1000 epochs, and no start: the kernel that leads there was found by solving for
it (the bias starts at zero), in float32, whose rounding decides the last digits.
"""

from tfreg import Claim, Findings, Problem, datasets, diagrams, figures, losses, models, script, train

from keras.optimizers import SGD

START = (-1.0035313, 0.0)


def main(epochs: int = 1000, learning_rate: float = 0.1) -> Findings:
    data = datasets.bernoulli_line(ones=False)
    problem = Problem(models.logistic(1, bias=True), losses.bce, data)
    run = train(problem, SGD(learning_rate), epochs, START)

    kernel, bias = run.weights.values[-1]
    fit = problem.predictions_at(run.weights.values[-1])[:, 0]
    off = abs(fit - data.expected).max()
    return Findings(
        summary=f"After {epochs} epochs the fit is sigmoid({bias:.3f} + {kernel:.3f} x), "
        f"at most {off:.3f} from the true probability.",
        runs={"run": run},
        figures={
            "data": (
                figures.data(data, title="2000 draws and their probability"),
                "The data: 2000 draws of 0 or 1, and the probability that they were drawn with.",
            ),
            "network": (
                diagrams.detailed(models.holding(problem.model, START), inputs=["x"]),
                "The net, with its weights before training.",
            ),
            "layers": (diagrams.compact(problem.model), "The net, layer by layer."),
            "fit": (
                figures.data(data, {"BCE fit": fit}, title=f"BCE after {epochs} epochs of SGD({learning_rate:g})"),
                "The fit with BCE beside the true probability.",
            ),
        },
        numbers={"weights": run.weights.values[-1]},
        claims=(
            Claim(
                "one sigmoid unit trained on BCE recovers the curve",
                "holds" if off < 0.1 else "fails",
                f"the fit is at most {off:.3f} from the true probability",
            ),
        ),
    )


if __name__ == "__main__":
    script(main)
