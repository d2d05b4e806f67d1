"""Softmax regression on iris

150 flowers of three species by four lengths: one layer of three units with a softmax, in float64. The source is NumPy,
with gradients by hand, and prints loss and accuracy in every 100th epoch, before its update. It divides by three
different numbers. The gradient of the kernel is *summed* over the flowers and that of the bias is their *mean*, so the
bias learns 150 times as slowly as the kernel. And the printed loss is a mean over flowers and species: a third of the
cross-entropy.
"""

import numpy as np
from sklearn.linear_model import LogisticRegression

from tfreg import Claim, Findings, Problem, datasets, figures, layers, script, train

import keras
import tensorflow as tf
from keras.layers import Activation, Dense
from keras.optimizers import SGD

KERNEL = np.random.RandomState(22).rand(4, 3)


def main(epochs: int = 1000, learning_rate: float = 0.0005, divide_bias_gradient_by: float = 150.0) -> Findings:
    data = datasets.iris()
    model = keras.Sequential(
        [
            keras.Input((4,), dtype="float64"),
            Dense(3, use_bias=False, dtype="float64", name="species"),
            layers.Bias(divide_bias_gradient_by, dtype="float64", name="species_bias"),
            Activation("softmax", dtype="float64"),
        ]
    )
    followed = Problem(model, lambda y, p: -tf.reduce_sum(y * tf.math.log(p)), data)
    printed = Problem(model, lambda y, p: -tf.reduce_mean(y * tf.math.log(p + 1e-10)), data)
    run = train(followed, SGD(learning_rate), epochs, [*KERNEL.ravel(), 0, 0, 0])

    species = data.targets.argmax(axis=1)
    before_update = run.weights.values[:epochs]
    loss = printed.loss_at(before_update)
    entropy = run.loss.values[:epochs] / len(species)
    accuracy = (printed.predictions_at(before_update).argmax(axis=2) == species).mean(axis=1)
    peer = LogisticRegression(C=np.inf, max_iter=1000).fit(data.inputs, species)
    score = peer.score(data.inputs, species)

    compared = f"After {epochs} epochs {accuracy[-1]:.4f} of the flowers are right, with scikit-learn {score:.4f}"
    printed_best = printed.loss_at([*peer.coef_.T.ravel(), *peer.intercept_])
    bias = abs(run.weights.values[-1, -3:]).max()
    return Findings(
        summary=f"{compared}; the printed loss is {loss[-1]:.4f}, with scikit-learn's weights {printed_best:.4f}. "
        f"The bias, slowed down, has moved by at most {bias:.4f}.",
        runs={"run": run},
        figures={
            "training": (
                figures.courses(
                    run.epoch.values[:epochs],
                    {"loss": {"as printed": loss, "cross-entropy": entropy}, "accuracy": {"accuracy": accuracy}},
                    title=f"Softmax regression on iris, learning rate {learning_rate:g}",
                ),
                "Loss and accuracy on iris: what is printed is a third of the cross-entropy.",
            )
        },
        numbers={"loss": loss[99::100], "accuracy": accuracy[99::100], "sklearn_score": score},
        claims=(
            Claim(
                "the printed loss is the cross-entropy",
                "holds" if np.allclose(loss, entropy) else "fails",
                f"in the last epoch {loss[-1]:.4f} is printed and the cross-entropy is {entropy[-1]:.4f}",
            ),
            Claim(
                "gradient descent by hand does as well as scikit-learn",
                "holds" if accuracy[-1] >= score else "fails",
                compared,
            ),
        ),
    )


if __name__ == "__main__":
    script(main)
