"""Averages by hand, the law of one member, sizes and disagreement by enumeration."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from ensemble_runs import run, table

import dlx
from dlx.ensembles._disagreement import disagreement
from dlx.ensembles._sizes import MOST, Size, by_size, expected_of_twice
from dlx.errors import UserError

TRUE = ["cat", "cat", "dog", "dog"]
FIRST = [[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.6, 0.4]]  # errs on i1 and i3
SECOND = [[0.3, 0.7], [0.7, 0.3], [0.1, 0.9], [0.5, 0.5]]  # errs on i0; i3 is a tie


@pytest.fixture(autouse=True)
def _workplace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def values(found) -> dict[str, float]:
    return {each.name: each.value for each in found.options}


def random_tables(k: int, n: int, seed: int = 0, classes=("a", "b", "c")):
    """Tables of k classifiers that are right more often than not, and err apart."""
    generator = np.random.default_rng(seed)
    true = generator.integers(len(classes), size=n)
    for _ in range(k):
        score = generator.normal(size=(n, len(classes)))
        score[np.arange(n), true] += 1.0
        proba = np.exp(score) / np.exp(score).sum(axis=1, keepdims=True)
        yield table([classes[t] for t in true], proba, classes)


class TestByHand:
    def test_two_classifiers(self):
        """Means 0.6/0.4, 0.55/0.45, 0.15/0.85 and 0.55/0.45: only the last example is wrong, and it was before."""
        found = dlx.ensemble(table(TRUE, FIRST), table(TRUE, SECOND))
        assert values(found) == {"table1": 0.5, "table2": 0.5, "ensemble of 2": 0.25}
        assert found.disagreement["differ"] == 0.5  # i0 and i1; both say cat of i3
        assert found.disagreement["both_wrong"] == found.disagreement["all_wrong"] == 0.25
        assert found.disagreement["some_wrong"] == 0.75

    def test_numbers(self):
        """(1 + 3)/2 = 2 and (5.5 + 3.5)/2 = 4.5 against 2.5 and 4.5."""
        first, second = ([1.0, 5.5], [3.0, 3.5])
        tables = [
            pd.DataFrame({"id": ["a", "b"], "split": "dev", "y_true": [2.5, 4.5], "y_pred": said})
            for said in (first, second)
        ]
        found = dlx.ensemble(*tables)
        assert values(found) == {"table1": 1.25, "table2": 0.75, "ensemble of 2": 0.25}
        assert found.disagreement == {"correlation": pytest.approx(-1.0)}
        assert found.words.metric == "error"

    def test_several_labels(self):
        """Label y of the first example: (0.2 + 0.9)/2 = 0.55 is said; of the second (0.6 + 0.1)/2 = 0.35 is not."""

        def labels(y):
            said = [[1, int(p > 0.5)] for p in y]
            return pd.DataFrame({"id": ["a", "b"], "split": "dev", "y_true": [[1, 1], [1, 0]], "y_pred": said,
                                 "proba_x": [0.8, 0.9], "proba_y": y})  # fmt: skip

        runs_ = [
            run(labels(y), classes=("x", "y"), overrides=["task={name: multilabel}"]) for y in ([0.2, 0.6], [0.9, 0.1])
        ]
        found = dlx.ensemble(*runs_, price=False, metric="error")
        assert list(values(found).values()) == [0.5, 0.0, 0.0]

    def test_order_of_rows_does_not_matter(self):
        one, other = table(TRUE, FIRST), table(TRUE, SECOND)
        turned = dlx.ensemble(one, other.iloc[::-1])
        assert values(turned) == values(dlx.ensemble(one, other))


class TestLaws:
    def test_a_model_three_times_is_that_model(self):
        (one,) = random_tables(1, 200)
        found = dlx.ensemble(one, one.copy(), one.copy())
        assert len(set(values(found).values())) == 1
        assert found.disagreement["differ"] == 0
        assert all(size.value == found.sizes[0].value for size in found.sizes)
        assert found.advice.status == "no_gain"

    def test_sizes_begin_at_the_average_member_and_end_at_the_whole(self):
        tables = list(random_tables(4, 300))
        found = dlx.ensemble(*tables)
        value = values(found)
        assert found.sizes[0].value == pytest.approx(np.mean([value[f"table{i}"] for i in (1, 2, 3, 4)]))
        assert found.sizes[-1].value == pytest.approx(value["ensemble of 4"])
        true = tables[0]["y_true"].to_numpy()
        columns = ["proba_a", "proba_b", "proba_c"]
        names = np.array(["a", "b", "c"])
        for size in found.sizes:  # each subset averaged and scored here, by hand
            errors = [
                (names[np.mean([t[columns] for t in some], axis=0).argmax(axis=1)] != true).mean()
                for some in combinations(tables, size.members)
            ]
            assert (size.value, size.subsets, size.exact) == (pytest.approx(np.mean(errors)), len(errors), True)

    def test_the_gain_is_the_paired_comparison_with_the_best_member(self):
        tables = list(random_tables(3, 400))
        found = dlx.ensemble(*tables)
        best = min((each for each in found.options[:3]), key=lambda each: each.value)
        assert found.reference == best.name
        said = np.array(["a", "b", "c"])[
            np.mean([t[["proba_a", "proba_b", "proba_c"]] for t in tables], axis=0).argmax(axis=1)
        ]
        together = tables[0].assign(y_pred=said)
        pair = dlx.compare(together, tables[int(best.name[-1]) - 1], names=["all", "best"]).pairs[0]
        (gain,) = found.gains
        assert (gain.difference, gain.low, gain.high, gain.p) == (pair.difference, pair.low, pair.high, pair.p)

    def test_against_the_average_member_is_the_t_interval(self):
        from scipy import stats

        tables = list(random_tables(3, 400))
        found = dlx.ensemble(*tables)
        errors = np.mean([t["y_pred"] != t["y_true"] for t in tables], axis=0)
        said = np.array(["a", "b", "c"])[
            np.mean([t[["proba_a", "proba_b", "proba_c"]] for t in tables], axis=0).argmax(axis=1)
        ]
        expected = stats.ttest_1samp((said != tables[0]["y_true"]) - errors, 0)
        low, high = expected.confidence_interval()
        assert found.against_mean.difference == pytest.approx(np.mean((said != tables[0]["y_true"]) - errors))
        assert (found.against_mean.low, found.against_mean.high) == pytest.approx((low, high))

    def test_an_auc_is_judged_by_a_bootstrap(self):
        generator = np.random.default_rng(3)
        true = generator.integers(2, size=200)
        tables = []
        for _ in range(2):
            p = 1 / (1 + np.exp(-(2 * true - 1) - 1.5 * generator.normal(size=200)))
            tables.append(table([("cat", "dog")[t] for t in true], np.stack([1 - p, p], axis=1)))
        found = dlx.ensemble(*tables, metric="auc(positive=dog)")
        assert found.words.greater
        assert found.option("ensemble of 2").value > max(each.value for each in found.options[:2])
        assert found.gains[0].method == "paired bootstrap of rows"
        assert found.against_mean is None


class TestSizes:
    def test_many_members_are_drawn_without_repeats(self):
        seen: dict[int, list] = {}
        made = by_size([0.0] * 12, 0.0, lambda some: float(seen.setdefault(len(some), []).append(tuple(some)) or 1.0))
        assert [size.members for size in made] == list(range(1, 13))
        assert all(len(set(subsets)) == len(subsets) for subsets in seen.values())
        assert (len(seen[6]), made[5].exact, made[5].subsets) == (MOST, False, MOST)  # 924 there are
        assert (len(seen[11]), made[10].exact) == (12, True)

    def test_squared_errors_fall_as_foretold(self):
        """Members y + e_i with independent e_i of variance 1: E(k) = 1/k, so E(4) − E(2) = −1/4 (exact in the mean)."""
        assert expected_of_twice([Size(1, 1.0, 2, True), Size(2, 0.5, 1, True)]) == pytest.approx(1 / 4 - 1 / 2)
        assert expected_of_twice([Size(1, 1.0, 8, True), Size(8, 1 / 8, 1, True)]) == pytest.approx(1 / 16 - 1 / 8)
        assert expected_of_twice([Size(1, 1.0, 1, True)]) is None


def test_errors_of_numbers_correlate():
    generator = np.random.default_rng(0)
    common, own = generator.normal(size=20_000), generator.normal(size=(3, 20_000))
    rows = [pd.DataFrame({"y_true": 0.0, "y_pred": np.sqrt(0.3) * common + np.sqrt(0.7) * e}) for e in own]
    assert disagreement(rows)["correlation"] == pytest.approx(0.3, abs=0.02)


class TestThresholds:
    def test_the_ensembles_is_chosen_on_dev(self):
        """Both members are sure that 0.3 means dog; at 0.5 the average would miss all dogs."""
        true = ["cat"] * 10 + ["dog"] * 10
        p = np.r_[np.linspace(0.01, 0.1, 10), np.linspace(0.3, 0.4, 10)]
        frames = [table(true, np.stack([1 - q, q], axis=1)) for q in (p, p + 0.02)]
        for frame in frames:
            frame["y_pred"] = true  # as their own thresholds have it
        made = [run(frame, overrides=["task={name: classification, positive: dog}"]) for frame in frames]
        assert dlx.ensemble(*made, price=False).option("ensemble of 2").value == 0

    def test_a_fixed_one_is_kept(self):
        frames = [table(TRUE, FIRST), table(TRUE, SECOND)]
        task = "task={name: classification, positive: dog, threshold: 0.9}"
        made = [run(frame, overrides=[task]) for frame in frames]
        # means of dog: 0.4, 0.45, 0.85, 0.45: none reaches 0.9, so both dogs are missed
        assert dlx.ensemble(*made, price=False).option("ensemble of 2").value == 0.5


class TestRefusals:
    def test_one_model(self):
        with pytest.raises(UserError, match="one model is no ensemble"):
            dlx.ensemble(table(TRUE, FIRST))

    def test_classes_that_differ(self):
        other = table(["cat", "cat", "cow", "cow"], FIRST, classes=("cat", "cow"))
        with pytest.raises(UserError, match=r"a run whose classes differ .* table2 lacks dog; table1 lacks cow"):
            dlx.ensemble(table(TRUE, FIRST), other)

    @pytest.mark.parametrize(
        ("key", "words"),
        [("data_digest", "the data differ"), ("label_overlay", "label corrections"), ("split_digest", "the splits")],
    )
    def test_another_data_set_split_or_overlay(self, key, words):
        made = [run(table(TRUE, FIRST)), run(table(TRUE, SECOND), **{key: "f" * 32})]
        with pytest.raises(UserError, match=words):
            dlx.ensemble(*made)

    def test_other_examples_and_other_labels(self):
        moved = table(TRUE, SECOND).assign(id=["i0", "i1", "i2", "j9"])
        with pytest.raises(UserError, match="the dev sets differ"):
            dlx.ensemble(table(TRUE, FIRST), moved)
        with pytest.raises(UserError, match="the labels of 1 of 4 dev examples differ"):
            dlx.ensemble(table(TRUE, FIRST), table([*TRUE[:3], "cat"], SECOND))

    def test_answers_without_probabilities(self):
        bare = table(TRUE, SECOND).drop(columns=["proba_cat", "proba_dog"])
        with pytest.raises(UserError, match=r"(classes differ|answers only)"):
            dlx.ensemble(table(TRUE, FIRST), bare)
        with pytest.raises(UserError, match="an average needs probabilities"):
            dlx.ensemble(bare, bare.copy())

    def test_a_run_at_work(self):
        going = run(table(TRUE, FIRST))
        going.predictions.unlink()
        going.resume()
        with pytest.raises(UserError, match=r"no predictions yet.*still running"):
            dlx.ensemble(going, run(table(TRUE, SECOND)))

    def test_runs_of_folds_among_others(self):
        made = [run(table(TRUE, FIRST), folds=3), run(table(TRUE, SECOND))]
        with pytest.raises(UserError, match="the folds differ"):
            dlx.ensemble(*made)

    def test_a_task_that_looks_for_another_class(self):
        made = [
            run(table(TRUE, p), overrides=[f"task={{name: classification, threshold: {t}}}"])
            for p, t in ((FIRST, 0.5), (SECOND, 0.9))
        ]
        with pytest.raises(UserError, match="the tasks differ"):
            dlx.ensemble(*made)


def test_runs_of_folds_are_compared_fold_by_fold():
    tables = [t.assign(meta_fold=np.arange(300) % 3 + 1) for t in random_tables(3, 300)]
    made = [run(t, classes=("a", "b", "c"), folds=3) for t in tables]
    found = dlx.ensemble(*made, price=False)
    assert found.gains[0].method == "corrected t over 3 folds"
    with pytest.raises(UserError, match="have learned their dev examples"):
        dlx.ensemble(*made, save="team")


def test_pruned_models_leave_the_price_open():
    made = [run(table(TRUE, p)) for p in (FIRST, SECOND)]
    found = dlx.ensemble(*made)
    assert found.option("ensemble of 2").price.median is None
    assert any("for want of the model" in remark for remark in found.remarks)
    with pytest.raises(UserError, match=r"this run holds no model.*train anew"):
        dlx.ensemble(*made, views="flips")
