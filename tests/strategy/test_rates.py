"""Rates and counts as people write them, and how they are said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlx.errors import UserError
from dlx.strategy import words
from dlx.strategy.rates import count, rate


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.7%", 0.007),
        ("0.7 %", 0.007),
        ("100%", 1.0),
        ("0", 0.0),
        (0, 0.0),
        (1, 1.0),
        ("0.007", 0.007),
        (0.5, 0.5),
        ("1e-3", 0.001),
    ],
)
def test_rates(text, value):
    assert rate(text, where="x") == value


@pytest.mark.parametrize(
    "text",
    ["8", 8, 1.5, "150%", "-1%", -0.1, "nan", float("nan"), "inf", float("inf"), "abc", "", "%", "0,7%", True, None],
)
def test_no_rates(text):
    with pytest.raises(UserError, match=r"rate") as error:
        rate(text, where="--train")
    assert error.value.exit_code == 2
    assert error.value.where == "--train"


def test_eight_is_told_to_be_written_as_a_percentage():
    with pytest.raises(UserError, match="Write 8%"):
        rate(8, where="train")


@given(st.integers(0, 100_000))
def test_a_percentage_has_no_binary_dust(thousandths):
    assert rate(f"{thousandths / 1000}%", where="x") == float(f"{thousandths / 100_000:.12g}")


@pytest.mark.parametrize("value", [0, -5, 2.5, "12", True, float("nan"), None])
def test_no_counts(value):
    with pytest.raises(UserError, match="whole number"):
        count(value, where="n_dev")


def test_counts_may_come_from_numpy():
    import numpy as np

    assert [count(value, where="n") for value in (5, 5.0, np.int64(5))] == [5, 5, 5]


def test_words():
    assert [words.points(value) for value in (0.01, -0.01, 0.085, 0.0)] == [
        "1 point",
        "−1 point",
        "8.5 points",
        "0 points",
    ]
    assert words.points(-2.5, bounded=False, unit="km") == "−2.5 km"
    assert words.level(0.082) == "8.2 %"
    assert [words.chance(p) for p in (0.0, 0.614, 1.0)] == ["< 1 %", "61 %", "> 99 %"]
    assert words.listed(["a", "b", "c"]) == "a, b and c"
    assert words.listed(["a"]) == "a"
