"""Training one problem with one Keras optimizer, from one start or many, every epoch recorded.

`train.py` is the way in, `program.py` compiles a program, `compiled.py` is one, and `calls.py` how a run is cut into
calls of it. `steps.py` is what is traced into it, `state.py` the optimizer's state as numbers, `keras_optimizers.py`
copies of optimizers and `averages.py` those that average. `record.py` is the run as labelled arrays, `epochs.py` which
epochs are in it, and `callback.py` the same record from plain `model.fit`.
"""
