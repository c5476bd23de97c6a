"""Goals: limits to keep, and whether a candidate is proven to keep them.

One measure is optimised, the others have to satisfy limits (rule P17). A candidate that breaks a limit is out whatever
its score (P18); one whose interval straddles it is unproven. ``check`` compares with one-sided 95 % bounds.
"""

from __future__ import annotations

from dlx.goals._checking import Check, Feasible, check, feasible
from dlx.goals._limits import Limit, limits, quantity
from dlx.goals._quantities import MODEL_FACTS, Quantity

__all__ = ["MODEL_FACTS", "Check", "Feasible", "Limit", "Quantity", "check", "feasible", "limits", "quantity"]
