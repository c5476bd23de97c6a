"""Search: which settings to try next, and what the trials so far say. Nothing here trains a model."""

from dlx.search.applying import apply
from dlx.search.default_space import LEFT_ALONE, TIERS, default_space
from dlx.search.space import Space, key
from dlx.search.strategies import NAMES, make
from dlx.search.trial import FINISHED, STOP, WAIT, Strategy, Suggestion, Trial

__all__ = [
    "FINISHED",
    "LEFT_ALONE",
    "NAMES",
    "STOP",
    "TIERS",
    "WAIT",
    "Space",
    "Strategy",
    "Suggestion",
    "Trial",
    "apply",
    "default_space",
    "key",
    "make",
]
