"""Softmax regression on iris

The second part of the NumPy notebook: 150 flowers of three species by four lengths, one layer of three units with a
softmax, and gradients by hand. It prints loss and accuracy in every 100th epoch, before the update, and scikit-learn's
score without a penalty. The gradient of the kernel is *summed* over the flowers, that of the bias is their *mean*, so
the bias learns 150 times as slowly; the printed loss is a mean over flowers and species, a third of the cross-entropy.
"""

import numpy as np
from sklearn.linear_model import LogisticRegression

from tfreg import Dataset, Findings, Problem, datasets, draw, script, train

import keras
import tensorflow as tf
from keras.layers import Activation, Dense
from keras.optimizers import SGD

from layers import Bias

START = [*np.random.RandomState(22).rand(4, 3).ravel(), 0, 0, 0]


def main(epochs: int = 1000, learning_rate: float = 0.0005, divide_bias_gradient_by: float = 150.0) -> Findings:
    data = datasets.iris()
    species = data.targets.argmax(axis=1)
    species_layer = Dense(3, use_bias=False, dtype="float64", name="species")
    bias_layer = Bias(divide_bias_gradient_by, dtype="float64", name="species_bias")
    softmax = Activation("softmax", dtype="float64")
    model = keras.Sequential([keras.Input((4,), dtype="float64"), species_layer, bias_layer, softmax])
    summed = Problem(model, lambda y, p: -tf.reduce_sum(y * tf.math.log(p)), data)
    printed = Problem(model, lambda y, p: -tf.reduce_mean(y * tf.math.log(p + 1e-10)), data)
    run = train(summed, SGD(learning_rate), epochs, START)

    before_update = run.weights[:-1]
    loss = printed.loss_at(before_update)
    cross_entropy = run.loss.values[:-1] / len(species)
    accuracy = (printed.predictions_at(before_update).argmax(axis=2) == species).mean(axis=1)
    score = LogisticRegression(C=np.inf, max_iter=1000).fit(data.inputs, species).score(data.inputs, species)
    bias = abs(run.weights.values[-1, -3:]).max()

    found = Findings(
        f"After {epochs} epochs {accuracy[-1]:.4f} of the flowers are right and the printed loss is {loss[-1]:.4f}. "
        f"The bias, slowed down, has moved by at most {bias:.4f}."
    )
    found.run("run", run)
    panels = {"loss": {"as printed": loss, "cross-entropy": cross_entropy}, "accuracy": {"accuracy": accuracy}}
    title = f"Softmax regression on iris, SGD({learning_rate:g})"
    training = draw.curves(run.epoch[:-1], panels, title=title, log_x=True)
    found.figure("training", training, "The printed loss is a third of the cross-entropy; the accuracy beside it.")

    found.number("loss", loss[99::100], because=other_order(summed, printed, run, epochs, learning_rate))
    found.number("accuracy", accuracy[99::100])
    found.number("sklearn_score", score)
    found.claim(
        "implied: the printed loss is the cross-entropy",
        holds=np.allclose(loss, cross_entropy),
        because=f"in the last epoch {loss[-1]:.4f} is printed and the cross-entropy is {cross_entropy[-1]:.4f}",
    )
    found.claim(
        "implied: gradient descent by hand does as well as scikit-learn",
        holds=accuracy[-1] >= score,
        because=f"{accuracy[-1]:.4f} of the flowers are right, with scikit-learn {score:.4f}",
    )
    return found


def other_order(summed: Problem, printed: Problem, run, epochs: int, learning_rate: float) -> str:
    """Train on the flowers in another order, and say how far that moves the printed losses."""
    order = np.random.RandomState(0).permutation(150)
    shuffled = Dataset("iris, shuffled", summed.dataset.inputs[order], summed.dataset.targets[order])
    again = train(summed.on(shuffled), SGD(learning_rate), epochs, START)
    apart = abs(printed.loss_at(run.weights) - printed.on(shuffled).loss_at(again.weights))[99:-1:100].max(initial=0)
    return f"float64, printed to the last digit; with the 150 flowers in another order it moves by up to {apart:.1e}"


if __name__ == "__main__":
    script(main)
