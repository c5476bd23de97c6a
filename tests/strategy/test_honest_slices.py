"""Slices found on one half and tested on the other: chance is not believed, what is there is found."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, fisher_exact
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from dlx.strategy.honest_slices import FDR, find_slices

PLACES = np.array(["web", "mobile", "scan"])


def noise(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Numbers, texts, truths and gaps that have nothing to do with the errors."""
    made = pd.DataFrame(rng.normal(size=(n, 6)), columns=[f"meta_n{i}" for i in range(6)])
    made["meta_place"] = rng.choice(PLACES, n)
    made["meta_flag"] = rng.random(n) < 0.3
    made.loc[rng.random(n) < 0.2, "meta_n0"] = np.nan
    made["meta_count"] = rng.poisson(2, n)
    return made


@pytest.mark.parametrize(("n", "rate"), [(200, 0.15), (800, 0.1), (2_000, 0.3)])
def test_on_noise_at_most_one_data_set_in_twenty_shows_a_slice(n, rate):
    """Of 200 data sets 10 may; 17 would show that the true rate is above 5 % (p < 0.03)."""
    rng = np.random.default_rng(n)
    shown = 0
    for _ in range(200):
        wrong, half = rng.random(n) < rate, rng.random(n) < 0.5
        shown += bool(find_slices(noise(rng, n), wrong, half).found)
    assert binomtest(shown, 200, FDR, alternative="greater").pvalue > 0.03


def test_on_noise_with_dependent_rows_chance_is_not_believed_either():
    """Groups of 10 rows that share columns and luck: rows taken as independent would show slices all the time."""
    rng = np.random.default_rng(1)
    shown = naive = 0
    for _ in range(100):
        people = noise(rng, 80)
        luck, side = rng.beta(0.5, 2, 80), rng.random(80) < 0.5
        groups = np.repeat(np.arange(80), 10)
        table, wrong = people.iloc[groups].reset_index(drop=True), rng.random(800) < luck[groups]
        shown += bool(find_slices(table, wrong, side[groups], groups=groups).found)
        naive += bool(find_slices(table, wrong, side[groups]).found)
    assert binomtest(shown, 100, FDR, alternative="greater").pvalue > 0.02
    assert naive > 30


def planted(n=2_000) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    table = noise(rng, n)
    bad = (table["meta_place"] == "mobile") & (table["meta_n1"] < 0)
    return table, rng.random(n) < np.where(bad, 0.6, 0.05), rng.random(n) < 0.5


def test_what_is_there_is_found_and_its_numbers_are_those_of_the_other_half():
    table, wrong, half = planted()
    found = find_slices(table, wrong, half).found
    best = found[0]
    assert {c.column for c in best.conditions} == {"place", "n1"}
    assert "place is mobile" in best.text
    inside = np.zeros(len(table), bool)
    inside[best.rows] = True
    test = ~half
    k, n = int(wrong[inside & test].sum()), int((inside & test).sum())
    other, rest = int(wrong[~inside & test].sum()), int((~inside & test).sum())
    assert (best.errors, best.n) == (k, n)
    assert best.share_of_errors == k / (k + other)
    assert (best.low, best.high) == pytest.approx(proportion_confint(k, n, method="wilson"))
    limits = confint_proportions_2indep(k, n, other, rest, compare="diff", method="newcomb")
    assert (best.difference_low, best.difference_high) == pytest.approx(limits)
    assert best.p == pytest.approx(fisher_exact([[k, n - k], [other, rest - other]], alternative="greater").pvalue)
    assert best.p <= best.q <= FDR


def test_the_conditions_say_which_rows_are_meant():
    table, wrong, half = planted()
    best = find_slices(table, wrong, half).found[0]
    rows = np.ones(len(table), bool)
    for condition in best.conditions:
        column = table[f"meta_{condition.column}"]
        rows &= {
            "is": lambda c=column, v=condition.value: c.map(str) == v,
            "≤": lambda c=column, v=condition.value: c.fillna(c[half].median()) <= v,
            ">": lambda c=column, v=condition.value: c.fillna(c[half].median()) > v,
        }[condition.sign]().to_numpy()
    np.testing.assert_array_equal(np.flatnonzero(rows), best.rows)


def test_missing_values_can_be_what_errors_share():
    rng = np.random.default_rng(2)
    table = pd.DataFrame({"meta_age": rng.normal(size=1_000)})
    gone = rng.random(1_000) < 0.3
    table.loc[gone, "meta_age"] = np.nan
    found = find_slices(table, rng.random(1_000) < np.where(gone, 0.7, 0.1), rng.random(1_000) < 0.5).found
    assert [s.text for s in found] == ["age is missing"]


def test_slices_that_hold_the_same_examples_are_told_once():
    rng = np.random.default_rng(4)
    a = rng.random(2_000)
    table = pd.DataFrame({"meta_a": a, "meta_b": a + rng.normal(scale=0.001, size=2_000)})
    found = find_slices(table, rng.random(2_000) < np.where(a > 0.8, 0.8, 0.02), rng.random(2_000) < 0.5).found
    assert len(found) == 1


@pytest.mark.parametrize(
    ("n", "rate", "columns", "reason"),
    [(60, 0.3, True, "too few"), (400, 0.0, True, "no errors"), (400, 0.3, False, "No column")],
)
def test_where_nothing_can_be_looked_for_the_reason_is_said(n, rate, columns, reason):
    rng = np.random.default_rng(0)
    table = noise(rng, n) if columns else pd.DataFrame({"meta_key": [f"k{i}" for i in range(n)]})
    found = find_slices(table, rng.random(n) < rate, np.arange(n) % 2 == 0)
    assert not found.found
    assert reason in found.reason
