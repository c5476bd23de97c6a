"""Would more data help? The error against the number of training examples, and what it becomes beyond those there are.

Three laws (power, shifted power, exponential) are fitted to every draw of the measured means and mixed, each weighted
by how well it foretold the last two sizes from the smaller ones. One law alone is over-confident: it cannot tell a
curve that has levelled off from one that has not. Draws are studentised, with a spread that sizes lend each other (a
moderated t, Smyth 2004): with three to ten repeats and binomial noise the 95 % interval held the truth in 93–94 % of
simulations at twice and four times the largest size, with a plain bootstrap of five repeats in 85 %
(``tests/strategy/test_learning_curve.py`` has the simulation).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np
from scipy.special import stdtrit

from dlx.errors import UserError
from dlx.strategy._laws import LAWS, Fits, fit
from dlx.strategy.curve_words import told

__all__ = ["FARTHEST", "LEAST_SIZES", "Ahead", "LearningCurve", "Size", "extrapolate"]

LEAST_SIZES = 5
#: Sizes beyond this many times the largest one measured are foretold only when asked for.
FARTHEST = 4
_VERY_FAR = 100
#: Back-tests that miss by more standard errors than this forbid to extrapolate.
_MISS = 3.0
#: Gains under this share of the present error do not matter, as in the ladder.
_ROPE = 0.10
#: Probability from which something is said without "perhaps".
_SURE = 0.90
_DRAWS = 400
#: The spread of all sizes counts for so many repeats of one.
_LENT = 4
#: An error of nothing cannot become smaller.
_NOTHING = 1e-9


@dataclass(frozen=True)
class Size:
    """What was measured at one size.

    Attributes:
        n: training examples.
        error: mean dev error over the repeats.
        low: lower 95 % limit of that mean, over training subsets and seeds, on this dev set.
        high: upper limit.
        repeats: how many.
        train_error: mean error on the subset itself; None where it was not measured.
    """

    n: int
    error: float
    low: float
    high: float
    repeats: int
    train_error: float | None = None


@dataclass(frozen=True)
class Ahead:
    """What is foretold: ``factor`` times the largest size, n examples, the error with its 95 % limits."""

    factor: float
    n: int
    error: float
    low: float
    high: float


@dataclass(frozen=True)
class LearningCurve:
    """The measured curve and what it says of more data.

    Attributes:
        status: ``helps`` (twice the data gains what matters, P ≥ 90 %), ``not_the_bottleneck`` (P ≤ 10 %),
            ``undecided``, or ``no_extrapolation``.
        text: the answer in words.
        sizes: what was measured, by size.
        ahead: the error at 2 and 4 times the largest size, and farther where asked for; empty without extrapolation.
        gain: what twice the data gain (value, low, high), the least gain that matters (``rope``) and the probability
            of at least that (``p``); None without extrapolation.
        target: the error that is good enough; None where there is none.
        n_for_target: examples at which the error is foretold to reach it (n, low, high; None: not within the horizon);
            None without target or extrapolation.
        laws: weight of each law in the mixture.
        back_test: sizes, z of the measured error against what the smaller sizes foretold, and whether all passed.
        monotone: False where a larger size is worse than a smaller one by more than three standard errors.
        band: (n, low, error, high) along the curve, for drawing.
        bounded: whether errors are rates.
        unit: of the error; empty for rates.
    """

    status: str
    text: str
    sizes: tuple[Size, ...]
    ahead: tuple[Ahead, ...]
    gain: dict[str, float] | None
    target: float | None
    n_for_target: dict[str, int | None] | None
    laws: dict[str, float]
    back_test: dict[str, Any]
    monotone: bool
    band: tuple[tuple[float, float, float, float], ...] = ()
    bounded: bool = True
    unit: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The curve as JSON data."""
        return asdict(self)

    @staticmethod
    def from_dict(data: dict[str, Any]) -> LearningCurve:
        """The curve that :meth:`to_dict` wrote; other keys are left out."""
        known = {field.name: data[field.name] for field in fields(LearningCurve)}
        known["sizes"] = tuple(Size(**size) for size in data["sizes"])
        known["ahead"] = tuple(Ahead(**there) for there in data["ahead"])
        known["band"] = tuple(tuple(point) for point in data["band"])
        return LearningCurve(**known)


def extrapolate(
    points: Iterable[dict[str, Any]],
    *,
    target: float | None = None,
    far: bool = False,
    bounded: bool = True,
    unit: str = "",
    seed: int = 0,
) -> LearningCurve:
    """Fit the mixture, test it on the last two sizes, and say what twice and four times the data would give.

    Args:
        points: one for each size and repeat: ``n``, ``error`` and, if measured, ``train_error``.
        target: the error that is good enough.
        far: also foretell 10 and 100 times the largest size.
        bounded: whether errors lie in 0–1.
        unit: of the error, for the words.
        seed: of the draws.

    Raises:
        UserError: fewer than five sizes or two repeats.
    """
    sizes, mean, se = _measured(list(points))
    n = np.array([size.n for size in sizes], dtype=float)
    x, generator = n / n[-1], np.random.default_rng(seed)
    freedom = min(size.repeats for size in sizes) - 1 + _LENT
    draws = np.maximum(mean + se * generator.standard_t(freedom, (_DRAWS, len(mean))), 0.0)
    early = [fit(law, x[:-2], draws[:, :-2], se[:-2]) for law in LAWS]
    test = _back_test(early, x, mean, se, sizes)
    fits = [fit(law, x, draws, se) for law in LAWS]
    weight = _weights(early, x, draws, se)
    laws = {law.name: float(w) for law, w in zip(LAWS, weight.mean(axis=1), strict=True)}
    horizon = _VERY_FAR if far else FARTHEST
    common = {"sizes": sizes, "target": target, "laws": laws, "back_test": test, "bounded": bounded, "unit": unit,
              "monotone": _monotone(mean, se)}  # fmt: skip
    if not test["passed"]:
        found = LearningCurve("no_extrapolation", "", ahead=(), gain=None, n_for_target=None, **common)
        return _worded(found)
    mix = _Mixture(fits, weight)
    factors = [2.0, 4.0, *([10.0, 100.0] if far else [])]
    ahead = tuple(Ahead(f, round(f * n[-1]), *_middle_first(mix.quantiles(f))) for f in factors)
    gain = _gain(mix, float(mix.quantiles(1.0)[1]))
    status = "helps" if gain["p"] >= _SURE else "not_the_bottleneck" if gain["p"] <= 1 - _SURE else "undecided"
    grid = np.geomspace(x[0], horizon, 60)
    band = tuple((float(g * n[-1]), *map(float, mix.quantiles(g))) for g in grid)
    reach = None if target is None else _reach(mix, target, float(n[-1]), horizon)
    return _worded(LearningCurve(status, "", ahead=ahead, gain=gain, n_for_target=reach, band=band, **common))


def _measured(points: Sequence[dict[str, Any]]) -> tuple[tuple[Size, ...], np.ndarray, np.ndarray]:
    """Sizes, their means and the standard errors of these."""
    groups: dict[int, list[dict[str, Any]]] = {}
    for point in points:
        groups.setdefault(int(point["n"]), []).append(point)
    if len(groups) < LEAST_SIZES:
        raise UserError(f"a learning curve needs at least {LEAST_SIZES} sizes", value=sorted(groups), where="--sizes")
    if min(map(len, groups.values())) < 2:
        raise UserError("a learning curve needs at least 2 repeats of each size", where="--repeats")
    errors = [np.array([float(point["error"]) for point in groups[n]]) for n in sorted(groups)]
    mean = np.array([each.mean() for each in errors])
    se = _standard_errors(errors, mean)
    sizes = []
    for n, value, half in zip(sorted(groups), mean, se, strict=True):
        repeats = len(groups[n])
        half *= float(stdtrit(repeats - 1 + _LENT, 0.975))
        train = [point["train_error"] for point in groups[n] if point.get("train_error") is not None]
        sizes.append(Size(n, float(value), max(float(value - half), 0.0), float(value + half), repeats,
                          float(np.mean(train)) if train else None))  # fmt: skip
    return tuple(sizes), mean, se


def _standard_errors(errors: Sequence[np.ndarray], mean: np.ndarray) -> np.ndarray:
    """Of each mean; a spread known from few repeats is drawn towards that of all sizes, in proportion to the error."""
    counts = np.array([len(each) for each in errors])
    own = np.array([each.var(ddof=1) for each in errors])
    level = np.maximum(mean, 1e-3 * max(float(mean.max()), 1e-12))
    pooled = level * np.mean(own / level)
    variance = ((counts - 1) * own + _LENT * pooled) / (counts - 1 + _LENT)
    least = (1e-4 * max(float(mean.max()), 1e-12)) ** 2  # repeats that are all alike know no more than this
    return np.sqrt(np.maximum(variance, least) / counts)


def _back_test(early: Sequence[Fits], x: np.ndarray, mean: np.ndarray, se: np.ndarray, sizes) -> dict[str, Any]:
    """The last two sizes against what the smaller ones foretell, in standard errors."""
    foretold = np.concatenate([each.at(x[-2:]) for each in early])
    centre, spread = np.median(foretold, axis=0), foretold.std(axis=0)
    z = (mean[-2:] - centre) / np.sqrt(spread**2 + se[-2:] ** 2)
    return {
        "sizes": [size.n for size in sizes[-2:]],
        "foretold": [float(value) for value in centre],
        "z": [float(value) for value in z],
        "passed": bool((abs(z) <= _MISS).all()),
    }


def _weights(early: Sequence[Fits], x: np.ndarray, draws: np.ndarray, se: np.ndarray) -> np.ndarray:
    """(laws, draws): the inverse of each law's squared error on the last two sizes, held out, in each draw."""
    squared = np.stack([((each.at(x[-2:]) - draws[:, -2:]) ** 2 + se[-2:] ** 2).mean(axis=1) for each in early])
    return (1 / squared) / (1 / squared).sum(axis=0)


class _Mixture:
    """All laws' fits of all draws, weighted."""

    def __init__(self, fits: Sequence[Fits], weight: np.ndarray):
        self.fits, self.weight = fits, weight.ravel()

    def at(self, factor: float) -> np.ndarray:
        """(laws · draws,) errors at that many times the largest size."""
        return np.concatenate([each.at(factor)[:, 0] for each in self.fits])

    def quantiles(self, factor: float) -> tuple[float, float, float]:
        """Lower limit, middle and upper limit of the error there."""
        return self.of(self.at(factor))

    def of(self, values: np.ndarray) -> tuple[float, float, float]:
        order = np.argsort(values, kind="stable")
        reached = np.cumsum(self.weight[order]) / self.weight.sum()
        places = np.minimum(np.searchsorted(reached, (0.025, 0.5, 0.975)), len(values) - 1)
        low, middle, high = values[order[places]]
        return float(low), float(middle), float(high)

    def share(self, true: np.ndarray) -> float:
        """The probability of what holds in those draws."""
        return float(self.weight[true].sum() / self.weight.sum())


def _middle_first(limits: tuple[float, float, float]) -> tuple[float, float, float]:
    low, middle, high = limits
    return middle, low, high


def _gain(mix: _Mixture, present: float) -> dict[str, float]:
    gains, rope = mix.at(1.0) - mix.at(2.0), max(_ROPE * present, _NOTHING)
    low, middle, high = mix.of(gains)
    return {"value": middle, "low": low, "high": high, "rope": rope, "p": mix.share(gains >= rope)}


def _reach(mix: _Mixture, target: float, largest: float, horizon: float) -> dict[str, int | None]:
    """Examples at which half, 97.5 % and 2.5 % of the draws have come down to the target; None: not by the horizon."""
    grid = np.geomspace(0.02, horizon, 400)
    reached = np.array([mix.share(mix.at(factor) <= target) for factor in grid])

    def first(share: float) -> int | None:
        places = np.flatnonzero(reached >= share)
        return None if not len(places) else int(_two_digits(largest * float(grid[places[0]])))

    return {"n": first(0.5), "low": first(0.025), "high": first(0.975)}


def _two_digits(number: float) -> float:
    step = 10 ** max(math.floor(math.log10(max(number, 1))) - 1, 0)
    return math.ceil(number / step) * step


def _monotone(mean: np.ndarray, se: np.ndarray) -> bool:
    worse = mean[None, :] - mean[:, None] > _MISS * np.sqrt(se[None, :] ** 2 + se[:, None] ** 2)
    return not bool(np.triu(worse, 1).any())


def _worded(found: LearningCurve) -> LearningCurve:
    return replace(found, text=told(found))
