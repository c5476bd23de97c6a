"""Ranked units cut at a quota, stratum by stratum."""

from __future__ import annotations

import numpy as np

from dlx.split._units import Units

__all__ = ["allocate", "newest", "pick"]


def allocate(total: int, weights: np.ndarray, caps: np.ndarray) -> np.ndarray:
    """Share out ``total`` in proportion to the weights by largest remainder, so that the sum is exact.

    Args:
        total: number to share out.
        weights: (strata,) whole numbers.
        caps: (strata,) most that each can take.

    Returns:
        (strata,) whole numbers; they sum to ``min(total, caps.sum())``.

    >>> allocate(5, np.array([3, 3, 4]), np.array([3, 3, 4])).tolist()
    [2, 1, 2]
    """
    total = int(min(total, caps.sum()))
    weights = np.maximum(weights, 1).astype(np.int64)
    given = np.zeros(len(weights), np.int64)
    while (left := total - int(given.sum())) > 0:  # again only where caps hold some strata back
        share = np.where(given < caps, weights, 0)
        exact = left * share  # in units of 1 / share.sum(): whole numbers, no rounding
        more = np.minimum(exact // share.sum(), caps - given)
        over = left - int(more.sum())
        order = np.argsort(-(exact - more * share.sum()), kind="stable")
        order = order[(given + more < caps)[order]]
        more[order[:over]] += 1
        given += more
    return given


def pick(units: Units, pool: np.ndarray, total: int, *, weights: np.ndarray | None = None, keep: bool) -> np.ndarray:
    """The lowest-ranked units of each stratum, about ``total`` rows in all.

    Args:
        units: all units.
        pool: (units,) those that may be taken.
        total: rows wanted.
        weights: (strata,) rows by which the total is shared out; those of the pool when None.
        keep: leave one unit of every stratum behind, as far as the total allows (for train).

    Returns:
        (units,) True where taken. Exact where units are single rows; else as near as whole units allow: what one
        stratum takes too much or too little is made up by the next.
    """
    members = np.flatnonzero(pool)
    members = members[np.lexsort((units.rank[members], units.stratum[members]))]
    strata = len(units.strata)
    begin = np.searchsorted(units.stratum[members], np.arange(strata + 1))
    rows = np.bincount(units.stratum[members], units.size[members], minlength=strata).astype(np.int64)
    caps = rows.copy()
    if keep and len(members):
        last = members[begin[1:] - 1]
        caps = np.where(begin[1:] > begin[:-1], rows - units.size[last], 0)
        if caps.sum() < total:
            caps = rows
    quota = allocate(total, rows if weights is None else weights, caps)
    taken = np.zeros(len(units), bool)
    ends, carry = np.zeros(strata, np.int64), 0
    for s in np.flatnonzero(rows):
        sizes = np.cumsum(units.size[members[begin[s] : begin[s + 1]]])
        sizes = sizes[sizes <= caps[s]]
        wanted = quota[s] + carry
        ends[s] = k = _nearest(sizes, wanted)
        carry = wanted - (sizes[k - 1] if k else 0)
        taken[members[begin[s] : begin[s] + k]] = True
    _settle(units, members, begin, ends, caps, taken, int(carry))
    return taken


def newest(units: Units, pool: np.ndarray, total: int) -> np.ndarray:
    """The units with the latest time, about ``total`` rows; rank decides among equal times."""
    members = np.flatnonzero(pool)
    members = members[np.lexsort((units.rank[members], -units.time[members]))]
    taken = np.zeros(len(units), bool)
    taken[members[: _nearest(np.cumsum(units.size[members]), total)]] = True
    return taken


def _nearest(sums: np.ndarray, wanted: int) -> int:
    """How many to take so that their sum is nearest to what is wanted; the smaller number on a tie."""
    k = int(np.searchsorted(sums, wanted, side="right"))
    below = int(sums[k - 1]) if k else 0
    if k < len(sums) and int(sums[k]) - wanted < wanted - below:
        return k + 1
    return k


def _settle(units: Units, members, begin, ends, caps, taken, lacking: int) -> None:
    """Where whole units left the total off by a few, move the cut of one stratum, or of two, by a few units."""
    if lacking == 0:
        return
    moves: dict[int, dict[int, int]] = {}  # rows gained → stratum → new end
    for s in range(len(ends)):
        sums = np.concatenate([[0], np.cumsum(units.size[members[begin[s] : begin[s + 1]]])])
        for end in range(max(ends[s] - 3, 0), min(ends[s] + 4, len(sums))):
            if sums[end] <= caps[s] and end != ends[s]:
                moves.setdefault(int(sums[end] - sums[ends[s]]), {}).setdefault(s, end)
    chosen = _exact(moves, lacking)
    for s, end in chosen.items():
        taken[members[begin[s] : begin[s + 1]]] = False
        taken[members[begin[s] : begin[s] + end]] = True


def _exact(moves: dict[int, dict[int, int]], lacking: int) -> dict[int, int]:
    """Stratum → new end for one move, or two in different strata, that gain exactly what is lacking; {} if none do."""
    if lacking in moves:
        return dict([next(iter(moves[lacking].items()))])
    for gain, strata in moves.items():
        others = moves.get(lacking - gain, {})
        for s, end in strata.items():
            other = next((o for o in others if o != s), None)
            if other is not None:
                return {s: end, other: others[other]}
    return {}
