"""Rates, limits and split sizes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlx.recipe import _values


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("0.7%", 0.007),
        ("0.79%", 0.0079),
        (" 33.3 % ", 0.333),
        ("100%", 1.0),
        ("0%", 0.0),
        (0.007, 0.007),
        (1, 1.0),
        (0, 0.0),
    ],
)
def test_rates(written, value):
    assert _values.rate(written) == value


@pytest.mark.parametrize(
    "written", [8, 1.5, -0.1, "8", "-1%", "101%", "x%", "%", float("nan"), True, None, [0.1], "nan%"]
)
def test_what_is_no_rate(written):
    with pytest.raises(ValueError, match="a rate is"):
        _values.rate(written)


@given(st.integers(0, 100_000))
def test_a_percentage_is_the_number_that_is_meant(n):
    assert _values.rate(f"{n / 1000}%") == float(f"{n}e-5")


@pytest.mark.parametrize(
    ("written", "value"), [("<= 10", "<= 10"), (" >=.5 ", ">= .5"), ("<1e3", "< 1e3"), ("> -2", "> -2")]
)
def test_limits(written, value):
    assert _values.limit(written) == value


@pytest.mark.parametrize("written", ["10", "= 10", "<= x", "<=", 10, None, "<= 10 ms"])
def test_what_is_no_limit(written):
    with pytest.raises(ValueError, match="a limit is"):
        _values.limit(written)


@pytest.mark.parametrize(("written", "value"), [(0.2, 0.2), ("20%", 0.2), (2000, 2000), (0, 0), (1.0, 1.0), (1, 1)])
def test_split_sizes(written, value):
    assert _values.split_size(written) == value
    assert type(_values.split_size(written)) is type(value)
