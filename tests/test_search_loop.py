"""Laws of a search's loop, with workers made of a function: what runs, what is repeated, what a kill leaves."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from fake_runs import begin

from dlx.errors import DlxError
from dlx.pipeline.search_loop import Search
from dlx.pipeline.search_progress import SearchProgress
from dlx.recipe import load
from dlx.search import STOP, WAIT, Space, Suggestion, make
from dlx.search.log import TrialLog
from dlx.search.pool import Event

RATE = {"train.learning_rate": {"min": 1e-4, "max": 1, "scale": "log"}}


class FakePool:
    """Does each job at once, when it is waited for."""

    def __init__(self, answer: Callable[[dict[str, Any]], list[tuple[str, Any]]], workers: int = 2):
        self.answer, self.workers, self.jobs, self.seen = answer, workers, [], []

    @property
    def free(self) -> int:
        return self.workers - len(self.jobs)

    @property
    def busy(self) -> list[int]:
        return [number for number, _ in self.jobs]

    def submit(self, number: int, job: dict[str, Any]) -> None:
        self.jobs.append((number, job))
        self.seen.append(job)

    def wait(self, timeout: float) -> list[Event]:
        number, job = self.jobs.pop(0)
        return [Event(kind, number, value) for kind, value in self.answer(job)]


class Listed:
    """A strategy that suggests what it is given."""

    def __init__(self, *rates: float | str):
        self.rates = rates

    def ask(self, number, trials):
        if number >= len(self.rates):
            return STOP
        rate = self.rates[number]
        if rate == WAIT:
            return WAIT
        return Suggestion({"train.learning_rate": rate})

    def stages(self, trials):
        return []


def good(job: dict[str, Any]) -> list[tuple[str, Any]]:
    """The score of a trial is the learning rate it was given."""
    rate = float(job["overrides"][0].partition("=")[2])
    run = {"run": f"run-{job['number']}"}
    return [("note", run), ("done", run | {"status": "complete", "score": rate, "feasible": None, "seconds": 1.0})]


@pytest.fixture
def search(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recipe = load("digits", [f"search={json.dumps(RATE)}"])
    run = begin(kind="search")
    settings = {"strategy": "random", "trials": 8, "seed": 0, "stop_hopeless": False}
    TrialLog(run).begin(settings=settings, threads=1, train=["dlx", "train", "digits"], metric="error")

    def made(strategy=None, **options) -> Search:
        options = {"stop_hopeless": False, "budget": None} | options
        progress = SearchProgress(8, str, greater_is_better=False, show=False)
        strategy = strategy or make("random", Space.of(recipe), trials=8)
        return Search(run, recipe, Space.of(recipe), strategy, progress=progress, **options)

    return made


def statuses(search: Search) -> dict[int, str]:
    return {trial.number: trial.status for trial in TrialLog(search.run).trials()}


def test_every_trial_is_written_down_with_score_run_and_seed(search) -> None:
    made, pool = search(), FakePool(good)
    assert made.go(pool) is None
    trials = TrialLog(made.run).trials()
    assert [trial.number for trial in trials] == list(range(8))
    assert all(trial.score == trial.params["train.learning_rate"] and trial.status == "complete" for trial in trials)
    assert [trial.run for trial in trials] == [f"run-{n}" for n in range(8)]


def test_equal_settings_are_trained_once(search) -> None:
    made, pool = search(Listed(0.1, 0.1, 0.2, 0.1)), FakePool(good)
    made.go(pool)
    trials = TrialLog(made.run).trials()
    assert [job["number"] for job in pool.seen] == [0, 2]
    assert [(trial.status, trial.of, trial.score) for trial in trials] == [
        ("complete", None, 0.1), ("duplicate", 0, 0.1), ("complete", None, 0.2), ("duplicate", 0, 0.1),
    ]  # fmt: skip


def test_a_diverged_trial_is_marked_and_not_repeated(search) -> None:
    made = search(Listed(0.1, 0.1))
    pool = FakePool(lambda job: [("done", {"status": "diverged", "reason": "the loss is not a number"})])
    made.go(pool)
    assert statuses(made) == {0: "diverged", 1: "diverged"}
    assert len(pool.seen) == 1


@pytest.mark.parametrize(("deaths", "status"), [(2, "complete"), (3, "failed")])
def test_a_trial_whose_worker_dies_is_begun_again_twice_at_most(search, deaths, status) -> None:
    left = [deaths]

    def answer(job):
        if left[0]:
            left[0] -= 1
            return [("note", {"run": "run-0"}), ("died", "it was ended by SIGKILL")]
        return good(job)

    made, pool = search(Listed(0.1)), FakePool(answer)
    made.go(pool)
    assert statuses(made) == {0: status}
    assert [job["run"] for job in pool.seen] == [None, "run-0", "run-0"], "goes on in its own run folder"


def test_one_failing_trial_does_not_end_the_search(search) -> None:
    def answer(job):
        return [("error", "Traceback …\nValueError: odd")] if job["number"] == 1 else good(job)

    made = search(Listed(0.1, 0.2, 0.3))
    made.go(FakePool(answer))
    assert statuses(made) == {0: "complete", 1: "failed", 2: "complete"}
    assert TrialLog(made.run).trials()[1].reason == "ValueError: odd"


def test_a_score_that_is_no_number_is_no_score(search) -> None:
    made = search(Listed(0.1))
    made.go(FakePool(lambda job: [("done", {"status": "complete", "score": float("nan")})]))
    (trial,) = TrialLog(made.run).trials()
    assert (trial.status, trial.score) == ("failed", None)


def test_after_a_kill_only_what_had_not_ended_runs_again(search) -> None:
    class KilledError(Exception):
        pass

    def until_third(job):
        if job["number"] == 2:
            raise KilledError
        return good(job)

    first = search()
    with pytest.raises(KilledError):
        first.go(FakePool(until_third))
    assert statuses(first) == {0: "complete", 1: "complete", 2: "running", 3: "running"}
    again, pool = search(), FakePool(good)
    again.go(pool)
    assert [job["number"] for job in pool.seen] == [2, 3, 4, 5, 6, 7]
    whole = TrialLog(again.run).trials()
    assert [trial.params for trial in whole] == [
        make("random", Space.of(again.recipe), trials=8).ask(n, whole[:n]).params for n in range(8)
    ], "as if it had never been killed"


def test_no_trial_begins_after_the_budget(search) -> None:
    made, pool = search(budget=1e-9), FakePool(good)
    assert made.go(pool) == "budget"
    assert pool.seen == []


def test_workers_that_cannot_start_end_the_search_with_their_reason(search) -> None:
    with pytest.raises(DlxError, match="the data are gone"):
        search().go(FakePool(lambda job: [("broken", "the data are gone")]))


def test_a_full_disk_ends_the_search_and_its_trial_can_be_gone_on_with(search) -> None:
    made = search(Listed(0.1, 0.2))
    full = {"status": "halt", "reason": "the disk is full"}
    with pytest.raises(DlxError, match="the disk is full"):
        made.go(FakePool(lambda job: good(job) if job["number"] == 0 else [("done", full)]))
    assert statuses(made) == {0: "complete", 1: "running"}


def test_the_bar_for_hopeless_trials_is_the_median_of_what_finished_ones_had_reached(search) -> None:
    """Best dev errors after epoch 3 of five trials: 0.1 … 0.5, so 0.3; by hand."""
    made = search(Listed(*[0.1 * n for n in range(1, 7)]), stop_hopeless=True)
    pool = FakePool(good, workers=1)
    made._curves = {n: [0.9, 0.8, 0.1 * (n + 1), 0.05] for n in range(6)}
    made.recipe.values["train"]["epochs"] = 5
    made.go(pool)
    assert [job["medians"] for job in pool.seen[:5]] == [None] * 5, "too few have ended"
    assert pool.seen[5]["medians"] == pytest.approx({3: 0.3})


def test_a_strategy_that_waits_is_asked_again_when_a_trial_has_ended(search) -> None:
    class Waits(Listed):
        def ask(self, number, trials):
            if number == 1 and trials[0].status == "running":
                return WAIT
            return super().ask(number, trials)

    made, pool = search(Waits(0.1, 0.2)), FakePool(good)
    made.go(pool)
    assert statuses(made) == {0: "complete", 1: "complete"}
