"""The predictions table, the waist of dlx: one row per (predictor, scored unit), of any framework."""

from __future__ import annotations

from dlx.predictions._table import Predictions, read, write

__all__ = ["Predictions", "read", "write"]
