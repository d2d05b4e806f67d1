"""Many problems, optimizers, hyper-parameters and starts at once, and what their results say.

`compare.py` is the way in. `run_grid.py` lays out the runs and cuts them into chunks, `worker.py` trains a chunk,
`execution.py` sends chunks out and collects them, `zarr_store.py` keeps them. `analysis.py`, `intervals.py` and
`tables.py` read a result.
"""
