"""Two ReLUs

Two ReLUs and a linear unit behind them can bend and go below zero. The start is the one that the lecture prints. It
was drawn after `tf.random.set_seed`, and the Keras of today does not give it back: the evidence for the printed start
says what can still be seen of where it comes from. The final weights are at the end of what float32 resolves: their
last digits depend on the order in which the 100 samples are added.
"""

import numpy as np

from tfreg import Claim, Findings, diagrams, figures, models, relu_nets, rounding, script, train

import keras
from keras.optimizers import SGD

START = (0.98630846, 0.59210145, 0.0, 0.0, 0.52757335, 0.33660662, 0.0)
# The printed kernels, that of experiment 2 first, each with the limit of its draws, sqrt(6 / (inputs + units)).
KERNELS_AND_LIMITS = (((1.6202813,), 3**0.5), (START[:2], 2**0.5), (START[4:6], 2**0.5))
SEED = 43053


def main(epochs: int = 1000, learning_rate: float = 0.1) -> Findings:
    problem = relu_nets.problem(2)
    data, x, y = problem.dataset, problem.dataset.inputs[:, 0], problem.dataset.targets[:, 0]
    sgd = SGD(learning_rate)
    run = train(problem, sgd, epochs, START)
    trained = models.holding(problem.model, run.weights.values[-1])
    before, after = (relu_nets.panels(problem, run.weights.values[epoch]) for epoch in (0, -1))
    scatter = rounding.order_scatter(problem, sgd, epochs, START)
    ulps = rounding.in_half_ulps(scatter, run.weights.values[-1]) / 2

    loss, noise = run.loss.values[-1], np.mean((y - data.expected) ** 2)
    n_weights = [layer.count_params() for layer in problem.model.layers]
    nearest, evidence = origin_of_start()
    after_training = f"after {epochs} epochs of SGD({learning_rate:g})"
    first_two, last_three = list(after)[:2], list(after)[1:]
    outputs = {step: after[step] for step in first_two} | {"l2(relu(l1(x)))": after["sum"]}
    return Findings(
        summary=f"After {epochs} epochs the MSE is {loss:.4f}, that of the bent line itself {noise:.4f}. With the "
        f"samples in other orders the weights end up to {scatter.max():.1e} apart.",
        runs={"run": run},
        figures={
            "before": (
                figures.courses(x, {step: before[step] for step in first_two}, "x", "Before training"),
                "Before training: l1(x) are two lines through zero, relu(l1(x)) their upper halves.",
            ),
            "network": (diagrams.detailed(trained, inputs=["x"]), "The net, with its weights after training."),
            "layers": (diagrams.compact(trained), "The net, layer by layer."),
            "fit": (
                figures.data(data, {"fit": after["sum"]["fit"]}, title=f"Two ReLUs {after_training}"),
                "Two ReLUs fit the bend.",
            ),
            "outputs": (
                figures.courses(x, outputs, "x", f"What comes out of each layer {after_training}", behind=y),
                "The data behind what comes out of each layer: two lines, two bent lines, and the fit.",
            ),
            "analysis": (
                figures.courses(x, {step: after[step] for step in last_three}, "x", "How the fit comes about"),
                "Two bent lines, each times its output weight (with the bias on the second), and their sum.",
            ),
        },
        numbers={
            "weights": run.weights.values[-1],
            "shapes": [*problem.layer_outputs_at(START)["hidden"].shape, *n_weights, sum(n_weights)],
            "printed_start": nearest,
        },
        evidence={
            "printed_start": evidence,
            "weights": "float32 sums of 100 samples: with the samples in other orders the weights end up to "
            f"{scatter.max():.1e} apart, {ulps.max():.0f} units in the last place",
        },
        claims=(
            Claim(
                "two ReLUs can fit the bend",
                "holds" if loss <= 1.05 * noise else "fails",
                f"MSE {loss:.4f} after {epochs} epochs; the bent line that the data were drawn around has {noise:.4f}",
            ),
        ),
    )


def origin_of_start() -> tuple[np.ndarray, str]:
    """The printed start (5,) as today's initialiser could draw it, and what that says of its origin, in words."""
    found = [rounding.glorot_lattice(kernel, limit) for kernel, limit in KERNELS_AND_LIMITS]
    nearest, _, chances = (np.concatenate(parts) for parts in zip(*found, strict=True))
    printed = np.concatenate([kernel for kernel, _ in KERNELS_AND_LIMITS]).astype(np.float32)
    keras.utils.set_random_seed(SEED)
    hidden, _, output, _ = models.relu_net(2).get_weights()
    return nearest, (
        f"{int((nearest == printed).sum())} of 5 values are exact points of the lattice that Glorot-uniform draws from "
        f"(by chance: 1 in {1 / chances.prod():,.0f}), so they were drawn; but the first uniforms of the three "
        f"kernels, {', '.join(f'{uniforms[0]:.4f}' for _, uniforms, _ in found)}, differ although the same seed was "
        f"set before each, so it did not decide them, and seed {SEED} in the Keras of today gives "
        f"{', '.join(f'{value:.4f}' for value in (*hidden.ravel(), *output.ravel()))} for the two kernels here"
    )


if __name__ == "__main__":
    script(main)
