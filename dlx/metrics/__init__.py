"""Metrics: pure functions of the predictions table, one file each.

A file exports one function ``metric(table, **knobs) -> float`` and stands beside it::

    GREATER_IS_BETTER, UNIT, BOUNDS = True, "", (0, 1)

``UNIT`` is empty for what has none, ``target`` for the unit of the target. A file may also say how the metric is made,
which makes intervals exact or quick; without it the interval comes from a bootstrap of whole rows of the table:

- ``rows(table, **knobs) -> (values, scale)``: the metric is their weighted mean;
- ``of_counts(counts, **knobs)``: it is a function of the counts of a confusion table, with leading dimensions for
  resamples;
- ``arrays(table, **knobs) -> (array, …)`` and ``of_arrays(array, …)``: it is a function of columns, row by row.

NumPy computes all of them: scikit-learn, which the tests compare with, takes more than a second to import.
"""
