"""What difference the dev set can resolve, and whether the verdict needs more of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlx.checks._common import bracket, level, not_applicable, points
from dlx.findings import Evidence, Finding
from dlx.resolution import detectable

if TYPE_CHECKING:
    from dlx.strategy.ladder import Ladder
    from dlx.strategy.rungs import Rung

__all__ = ["check"]


def check(evidence: Evidence) -> Finding:
    """Statistics 3.6: the smallest difference of two models on these dev rows that is found in four of five cases."""
    code = "dev_set_too_small"
    dev = evidence.ladder.rung("dev") if evidence.ladder else None
    if dev is None or not dev.n or not dev.has_interval:
        return not_applicable(code, "The number of dev examples is not known.")
    ladder, verdict = evidence.ladder, evidence.ladder.verdict
    facts = {"n": dev.n, "n_eff": dev.n_eff, "low": dev.low, "high": dev.high, "n_needed": verdict.n_needed}
    interval = f"{level(ladder, dev.error)} {bracket(ladder, dev.low, dev.high)}"
    if verdict.status == "undecided" and verdict.n_needed:
        if (held := _vaguer_train_dev(ladder, dev)) is not None:
            title = f"{held.n:,} train-dev examples are too few to say which gap is the largest: their error is "
            title += f"{level(ladder, held.error)} {bracket(ladder, held.low, held.high)}, dev's {interval}."
            step = "Collect more examples of train's sources, of which train-dev is made; dev is not what is lacking."
            return Finding(code, title, "issue", facts | {"n_train_dev": held.n}, step)
        title = f"{dev.n:,} dev examples are too few to say which gap is the largest; {verdict.n_needed:,} would most "
        title += "likely do."
        return Finding(code, title, "issue", facts, f"Collect {verdict.n_needed - dev.n:,} more dev examples.")
    if not ladder.bounded:
        wide = dev.high - dev.low > dev.error
        title = f"{dev.n:,} dev examples give a dev error of {interval}."
        return Finding(code, title, "tip" if wide else "passed", facts, "Collect more dev examples." if wide else "")
    # on how many examples two models differ is not known before there are two: the dev error stands in for it
    least = detectable(int(dev.n_eff or dev.n), max(dev.error, 1 / dev.n))
    facts["resolvable"] = least
    if least is None:
        title = f"{dev.n:,} dev examples are few: the error is {interval}, and models as good as this one cannot be "
        title += "told apart."
        return Finding(code, title, "tip", facts, "Collect more dev examples.")
    tells = f"two models that differ by {points(ladder, least)} are told apart in four of five cases"
    if dev.high - dev.low > dev.error:
        title = f"{dev.n:,} dev examples are few: the error is {interval}, and only {tells}."
        return Finding(code, title, "tip", facts, "Collect more dev examples, or compare models by larger differences.")
    return Finding(code, f"{dev.n:,} dev examples: {tells}.", "passed", facts)


def _vaguer_train_dev(ladder: Ladder, dev: Rung) -> Rung | None:
    """Train-dev, which variance and mismatch share, where its interval is more than twice as wide as dev's."""
    held = ladder.rung("train_dev")
    if held is None or not held.n or not held.has_interval or held.n >= dev.n:
        return None
    return held if held.high - held.low > 2 * (dev.high - dev.low) else None
