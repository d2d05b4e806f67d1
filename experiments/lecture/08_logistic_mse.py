"""The same with MSE

The data, the net, the start and the optimizer of the BCE fit, with the mean squared error as loss instead: after as
many epochs the fit is worse.
"""

from tfreg import Claim, Findings, Problem, datasets, figures, losses, models, script, train

from keras.optimizers import SGD

START = (-1.0035313, 0.0)


def main(epochs: int = 1000, learning_rate: float = 0.1) -> Findings:
    data = datasets.bernoulli_line(ones=False)
    problems = {
        "BCE": Problem(models.logistic(1, bias=True), losses.bce, data),
        "MSE": Problem(models.logistic(1, bias=True), losses.mse, data),
    }
    runs = {loss: train(problem, SGD(learning_rate), epochs, START) for loss, problem in problems.items()}

    fits = {loss: problems[loss].predictions_at(run.weights.values[-1])[:, 0] for loss, run in runs.items()}
    off = {loss: abs(fit - data.expected).mean() for loss, fit in fits.items()}
    # Squared error is MSE's own measure: even by that one it is behind.
    squared = {loss: float(problems["MSE"].loss_at(run.weights.values[-1])) for loss, run in runs.items()}
    evidence = (
        f"mean distance from the true probability {off['MSE']:.3f} with MSE, {off['BCE']:.3f} with BCE; "
        f"mean squared error {squared['MSE']:.4f} with MSE, {squared['BCE']:.4f} with BCE"
    )
    return Findings(
        summary=f"From the same start, {epochs} epochs: {evidence}.",
        runs={loss.lower(): run for loss, run in runs.items()},
        figures={
            "fit": (
                figures.data(
                    data,
                    {f"{loss} fit": fit for loss, fit in fits.items()},
                    title=f"MSE and BCE after {epochs} epochs of SGD({learning_rate:g})",
                ),
                "The fits with both losses after as many epochs from the same start.",
            )
        },
        claims=(
            Claim(
                "from the same start with the same epochs MSE fits the logistic model worse than BCE",
                "holds" if off["MSE"] > off["BCE"] and squared["MSE"] > squared["BCE"] else "fails",
                evidence,
            ),
        ),
    )


if __name__ == "__main__":
    script(main)
