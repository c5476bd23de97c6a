"""From differences to a choice: limits first, then better, no difference shown, or how many more would show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from dlx.comparison._pairs import ROPE, Pair
from dlx.comparison._words import Words
from dlx.goals import Feasible
from dlx.strategy.detecting import up_to_two_digits
from dlx.strategy.words import listed

__all__ = ["Choice", "choose", "judged"]

ALPHA = 0.05
#: Plans below this rest on a normal approximation that does not hold.
LEAST = 30
#: No dev set larger than this many times the present one is proposed.
LARGEST_FACTOR = 100


@dataclass(frozen=True)
class Choice:
    """What comes out.

    Attributes:
        status: ``better``, ``only_feasible``, ``no_difference``, ``need_more`` or ``unproven``.
        winner: the candidate to take; None where none is shown to be better and to keep all limits.
        leader: the one with the best value among those that break no limit.
        reason: in words.
        n_needed: dev examples that would show the observed difference in four of five samples; None otherwise.
    """

    status: str
    winner: str | None
    leader: str
    reason: str
    n_needed: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """The choice as JSON data."""
        return asdict(self)


def judged(pair: Pair, values: Mapping[str, float], *, greater: bool, differ: bool = True) -> Pair:
    """The pair with its status.

    Args:
        pair: difference, interval and p-value.
        values: the metric of each candidate.
        greater: whether higher values are better.
        differ: whether the test over all candidates found any difference.
    """
    p = pair.p if pair.p_holm is None else pair.p_holm
    needed = None if pair.n_needed is None else up_to_two_digits(max(pair.n_needed, pair.n + 1, LEAST))
    if differ and p is not None and p < ALPHA and pair.difference != 0:
        better = pair.a if (pair.difference > 0) == greater else pair.b
        return replace(pair, better=better, status="better", n_needed=None)
    errors = [1 - values[name] if greater else values[name] for name in (pair.a, pair.b)]
    rope = ROPE * min(errors)
    alike = pair.low is not None and -rope <= pair.low and pair.high <= rope
    if needed is None or alike or needed > LARGEST_FACTOR * pair.n:
        return replace(pair, status="no_difference", n_needed=None)
    return replace(pair, status="need_more", n_needed=needed)


def choose(
    found: Sequence[Pair],
    values: Mapping[str, float],
    feasible: Mapping[str, Feasible],
    words: Words,
    *,
    omnibus: Mapping[str, float] | None = None,
) -> Choice:
    """Drop those that break a limit, then ask whether the best of the rest is shown to be better than each other one.

    Args:
        found: judged pairs.
        values: the metric of each candidate.
        feasible: whether each keeps all limits; at least one is not False.
        words: how the metric is written.
        omnibus: the test over all candidates in question.
    """
    left = [name for name in values if feasible[name] is not False]
    out = [name for name in values if feasible[name] is False]
    leader = max(left, key=lambda name: values[name] if words.greater else -values[name])
    dropped = (
        f"{listed(out)} {'breaks' if len(out) == 1 else 'break'} a limit and {'is' if len(out) == 1 else 'are'} out. "
        if out
        else ""
    )
    if len(left) == 1:
        if feasible[leader] is True:
            return Choice("only_feasible", leader, leader, f"{dropped}{leader} is the only one that keeps all limits.")
        return Choice(
            "unproven", None, leader, f"{dropped}Only {leader} is left, and whether it keeps all limits is unproven."
        )
    against = [pair for pair in found if leader in (pair.a, pair.b) and {pair.a, pair.b} <= set(left)]
    open_ = [pair for pair in against if pair.better != leader]
    if not open_:
        told = words.better(leader, against)
        if feasible[leader] is True:
            return Choice("better", leader, leader, f"{dropped}{told}")
        proven = [name for name in left if feasible[name] is True]
        rest = f" {listed(proven)} {'does' if len(proven) == 1 else 'do'}, provably." if proven else ""
        return Choice("unproven", None, leader, f"{dropped}{told} But whether it keeps all limits is unproven.{rest}")
    return _open(leader, against, open_, words, dropped, omnibus)


def _open(leader, against, open_, words: Words, dropped: str, omnibus) -> Choice:
    more = [pair for pair in open_ if pair.status == "need_more"]
    nearest = min(open_, key=lambda pair: abs(pair.difference))
    told = words.not_shown(leader, max(more, key=lambda p: p.n_needed) if more else nearest)
    if omnibus is not None and omnibus["p"] >= ALPHA:
        told = f"No difference among all {len(against) + 1} is shown (Cochran's Q, {words.p(omnibus['p'])}). {told}"
    elif len(open_) < len(against):
        beaten = [pair.b if pair.a == leader else pair.a for pair in against if pair.better == leader]
        told = f"{leader} is better than {listed(beaten)}. {told}"
    if not more:
        return Choice("no_difference", None, leader, f"{dropped}{told}")
    needed = max(pair.n_needed for pair in more)
    told += f" About {needed:,} examples ({needed - more[0].n:,} more) would show a difference of this size."
    return Choice("need_more", None, leader, f"{dropped}{told}", needed)
