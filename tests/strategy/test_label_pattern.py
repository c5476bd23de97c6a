"""Random against systematic wrong labels: slips of a hand are let alone, "white dogs are cats" is found."""

from __future__ import annotations

import numpy as np
import pytest

from dlx.strategy.label_pattern import Pattern, by_pairs, by_source, holm

DIGITS = {str(d): 140 for d in range(10)}


def slips(random, n: int, totals=DIGITS, *, by_size: bool = False) -> list[tuple[str, str]]:
    names = list(totals)
    share = np.array([totals[name] for name in names], dtype=float)
    pairs = []
    while len(pairs) < n:
        right = random.choice(names, p=share / share.sum())
        given = random.choice(names, p=share / share.sum() if by_size else None)
        if given != right:
            pairs.append((str(given), str(right)))
    return pairs


def test_all_wrong_labels_of_one_pair_are_systematic():
    found = by_pairs([("8", "3")] * 12, DIGITS)
    assert found.p_value < 0.001
    assert found.strong
    assert (found.where, found.count, found.n) == ("3 labelled 8", 12, 12)
    assert found.expected == pytest.approx(12 / 90)  # ten classes of one size: 90 pairs


def test_every_class_taken_for_the_next_is_systematic():
    pairs = [(str((d + 1) % 10), str(d)) for d in range(10)] * 3
    assert by_pairs(pairs, DIGITS).p_value < 0.01
    assert by_pairs(pairs, DIGITS).strong


def test_two_classes_one_way_only():
    assert by_pairs([("dog", "cat")] * 20, {"cat": 500, "dog": 500}).p_value < 0.001
    assert by_pairs([("dog", "cat")] * 10 + [("cat", "dog")] * 10, {"cat": 500, "dog": 500}).p_value > 0.5


@pytest.mark.parametrize("by_size", [False, True])
@pytest.mark.parametrize("totals", [DIGITS, {"a": 1000, "b": 200, "c": 60, "d": 20}])
def test_random_slips_are_seldom_called_systematic(by_size, totals):
    random = np.random.default_rng(1)
    values = [by_pairs(slips(random, 25, totals, by_size=by_size), totals, seed=i).p_value for i in range(30)]
    assert np.mean(np.array(values) < 0.01) <= 0.05
    assert np.mean(np.array(values) < 0.5) < 0.75


def test_wrong_labels_of_one_source_are_found():
    source = ["web"] * 60 + ["phone"] * 60
    stratum = (["flagged"] * 30 + ["unflagged"] * 30) * 2
    wrong = [False] * 60 + [True] * 24 + [False] * 36
    found = by_source(source, wrong, stratum)
    assert found.p_value < 0.001
    assert (found.where, found.count, found.expected) == ("phone", 24, pytest.approx(12))


def test_more_flagged_examples_in_one_source_are_no_pattern():
    # all of a stratum are wrong, and all of it is one source: nothing can be permuted
    found = by_source(["web"] * 20 + ["phone"] * 20, [True] * 20 + [False] * 20, ["flagged"] * 20 + ["other"] * 20)
    assert found.p_value == 1


def test_one_source_is_no_test():
    assert by_source(["web"] * 9, [True] * 9, ["flagged"] * 9) is None


def test_holm_by_hand():
    values = (0.01, 0.04, 0.03)
    # Holm (1979): 3·0.01, then max(0.03, 2·0.03), then max(0.06, 0.04)
    assert holm([Pattern("x", p, "", 0, 0, 9) for p in values]) == pytest.approx([0.03, 0.06, 0.06])
