"""Whether it makes sense to begin from a network that was trained on other data (rule P54, worked example O41)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["MUCH", "Condition", "makes_sense", "probed", "sense"]

#: "Much more data": the notes' examples are 10,000 to 1 (pictures to X-rays, hours to hours); dlx asks for ten to one.
MUCH = 10


@dataclass(frozen=True)
class Condition:
    """One of the three conditions.

    Attributes:
        name: in words.
        holds: yes, weakly, no or unknown.
        text: the evidence.
    """

    name: str
    holds: str
    text: str

    def to_dict(self) -> dict[str, Any]:
        """The condition as JSON data."""
        return asdict(self)


def sense(kind_a: str, kind_b: str, n_a: int | None, n_b: int) -> tuple[Condition, Condition]:
    """Same kind of input, and more data in A than in B.

    Args:
        kind_a: image, table, array or text: what the source was trained on.
        kind_b: what it shall be used for.
        n_a: examples that the source was trained on; None where that is not known.
        n_b: train examples here.

    >>> [c.holds for c in sense("image", "image", 10_000_000, 1_000)], sense("image", "image", 900, 1_000)[1].holds
    (['yes', 'yes'], 'no')
    """
    same = kind_a == kind_b
    kinds = f"{kind_a} in both" if same else f"{kind_a} there, {kind_b} here"
    if n_a is None:
        data = Condition("more data there than here", "unknown", f"how many it learned from is not known; here {n_b:,}")
    else:
        ratio = n_a / max(n_b, 1)
        holds = "yes" if ratio >= MUCH else "weakly" if ratio > 1 else "no"
        told = f"{ratio:,.0f} times as many" if ratio >= 2 else f"{ratio:.2g} times as many"
        data = Condition("more data there than here", holds, f"{n_a:,} there, {n_b:,} here: {told}")
    return Condition("same kind of input", "yes" if same else "no", kinds), data


def probed(features: float, raw: float, low: float, high: float, constant: float) -> Condition:
    """Low-level features of A help B: a linear model on the frozen features against one on the raw inputs.

    Args:
        features: dev error of the linear model on features.
        raw: dev error of the linear model on raw inputs, on the same examples.
        low: lower 95 % limit of features minus raw.
        high: upper one.
        constant: dev error of a constant guess.
    """
    told = f"a linear model errs {_pct(features)} on them, {_pct(raw)} on raw inputs (constant guess {_pct(constant)})"
    told += f": {100 * (features - raw):+.1f} points [{100 * low:+.1f}, {100 * high:+.1f}]"
    holds = "yes" if high < 0 else "no" if low > 0 or features >= constant else "unknown"
    return Condition("its features help here", holds, told)


def makes_sense(conditions: tuple[Condition, ...]) -> bool | None:
    """False where one condition does not hold, True where all do, at least weakly; None where that is not known."""
    found = {condition.holds for condition in conditions}
    return False if "no" in found else None if "unknown" in found else True


def _pct(value: float) -> str:
    return f"{100 * value:.1f} %"
