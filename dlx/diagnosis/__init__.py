"""Diagnosis: from a predictions table of any framework to ladder, scores, findings and what to do next."""

from __future__ import annotations

from dlx.diagnosis._diagnose import diagnose, diagnose_evidence
from dlx.diagnosis._result import Diagnosis
from dlx.diagnosis._sources import votes_of

__all__ = ["Diagnosis", "diagnose", "diagnose_evidence", "votes_of"]
