"""Ensembles: the average of several models' outputs, whether it is better than the best of them, and its price.

Networks that were trained apart and err apart are more often right together (systems S69). It costs as many answers as
there are networks, so the limits of the goal decide (rules P18, P61).
"""

from __future__ import annotations

from dlx.ensembles._choice import Option
from dlx.ensembles._judging import Tried, judge
from dlx.ensembles._outputs import Scoring, outputs
from dlx.ensembles._price import Price, together
from dlx.ensembles._result import Ensemble
from dlx.ensembles._unlike import refuse_unlike

__all__ = ["Ensemble", "Option", "Price", "Scoring", "Tried", "judge", "outputs", "refuse_unlike", "together"]
