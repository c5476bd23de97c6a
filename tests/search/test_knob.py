"""Exact scales: shares of the range, both ways between values and places."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlx.search.knob import Knob

RATE = Knob("train.learning_rate", 1e-4, 1.0, "log")
BETA = Knob("train.momentum", 0.9, 0.999, "one_minus_log")


def test_a_quarter_of_a_log_search_belongs_to_each_decade():
    places = [RATE.place(10.0**power) for power in (-4, -3, -2, -1, 0)]
    assert places == pytest.approx([0, 0.25, 0.5, 0.75, 1], abs=1e-12)  # r = −4·rand (worked number O55)
    values = [RATE.at(u) for u in np.random.default_rng(0).random(40_000)]
    shares = np.histogram(values, bins=[1e-4, 1e-3, 1e-2, 1e-1, 1])[0] / len(values)
    assert shares == pytest.approx([0.25] * 4, abs=0.01)


def test_drawn_uniformly_nine_tenths_would_be_in_the_last_decade():
    linear = Knob("train.learning_rate", 1e-4, 1.0)
    assert 1 - linear.place(0.1) == pytest.approx(0.9001, abs=1e-4)  # O55


def test_half_of_the_betas_are_below_0_99():
    assert BETA.place(0.99) == pytest.approx(0.5, abs=1e-12)  # r ∈ [−3, −1], β = 1 − 10^r (O56)
    assert BETA.at(0.5) == 0.99
    values = [BETA.at(u) for u in np.random.default_rng(1).random(20_000)]
    assert np.mean(np.array(values) < 0.99) == pytest.approx(0.5, abs=0.012)


ranges = st.one_of(
    st.tuples(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3)).map(lambda p: Knob("x", p[0], p[0] + p[1])),
    st.tuples(st.floats(-8, 3), st.floats(0.05, 6)).map(lambda p: Knob("x", 10 ** p[0], 10 ** (p[0] + p[1]), "log")),
    st.tuples(st.floats(0.1, 3), st.floats(0.1, 3)).map(
        lambda p: Knob("x", 1 - 10 ** -p[0], 1 - 10 ** -(p[0] + p[1]), "one_minus_log")
    ),
)


@given(ranges, st.floats(0, 1))
def test_values_stay_in_range_and_lead_back_to_their_place(knob, place):
    value = knob.at(place)
    assert knob.low <= value <= knob.high
    assert knob.place(value) == pytest.approx(place, abs=2e-3)


@given(st.integers(1, 50), st.integers(1, 60), st.sampled_from(["linear", "log"]))
def test_each_whole_number_has_its_share(low, span, scale):
    knob = Knob("x", low, low + span, scale, whole=True)
    values = [knob.at(u) for u in np.linspace(0, 1, 2001)]
    assert all(type(value) is int for value in values)
    assert set(values) <= set(range(low, low + span + 1))
    assert (values[0], values[-1]) == (low, low + span)
    if scale == "linear":
        shares = np.bincount(np.array(values) - low) / len(values)
        assert shares == pytest.approx(1 / (span + 1), abs=0.002)


@pytest.mark.parametrize(
    ("knob", "values"),
    [
        (Knob("x", 16, 256, "log", step=2, whole=True), [16, 32, 64, 128, 256]),
        (Knob("x", 0.0, 0.5, step=0.1), [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]),
        (Knob("x", 0.9, 0.999, "one_minus_log", step=10), [0.9, 0.99, 0.999]),
        (Knob("x", 2, 4, whole=True), [2, 3, 4]),
        (Knob("x", values=([64], [64, 64])), [[64], [64, 64]]),
    ],
)
def test_finite_knobs_know_all_their_values(knob, values):
    assert knob.size == len(values)
    assert knob.spaced(knob.size) == values
    assert [knob.at(knob.place(value)) for value in values] == values
    drawn = [values.index(knob.at(u)) for u in np.linspace(0.0005, 0.9995, 1000)]
    if knob.step or knob.values:
        assert np.bincount(drawn) / 1000 == pytest.approx(1 / len(values), abs=0.002)


def test_beyond_the_range_the_scale_goes_on_up_to_the_domain():
    assert RATE.at(-0.25) == 1e-5
    beta = Knob("train.momentum", 0.9, 0.999, "one_minus_log", domain=(0.0, 0.9999))
    assert beta.at(1.25) == pytest.approx(1 - 10**-3.5, rel=1e-6)
    assert beta.at(9) == 0.9999
    dropout = Knob("model.dropout", 0.0, 0.5, domain=(0.0, 0.95))
    assert dropout.at(-0.3) == 0.0
    units = Knob("model.units.0", 4, 64, "log", whole=True, domain=(1, math.inf))
    assert units.at(-2) == 1


def test_evenly_spaced_values_have_both_ends():
    assert RATE.spaced(5) == [1e-4, 1e-3, 1e-2, 1e-1, 1.0]
    assert BETA.spaced(3) == [0.9, 0.99, 0.999]
    assert Knob("x", 1, 100, "log", whole=True).spaced(3) == [1, 10, 100]


@pytest.mark.parametrize(
    ("values", "ordered"),
    [
        ((16, 32, 64), True),
        ((64, 32), False),
        (("relu", "tanh"), False),
        (([64], [64, 64]), True),
        (([64, 64], [64]), False),
        ((True, False), False),
        (([], [8]), True),
    ],
)
def test_listed_values_have_an_order_when_they_rise(values, ordered):
    assert Knob("x", values=values).ordered is ordered


def test_true_is_not_the_number_1():
    assert not Knob("x", values=(1, 2)).holds(True)
    assert not Knob("x", 0.0, 2.0).holds(True)
    assert Knob("x", values=(True, False)).holds(True)
