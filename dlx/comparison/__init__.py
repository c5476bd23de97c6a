"""Comparison: which of several models, whether the difference is real, and whether each keeps the limits."""

from __future__ import annotations

from dlx.comparison._compare import compare
from dlx.comparison._result import Comparison
from dlx.comparison._sharing import Network
from dlx.comparison._sharing_verdict import Sharing, sharing

__all__ = ["Comparison", "Network", "Sharing", "compare", "sharing"]
