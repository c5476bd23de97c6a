"""Errors that lie together in the model's own features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Clusters", "clusters"]

#: Fewer errors than this are looked at one by one; more than this tell no more about where they lie.
FEWEST, MOST = 30, 5_000
#: The smallest cluster: 2.5 % of the errors, and at least 8.
_SMALLEST, _SHARE = 8, 0.025
_DIMENSIONS = 10


@dataclass(frozen=True)
class Clusters:
    """Groups of errors.

    Attributes:
        groups: for each, the positions of its members, nearest to its centre first; the largest group first.
        alone: errors that belong to none.
        reason: why there are none.
    """

    groups: tuple[np.ndarray, ...] = ()
    alone: int = 0
    reason: str = ""


def clusters(values: np.ndarray, seed: int = 0) -> Clusters:
    """Dense groups by HDBSCAN (Campello, Moulavi & Sander 2013); a single cloud, however large, has none.

    Args:
        values: (n, d) features; of more than ``MOST`` some are drawn.
        seed: of the draw.
    """
    n = len(values)
    if n < FEWEST:
        return Clusters(alone=n, reason=f"{n} errors are too few to form clusters.")
    from sklearn.cluster import HDBSCAN
    from sklearn.decomposition import PCA

    some = np.sort(np.random.default_rng(seed).permutation(n)[:MOST])
    spread = np.asarray(values[some], dtype="float64")
    if not (spread.std(axis=0) > 0).any():
        return Clusters(alone=n, reason="The errors are all alike to the model: no clusters.")
    plain = PCA(min(_DIMENSIONS, *spread.shape), random_state=seed).fit_transform(spread)
    smallest = max(_SMALLEST, int(_SHARE * len(some)))
    belongs = HDBSCAN(min_cluster_size=smallest, copy=True).fit(plain).labels_
    groups = [_nearest_first(np.flatnonzero(belongs == k), plain) for k in range(belongs.max() + 1)]
    reason = "" if groups else "The errors form no clusters in the model's features."
    ordered = sorted(groups, key=len, reverse=True)
    return Clusters(tuple(some[group] for group in ordered), int((belongs < 0).sum()), reason)


def _nearest_first(members: np.ndarray, plain: np.ndarray) -> np.ndarray:
    centre = plain[members].mean(axis=0)
    return members[np.argsort(((plain[members] - centre) ** 2).sum(axis=1), kind="stable")]
