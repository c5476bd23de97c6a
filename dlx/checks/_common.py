"""What checks share: findings of a kind, numbers in words, and the command that changes the recipe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dlx.findings import Evidence, Finding

if TYPE_CHECKING:
    from dlx.strategy.ladder import Ladder

__all__ = [
    "bracket",
    "can_be_asked",
    "change",
    "count",
    "gap_finding",
    "level",
    "matters",
    "not_applicable",
    "number",
    "plural",
    "points",
    "scored",
]


def not_applicable(code: str, why: str) -> Finding:
    """The finding of a check that could not be made."""
    return Finding(code, why, "not_applicable")


def can_be_asked(evidence: Evidence) -> bool:
    """Whether ``dlx human last`` can ask people about this run; it does not ask for several classes of one example."""
    several = evidence.predictions is not None and evidence.predictions.task == "multitask"
    return bool(evidence.command) and not several


def level(ladder: Ladder, value: float) -> str:
    """An error in words: ``8.2 %``, or a number with the measure's unit."""
    from dlx.strategy import words

    return words.level(value, bounded=ladder.bounded, unit=ladder.unit)


def points(ladder: Ladder, value: float) -> str:
    """A difference of errors in words: ``2 points``, or a number with the measure's unit."""
    from dlx.strategy import words

    return words.points(value, bounded=ladder.bounded, unit=ladder.unit)


def bracket(ladder: Ladder, low: float, high: float) -> str:
    """Limits without their unit: ``[1.56, 2.51]`` in points or per cent, or in the measure's unit."""
    factor = 100 if ladder.bounded else 1
    return f"[{factor * low:.3g}, {factor * high:.3g}]".replace("-", "−")


def plural(n: int, one: str, many: str | None = None) -> str:
    """A number with its noun.

    >>> plural(1, "example"), plural(1200, "class", "classes")
    ('1 example', '1,200 classes')
    """
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def change(evidence: Evidence, values: Mapping[str, Any]) -> str:
    """The command that trains again with some recipe keys set otherwise; empty where there is no run."""
    from dlx.strategy.settings import Settings

    if evidence.command is None:
        return ""
    return Settings(evidence.recipe, evidence.command).change(values)


def number(value: Any) -> bool:
    """Whether this is a number that can be judged."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value == value


def count(data: Mapping[str, Any] | None, key: str) -> int | None:
    """How many of something the data report counts: a number as it is, the length of a list, the sum of a mapping."""
    value = (data or {}).get(key)
    if isinstance(value, Mapping):
        numbers = [v for v in value.values() if number(v)]
        return int(sum(numbers))
    if isinstance(value, (list, tuple)):
        return len(value)
    return int(value) if number(value) else None


def scored(evidence: Evidence, **where: str) -> dict[str, Any] | None:
    """The first row of the scores with these values, as a mapping; None where there is none."""
    if evidence.scores is None:
        return None
    rows = evidence.scores
    for column, value in where.items():
        rows = rows[rows[column] == value]
    return None if rows.empty else rows.iloc[0].to_dict()


def matters(evidence: Evidence, gap: str) -> bool:
    """Whether work on this gap may help: it is in the verdict's focus, or the verdict does not tell.

    A tip that serves another gap would contradict the verdict (no regularisation against bias, rule P48).
    """
    verdict = evidence.verdict
    return verdict is None or verdict.status not in ("decided", "tie", "undecided") or gap in verdict.focus


def gap_finding(evidence: Evidence, code: str, *, missing: str, advice: str) -> Finding:
    """A gap of the ladder, judged: in focus and large is an issue, large beside others a tip.

    Args:
        evidence: its ladder is read.
        code: the gap's name, which is the check's too.
        missing: why the gap may not be measured.
        advice: what the notes say to do, where no action of the ladder is about this gap.
    """
    ladder = evidence.ladder
    if ladder is None:
        return not_applicable(code, "There is no ladder.")
    from dlx.strategy import words

    gap, verdict = ladder.gap(code), ladder.verdict
    if gap.value is None:
        return not_applicable(code, missing)
    text = f"{words.capital(words.title(code))} is {points(ladder, gap.value)}"
    text += f" {bracket(ladder, gap.low, gap.high)}" if gap.low is not None else ""
    facts = {"value": gap.value, "low": gap.low, "high": gap.high, "p_largest": gap.p_largest, "flagged": gap.flagged}
    if verdict.status == "good_enough":
        return Finding(code, f"{text}; the goal is met.", "passed", facts)
    if code in verdict.focus and verdict.status == "undecided":
        return Finding(code, f"{text}: it may be the largest gap.", "undecided", facts, advice)
    if code in verdict.focus and gap.flagged:
        first = verdict.focus[0] == code
        return Finding(code, f"{text}: work on it{' first' if first else ' too'}.", "issue", facts,
                       _first(ladder) or advice if first else advice)  # fmt: skip
    if gap.flagged or code in verdict.focus:
        return Finding(code, f"{text}.", "tip", facts, advice)
    return Finding(code, f"{text}: not large.", "passed", facts)


def _first(ladder: Ladder) -> str:
    """The first action: its command, or its reason where it has none."""
    if not ladder.actions:
        return ""
    return ladder.actions[0].command or ladder.actions[0].reason
