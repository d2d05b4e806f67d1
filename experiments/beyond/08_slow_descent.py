"""How slow is SGD on MSE?

The lecture says that MSE can converge extremely slowly, and shows 435 epochs. Here SGD goes on for 20000 on both
losses, from the lecture's two starts.
"""

import numpy as np

from tfreg import Findings, Problem, datasets, draw, losses, models, script, surfaces, train

from keras.optimizers import SGD

STARTS = ((-3.0, -1.0), (-10.0, -1.0))


def main(epochs: int = 20_000, learning_rate: float = 0.1) -> Findings:
    data, net = datasets.bernoulli_line(), models.logistic(2)
    problems = {"MSE": Problem(net, losses.mse, data), "BCE": Problem(net, losses.bce, data)}
    goals = surfaces.goals(problems)
    runs = {loss: train(p, SGD(learning_rate), epochs, STARTS, record_every=10) for loss, p in problems.items()}

    arrived, texts = {}, []
    for number, (w0, w1) in enumerate(STARTS):
        for loss, run in runs.items():
            below = np.flatnonzero(run.loss[number] <= goals[loss])
            arrived[loss, number] = len(below) > 0
            when = f"at epoch {int(run.epoch[below[0]])}" if len(below) else f"not within {epochs} epochs"
            texts.append(f"{loss} from ({w0:g}, {w1:g}) {when}")
    gradients = {loss: np.linalg.norm(problem.gradient_at(STARTS[1])) for loss, problem in problems.items()}
    steep = f"at {STARTS[1]} the gradient is {gradients['MSE']:.1e} on MSE, {gradients['BCE']:.1e} on BCE"

    found = Findings(f"SGD({learning_rate:g}) arrives: {', '.join(texts)}; {surfaces.ARRIVED}.")
    for loss, run in runs.items():
        found.run(loss.lower(), run)
    panels = {
        f"loss from ({w0:g}, {w1:g})": {loss: run.loss[number] for loss, run in runs.items()}
        for number, (w0, w1) in enumerate(STARTS)
    }
    found.figure(
        "losses",
        draw.curves(runs["MSE"].epoch, panels, title=f"SGD({learning_rate:g}) for {epochs} epochs", log_x=True),
        "The loss over the epochs from the lecture's two starts.",
    )
    found.claim(
        "said: MSE can converge extremely slowly",
        holds=not arrived["MSE", 1] and arrived["BCE", 1],
        because=f"SGD({learning_rate:g}) arrives: {', '.join(texts)}; {steep}",
    )
    return found


if __name__ == "__main__":
    script(main)
