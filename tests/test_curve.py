"""``dlx curve``: measured, resumed after a kill, refused with the reason, and heard by the advice."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest
from command_line import command

import dlx
from dlx import runs
from dlx.errors import UserError

SMALL = ["model={builder: linear}", "train.epochs=2", "train.batch_size=64"]
SIZES = [30, 50, 90, 160, 300]


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLX_TRACKING", "off")
    return tmp_path


def options(overrides=SMALL) -> list[str]:
    return [word for override in overrides for word in ("-s", override)]


@pytest.mark.tf
def test_a_killed_curve_goes_on_and_repeats_nothing():
    order = ["curve", "digits", *options(), "--sizes", ",".join(map(str, SIZES)), "--repeats", "2"]
    process = subprocess.Popen([sys.executable, "-m", "dlx", *order], stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 120
    while time.monotonic() < end and process.poll() is None:
        found = list(Path("runs").glob("*/points.jsonl"))
        if found and found[0].read_bytes().count(b"\n") >= 3:
            break
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    (killed,) = runs.all_runs()
    before = killed.read_lines("points.jsonl")
    assert 3 <= len(before) < 10, "it was not hit in the middle"
    code, out, err = command(*order, "--resume", "--json")
    assert code == 0, err
    found = json.loads(out)
    assert found["run"] == killed.id
    points = killed.read_lines("points.jsonl")
    assert points[: len(before)] == before
    assert sorted((p["n"], p["repeat"]) for p in points) == [(n, r) for n in SIZES for r in (0, 1)]
    assert [size["n"] for size in found["sizes"]] == SIZES
    assert {"status", "text", "ahead", "gain", "back_test", "laws"} <= found.keys()
    assert (killed.file("curve.svg").read_text()).startswith("<svg xmlns")
    assert found["text"].split(" → ")[0] in killed.file("report.html").read_text()
    assert not killed.has("workers.log")
    with pytest.raises(UserError, match="no unfinished curve"):
        dlx.curve("digits", SMALL, resume=True)
    with pytest.raises(UserError, match="there is no run yet"):
        dlx.diagnose("last")  # a curve has no predictions and is never the last run


def unfinished() -> runs.Run:
    from dlx.recipe import load

    loaded = load("digits", SMALL)
    run = runs.create("digits-curve", recipe="digits", kind="curve", recipe_hash=loaded.hash(), command="dlx curve x")
    run.write_json("plan.json", {"sizes": SIZES, "repeats": 5})
    run.finish("interrupted")
    return run


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"sizes": [100, 200]}, "at least 5 sizes"),
        ({"sizes": [5, 50, 100, 200, 300]}, "a number from 10 to 1,079"),
        ({"sizes": [0.1, 0.2, 0.4, 0.8, 1.5]}, "a number from 10 to 1,079"),
        ({"repeats": 1}, "at least 2 repeats"),
        ({"workers": 0}, "1 worker"),
        ({"resume": True}, "no unfinished curve"),
    ],
)
def test_bad_input_is_refused_before_a_run_exists(given, message):
    with pytest.raises(UserError, match=message):
        dlx.curve("digits", SMALL, **given)
    assert not Path("runs").exists()


def test_a_changed_recipe_is_not_resumed():
    unfinished()
    with pytest.raises(UserError, match="begun with another recipe"):
        dlx.curve("digits", ["train.epochs=3"], resume=True)


def test_sizes_are_halved_from_all_of_train():
    from dlx.pipeline.curve import sizes_of
    from dlx.pipeline.work import Work
    from dlx.recipe import load

    made = sizes_of(Work.read(load("digits"), strict=False), None)
    assert (made[0], made[-1], len(made)) == (1079, 50, 6)  # 5 for each of 10 classes
    assert all(2**0.5 <= large / small <= 2.05 for large, small in pairwise(made))


@pytest.mark.parametrize("words", ["a,b,c,d,e", "1;2", "10,,20"])
def test_sizes_are_numbers_with_commas(words):
    code, out, err = command("curve", "digits", "--sizes", words)
    assert (code, out) == (2, "")
    assert "whole numbers or shares" in err


class TestAdvice:
    """What was measured is said instead of supposed."""

    def run(self, status: str, text: str, **other):
        from dlx import predictions

        info = {"recipe_hash": "r", "data_digest": "d", "split_digest": "s", "command": "dlx train digits"}
        run = runs.create("digits", **info)
        run.write_text("recipe.yaml", dlx.load_recipe("digits").to_yaml())
        predictions.write(predictions.read(_table()), run.predictions)
        run.finish()
        curve = runs.create("digits-curve", kind="curve", **{**info, **other})
        curve.write_json("curve.json", {"status": status, "text": text})
        return run

    def test_more_data_that_would_not_help_come_last(self):
        run = self.run("not_the_bottleneck", "Twice the data: 4.1 % [3.6, 4.9] → not the bottleneck. It is 4.2 % now")
        actions = dlx.diagnose(run).actions
        assert actions[-1].knob == "data.sources"
        assert "measured by dlx curve: Twice the data: 4.1 % [3.6, 4.9] → not the bottleneck." in actions[-1].reason

    def test_more_data_that_help_come_first(self):
        run = self.run("helps", "Twice the data: 2.1 % [1.6, 2.9] → more data helps. It is 4.2 % now")
        first = dlx.diagnose(run).actions[0]
        assert first.reason.endswith("→ more data helps.")

    def test_a_curve_of_another_recipe_or_data_does_not_count(self):
        run = self.run("helps", "Twice the data: 2.1 %", data_digest="other")
        first = dlx.diagnose(run).actions[0]
        assert (first.knob, first.command) == ("data.sources", "dlx curve digits")


def _table():
    import pandas as pd

    wrong = {"train": 2, "dev": 90}
    rows = [(f"{split}{i}", split, "a", "b" if i < wrong[split] else "a") for split in wrong for i in range(900)]
    return pd.DataFrame(rows, columns=["id", "split", "y_true", "y_pred"])


def test_the_picture_fits_eighty_columns_and_plain_letters(capsys):
    import io

    from rich.console import Console

    from dlx.reports._learning_curve import page, render
    from dlx.strategy.learning_curve import extrapolate

    measured = [{"n": n, "error": n**-0.5 + 0.001 * r, "train_error": 0.5 * n**-0.5} for n in SIZES for r in range(3)]
    found = extrapolate(measured, target=0.04)
    for encoding in ("utf-8", "ascii"):
        raw = io.BytesIO()
        console = Console(file=io.TextIOWrapper(raw, encoding=encoding), width=80, highlight=False)
        render(found, console)
        console.file.flush()
        lines = raw.getvalue().decode(encoding).splitlines()
        assert max(map(len, lines)) <= 80
        assert any("Twice the data" in line for line in lines)
    assert "http" not in page(found, "<b>").replace("http://www.w3.org/2000/svg", "")
    assert "<b></h1>" not in page(found, "<b>")
