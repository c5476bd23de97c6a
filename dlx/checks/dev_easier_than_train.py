"""Dev error below train error: legal, and a hint about how both were measured."""

from __future__ import annotations

from dlx.checks._common import not_applicable, points
from dlx.findings import Evidence, Finding

__all__ = ["check"]


def check(evidence: Evidence) -> Finding:
    """Rule P14: accept it; dev may be easier."""
    code = "dev_easier_than_train"
    ladder = evidence.ladder
    train, dev = (ladder.rung("train"), ladder.rung("dev")) if ladder else (None, None)
    if train is None or dev is None:
        return not_applicable(code, "This needs a train and a dev error.")
    facts = {"train": train.error, "dev": dev.error}
    apart = dev.high is None or train.low is None or dev.high < train.low
    if dev.error >= train.error or not apart:
        return Finding(code, "Dev is not easier than train.", "passed", facts)
    title = f"Dev is {points(ladder, train.error - dev.error)} easier than train."
    step = "Accept it if dev is what you care about; if not, see whether dropout was on when train was measured."
    return Finding(code, title, "tip", facts, step)
