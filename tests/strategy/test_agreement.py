"""Agreement between people: published answers, and laws."""

from __future__ import annotations

import numpy as np
import pytest

from dlx.errors import UserError
from dlx.strategy.agreement import cohen, fleiss, kappa
from dlx.strategy.krippendorff import alpha, counts_of

NONE = None
#: Krippendorff (2011), section C: four observers, twelve units, 41 votes.
FOUR = (
    (1, 2, 3, 3, 2, 1, 4, 1, 2, NONE, NONE, NONE),
    (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NONE, 3),
    (NONE, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NONE),
    (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NONE),
)
#: The example of three coders with many missing votes, as in Wikipedia.
THREE = (
    (NONE, NONE, NONE, NONE, NONE, 3, 4, 1, 2, 1, 1, 3, 3, NONE, 3),
    (1, NONE, 2, 1, 3, 3, 4, 3, NONE, NONE, NONE, NONE, NONE, NONE, NONE),
    (NONE, NONE, 2, 1, 3, 4, 4, NONE, 2, 1, 1, 3, 3, NONE, 4),
)
#: Fleiss (1971) as in Wikipedia: ten subjects, fourteen raters, five categories.
FOURTEEN = [
    [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
]  # fmt: skip


def votes(people) -> tuple[np.ndarray, np.ndarray]:
    pairs = [(item, vote) for person in people for item, vote in enumerate(person) if vote is not None]
    return counts_of(*zip(*pairs, strict=True))


@pytest.mark.parametrize(
    ("people", "scale", "published"),
    [
        (FOUR, "nominal", 0.743), (FOUR, "ordinal", 0.815), (FOUR, "interval", 0.849), (FOUR, "ratio", 0.797),
        (THREE, "nominal", 0.691), (THREE, "interval", 0.811),
    ],
)  # fmt: skip
def test_alpha_of_published_examples(people, scale, published):
    counts, values = votes(people)
    found = alpha(counts, values, scale=scale)
    assert found.value == pytest.approx(published, abs=5e-4)
    assert found.low < found.value < found.high <= 1


def test_fleiss_of_the_published_example():
    assert fleiss(FOURTEEN) == pytest.approx(0.210, abs=5e-4)


def test_cohen_of_the_published_example():
    said = [("yes", "yes")] * 20 + [("yes", "no")] * 5 + [("no", "yes")] * 10 + [("no", "no")] * 15
    found = cohen(*zip(*said, strict=True))
    assert found.kappa == pytest.approx(0.40)
    assert (found.low, found.high) == pytest.approx((0.151, 0.649), abs=5e-4)
    marks = kappa([a == "yes" for a, _ in said], [b == "yes" for _, b in said])
    assert (marks.kappa, marks.low) == pytest.approx((found.kappa, found.low))


def test_cohen_of_three_classes_is_scikit_learns():
    from sklearn.metrics import cohen_kappa_score

    generator = np.random.default_rng(0)
    first = generator.choice(["a", "b", "c"], 200)
    second = np.where(generator.random(200) < 0.7, first, generator.choice(["a", "b", "c"], 200))
    assert cohen(first, second).kappa == pytest.approx(cohen_kappa_score(first, second))


def test_agreement_that_could_not_fail_is_unknown():
    assert cohen(["a", "a"], ["a", "a"]).kappa is None
    assert fleiss([[2, 0], [2, 0]]) is None
    assert alpha([[2, 0], [3, 0]]).value is None
    assert alpha([[1, 0], [0, 1]]).items == 0  # single votes agree with nobody


def test_full_agreement_is_one_and_opposition_is_below_zero():
    assert alpha([[2, 0], [0, 2]]).value == 1
    assert alpha([[1, 1], [1, 1]]).value < 0


def test_alpha_is_zero_on_average_for_votes_by_chance():
    generator = np.random.default_rng(1)
    found = [alpha(generator.multinomial(3, [0.5, 0.3, 0.2], size=50), resamples=10).value for _ in range(200)]
    assert abs(np.mean(found)) < 0.02


def test_the_interval_of_alpha_covers():
    """People who say the truth with chance 0.8 and else guess: α of endless data is 0.64 for two classes."""
    generator, hits = np.random.default_rng(2), 0
    for _ in range(200):
        truth = generator.random(80) < 0.5
        says = np.where(generator.random((80, 3)) < 0.8, truth[:, None], generator.random((80, 3)) < 0.5)
        counts = np.stack([says.sum(axis=1), 3 - says.sum(axis=1)], axis=1)
        found = alpha(counts, resamples=300)
        hits += found.low <= 0.64 <= found.high
    assert 0.89 <= hits / 200 <= 0.99


def test_an_unknown_scale_names_the_nearest():
    with pytest.raises(UserError, match="ordinal"):
        alpha([[1, 1]], scale="ordinary")


def test_unequal_votes_are_no_case_for_fleiss():
    with pytest.raises(ValueError, match="equally many"):
        fleiss([[2, 0], [1, 0]])
