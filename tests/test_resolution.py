"""What a dev set can resolve, against the table and the sizes of statistics 3.6."""

from __future__ import annotations

import math

import pytest

from dlx.resolution import detectable, half_width, needed, resolution

TABLE = {
    (0.001, 0.001): 7_848,
    (0.005, 0.005): 1_568,
    (0.01, 0.01): 783,
    (0.02, 0.02): 391,
    (0.001, 0.01): 78_487,
    (0.005, 0.01): 3_138,
    (0.001, 0.02): 156_976,
    (0.005, 0.02): 6_277,
    (0.01, 0.02): 1_568,
    (0.005, 0.05): 15_696,
    (0.01, 0.05): 3_923,
    (0.02, 0.05): 979,
    (0.01, 0.10): 7_847,
    (0.02, 0.10): 1_960,
}


@pytest.mark.parametrize(("pair", "n"), TABLE.items())
def test_connors_table(pair, n):
    assert needed(*pair) == pytest.approx(n, abs=1.5)


@pytest.mark.parametrize(("width", "n"), [(0.01, 1_825), (0.005, 7_300), (0.001, 182_470)])
def test_half_widths_at_five_per_cent(width, n):
    assert half_width(0.05, n) == pytest.approx(width, rel=2e-3)


@pytest.mark.parametrize(("n", "discordant"), [(360, 0.05), (2_500, 0.02), (10_000, 0.1)])
def test_the_detectable_difference_needs_exactly_n(n, discordant):
    assert needed(detectable(n, discordant), discordant) == pytest.approx(n, rel=1e-6)


def test_too_few_examples_resolve_nothing():
    assert detectable(50, 0.05) is None
    assert "no difference" in resolution(50).sentence
    assert resolution(0).to_dict()["n"] == 0


def test_numbers_are_in_standard_deviations():
    found = resolution(100, bounded=False)
    assert found.differences[1.0] == pytest.approx((1.959964 + 0.841621) / math.sqrt(100), rel=1e-5)
    assert "standard deviations" in found.sentence


def test_more_examples_resolve_more():
    values = [detectable(n, 0.1) for n in (200, 1_000, 5_000, 25_000)]
    assert values == sorted(values, reverse=True)
