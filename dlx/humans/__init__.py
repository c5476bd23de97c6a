"""Human level: what people say about dev examples, how often they are wrong, and how far they agree."""

from __future__ import annotations

from dlx.humans._ballots import Ballots, ballots
from dlx.humans._level import human_level
from dlx.humans._reference import Reference
from dlx.humans._result import GroupLevel, HumanLevel, PersonLevel
from dlx.humans._rows import human_rows
from dlx.humans._table import LOG, Measured, digest, measured_by_people
from dlx.humans._view import render

__all__ = [
    "LOG",
    "Ballots",
    "GroupLevel",
    "HumanLevel",
    "Measured",
    "PersonLevel",
    "Reference",
    "ballots",
    "digest",
    "human_level",
    "human_rows",
    "measured_by_people",
    "render",
]
