"""Checks of what a user gives, shared by all public functions.

`errors.py` holds the one error and its wording, `kinds.py` the kinds of arguments, `records.py` those of labelled
arrays, `values.py` numbers, seeds and paths, `columns.py` data, `sizes.py` memory and disk, `read_numbers.py` numbers
as people type them.
"""
