"""Folds and nested subsets: laws that hold whatever the data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlx.dataset import examples_table
from dlx.errors import UserError
from dlx.split import folds, nested


def examples(labels, groups=None, sources=None) -> pd.DataFrame:
    columns = {} if groups is None else {"group": groups}
    columns |= {} if sources is None else {"source": sources}
    return examples_table([f"c{i}" for i in range(len(labels))], labels, **columns)


LABELS = st.lists(st.sampled_from("abc"), min_size=30, max_size=120).filter(lambda y: min(map(y.count, set(y))) >= 2)


@given(LABELS, st.integers(2, 6), st.randoms())
def test_folds_are_equal_stratified_and_do_not_depend_on_row_order(labels, k, random):
    table = examples(labels)
    found = folds(table, k)
    assert set(found) - {0} == set(range(1, k + 1))
    sizes = np.bincount(found, minlength=k + 1)[1:]
    assert sizes.max() - sizes.min() <= 2
    for label in set(labels):
        mine = found[[y == label for y in labels]]
        assert set(mine) != {mine[0]} or mine[0] == 0 or len(mine) == 1  # no class lies in one fold alone
        share = np.bincount(mine, minlength=k + 1)[1:]
        assert share.max() - share.min() <= 3
    order = list(range(len(labels)))
    random.shuffle(order)
    assert (folds(table.iloc[order].reset_index(drop=True), k) == found[order]).all()


@given(st.lists(st.integers(0, 15), min_size=40, max_size=100), st.integers(2, 4))
def test_groups_stay_together(groups, k):
    names = [f"g{g}" for g in groups]
    if len(set(names)) < 2 * k:
        return
    found = folds(examples(["a" if i % 2 else "b" for i in range(len(groups))], names), k)
    assert (pd.Series(found).groupby(names).nunique() == 1).all()


def test_a_class_of_one_example_is_always_trained_on():
    found = folds(examples(["a"] * 20 + ["b"] * 20 + ["rare"]), 5)
    assert found[-1] == 0
    assert (found[:-1] > 0).all()


def test_other_sources_than_the_target_are_always_trained_on():
    found = folds(examples(["a", "b"] * 20, sources=["web"] * 20 + ["mobile"] * 20), 4, target="mobile")
    assert (found[:20] == 0).all()
    assert sorted(np.bincount(found[20:])[1:]) == [5, 5, 5, 5]


def test_copies_never_straddle():
    table = examples_table(["x", "y", "z", "w"] * 10, ["a", "b", "a", "b"] * 10)
    assert (pd.Series(folds(table, 2)).groupby(table["content"]).nunique() == 1).all()


@pytest.mark.parametrize(("k", "message"), [(1, "at least 2 folds"), (True, "at least 2 folds"), (30, "30 folds need")])
def test_too_few_or_too_many_folds(k, message):
    with pytest.raises(UserError, match=message):
        folds(examples(["a", "b"] * 10), k)


@given(LABELS, st.integers(0, 3))
def test_every_beginning_is_stratified_and_knows_all_classes(labels, repeat):
    order = nested(examples(labels), repeat)
    assert sorted(order) == list(range(len(labels)))
    y, kinds = np.array(labels), sorted(set(labels))
    assert set(y[order[: len(kinds)]]) == set(kinds)
    half = y[order[: len(labels) // 2]]
    for kind in kinds:
        assert abs((half == kind).sum() - (y == kind).sum() / 2) <= 3


def test_repeats_are_other_draws_and_numbers_need_no_classes():
    labels = ["a", "b"] * 50
    one, two = nested(examples(labels), 0)[:20], nested(examples(labels), 1)[:20]
    assert len(set(one) & set(two)) < 15
    prices = examples([float(i) for i in range(50)])
    assert sorted(nested(prices, 2)) == list(range(50))
