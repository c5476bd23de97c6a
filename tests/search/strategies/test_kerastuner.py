"""KerasTuner's oracles in the parent: silent, without files, not misled by trials that diverged, rebuilt on resume."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from search_surfaces import SPACE, ended, run, valley

from dlx.errors import UserError
from dlx.search import STOP, WAIT, Space, Suggestion, Trial, key, make
from dlx.search.knob import Knob

RATE = Space((Knob("train.learning_rate", 1e-4, 1.0, "log"), Knob("a.x", 0.0, 1.0)))


@pytest.mark.tf
@pytest.mark.parametrize("name", ["bayesian", "hyperband"])
def test_nothing_is_printed_or_written_and_the_environment_does_not_matter(name, capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plain = run(make(name, RATE, trials=6, epochs=9), lambda p: p["a.x"], count=8)
    for variable, value in (("TUNER_ID", "tuner3"), ("ORACLE_IP", "127.0.0.1"), ("ORACLE_PORT", "9")):
        monkeypatch.setenv(f"KERASTUNER_{variable}", value)
    told = run(make(name, RATE, trials=6, epochs=9), lambda p: p["a.x"], count=8)
    assert [t.params for t in plain] == [t.params for t in told]
    assert capfd.readouterr().out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.tf
def test_bayesian_stays_away_from_where_trials_diverged():
    """KerasTuner alone takes their score, inf, for 0, the best of all, and draws them again (a pitfall measured)."""

    def score(params: dict) -> float | None:
        return None if params["train.learning_rate"] > 0.01 else 0.5 + 0.1 * params["a.x"]

    strategy = make("bayesian", RATE, seed=1, trials=16)
    trials = run(strategy, score)
    suggested = trials[strategy.random_trials :]  # evenly drawn, half of these would diverge
    assert sum(t.status == "diverged" for t in trials[: strategy.random_trials]) >= 1
    assert sum(t.status == "diverged" for t in suggested) <= len(suggested) // 3
    assert len({key(t.params) for t in trials}) == 16


@pytest.mark.tf
def test_bayesian_finds_a_valley_and_guesses_how_running_trials_end():
    strategy = make("bayesian", RATE, seed=0, trials=16)
    trials = run(strategy, lambda p: (math.log10(p["train.learning_rate"]) + 2) ** 2 + p["a.x"])
    best = min(trials[8:], key=lambda t: t.score)
    assert best.score < min(t.score for t in trials[:6])
    running = [*trials[:12], Trial(12, trials[12].params, "running")]
    suggestion = strategy.ask(13, running)
    assert isinstance(suggestion, Suggestion)
    assert key(suggestion.params) not in {key(t.params) for t in running}


@pytest.mark.tf
@pytest.mark.parametrize("name", ["bayesian", "hyperband"])
def test_conditions_hold_there_too(name):
    kind = Knob("train.optimizer", values=("adam", "momentum"))
    beta = Knob("train.momentum", 0.9, 0.999, "one_minus_log", when={"train.optimizer": ("momentum",)})
    space = Space((beta, kind, RATE.knobs[0]))
    trials = run(make(name, space, trials=8, epochs=9), lambda p: p["train.learning_rate"], count=12)
    for trial in trials:
        assert ("train.momentum" in trial.params) == (trial.params["train.optimizer"] == "momentum")


@pytest.fixture(scope="module")
def brackets():
    return run(make("hyperband", SPACE, seed=2, trials=12, epochs=9), valley(3))


@pytest.mark.tf
def test_hyperband_s_first_bracket_has_the_shape_of_its_paper(brackets):
    """Nine epochs and factor 3: 9 settings for 1 epoch, the best 3 of them for 3, the best of those for 9."""
    first = Counter((t.epochs, t.continues is not None) for t in brackets[:13])
    assert first == {(1, False): 9, (3, True): 3, (9, True): 1}
    ninth = sorted((t for t in brackets[:9] if t.score is not None), key=lambda t: t.score)
    assert {t.continues for t in brackets[9:12]} == {t.number for t in ninth[:3]}


@pytest.mark.tf
def test_hyperband_spends_the_epochs_of_that_many_trials(brackets):
    spent = sum(t.epochs - (brackets[t.continues].epochs if t.continues is not None else 0) for t in brackets)
    assert 12 * 9 - 9 < spent <= 12 * 9
    for trial in brackets:
        if trial.continues is not None:
            earlier = brackets[trial.continues]
            assert trial.params == earlier.params
            assert trial.epochs > earlier.epochs
            assert earlier.number < trial.number


@pytest.mark.tf
def test_hyperband_promotes_no_trial_that_diverged():
    trials = run(make("hyperband", SPACE, seed=3, trials=12, epochs=9), lambda p: None)
    assert all(trial.continues is None for trial in trials)
    one = iter([0.5] + [None] * 1000)
    trials = run(make("hyperband", SPACE, seed=3, trials=12, epochs=9), lambda p: next(one))
    promoted = [trial.continues for trial in trials if trial.continues is not None]
    assert set(promoted) <= {0}


@pytest.mark.tf
def test_hyperband_with_trials_still_running_goes_on_or_waits():
    strategy, trials = make("hyperband", SPACE, seed=4, trials=12, epochs=9), []
    for number in range(9):
        trials.append(Trial(number, strategy.ask(number, trials).params, "running", epochs=1))
    answer = strategy.ask(9, trials)  # the next bracket, since nothing can be promoted
    assert answer in (WAIT, STOP) or answer.continues is None
    done = [ended(t.number, Suggestion(t.params, epochs=1), 0.1 * t.number) for t in trials]
    assert strategy.ask(9, done).continues == 0


@pytest.mark.parametrize(
    ("space", "epochs", "words"),
    [
        (Space((Knob("train.epochs", 1, 9, whole=True),)), 9, "hyperband decides the epochs itself"),
        (RATE, 2, "they are at least 3"),
        (RATE, None, "they are at least 3"),
    ],
)
def test_hyperband_says_what_it_needs(space, epochs, words):
    with pytest.raises(UserError, match=words):
        make("hyperband", space, epochs=epochs)
