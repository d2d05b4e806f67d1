"""The problem: a model, a loss and data in one record, with its loss, gradient and Hessian at any weights.

`problem.py` holds the record, `checks.py` its checks, `forward.py` the forward pass of many weight vectors at once,
`evaluate.py` turns a function of rows into compiled values, gradients and Hessians, and `programs.py` keeps these.
"""
