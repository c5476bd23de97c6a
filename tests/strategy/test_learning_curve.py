"""Learning curves: known laws are recovered, intervals cover the truth, and what cannot be foretold is not."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.optimize import curve_fit

from dlx.errors import UserError
from dlx.strategy._laws import LAWS, fit
from dlx.strategy.learning_curve import LearningCurve, extrapolate

SIZES = (100, 200, 400, 800, 1600, 3200)
#: what real curves look like: power laws, one that is slow, saturating ones, one that is flat
TRUTHS = {
    "power": lambda n: 0.03 + 2.0 * n**-0.5,
    "to zero": lambda n: 2.0 * n**-0.5,
    "slow": lambda n: 0.9 * n**-0.25,
    "shifted": lambda n: 0.02 + 20 * (n + 500.0) ** -0.8,
    "saturated": lambda n: 0.08 + 0.3 * np.exp(-n / 400),
    "saturating": lambda n: 0.08 + 0.3 * np.exp(-n / 1500),
    "flat": lambda n: 0.1 + 0 * n,
}


def points(truth, *, n_dev=1000, repeats=5, seed=0, sizes=SIZES) -> list[dict]:
    """Measured with binomial noise, each repeat on a dev set of its own."""
    rng = np.random.default_rng(seed)
    return [{"n": n, "error": rng.binomial(n_dev, truth(float(n))) / n_dev} for n in sizes for _ in range(repeats)]


def exact(truth) -> list[dict]:
    return [{"n": n, "error": truth(float(n)) + e} for n in SIZES for e in (-1e-4, 0, 1e-4)]


def test_the_interval_covers_the_truth_at_twice_and_four_times_the_data():
    held = {2.0: [], 4.0: []}
    for i, truth in enumerate(TRUTHS.values()):
        for seed in range(15):
            found = extrapolate(points(truth, seed=100 * i + seed), seed=seed)
            for there in found.ahead:
                held[there.factor].append(there.low <= truth(float(there.n)) <= there.high)
    assert len(held[2.0]) >= 98  # at most a few of 105 are refused by chance
    assert np.mean(held[2.0]) >= 0.9
    assert np.mean(held[4.0]) >= 0.9


@pytest.mark.parametrize("name", ["power", "to zero", "saturating"])
def test_without_noise_the_law_is_found(name):
    found = extrapolate(exact(TRUTHS[name]))
    for there in found.ahead:
        assert there.error == pytest.approx(TRUTHS[name](float(there.n)), rel=0.06)


def test_a_power_law_is_fitted_as_by_scipy():
    """The closed form on a grid against scipy's bounded least squares, on one noisy curve."""
    x, rng = np.array(SIZES) / SIZES[-1], np.random.default_rng(1)
    sigma = 0.002 + 0.01 * rng.random(len(x))
    y = 0.03 + 0.05 * x**-0.6 + sigma * rng.standard_normal(len(x))
    mine = fit(LAWS[0], x, y[None], sigma)

    def law(x, a, b, c):
        return c + a * x**-b

    theirs, _ = curve_fit(law, x, y, p0=(0.05, 0.5, 0.01), sigma=sigma, bounds=([0, 0.02, 0], [np.inf, 2, np.inf]))
    assert mine.at(2.0)[0, 0] == pytest.approx(law(2.0, *theirs), rel=0.02)
    assert mine.at(x)[0] == pytest.approx(law(x, *theirs), rel=0.01)


def test_a_flat_curve_says_not_the_bottleneck():
    found = extrapolate(points(TRUTHS["flat"], n_dev=5000))
    assert found.status == "not_the_bottleneck"
    assert found.gain["p"] < 0.1
    assert "not the bottleneck" in found.text
    assert found.text.startswith("Twice the data: ")


def test_a_steep_curve_says_that_more_data_helps():
    found = extrapolate(points(TRUTHS["to zero"], n_dev=20_000), target=0.025)
    assert (found.status, found.monotone) == ("helps", True)
    assert found.n_for_target["n"] == pytest.approx((2 / 0.025) ** 2, rel=0.25)
    assert found.n_for_target["low"] <= 6400 <= found.n_for_target["high"]
    assert "2.5 %" in found.text


def test_a_target_beyond_the_horizon_is_not_promised():
    found = extrapolate(points(TRUTHS["flat"]), target=0.01)
    assert found.n_for_target["n"] is None
    assert "not reached with 4 times the data" in found.text


def test_what_the_smaller_sizes_did_not_foretell_is_not_extrapolated():
    def broken(n):  # a power law that breaks off: another regime from 1600 examples on
        return 2.0 * n**-0.5 if n < 1500 else 0.2

    found = extrapolate(points(broken, n_dev=20_000))
    assert (found.status, found.ahead, found.gain, found.monotone) == ("no_extrapolation", (), None, False)
    assert not found.back_test["passed"]
    assert max(abs(z) for z in found.back_test["z"]) > 3
    assert found.text.startswith("No extrapolation")
    assert "not monotone" in found.text


def test_the_horizon_is_four_times_unless_asked():
    measured = points(TRUTHS["power"])
    assert [there.factor for there in extrapolate(measured).ahead] == [2.0, 4.0]
    assert [there.factor for there in extrapolate(measured, far=True).ahead] == [2.0, 4.0, 10.0, 100.0]


def test_more_repeats_narrow_the_interval():
    few, many = (extrapolate(points(TRUTHS["power"], repeats=r, seed=3)).ahead[0] for r in (3, 30))
    assert many.high - many.low < 0.8 * (few.high - few.low)


def test_order_does_not_matter_and_draws_repeat():
    measured = points(TRUTHS["slow"])
    shuffled = [measured[i] for i in np.random.default_rng(0).permutation(len(measured))]
    one, other = extrapolate(measured), extrapolate(shuffled)
    assert other.ahead[1].error == pytest.approx(one.ahead[1].error)
    assert extrapolate(measured) == one
    assert LearningCurve.from_dict(json.loads(json.dumps(one.to_dict() | {"metric": "error"}))) == one


def test_errors_in_a_unit():
    measured = [{"n": p["n"], "error": 100 * p["error"]} for p in points(TRUTHS["power"])]
    found = extrapolate(measured, bounded=False, unit="mg")
    assert " mg [" in found.text
    assert "%" not in found.text.partition("→")[0]


def test_repeats_that_agree_exactly_are_no_certainty():
    found = extrapolate([{"n": n, "error": 0.0} for n in SIZES for _ in range(3)])
    assert (found.ahead[0].error, found.status) == (pytest.approx(0, abs=1e-6), "not_the_bottleneck")


@pytest.mark.parametrize(
    ("measured", "message"),
    [
        (points(TRUTHS["power"], sizes=SIZES[:4]), "at least 5 sizes"),
        (points(TRUTHS["power"], repeats=1), "at least 2 repeats"),
    ],
)
def test_too_little_is_refused(measured, message):
    with pytest.raises(UserError, match=message):
        extrapolate(measured)
