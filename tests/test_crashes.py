"""kill -9, Ctrl-C, a full disk, no memory, MLflow away: a run is whole, resumable or gone, and it says which."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from command_line import command, hears_interrupts

import dlx
from dlx import runs
from dlx.errors import DlxError, UserError
from dlx.training.loop import DivergenceError

pytestmark = [
    pytest.mark.tf,
]
#: long enough to be hit in the middle; dropout, a schedule and Adam, whose states a resumed run must have
EPOCHS = 24
LONG = [f"train.epochs={EPOCHS}", "model.filters=[8]", "model.dropout=0.3", "train.schedule=cosine"]
SHORT = ["train.epochs=2", "model.filters=[4]", "model.units=[8]"]


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLX_TRACKING", "off")
    return tmp_path


def folders() -> list[Path]:
    return sorted(folder for folder in Path("runs").glob("*") if folder.is_dir())


def weights(run) -> list[np.ndarray]:
    import keras

    return keras.saving.load_model(run.file("model.keras"), compile=False).get_weights()


def begun(*overrides: str, until: Callable[[Path], bool]) -> tuple[subprocess.Popen, Path]:
    """``dlx train`` in a process of its own, once its run folder is as it is to be found."""
    order = [sys.executable, "-m", "dlx", "train", "digits", *(word for o in overrides for word in ("-s", o))]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen(order, preexec_fn=hears_interrupts, **streams)
    end = time.monotonic() + 90
    while time.monotonic() < end and process.poll() is None:
        found = folders()
        if found and until(found[0]):
            return process, found[0]
        time.sleep(0.01)
    process.kill()
    raise AssertionError(f"it ended first: {process.communicate()[1]}")


def epochs(folder: Path) -> int:
    file = folder / "history.jsonl"
    return file.read_bytes().count(b"\n") if file.exists() else 0


def in_mid_fit(folder: Path) -> bool:
    return epochs(folder) >= 3 and (folder / "checkpoint.npz").exists()


def test_kill_9_and_resume_end_with_the_same_weights():
    process, folder = begun(*LONG, until=in_mid_fit)
    process.kill()
    process.communicate()
    killed = runs.find(folder)
    assert killed.state() == "dead"
    assert epochs(folder) < EPOCHS, "it was not hit in the middle"
    with pytest.raises(UserError, match="It was killed; `dlx train --resume"):
        dlx.diagnose(killed)
    resumed = dlx.train(resume=killed.id).run
    assert resumed.path == folder.absolute()
    assert resumed.state() == "complete"
    assert [record["epoch"] for record in resumed.read_lines("history.jsonl")] == list(range(1, EPOCHS + 1))
    straight = dlx.train("digits", LONG).run
    assert all(np.array_equal(a, b) for a, b in zip(weights(resumed), weights(straight), strict=True))
    with pytest.raises(UserError, match="this run is complete"):
        dlx.train(resume=killed.id)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_an_interrupt_says_how_to_go_on():
    process, folder = begun(*LONG, until=in_mid_fit)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert f"dlx train --resume {folder.name}" in said  # nothing was said at all
    assert "Traceback" not in said
    run = runs.find(folder)
    assert run.state() == "interrupted"
    assert not run.predictions.exists()
    assert dlx.train(resume=run.id).run.state() == "complete"


def test_a_run_that_ended_before_its_fit_is_not_resumed_but_trained_anew():
    run = runs.create("digits", command="dlx train digits")  # killed right after: run.json is all there is
    with pytest.raises(UserError, match=r"before its fit began.*dlx train digits"):
        dlx.train(resume=run.id)
    assert "--resume" not in run.advice()


def test_an_interrupt_before_the_fit_leaves_no_run(monkeypatch):
    from dlx.split import Split

    def pressed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Split, "write", pressed)
    with pytest.raises(KeyboardInterrupt):
        dlx.train("digits", SHORT)
    assert folders() == []


# ---------------------------------------------------------------- disk and memory


def no_space(*_, **__):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_disk_that_is_full_from_the_start_leaves_no_run(monkeypatch):
    monkeypatch.setattr(np, "savez", no_space)
    with pytest.raises(DlxError, match="the disk is full") as caught:
        dlx.train("digits", SHORT)
    assert caught.value.exit_code == 1
    assert folders() == []


def test_a_disk_that_fills_up_later_leaves_a_run_that_says_so(monkeypatch):
    import keras

    with monkeypatch.context() as patch:
        patch.setattr(keras.Model, "save", no_space)
        with pytest.raises(DlxError, match=r"the disk is full, in .*model\.keras"):
            dlx.train("digits", SHORT)
    [folder] = folders()
    run = runs.find(folder)
    assert run.state() == "failed"
    assert "the disk is full" in run.info["error"]
    assert not [file.name for file in folder.iterdir() if ".tmp" in file.name]
    assert "the disk is full" in run.advice()
    assert dlx.train(resume=run.id).run.state() == "complete"


def test_a_disk_so_full_that_the_run_cannot_say_so_keeps_the_first_error(monkeypatch):
    import keras

    from dlx.run import Run

    monkeypatch.setattr(keras.Model, "save", no_space)
    monkeypatch.setattr(Run, "finish", no_space_of_dlx)
    with pytest.raises(DlxError, match=r"model\.keras"):
        dlx.train("digits", SHORT)


def no_space_of_dlx(self, *_, **__):
    raise DlxError("the disk is full", where="run.json")


def exhausted(*_, **__):
    import tensorflow as tf

    raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor with shape[512,9]")


@pytest.mark.parametrize("error", [exhausted, MemoryError])
def test_out_of_memory_names_the_batch_size_to_try(monkeypatch, error):
    import keras

    def fit(*_, **__):
        raise error()  # `exhausted` raises its own

    monkeypatch.setattr(keras.Model, "fit", fit)
    with pytest.raises(DlxError, match=r"out of memory with batches of 64.*train\.batch_size=32") as caught:
        dlx.train("digits", [*SHORT, "train.batch_size=64"])
    assert caught.value.exit_code == 1
    assert folders() == []


def test_out_of_memory_while_the_model_is_built(monkeypatch):
    import keras

    monkeypatch.setattr(keras.layers.Dense, "build", exhausted)
    with pytest.raises(DlxError, match=r"out of memory while the model is built.*smaller"):
        dlx.train("digits", SHORT)
    assert folders() == []


def test_out_of_memory_while_the_dev_set_is_predicted(monkeypatch):
    import keras

    monkeypatch.setattr(keras.Model, "predict", exhausted)
    with pytest.raises(DlxError, match="out of memory with batches of"):
        dlx.train("digits", SHORT)
    assert runs.find(folders()[0]).state() == "failed"  # the fit is done and is not lost


def test_gpu_memory_in_other_words():
    import tensorflow as tf

    from dlx import device

    for words in ("RESOURCE_EXHAUSTED: out of memory", "CUDA_ERROR_OUT_OF_MEMORY: out of memory"):
        with pytest.raises(DlxError, match="out of memory here"), device.memory_errors("out of memory here", "Less."):
            raise tf.errors.InternalError(None, None, words)
    with pytest.raises(tf.errors.InternalError), device.memory_errors("out of memory here", "Less."):
        raise tf.errors.InternalError(None, None, "something else")


def test_large_examples_are_scored_in_batches_that_memory_is_known_to_hold():
    """Dev was scored 256 at a time, and health measured on 512, whatever batch size had been turned down to."""
    from dlx.payloads import Arrays, TensorSpec
    from dlx.training.batches import scoring_batch

    def payload(*shape: int) -> Arrays:
        return Arrays({"image": np.zeros((2, *shape), "uint8")}, (TensorSpec("image", shape, "uint8"),))

    assert scoring_batch(payload(8, 8, 1), 16) == 256
    assert scoring_batch(payload(8, 8, 1), 1024) == 1024
    assert scoring_batch(payload(224, 224, 3), 16) == 16


# ---------------------------------------------------------------- the fit itself


def test_a_diverging_run_is_kept_and_says_what_to_try():
    with pytest.raises(DivergenceError, match=r"learning rate 1e\+30.*train\.learning_rate=1e\+29") as caught:
        dlx.train("digits", [*SHORT, "train.learning_rate=1e30", "train.optimizer=sgd"])
    assert caught.value.exit_code == 1
    run = runs.find(folders()[0])
    assert run.state() == "failed"
    with pytest.raises(UserError, match="It failed: the training loss") as told:
        dlx.diagnose(run)
    assert "--resume" not in str(told.value)  # it would only diverge again


def test_a_bug_keeps_its_traceback_and_the_run_says_so(monkeypatch):
    import keras

    def broken(*_, **__):
        raise KeyError("a bug")

    monkeypatch.setattr(keras.Model, "fit", broken)
    with pytest.raises(KeyError, match="a bug"):
        dlx.train("digits", SHORT)
    run = runs.find(folders()[0])
    assert run.state() == "failed"
    assert "KeyError" in run.info["error"]


def test_two_trainings_at_once_in_one_folder():
    first, folder = begun(*SHORT, until=lambda folder: (folder / "run.json").exists())
    second = dlx.train("digits", SHORT).run
    _, said = first.communicate(timeout=90)
    assert first.returncode == 0, said
    assert second.path != folder.absolute()
    assert [runs.find(found).state() for found in folders()] == ["complete", "complete"]


# ---------------------------------------------------------------- MLflow


def test_without_a_server_nothing_is_lost_and_sync_sends_it_later(monkeypatch, capsys):
    monkeypatch.delenv("DLX_TRACKING")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    result = dlx.train("digits", SHORT)
    assert result.run.state() == "complete"
    assert "not copied yet" in result.tracking
    warning = capsys.readouterr().err
    assert warning.count("Warning:") == 1
    assert "Nothing is lost" in warning
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert [row["outcome"] for row in synced()] == ["sent"]
    assert synced() == []


def test_kill_9_of_the_follower_costs_the_training_nothing(monkeypatch):
    from dlx import tracking

    follow = tracking.follow

    def shot(run):
        follower = follow(run)
        assert follower.process is not None
        follower.process.kill()
        return follower

    monkeypatch.delenv("DLX_TRACKING")
    monkeypatch.setattr(tracking, "follow", shot)
    result = dlx.train("digits", SHORT)
    assert result.run.state() == "complete"
    assert "dlx sync" in result.tracking
    assert [row["outcome"] for row in synced()] == ["sent"]


def synced() -> list[dict]:
    code, out, err = command("sync", "--json")
    assert code == 0, err
    return json.loads(out)["runs"]
