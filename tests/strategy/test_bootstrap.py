"""Rungs of measures that are no mean of rows."""

import numpy as np
import pandas as pd
import pytest

from dlx.errors import UserError
from dlx.strategy.bootstrap import confusion_rung, measure_rung
from dlx.strategy.intervals import clopper_pearson, mean_rung, wilson


def _mean(table):
    return float(table["error"].mean())


def _rows(n=400, rate=0.2):
    generator = np.random.default_rng(0)
    return pd.DataFrame({"error": (generator.random(n) < rate).astype(float), "patient": generator.integers(0, 40, n)})


def test_for_a_mean_it_agrees_with_the_closed_form():
    table = _rows()
    resampled, closed = measure_rung("dev", _mean, table), mean_rung("dev", table["error"])
    assert resampled.error == closed.error
    assert (resampled.low, resampled.high) == pytest.approx((closed.low, closed.high), abs=0.012)
    assert len(resampled.draws) == 1_000


def test_whole_groups_are_resampled():
    table = pd.concat([_rows(100)] * 5, ignore_index=True).assign(patient=list(range(100)) * 5)
    alone, grouped = (measure_rung("dev", _mean, table, groups=g) for g in (None, table["patient"]))
    assert grouped.groups == 100
    assert (grouped.high - grouped.low) / (alone.high - alone.low) == pytest.approx(5**0.5, rel=0.15)
    assert grouped.design_effect == pytest.approx(5, rel=0.4)


def test_above_five_thousand_rows_percentiles_are_taken():
    rung = measure_rung("dev", _mean, _rows(6_000), resamples=200)
    assert (rung.low, rung.high) == pytest.approx(tuple(np.quantile(rung.draws, (0.025, 0.975))))


def test_an_unbounded_measure_is_not_cut_at_one():
    rung = measure_rung("dev", lambda table: 100 * _mean(table), _rows(), bounded=False)
    assert rung.high > 20


def test_rungs_do_not_share_their_luck():
    table = _rows()
    first, again, other = (measure_rung(name, _mean, table, resamples=100) for name in ("dev", "dev", "test"))
    assert np.array_equal(first.draws, again.draws)
    assert not np.array_equal(first.draws, other.draws)


def test_a_perfect_score_has_the_exact_limit_and_not_a_zero_width():
    rung = measure_rung("dev", _mean, _rows(rate=0.0))
    assert (rung.low, rung.high) == clopper_pearson(0, 400)


def test_what_resampling_cannot_tell_is_null_with_its_reason():
    rung = measure_rung("dev", lambda table: 0.5, _rows())
    assert (rung.low, rung.high) == (None, None)
    assert "alike" in rung.source


def test_resamples_on_which_the_measure_is_undefined_are_left_out():
    table = pd.DataFrame({"error": [1.0] * 8 + [0.0] * 12})

    def needs_errors(rows):
        if rows["error"].sum() < 3:
            raise UserError("needs three errors")
        return _mean(rows)

    rung = measure_rung("dev", needs_errors, table)
    assert rung.low > 0
    assert len(rung.draws) < 1_000


def test_mostly_undefined_measures_have_no_interval():
    table = pd.DataFrame({"error": [1.0, 1.0] + [0.0] * 50})

    def needs_two(rows):
        return _mean(rows) if rows["error"].sum() >= 2 else float("nan")

    rung = measure_rung("dev", needs_two, table)
    assert (rung.low, "undefined" in rung.source) == (None, True)


def test_no_rows_are_an_error():
    with pytest.raises(UserError, match="needs rows"):
        measure_rung("dev", _mean, _rows()[:0])
    with pytest.raises(UserError, match="needs rows"):
        confusion_rung("dev", _error, np.zeros((2, 2)))


def _error(cells):
    return 1 - np.trace(cells, axis1=-2, axis2=-1) / cells.sum(axis=(-2, -1))


def test_cells_agree_with_rows():
    rung = confusion_rung("dev", _error, np.array([[400, 30], [50, 520]]))
    assert rung.error == pytest.approx(0.08)
    assert (rung.low, rung.high) == pytest.approx(wilson(0.08, 1000), abs=0.004)


def test_cells_without_errors_have_the_exact_limit():
    rung = confusion_rung("dev", _error, np.diag([50, 70]))
    assert (rung.low, rung.high) == clopper_pearson(0, 120)
