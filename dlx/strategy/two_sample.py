"""Can two samples be told apart? A classifier two-sample test, and the share of near-duplicates within one sample."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from dlx.strategy.intervals import wilson

__all__ = ["TwoSample", "near_duplicates", "two_sample_test"]

#: principal components that the classifier sees
COMPONENTS = 50
#: Two thumbnails, each less its mean, that correlate more than this …
ALIKE = 0.97
#: … and whose means differ by less than this in every channel show the same.
SAME_LIGHT = 0.1


@dataclass(frozen=True)
class TwoSample:
    """The outcome of a classifier two-sample test.

    Attributes:
        accuracy: share of held-out examples whose sample was told; 0.5 is guessing.
        low: lower 95 % limit: Wilson's, at as many independent examples as spread like the permutations do.
        high: upper 95 % limit.
        p_value: probability of such an accuracy, or a higher one, if both come from one distribution (permutation).
        n: examples, half of them from each sample.
    """

    accuracy: float
    low: float
    high: float
    p_value: float
    n: int

    @property
    def told_apart(self) -> bool:
        """Whether the samples differ at the 5 % level."""
        return self.p_value < 0.05

    def to_dict(self) -> dict[str, Any]:
        """The outcome as JSON data."""
        return asdict(self)


def two_sample_test(
    first: np.ndarray, second: np.ndarray, *, folds: int = 5, permutations: int = 999, seed: int = 0
) -> TwoSample:
    """Train a classifier to tell two samples apart, and see whether it can (Lopez-Paz & Oquab 2017).

    A ridge classifier on standardised principal components is cross-validated; both samples count alike, the larger one
    is thinned. The p-value comes from permutations of the labels within folds, on which the same classifier is trained
    (Phipson & Smyth 2010: it is never 0). It sees differences in the mean of the features, so these should hold what
    may differ. Rows must be independent: one row for each object.

    Args:
        first: (n, d) features.
        second: (m, d) features.
        folds: of the cross-validation.
        permutations: of the labels; the smallest p-value is 1 / (permutations + 1).
        seed: of thinning, folds and permutations.

    Raises:
        ValueError: fewer than two examples a fold in one of them.
    """
    rng = np.random.default_rng(seed)
    n = min(len(first), len(second))
    if n < 2 * folds:
        raise ValueError(f"a two-sample test with {folds} folds needs {2 * folds} examples of each sample, not {n}")
    x = np.concatenate([part[rng.permutation(len(part))[:n]] for part in (first, second)]).astype("float64")
    side = np.repeat([-1.0, 1.0], n)
    fold = np.tile(np.arange(n) % folds, 2)
    labels = np.column_stack([side, *(_permuted(side, fold, rng) for _ in range(permutations))])
    with threadpool_limits(1):  # small matrices: threads wait for each other longer than they compute
        right = (_told(_components(x), labels, fold) == labels).mean(axis=0)
    # held-out predictions of one cross-validation hang together: without a difference their share of hits spreads as
    # that of fewer independent ones would (plain Wilson limits then cover 0.5 in 77 % of cases)
    effective = min(2 * n, 0.25 / max(float(np.var(right[1:])), 1e-12))
    low, high = wilson(right[0], effective)
    # ties count against a difference; the tolerance is for sums in another order
    p = (1 + np.sum(right[1:] >= right[0] - 1e-12)) / (permutations + 1)
    return TwoSample(float(right[0]), low, high, float(p), 2 * n)


def _permuted(side: np.ndarray, fold: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Labels exchanged within each fold, so that both halves stay equal there."""
    made = np.empty_like(side)
    for one in np.unique(fold):
        inside = fold == one
        made[inside] = rng.permutation(side[inside])
    return made


def _components(x: np.ndarray) -> np.ndarray:
    """Standardised principal components of both samples together: the labels are not used, so nothing leaks."""
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    few = max(1, min(COMPONENTS, x.shape[1], len(x) // 5))
    return PCA(few, whiten=True, svd_solver="full").fit_transform(StandardScaler().fit_transform(x))


def _told(x: np.ndarray, labels: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """(2n, labellings) of −1 and 1: what each held-out row is taken for, one classifier for each column of labels.

    Least squares on −1 and 1 is what scikit-learn's ``RidgeClassifier`` does, and fits all columns at once.
    """
    from sklearn.linear_model import Ridge

    said = np.empty_like(labels)
    for one in np.unique(fold):
        held_out, known = fold == one, fold != one
        model = Ridge(alpha=1.0).fit(x[known], labels[known])
        said[held_out] = np.where(model.predict(x[held_out]) > 0, 1.0, -1.0)
    return said


def near_duplicates(thumbnails: np.ndarray) -> float:
    """The share of images that are nearly the same as another one.

    Two are, when their thumbnails, less their mean, correlate above 0.97 and their mean colours differ by less than
    0.1. Independent photographs almost never do; shifted by a few pixels, noisy or a little brighter, one image still
    does. Set the share beside that of real images: simple drawings are alike by themselves.

    Args:
        thumbnails: (n, side, side, channels) in 0–1, sides of 8–32 pixels.
    """
    n, channels = len(thumbnails), thumbnails.shape[-1]
    if n < 2:
        return 0.0
    flat = thumbnails.reshape(n, -1, channels).astype("float64")
    means = flat.mean(axis=1)
    centred = (flat - means[:, None]).reshape(n, -1)
    norm = np.linalg.norm(centred, axis=1, keepdims=True)
    unit = centred / np.where(norm > 1e-9, norm, 1.0)
    alike = np.empty(n, dtype=bool)
    for i in range(n):
        light = np.abs(means - means[i]).max(axis=1) < SAME_LIGHT
        # plain images have no pattern to compare: two of one colour are the same
        pattern = (unit @ unit[i] > ALIKE) | ((norm[:, 0] <= 1e-9) & (norm[i, 0] <= 1e-9))
        same = light & pattern
        same[i] = False
        alike[i] = same.any()
    return float(alike.mean())
