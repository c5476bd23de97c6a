"""Comparing models on the same dev examples: worked numbers, known answers, laws."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dlx
from dlx.errors import UserError
from dlx.predictions import read


def table(y_true, y_pred, **columns) -> pd.DataFrame:
    ids = [f"i{k}" for k in range(len(y_true))]
    return pd.DataFrame({"id": ids, "split": "dev", "y_true": list(y_true), "y_pred": list(y_pred), **columns})


def erring(wrong, n: int = 100, **columns) -> pd.DataFrame:
    """A model that errs on those examples; half the truth is cat, half dog."""
    true = ["cat" if k % 2 else "dog" for k in range(n)]
    said = [("dog" if t == "cat" else "cat") if k in set(wrong) else t for k, t in enumerate(true)]
    return table(true, said, **columns)


def two(a, b, **options):
    return dlx.compare(a, b, names=["a", "b"], **options)


class TestKnownAnswers:
    def test_contingencytables(self):
        """[[59, 6], [16, 80]]: Tango (−0.1240, −0.0054), mid-p 0.034690 (R's contingencytables)."""
        a = erring([*range(59), *range(59, 65)], 161)
        b = erring([*range(59), *range(65, 81)], 161)
        (pair,) = two(a, b).pairs
        assert (pair.difference, pair.n) == (pytest.approx(-10 / 161), 161)
        assert (pair.low, pair.high) == pytest.approx((-0.1240, -0.0054), abs=5e-5)
        assert pair.p == pytest.approx(0.034690, abs=5e-7)
        assert (pair.only_a, pair.only_b) == (6, 16)
        assert two(a, b).winner == "a"

    def test_many_discordant_rows_keep_tango(self):
        from dlx.strategy.paired import tango

        (pair,) = two(erring(range(300), 2000), erring(range(300, 500), 2000)).pairs
        assert (pair.low, pair.high) == pytest.approx(tango(300, 200, 2000))

    def test_cochran_and_holm(self):
        """Cochran's Q by its formula, Holm by hand."""
        wrong = {"a": range(10), "b": range(5, 30), "c": range(5, 45)}
        tables = [erring(w) for w in wrong.values()]
        found = dlx.compare(*tables, names=list(wrong))
        matrix = np.array([[k in w for w in wrong.values()] for k in range(100)], dtype=float)
        k, columns, rows = 3, matrix.sum(axis=0), matrix.sum(axis=1)
        q = (k - 1) * (k * (columns**2).sum() - matrix.sum() ** 2) / (k * matrix.sum() - (rows**2).sum())
        assert found.omnibus["statistic"] == pytest.approx(q)
        plain = [pair.p for pair in found.pairs]
        order = np.argsort(plain)
        holm = np.maximum.accumulate([min(1, (3 - i) * plain[j]) for i, j in enumerate(order)])
        assert [found.pairs[j].p_holm for j in order] == pytest.approx(list(holm))
        assert found.winner == "a"

    def test_groups_give_the_t_interval_of_group_sums(self):
        """Equal groups: the t interval of the group means."""
        from scipy import stats

        group = [f"g{k // 10}" for k in range(100)]
        wrong_a, wrong_b = list(range(25)), [3, 17, 30, 44, 58, 59, 77]
        (pair,) = two(erring(wrong_a, group=group), erring(wrong_b, group=group)).pairs
        gap = np.isin(np.arange(100), wrong_a).astype(float) - np.isin(np.arange(100), wrong_b)
        means = gap.reshape(10, 10).mean(axis=1)
        expected = stats.ttest_1samp(means, 0)
        assert pair.p == pytest.approx(expected.pvalue)
        assert (pair.low, pair.high) == pytest.approx(tuple(expected.confidence_interval()))
        assert pair.groups == 10

    def test_regression_is_the_paired_t_test(self):
        from scipy import stats

        rng = np.random.default_rng(3)
        true = rng.normal(10, 2, 80)
        a, b = true + rng.normal(0, 1, 80), true + rng.normal(0, 1.5, 80)
        (pair,) = two(table(true, a), table(true, b)).pairs
        expected = stats.ttest_rel(abs(a - true), abs(b - true))
        assert pair.p == pytest.approx(expected.pvalue)
        assert (pair.low, pair.high) == pytest.approx(tuple(expected.confidence_interval()))

    def test_the_paired_bootstrap_agrees_with_tango_where_both_apply(self):
        """Balanced and symmetric errors: macro F1 is the accuracy, and only the bootstrap takes it."""
        a, b = erring(range(60), 600), erring(range(30, 130), 600)
        (exact,) = two(a, b, metric="accuracy").pairs
        (drawn,) = two(a, b, metric="f1").pairs
        assert "bootstrap" in drawn.method
        assert (drawn.low, drawn.high) == pytest.approx((exact.low, exact.high), abs=0.01)
        assert drawn.p == pytest.approx(exact.p, abs=0.01)

    def test_folds_get_the_corrected_t(self):
        rng = np.random.default_rng(0)
        a, b = rng.random(200) < 0.1, rng.random(200) < 0.2
        fold = np.arange(200) % 5
        pair = two(*(erring(np.flatnonzero(w), 200, meta_fold=fold) for w in (a, b))).pairs[0]
        gaps = np.array([a[fold == i].mean() - b[fold == i].mean() for i in range(5)])
        se = np.sqrt(gaps.var(ddof=1) * (1 / 5 + 1 / 4))
        assert "corrected t" in pair.method
        assert (pair.difference, pair.high - pair.low) == pytest.approx((gaps.mean(), 2 * 2.776445 * se), rel=1e-6)


class TestWorkedNumbers:
    def test_o22_f1_picks_a(self):
        """A: P 95, R 90; B: P 98, R 85: F1 92.4 and 91.0."""

        def retrieval(true, hit, false):
            rest = 2000
            y = ["yes"] * true + ["no"] * rest
            return table(y, ["yes"] * hit + ["no"] * (true - hit) + ["yes"] * false + ["no"] * (rest - false))

        a, b = retrieval(1140, 1026, 54), retrieval(1140, 969, 20)
        found = two(a, b, metric="f1", positive="yes")
        assert [each.value for each in found.candidates] == pytest.approx([0.924, 0.910], abs=5e-4)
        assert found.choice.leader == "a"
        assert found.winner == "a"

    def test_o23_average_error_over_regions_picks_c(self):
        """Averages 6, 6.5, 3.5, 5.5, 3.75 and (E38) 9.5."""
        regions = {"A": (3, 7, 5, 9), "B": (5, 6, 5, 10), "C": (2, 3, 4, 5), "D": (5, 8, 7, 2), "E": (4, 5, 2, 4)}
        regions["F"] = (7, 11, 8, 12)
        source = np.repeat(["US", "China", "India", "other"], 100)
        tables = [
            erring([100 * r + k for r in range(4) for k in range(e[r])], 400, source=source) for e in regions.values()
        ]
        found = dlx.compare(*tables, names=list(regions), metric="average_error")
        values = {each.name: each.value for each in found.candidates}
        expected = {"A": 0.06, "B": 0.065, "C": 0.035, "D": 0.055, "E": 0.0375, "F": 0.095}
        assert values == pytest.approx(expected)
        assert found.choice.leader == "C"
        us = next(each for each in found.slices if each.name == "source=US")
        assert us.values == pytest.approx({name: e[0] / 100 for name, e in regions.items()})

    def test_o24_the_slow_one_is_out_whatever_its_score(self):
        """(accuracy, ms): A 90/80, B 92/95, C 95/1500; limit 100 ms: C is infeasible, B is picked."""
        n = 5000
        made = [(0.90, 80.0), (0.92, 95.0), (0.95, 1500.0)]
        tables = [erring(range(round((1 - acc) * n)), n, meta_latency_ms=ms) for acc, ms in made]
        found = dlx.compare(*tables, names=list("ABC"), metric="accuracy", satisfice=["latency_ms <= 100"])
        assert found.feasible == {"A": True, "B": True, "C": False}
        assert found.winner == "B"
        assert "C breaks a limit and is out" in found.choice.reason

    def o27(self):
        """A: 3 % error, but lets unacceptable images through; B: 5 % without."""
        y = ["unacceptable"] * 50 + ["cat"] * 500 + ["other"] * 450
        a, b = list(y), list(y)
        a[:20], a[100:110], b[200:250] = ["cat"] * 20, ["other"] * 10, ["other"] * 50
        return table(y, a), table(y, b)

    def test_o27_weights_change_the_winner(self):
        a, b = self.o27()
        assert two(a, b).winner == "a"
        found = two(a, b, weights={"class=unacceptable": 10})
        assert found.winner == "b"
        assert [e.value for e in found.candidates] == pytest.approx([(200 + 10) / 1450, 50 / 1450])

    def test_o27_preferring_b_names_the_weight_the_limit_and_the_metrics(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        a, b = self.o27()
        told = two(a, b, prefer="b", because="nothing slips through").preference
        assert (told.agrees, told.over, told.counts) == (False, "a", {"preferred": 30, "other": 50})
        assert told.weights[0]["slice"] == "class=unacceptable"
        assert told.weights[0]["least"] == pytest.approx(2)  # 20·w + 10 > 50
        assert two(a, b, weights={"class=unacceptable": told.weights[0]["weight"]}).choice.leader == "b"
        assert told.limits[0]["limit"].startswith("error@class=unacceptable <=")
        assert two(a, b, satisfice=[told.limits[0]["limit"]]).winner == "b"
        assert "recall" in {each["metric"] for each in told.metrics}
        assert {each["side"] for each in told.examples} == {"preferred", "other"}

    def test_preferences_are_only_ever_appended(self, tmp_path, monkeypatch):
        import json

        monkeypatch.chdir(tmp_path)
        a, b = self.o27()
        two(a, b, prefer="b")
        first = (tmp_path / "annotations/preferences.jsonl").read_text()
        two(a, b, prefer="a")
        text = (tmp_path / "annotations/preferences.jsonl").read_text()
        assert text.startswith(first)
        lines = [json.loads(line) for line in text.splitlines()]
        assert [(line["preferred"], line["agrees"]) for line in lines] == [("b", False), ("a", True)]


class TestLaws:
    @given(st.sets(st.integers(0, 39), max_size=20), st.sets(st.integers(0, 39), max_size=20))
    def test_swapping_turns_the_sign_and_nothing_else(self, a, b):
        one, other = two(erring(a, 40), erring(b, 40)), two(erring(b, 40), erring(a, 40))
        p, q = one.pairs[0], other.pairs[0]
        assert q.difference == -p.difference
        assert (q.low, q.high) == pytest.approx((-p.high, -p.low), abs=1e-9)
        assert (q.p, q.status, q.n_needed) == (pytest.approx(p.p), p.status, p.n_needed)
        assert {"a": "b", "b": "a", None: None}[other.winner] == one.winner

    @pytest.mark.parametrize("metric", ["error", "f1", "balanced_accuracy", "average_error"])
    def test_a_table_and_itself(self, metric):
        source = ["web", "phone"] * 50
        found = two(erring(range(20), source=source), erring(range(20), source=source), metric=metric)
        assert found.winner is None
        assert found.pairs[0].difference == 0
        assert (found.pairs[0].p, found.choice.status) == (1.0, "no_difference")

    def test_a_regression_table_and_itself(self):
        rows = table([1.5, 2.5, 3.5], [1.0, 2.0, 4.0])
        assert (two(rows, rows).winner, two(rows, rows).pairs[0].p) == (None, 1.0)

    @pytest.mark.parametrize("metric", ["error", "f1"])
    def test_row_order_does_not_matter(self, metric):
        a, b = erring(range(20)), erring(range(10, 40))
        shuffled = b.sample(frac=1, random_state=0)
        assert two(a, shuffled, metric=metric).pairs == two(a, b, metric=metric).pairs

    def test_three_alike_have_no_winner(self):
        found = dlx.compare(*[erring(range(9))] * 3)
        assert (found.winner, found.omnibus["p"]) == (None, 1.0)


class TestVerdicts:
    def test_too_few_examples_say_how_many_would_show_it(self):
        """b = 8, c = 4 of 100: Connor at Δ 0.04, π 0.12 → 586 → 590."""
        found = two(erring(range(8)), erring(range(8, 12)))
        assert found.choice.status == "need_more"
        assert found.choice.n_needed == 590
        assert "490 more" in found.choice.reason
        assert found.winner is None

    def test_a_difference_that_does_not_matter_is_not_worth_more_examples(self):
        found = two(erring(range(1000), 4000), erring([*range(999)], 4000))
        assert found.choice.status == "no_difference"

    def test_an_unproven_limit_gives_no_winner(self):
        found = two(erring(range(5)), erring(range(40)), satisfice={"latency_ms": "<= 100"})
        assert found.feasible == {"a": "unproven", "b": "unproven"}
        assert (found.winner, found.choice.leader, found.choice.status) == (None, "a", "unproven")
        assert "unproven" in found.choice.reason

    def test_the_only_feasible_one_wins_although_it_errs_more(self):
        a, b = erring(range(5), meta_latency_ms=900.0), erring(range(40), meta_latency_ms=10.0)
        found = two(a, b, satisfice={"latency_ms": "<= 100"})
        assert (found.winner, found.choice.status) == ("b", "only_feasible")

    def test_higher_is_better_where_the_metric_says_so(self):
        found = two(erring(range(5)), erring(range(40)), metric="accuracy")
        assert found.winner == "a"
        assert found.pairs[0].difference == pytest.approx(0.35)


class TestInput:
    def test_one_table_with_several_models(self):
        one = pd.concat([erring(range(5)).assign(predictor="x"), erring(range(40)).assign(predictor="y")])
        people = erring(range(2)).assign(predictor="human:panel")
        found = dlx.compare(pd.concat([one, people]))
        assert [each.name for each in found.candidates] == ["x", "y"]

    def test_files_are_named_by_file(self, tmp_path):
        for folder in ("one", "two"):
            (tmp_path / folder).mkdir()
        a, b, c = tmp_path / "one/p.csv", tmp_path / "two/p.csv", tmp_path / "q.csv"
        for path, wrong in ((a, 5), (b, 40), (c, 20)):
            erring(range(wrong)).to_csv(path, index=False)
        assert [e.name for e in dlx.compare(a, c).candidates] == ["p", "q"]
        assert [e.name for e in dlx.compare(a, b).candidates] == [str(a), str(b)]
        with pytest.raises(UserError, match="twice"):
            dlx.compare(a, a)

    def test_one_table_is_no_comparison(self):
        with pytest.raises(UserError, match="two models or more"):
            dlx.compare(erring(range(5)))

    def test_an_unknown_run(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        with pytest.raises(UserError, match="no such run"):
            dlx.compare("run1", "run2")

    def test_no_ids_in_common(self):
        other = erring(range(5)).assign(id=[f"j{k}" for k in range(100)])
        with pytest.raises(UserError, match="no ids in common"):
            two(erring(range(5)), other, anyway=True)

    def test_different_dev_sets_are_refused_unless_told(self):
        a, b = erring(range(5)), erring(range(20)).iloc[:80]
        with pytest.raises(UserError, match=r"80 examples in common.*--anyway"):
            two(a, b)
        found = two(a, b, anyway=True)
        assert found.n == 80
        assert "says nothing about the others" in found.remarks[0]

    def test_different_labels_are_refused_unless_told(self):
        a, b = erring(range(5)), erring(range(20))
        b.loc[50, "y_true"] = "cat"
        with pytest.raises(UserError, match=r"labels of 1 of 100 dev examples differ.*i50"):
            two(a, b)
        found = two(a, b, anyway=True)
        assert found.n == 99
        assert "left out" in found.remarks[0]

    def test_different_tasks(self):
        with pytest.raises(UserError, match="different tasks"):
            two(erring([], 2), table([0.5, 1.5], [1.0, 1.0]))

    def test_no_dev_rows(self):
        with pytest.raises(UserError, match="no dev rows"):
            two(erring([3]), erring([3]).assign(split="train"))

    def test_no_feasible_candidate(self):
        with pytest.raises(UserError, match=r"no candidate is feasible.*a: 0.4.*b: 0.5"):
            two(erring(range(40)), erring(range(50)), satisfice=["error <= 0.1"])

    def test_a_goal_no_metric_measures(self):
        with pytest.raises(UserError, match="no metric measures this goal"):
            two(erring([1]), erring([2]), satisfice={"beauty": ">= 1"})
        with pytest.raises(UserError, match="no metric to optimise"):
            two(erring([1]), erring([2]), metric="latency_ms")

    @pytest.mark.parametrize(
        ("weights", "message"),
        [({"class=cow": 2}, "unknown value"), ({"meta_x": 1}, "unknown column"), ({"class=cat": -1}, "from 0 up")],
    )
    def test_weights_at_fault(self, weights, message):
        with pytest.raises(UserError, match=message):
            two(erring([1]), erring([2]), weights=weights)

    def test_an_unknown_preference_writes_nothing(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        with pytest.raises(UserError, match="unknown candidate"):
            two(erring([1]), erring([2]), prefer="c")
        assert not (tmp_path / "annotations").exists()

    def test_groups_count_although_just_one_table_has_them(self):
        group = [f"g{k // 10}" for k in range(100)]
        assert two(erring(range(20)), erring(range(30), group=group)).pairs[0].groups == 10


class TestRuns:
    RECIPE = "task: {{name: classification}}\nmodel: {{builder: mlp, units: [{units}]}}\ntrain: {{epochs: {epochs}}}\n"

    def run(self, name, wrong, *, units=16, epochs=3, goal="", **info):
        from dlx import predictions, runs

        made = runs.create(name, **info)
        made.write_text("recipe.yaml", self.RECIPE.format(units=units, epochs=epochs) + goal)
        predictions.write(read(erring(wrong)), made.predictions)
        made.finish(name=name)
        return made

    @pytest.fixture(autouse=True)
    def _here(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)

    def test_runs_by_name_with_their_goal_and_what_differs(self):
        goal = 'goal: {optimize: accuracy, satisfice: {latency_ms: "<= 10"}}\n'
        self.run("slow", range(4), units=64, goal=goal, latency_ms={"samples": [50.0] * 100}, data_digest="x")
        self.run("quick", range(30), goal=goal, latency_ms={"samples": [2.0] * 100}, data_digest="y")
        found = dlx.compare("slow", "quick")
        assert found.words.metric == "accuracy"
        assert found.feasible == {"slow": False, "quick": True}
        assert found.winner == "quick"
        assert found.recipes == {"model.units": {"slow": [64], "quick": [16]}}
        assert any("data changed" in remark for remark in found.remarks)

    def test_two_knobs_at_once_are_said(self):
        self.run("one", range(4), units=64, epochs=9)
        self.run("two", range(30))
        assert any("2 keys" in remark for remark in dlx.compare("one", "two").remarks)

    def test_different_goals_are_refused(self):
        self.run("one", range(4), goal="goal: {optimize: f1}\n")
        self.run("two", range(30))
        with pytest.raises(UserError, match="different goals"):
            dlx.compare("one", "two")
        assert dlx.compare("one", "two", metric="error").words.metric == "error"

    def test_different_label_corrections_are_refused(self):
        self.run("one", range(4), label_overlay="x")
        self.run("two", range(30), label_overlay="y")
        with pytest.raises(UserError, match="label corrections"):
            dlx.compare("one", "two")


class TestEdges:
    def test_every_row_worse_by_the_same_is_a_difference_without_interval(self):
        y = np.linspace(0.5, 9.5, 30)
        (pair,) = two(table(y, y + 0.1), table(y, y + 0.3)).pairs
        assert (pair.low, pair.p, pair.better) == (None, pytest.approx(2 * 0.5**30), "a")

    def test_one_group_says_nothing(self):
        found = two(erring([], group=["g"] * 100), erring(range(20), group=["g"] * 100))
        assert (found.winner, found.pairs[0].p) == (None, None)
        assert "one group" in found.remarks[0]

    def test_limits_of_rates_stay_in_range(self):
        (pair,) = two(table("ab", "ab", error=[0.2, 0.0]), table("ab", "ab", error=[0.8, 1.0])).pairs
        assert -1 <= pair.low <= pair.high <= 1

    def test_one_example(self):
        found = two(erring([], 1), erring([0], 1))
        assert (found.winner, found.choice.n_needed) == (None, 30)

    def test_many_labels_in_a_row(self):
        rng = np.random.default_rng(0)
        y = rng.integers(0, 2, (60, 3))
        a, b = (np.where(rng.random((60, 3)) < share, 1 - y, y).tolist() for share in (0.1, 0.4))
        for metric in ("error", "f1", "exact_match"):
            assert two(table(y.tolist(), a), table(y.tolist(), b), metric=metric).winner == "a"

    def test_probabilities_are_compared_by_bootstrap(self):
        rng = np.random.default_rng(1)
        y = rng.choice(["n", "p"], 300)

        def made(noise):
            p = 1 / (1 + np.exp(-((y == "p") * 2 - 1 + rng.normal(0, noise, 300))))
            return table(y, np.where(p > 0.5, "p", "n"), proba_n=1 - p, proba_p=p)

        found = two(made(0.5), made(3), metric="auc", positive="p")
        assert found.winner == "a"
        assert "bootstrap" in found.pairs[0].method


class TestFoldsAndTags:
    FOLD = np.arange(100) % 5

    def test_chances_over_folds(self):
        """The posterior is the t distribution of the corrected test (Corani & Benavoli 2015), by scipy.stats."""
        from scipy import stats

        a, b = set(range(0, 100, 9)), set(range(0, 100, 4))
        found = two(erring(a, meta_fold=self.FOLD), erring(b, meta_fold=self.FOLD))
        pair = found.pairs[0]
        wrong = [np.array([k in w for k in range(100)], float) for w in (a, b)]
        gaps = np.array([(wrong[0] - wrong[1])[f == self.FOLD].mean() for f in range(5)])
        posterior = stats.t(4, gaps.mean(), np.sqrt(gaps.var(ddof=1) * (1 / 5 + 1 / 4)))
        rope = 0.1 * len(a) / 100
        assert pair.chances["a"] == pytest.approx(posterior.cdf(-rope))
        assert pair.chances["b"] == pytest.approx(posterior.sf(rope))
        assert sum(pair.chances[key] for key in ("a", "same", "b")) == pytest.approx(1)
        assert pair.groups is None
        assert "Chance that it is better" in found.choice.reason

    def test_folds_are_the_same_after_one_of_the_runs_opened_its_test_set(self):
        a, b = erring(range(9), meta_fold=self.FOLD), erring(range(20), meta_fold=self.FOLD.astype(float))
        assert two(a, b).pairs[0].method.startswith("corrected t")

    def test_other_folds_are_refused(self):
        a, b = erring(range(9), meta_fold=self.FOLD), erring(range(20), meta_fold=np.arange(100) % 4)
        with pytest.raises(UserError, match="the folds differ"):
            two(a, b)
        assert "McNemar" in two(a, b, anyway=True).pairs[0].method

    def test_one_of_folds_beside_one_model_says_so(self):
        found = two(erring(range(9), meta_fold=self.FOLD), erring(range(20)))
        assert "McNemar" in found.pairs[0].method
        assert any("a: of cross-validation" in remark for remark in found.remarks)

    def test_tags_are_slices(self, tmp_path, monkeypatch):
        from dlx.tagging.log import TagLog, annotations_folder

        monkeypatch.chdir(tmp_path)
        log = TagLog(annotations_folder("a") / "tags.jsonl")
        log.write([("i0", "blurry", True), ("i1", "blurry", True), ("i2", "dark", True)], reviewer="me")
        found = two(erring([0, 1, 2]), erring([0]))
        (blurry,) = [each for each in found.slices if each.name.startswith("tag=")]  # one example is no slice
        assert (blurry.name, blurry.n, dict(blurry.values)) == ("tag=blurry", 2, {"a": 1.0, "b": 0.5})
        assert any("Tags were given to errors" in remark for remark in found.remarks)

    def test_the_best_of_three_looks_too_good(self):
        rng = np.random.default_rng(0)
        tables = [erring(np.flatnonzero(rng.random(100) < 0.2)) for _ in range(3)]
        found = dlx.compare(*tables, names=["a", "b", "c"])
        assert any("The best of 3 on one dev set looks about" in remark for remark in found.remarks)
        assert not any("The best of" in remark for remark in two(*tables[:2]).remarks)
