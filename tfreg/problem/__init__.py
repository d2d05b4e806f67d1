"""The problem: a model, a loss and data in one record, with its loss, gradient and Hessian at any weights.

`problem.py` holds the record, `checks.py` its checks, `loss_graph.py` what a loss does, `surroundings.py` what it takes
from around it, `content.py` a hash of that, `layers.py` the model as text. `forward.py` is the forward pass of many
weight vectors at once, `evaluate.py` turns a function of rows into compiled values, gradients and Hessians, and
`programs.py` keeps these.
"""
