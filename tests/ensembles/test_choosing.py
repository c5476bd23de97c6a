"""Which option to use: limits first, then a dearer answer only where it is shown to be better."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from ensemble_runs import run, table

import dlx
from dlx.comparison._pairs import Pair
from dlx.comparison._words import Words
from dlx.ensembles._choice import Option, choose
from dlx.ensembles._price import Price, together
from dlx.errors import UserError
from dlx.goals import check, limits

WORDS = Words()


def option(name: str, members: int, value: float, *, views: int = 1, feasible=True, checks=(), ms=None) -> Option:
    names = tuple(f"m{i}" for i in range(members))
    return Option(name, names, views, value, None, None, feasible, checks, Price(median=ms))


def pair(a: str, b: str, difference: float, *, shown: bool, needed: float | None = None) -> Pair:
    better = (a if difference < 0 else b) if shown else None
    status = "better" if shown else "need_more" if needed else "no_difference"
    p = 0.001 if shown else 0.4
    return Pair(a, b, difference, -0.1, 0.1, p, 400, "t", better=better, status=status, n_needed=needed)


def of(*found: Pair) -> dict[frozenset[str], Pair]:
    return {frozenset((each.a, each.b)): each for each in found}


class TestChoose:
    def test_a_shown_gain_is_worth_its_price(self):
        options = [option("one", 1, 0.10, ms=2.0), option("all", 3, 0.06, ms=5.0)]
        told = choose(options, of(pair("all", "one", -0.04, shown=True)), WORDS)
        assert (told.use, told.status) == ("all", "better")
        assert "all takes 2.5 times as long" in told.reason

    def test_without_a_shown_gain_the_single_model_is_used(self):
        options = [option("one", 1, 0.10), option("all", 3, 0.09)]
        told = choose(options, of(pair("all", "one", -0.01, shown=False, needed=5200)), WORDS)
        assert (told.use, told.status, told.n_needed) == ("one", "no_gain", 5200)
        assert "About 5,200 examples would show a gain" in told.reason
        assert "takes 3 passes of a network instead of 1" in told.reason

    def test_a_loss_is_no_gain_that_more_examples_would_show(self):
        options = [option("one", 1, 0.10), option("all", 2, 0.11)]
        told = choose(options, of(pair("all", "one", 0.01, shown=False, needed=5200)), WORDS)
        assert told.n_needed is None
        assert "would show" not in told.reason

    def test_a_broken_limit_is_out_whatever_the_gain(self):
        (limit,) = limits(["latency_ms <= 5"])
        broken = check(limit, table(["cat"], [[1, 0]]), {"latency_ms": {"samples": [9.0] * 100}})
        options = [option("one", 1, 0.10), option("all", 3, 0.01, feasible=False, checks=(broken,))]
        told = choose(options, of(pair("all", "one", -0.09, shown=True)), WORDS)
        assert (told.use, told.status) == ("one", "limits")
        assert told.reason.startswith("all breaks a limit and is out whatever the gain (latency_ms <= 5: 9). Use one.")

    def test_where_no_single_model_keeps_the_limits_the_average_that_does_is_used(self):
        options = [option("one", 1, 0.10, feasible=False), option("all", 3, 0.06, feasible="unproven")]
        told = choose(options, {}, WORDS)
        assert (told.use, told.status) == ("all", "only_feasible")
        assert "unproven" in told.reason

    def test_of_several_the_best_and_what_costs_less_is_named(self):
        options = [option("one", 1, 0.10), option("all", 3, 0.060), option("all, flips", 3, 0.059, views=2)]
        found = of(
            pair("all", "one", -0.04, shown=True),
            pair("all, flips", "one", -0.041, shown=True),
            pair("all", "all, flips", 0.001, shown=False),
        )
        told = choose(options, found, WORDS)
        assert told.use == "all, flips"
        assert "all costs less and is not shown to be worse" in told.reason
        found |= of(pair("all", "all, flips", 0.001, shown=True))
        assert "costs less" not in choose(options, found, WORDS).reason
        found |= of(pair("all, flips", "one", -0.041, shown=False))
        assert choose(options, found, WORDS).use == "all"

    def test_where_higher_is_better(self):
        words = Words("auc", greater=True)
        options = [option("one", 1, 0.90), option("other", 1, 0.95), option("all", 2, 0.97)]
        gain = Pair("all", "other", 0.02, 0.01, 0.03, 0.001, 400, "t", better="all", status="better")
        assert choose(options, of(gain), words).use == "all"
        lost = Pair("all", "other", 0.02, -0.01, 0.03, 0.3, 400, "t")
        assert choose(options, of(lost), words).use == "other"


class TestPrices:
    def test_sizes_and_weights_add_up_and_times_do_not(self):
        found = together([Price(1.0, 2.0, 3.0, 40, (1.0,)), Price(1.0, 2.0, 5.0, 60, (1.0,))])
        assert (found.megabytes, found.parameters, found.median, found.samples) == (8.0, 100, None, ())
        assert together([Price(megabytes=3.0), Price()]).megabytes is None

    def test_facts_round_trip(self):
        info = {"latency_ms": {"median": 1.5, "p95": 2.5, "samples": [1.0, 2.0]}, "model_bytes": 5e6, "parameters": 7}
        assert Price.of(info).facts() == info


@pytest.fixture
def runs_of_three(tmp_path, monkeypatch):
    """Three classifiers that err on different tenths of 400 examples, the rest being sure."""
    monkeypatch.chdir(tmp_path)
    true = np.array(["cat", "dog"])[np.arange(400) % 2]
    made = []
    for k in range(3):
        p = np.where(true == "dog", 0.9, 0.1)
        p[k * 40 : (k + 1) * 40] = 0.5 + 0.1 * np.where(true[k * 40 : (k + 1) * 40] == "cat", 1, -1)
        facts = {"latency_ms": {"median": 1.0, "p95": 1.2, "samples": [1.0] * 100}, "parameters": 10}
        made.append(run(table(true, np.stack([1 - p, p], axis=1)), **facts))
    return made


class TestWhole:
    def test_three_that_err_apart(self, runs_of_three):
        found = dlx.ensemble(*runs_of_three, price=False)
        assert [each.value for each in found.options] == [0.1, 0.1, 0.1, 0.0]
        assert (found.use, found.advice.status) == ("ensemble of 3", "better")
        assert found.disagreement == pytest.approx(
            {"differ": 0.2, "both_wrong": 0.0, "all_wrong": 0.0, "some_wrong": 0.3}
        )

    def test_members_that_are_clearly_worse_are_named(self, runs_of_three):
        bad = run(table(["cat", "dog"] * 200, np.tile([[0.45, 0.55], [0.55, 0.45]], (200, 1))))  # always wrong
        found = dlx.ensemble(*runs_of_three[:2], bad, price=False)
        assert any(remark.startswith(f"{bad.name} is clearly worse than") for remark in found.remarks)
        assert dlx.ensemble(*runs_of_three, price=False).of_twice  # 10 % each, 0 % together: more would be foretold …
        alone = dlx.ensemble(runs_of_three[0], bad, price=False)  # 0.9 against 0.55: the first decides
        assert alone.option("ensemble of 2").value == pytest.approx(0.1)
        assert alone.of_twice == ""  # … and nothing where the average is no better than the best

    def test_a_limit_on_weights_decides(self, runs_of_three):
        found = dlx.ensemble(*runs_of_three, price=False, satisfice=["parameters <= 20"])
        assert (found.use in found.members, found.advice.status) == (True, "limits")

    def test_an_unmeasured_time_is_unproven(self, runs_of_three):
        found = dlx.ensemble(*runs_of_three, price=False, satisfice={"latency_ms": "<= 5"})
        assert [each.feasible for each in found.options] == [True, True, True, "unproven"]
        assert "Whether ensemble of 3 keeps all limits is unproven" in found.advice.reason

    def test_nothing_feasible_is_refused(self, runs_of_three):
        with pytest.raises(UserError, match="no candidate is feasible"):
            dlx.ensemble(*runs_of_three, price=False, satisfice=["error <= -1"])

    def test_the_document_is_plain(self, runs_of_three):
        import json

        told = json.loads(json.dumps(dlx.ensemble(*runs_of_three, price=False).to_dict(), allow_nan=False))
        assert told["use"] == "ensemble of 3"
        assert told["options"][-1]["passes"] == 3
        assert [size["members"] for size in told["sizes"]] == [1, 2, 3]

    def test_without_prices_no_tensorflow_is_imported(self, runs_of_three):
        import subprocess

        names = [each.id for each in runs_of_three]
        code = f"import dlx, sys; dlx.ensemble(*{names!r}, price=False); print('tensorflow' in sys.modules)"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "False"


class TestMembers:
    def test_one_named_twice(self, runs_of_three):
        with pytest.raises(UserError, match="named once"):
            dlx.ensemble(runs_of_three[0], runs_of_three[1], runs_of_three[0].id)

    def test_the_best_trials_of_a_search(self, tmp_path, monkeypatch):
        from dlx import runs

        monkeypatch.chdir(tmp_path)
        search = runs.create("digits", kind="search")
        search.write_text("recipe.yaml", dlx.load_recipe("digits").to_yaml())
        true = np.array(["cat", "dog"] * 20)
        for number, score in enumerate([0.3, 0.1, 0.2, None]):
            dog = np.where(true == "dog", 0.9, 0.1)
            dog[: round(40 * (score or 0))] = 1 - dog[: round(40 * (score or 0))]
            place = {"root": search.path / "trials", "parent": search.id, "trial": number}
            trial = run(table(true, np.stack([1 - dog, dog], axis=1)), **place)
            status = "failed" if score is None else "complete"
            record = {"number": number, "params": {}, "status": status, "score": score, "run": trial.id}
            search.append("trials.jsonl", record)
        search.finish()
        found = dlx.ensemble(f"search:{search.id}", best=2, price=False)
        assert [each.value for each in found.options[:2]] == [0.1, 0.2]
        assert any("chosen by their error on these very examples" in remark for remark in found.remarks)
        with pytest.raises(UserError, match="3 trials of this search have a score"):
            dlx.ensemble(f"search:{search.id}", best=4, price=False)
        with pytest.raises(UserError, match=r"Trials keep their predictions only\. Train it: `dlx train"):
            dlx.ensemble(f"search:{search.id}", best=2, save="team")
