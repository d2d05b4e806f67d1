"""The sigmoid and the cross-entropy of the source, with their gradients by hand as its code has them."""

from tfreg.backend import tf


@tf.custom_gradient
def sigmoid(logits):
    """1 / (1 + exp(-logits)), with a gradient that ignores the upstream gradient.

    Example:
        >>> sigmoid(tf.constant([0.0])).numpy().tolist()
        [0.5]
    """
    p = 1 / (1 + tf.exp(-logits))
    return p, lambda upstream: p * (1 - p)


@tf.custom_gradient
def cross_entropy_with_logits(logits, targets):
    """The mean cross-entropy; its gradient is that of the sum, and ignores the upstream gradient.

    Example:
        >>> cross_entropy_with_logits(tf.constant([0.0]), tf.constant([1.0])).numpy().round(4)
        0.6931
    """
    p = 1 / (1 + tf.exp(-logits))
    loss = -tf.reduce_mean(targets * tf.math.log(p) + (1 - targets) * tf.math.log(1 - p))
    return loss, lambda upstream: (p - targets, None)
