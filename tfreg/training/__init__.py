"""Training one problem with one Keras optimizer, from one start or many, every epoch recorded.

`train.py` is the way in, `program.py` the compiled program, `steps.py` what is traced into it, `record.py` the run as
labelled arrays, `epochs.py` which epochs are in it, and `callback.py` the same record from plain `model.fit`.
"""
