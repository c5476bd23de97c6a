"""Whether wrong labels are worth mending: dev error overall, due to labels, and due to the rest (rule P33).

What decides is the share of *misclassified* dev examples whose label is wrong. A small share can wait; a large one
hides what the model does, and so do label errors above the difference of the models that are compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dlx.strategy.ceilings import Estimate
from dlx.strategy.intervals import clopper_pearson, wilson
from dlx.strategy.words import level, points

__all__ = ["LabelErrors", "label_errors", "unchecked"]

#: Shares of the errors: below the first leave the labels, from the second on relabel.
SMALL, LARGE = 0.10, 0.30


@dataclass(frozen=True)
class LabelErrors:
    """The label-error line.

    Attributes:
        overall: the dev error, with 95 % limits.
        due_to_labels: the part of it with a wrong label; None where labels were not checked.
        other: the rest.
        share: ``due_to_labels`` over ``overall``.
        worth_relabelling: True, False, or None where it is open.
        reason: with the numbers spelt out.
        n_checked: misclassified examples whose label was checked.
        n_more: more of them that would decide; None where it is decided.
    """

    overall: Estimate
    due_to_labels: Estimate | None
    other: Estimate | None
    share: Estimate | None
    worth_relabelling: bool | None
    reason: str
    n_checked: int = 0
    n_more: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON data: every rate beside its limits, null where unknown."""
        made: dict[str, Any] = {}
        for name in ("overall", "due_to_labels", "other", "share"):
            found = getattr(self, name)
            made[name] = None if found is None else found.share
            made[f"{name}_low"] = None if found is None else found.low
            made[f"{name}_high"] = None if found is None else found.high
        keys = ("worth_relabelling", "reason", "n_checked", "n_more")
        return made | {key: getattr(self, key) for key in keys}


def unchecked(n_errors: int, n_dev: int) -> LabelErrors:
    """The line where nobody has looked at the labels."""
    overall = Estimate(n_errors / n_dev, *wilson(n_errors / n_dev, n_dev))
    return LabelErrors(overall, None, None, None, None, "No label of a misclassified example was checked.")


def label_errors(
    overall: float,
    share: Estimate,
    *,
    n_dev: int | None = None,
    n_errors: int | None = None,
    n_checked: int = 0,
    gap: float | None = None,
    largest: tuple[str, float] | None = None,
) -> LabelErrors:
    """Divide the dev error into what is due to labels and the rest, and say whether to relabel.

    >>> label_errors(0.10, Estimate(0.06, 0.06, 0.06)).worth_relabelling
    False
    >>> label_errors(0.02, Estimate(0.3, 0.3, 0.3)).worth_relabelling
    True

    Args:
        overall: the dev error, 0–1.
        share: of the misclassified dev examples, those with a wrong label.
        n_dev: dev examples, for the limits of ``overall``; None takes it as exact.
        n_errors: misclassified dev examples, of which more could be checked.
        n_checked: misclassified examples whose label was checked.
        gap: difference of the dev errors of the models that are compared.
        largest: name and share of the largest other category, which a middling share is held against.
    """
    limits = wilson(overall, n_dev) if n_dev else (overall, overall)
    due = _times(overall, share)
    rest = Estimate(overall - due.share, overall - due.high, overall - due.low)
    worth, reason = _decide(due, share, gap, largest)
    more = None
    if worth is None:
        more = _more(share.share, n_checked, n_errors)
        reason += f" Check about {more:,} more." if more else ""
    said = f"Wrong labels are {level(share.share)} of the errors{_span(share)}, {level(due.share)} of all dev examples."
    return LabelErrors(Estimate(overall, *limits), due, rest, share, worth, f"{said} {reason}", n_checked, more)


def _times(overall: float, share: Estimate) -> Estimate:
    return Estimate(overall * share.share, overall * share.low, overall * share.high)


def _span(share: Estimate) -> str:
    return "" if share.low == share.high else f" [{level(share.low)}, {level(share.high)}]"


def _decide(due: Estimate, share: Estimate, gap, largest) -> tuple[bool | None, str]:
    if gap is not None and due.share >= gap:
        return True, (
            f"The models that are compared differ by {points(gap)} only: relabel dev and test alike, right and wrong "
            "predictions, before ranking them."
        )
    near = 1e-9
    if share.low < SMALL - near and share.high > LARGE + near:
        return None, f"Less than {level(SMALL)} could wait, {level(LARGE)} could not, and both are possible."
    if share.share >= LARGE - near:
        return True, "That is a large share: relabel dev and test alike, right and wrong predictions."
    if share.low < SMALL:
        return False, "That is a small share: work on the other errors first."
    if largest is not None and largest[1] > share.share:
        return False, f"That is a middling share; {largest[0]!r} with {level(largest[1])} is larger."
    return True, "That is a middling share, but no category is larger: relabel dev and test alike."


def _more(share: float, n: int, total: int | None) -> int | None:
    """How many more have to be checked until limits around this share no longer hold both 10 % and 30 %."""
    total = total or 10_000
    size = max(n, 10)
    while size < total:
        size = min(int(size * 1.1) + 1, total)
        worth = size * max(total - 1, 1) / max(total - size, 1)  # rows of an endless supply that would tell as much
        low, high = clopper_pearson(share * worth, worth)  # exact like the real limits, but smooth in n
        if not (low < SMALL and high > LARGE):
            break
    return size - n if size > n else None
