"""What is minimised: a model, a loss and data in one record, and its loss, gradient and Hessian at any weights.

`problem.py` holds the record and its checks, `forward.py` the forward pass of many weight vectors at once, and
`evaluate.py` turns a function rows -> losses into compiled losses, gradients and Hessians.
"""
