"""Train and dev come from different sources without a train-dev set: variance and mismatch look alike."""

from __future__ import annotations

from dlx.checks._common import not_applicable, points
from dlx.findings import Evidence, Finding

__all__ = ["check"]


def check(evidence: Evidence) -> Finding:
    """Rule P9: carve a train-dev set before naming variance."""
    code = "need_train_dev"
    ladder = evidence.ladder
    if ladder is None or ladder.rung("train") is None or ladder.rung("dev") is None:
        return not_applicable(code, "This needs a train and a dev error.")
    if ladder.rung("train_dev") is not None:
        return Finding(code, "A train-dev set tells variance from data mismatch.", "passed")
    if ladder.gap("variance").value is not None:
        return Finding(code, "Train and dev come from the same sources, so that no train-dev set is needed.", "passed")
    whole = ladder.rung("dev").error - ladder.rung("train").error
    title = f"Train and dev differ in source: whether the {points(ladder, whole)} between them are variance or data "
    title += "mismatch cannot be told."
    if evidence.recipe is not None:
        step = "Let dlx carve a train-dev set: `-s data.split=auto` does it wherever sources differ."
    else:
        step = "Keep some examples of the train sources out of training and give them the split train_dev."
    return Finding(code, title, "issue", {"dev_minus_train": whole}, step)
