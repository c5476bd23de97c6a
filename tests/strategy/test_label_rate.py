"""The rate of wrong labels by an audit: unbiased, and limits that hold what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from dlx.errors import UserError
from dlx.strategy.label_rate import audited_rate


def test_worked_by_hand():
    # 100 flagged, 40 of 50 wrong; 1,900 others, 1 of 50: (100·0.8 + 1,900·0.02) / 2,000 = 118 / 2,000
    assert audited_rate([(40, 50, 100), (1, 50, 1900)]).share == pytest.approx(0.059)


def test_one_large_stratum_has_wilson_s_limits():
    found = audited_rate([(3, 60, 10**9)])
    assert (found.low, found.high) == pytest.approx(proportion_confint(3, 60, method="wilson"), abs=1e-6)


def test_what_was_looked_at_whole_has_no_width():
    found = audited_rate([(12, 25, 25), (4, 75, 75)])
    assert (found.share, found.low, found.high) == pytest.approx((0.16, 0.16, 0.16))


def test_limits_add_like_mover():
    flagged, others = (40, 50, 10**9), (1, 50, 9 * 10**9)
    low, high = [], []
    for weight, (wrong, n, _) in ((0.1, flagged), (0.9, others)):
        limits = proportion_confint(wrong, n, method="wilson")
        low.append(weight * (wrong / n - limits[0]))
        high.append(weight * (limits[1] - wrong / n))
    found = audited_rate([flagged, others])
    assert found.share - found.low == pytest.approx(np.hypot(*low), rel=1e-6)
    assert found.high - found.share == pytest.approx(np.hypot(*high), rel=1e-6)


@pytest.mark.parametrize(
    ("n_flagged", "wrong_flagged", "n_others", "wrong_others"),
    [(60, 36, 1377, 7), (95, 76, 1342, 13), (300, 255, 1137, 34), (900, 630, 49_100, 196)],
)
def test_unbiased_and_covered(n_flagged, wrong_flagged, n_others, wrong_others):
    random = np.random.default_rng(0)
    truth = (wrong_flagged + wrong_others) / (n_flagged + n_others)
    made = [
        audited_rate([(f, 50, n_flagged), (u, 50, n_others)])
        for f, u in zip(
            random.hypergeometric(wrong_flagged, n_flagged - wrong_flagged, 50, 2000),
            random.hypergeometric(wrong_others, n_others - wrong_others, 50, 2000),
            strict=True,
        )
    ]
    shares = np.array([each.share for each in made])
    assert shares.mean() == pytest.approx(truth, abs=4 * shares.std() / np.sqrt(2000))
    assert 0.92 <= np.mean([each.low <= truth <= each.high for each in made]) <= 0.985


def test_a_stratum_nobody_looked_at_gives_no_rate():
    with pytest.raises(UserError, match="every stratum"):
        audited_rate([(3, 10, 50), (0, 0, 100)])
    assert audited_rate([(3, 10, 50), (0, 0, 0)]).share == pytest.approx(0.3)  # nothing was left unflagged
