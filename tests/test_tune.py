"""``dlx tune`` as a user has it: real trials in real workers, the winner trained again, limits, and what is refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command_line import command, hears_interrupts

import dlx
from dlx import runs
from dlx.errors import DlxError, UserError
from dlx.search.log import TrialLog

#: a network so small that a trial takes a second; two workers would only fight for the cores
SPACE = {"train.learning_rate": {"min": 1e-3, "max": 1e-1, "scale": "log"}, "model.units.0": {"min": 4, "max": 8}}
SMALL = ["train.epochs=2", "model={builder: mlp, units: [8]}", f"search={json.dumps(SPACE)}"]


def words(overrides: list[str]) -> list[str]:
    return [word for text in overrides for word in ("-s", text)]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("tune")


@pytest.fixture(autouse=True)
def _there(workplace, monkeypatch) -> None:
    monkeypatch.chdir(workplace)
    monkeypatch.setenv("DLX_TRACKING", "off")


@pytest.fixture(scope="module")
def found(workplace):
    """One search that all tests look at; its goal limits the number of parameters so that some trials break it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(workplace)
        patch.setenv("DLX_TRACKING", "off")
        goal = 'goal={optimize: error, satisfice: {parameters: "<= 500", latency_ms: "<= 10000"}}'
        return dlx.tune("digits", [*SMALL, goal], trials=5, workers=1, strategy="random", seed=1)


@pytest.mark.tf
def test_every_trial_is_a_run_with_predictions_of_train_and_dev_but_never_of_test(found) -> None:
    import pandas as pd

    assert [trial.status for trial in found.trials] == ["complete"] * 5
    for trial in found.trials:
        run = runs.find(trial.run)
        assert not run.top_level
        rows = pd.read_parquet(run.predictions)
        assert set(rows["split"].astype(str)) == {"train", "dev"}
        dev = rows[(rows["split"] == "dev") & (rows["predictor"] == "model")]
        assert trial.score == pytest.approx(dev["error"].mean())


@pytest.mark.tf
def test_limits_exclude_whatever_the_score(found) -> None:
    """64 inputs, u units, 10 classes: 64·u + u + 10·u + 10 parameters, so more than 6 units are too many."""
    for trial in found.trials:
        units = trial.params["model.units.0"]
        assert runs.find(trial.run).info["parameters"] == 75 * units + 10
        assert trial.feasible is (units <= 6), trial
    assert found.best.params["model.units.0"] <= 6
    assert found.best.score == min(trial.score for trial in found.trials if trial.feasible)
    latency = runs.find(found.best.run).info["latency_ms"]
    assert 0 < latency["median"] <= latency["p95"]
    assert len(latency["samples"]) >= 59, "fewer do not bound a 95th percentile"


@pytest.mark.tf
def test_the_winner_trained_again_has_the_same_score(found, tmp_path, monkeypatch) -> None:
    """In this process; the trial's was a worker's."""
    monkeypatch.setenv("DLX_RUNS", str(tmp_path))
    code, out, err = command("train", str(found.best_recipe), "--json")
    assert code == 0, err
    rungs = {rung["name"]: rung["error"] for rung in json.loads(out)["rungs"]}
    assert rungs["dev"] == found.best.score


@pytest.mark.tf
def test_what_a_search_leaves_for_people(found) -> None:
    for name in ("trials.csv", "search.html", "parallel.svg", "knobs.svg", "best.yaml", "summary.json"):
        assert found.run.has(name), name
    assert runs.find(found.best.run).has("report.html")
    shown = found.to_dict()
    assert {"number", "params", "score", "status", "stage"} <= shown["trials"][0].keys()
    assert {"params", "score", "run"} <= shown["best"].keys()
    assert json.loads(found.run.read_text("summary.json"))["best"]["run"] == found.best.run


@pytest.mark.tf
def test_other_commands_know_a_search(found) -> None:
    with pytest.raises(UserError, match=found.best.run):
        dlx.diagnose(found.run.id)
    (row,) = [row for row in dlx.list_runs().rows if row.id == found.run.id]
    assert (row.dev, row.verdict) == (found.best.score, "search of 5 trials")
    kept, broken = (next(trial.run for trial in found.trials if trial.feasible is each) for each in (True, False))
    compared = dlx.compare(kept, broken)
    assert len(compared.to_dict()["pairs"]) == 1
    with pytest.raises(UserError, match="no run"):
        runs.find("last")


@pytest.mark.tf
def test_resume_refuses_what_would_make_another_search_of_it(found) -> None:
    with pytest.raises(UserError, match="this search is complete"):
        dlx.tune(found.run.id, resume=True)
    with pytest.raises(UserError, match=r"train\.epochs was 2, is 3"):
        dlx.tune("digits", [*SMALL, "train.epochs=3"], resume=True)
    with pytest.raises(UserError, match="seed was 1"):
        dlx.tune(found.run.id, resume=True, seed=2, trials=6)
    with pytest.raises(UserError, match="strategy was random"):
        dlx.tune(found.run.id, resume=True, strategy="grid", trials=6)


@pytest.mark.tf
def test_a_search_can_be_made_longer_but_not_by_two_at_once(found) -> None:
    from filelock import FileLock

    with FileLock(found.run.file(".search.lock")), pytest.raises(UserError, match="another process is at this search"):
        dlx.tune(found.run.id, resume=True, trials=6, workers=1)
    before = found.run.read_text("trials.jsonl")
    longer = dlx.tune(found.run.id, resume=True, trials=6, workers=1)
    assert [trial.number for trial in longer.trials] == list(range(6))
    assert found.run.read_text("trials.jsonl").startswith(before), "nothing that had ended was repeated"


@pytest.mark.tf
def test_failing_and_diverging_trials_are_marked_and_a_search_of_nothing_else_fails(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    space = {"train.learning_rate": {"values": [1e30]}, "train.optimizer": {"values": ["sgd", "momentum"]}}
    bad = ["train.epochs=2", "model={builder: mlp, units: [8]}", f"search={json.dumps(space | {'start': []})}"]
    with pytest.raises(DlxError, match="none of 2 trials came to a score"):
        dlx.tune("digits", bad, strategy="grid", trials=2, workers=1)
    (run,) = runs.all_runs()
    assert [trial.status for trial in TrialLog(run).trials()] == ["diverged", "diverged"]
    assert run.state() == "failed"


@pytest.mark.tf
def test_ctrl_c_ends_with_the_best_so_far_and_resume_repeats_nothing(tmp_path, monkeypatch) -> None:
    """The same for ``kill -9`` of the parent, but that it can say nothing."""
    monkeypatch.chdir(tmp_path)
    order = [sys.executable, "-m", "dlx", "tune", "digits", *words(SMALL), "--trials", "4", "--strategy", "random"]
    environment = os.environ | {"PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    process = subprocess.Popen(
        [*order, "--workers", "1"], stderr=subprocess.PIPE, text=True, preexec_fn=hears_interrupts, env=environment
    )
    until = time.monotonic() + 60
    while not any(Path().glob("runs/*/trials/*/predictions.parquet")):
        assert time.monotonic() < until
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=30)[1]
    assert process.returncode == 130
    (run,) = runs.all_runs()
    assert f"dlx tune {run.id} --resume" in said
    ended = {trial.number: trial.run for trial in TrialLog(run).trials() if trial.status == "complete"}
    folders = set(Path(run.path / "trials").iterdir())
    code, out, _ = command("tune", "digits", *words(SMALL), "--resume", "--workers", "1", "--json")
    assert code == 0
    shown = json.loads(out)["trials"]
    assert [trial["number"] for trial in shown] == [0, 1, 2, 3]
    assert all(shown[number]["run"] == name for number, name in ended.items())
    assert len(set(Path(run.path / "trials").iterdir()) - folders) == 4 - len(folders), "an unfinished trial goes on"


@pytest.mark.tf
def test_a_mirrored_fit_gives_the_losses_of_a_single_one(tmp_path) -> None:
    """Two logical CPU devices with half of each batch: sums in another order, so equal to about 1e-5."""
    script = tmp_path / "mirrored.py"
    script.write_text(
        "import sys, json\nimport tensorflow as tf\n"
        "device = tf.config.list_physical_devices('CPU')[0]\n"
        "tf.config.set_logical_device_configuration(device, [tf.config.LogicalDeviceConfiguration()] * 2)\n"
        "import dlx\nlosses = {}\n"
        "for strategy in ('single', 'mirrored'):\n"
        "    run = dlx.train('digits', [*sys.argv[1:], f'train.strategy={strategy}'], track=False).run\n"
        "    losses[strategy] = [[r['loss'], r['val_loss']] for r in run.read_lines('history.jsonl')]\n"
        "print(json.dumps(losses))\n"
    )
    done = subprocess.run(
        [sys.executable, str(script), *SMALL[:2]], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    losses = json.loads(done.stdout.splitlines()[-1])
    for mirrored, single in zip(losses["mirrored"], losses["single"], strict=True):
        assert mirrored == pytest.approx(single, rel=1e-4)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--strategy", "rand"], "Did you mean 'random'"),
        (["--budget", "ten"], "a time is a number with s, m, h or d"),
        (["--trials", "0"], "--trials"),
        (["-s", "search={train.learning_rate: {min: 1, max: 0.1}}"], "search.train.learning_rate"),
        (["-s", "search={train.learning_rat: {min: 0.1, max: 1}}"], "learning_rate"),
        (["-s", "search={train.learning_rate: {min: 0, max: 1, scale: log}}"], "search.train.learning_rate"),
        (["-s", "goal.optimize=nothing"], "nothing"),
        (["--resume"], "there is no search of this recipe to go on with"),
    ],
)
def test_bad_input_is_refused_before_anything_is_written(options, words, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = command("tune", "digits", *options)
    assert (code, out) == (2, "")
    assert words in err
    assert not Path("runs").exists()


def test_the_space_is_shown_and_nothing_runs(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, _ = command("tune", "digits", "--dry-run", "--json")
    plan = json.loads(out)
    assert code == 0
    assert plan["source"] == "default"
    assert plan["space"][0] | {"path": "train.learning_rate", "tier": 1} == plan["space"][0]
    assert "Adam" in plan["left_alone"][0]
    assert list(tmp_path.iterdir()) == []
