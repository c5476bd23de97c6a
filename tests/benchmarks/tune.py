"""``dlx tune`` beside KerasTuner's own RandomSearch loop: the same 24 settings, epochs, data and machine, in one run.

    python tests/benchmarks/tune.py [--trials 24] [--epochs 20]

Prints wall times and their ratio, the overhead of a trial beside fit and evaluation, and the parent's memory over 200
trials. KerasTuner writes no predictions, no run folders and no recipe; dlx does, and both start from a cold process.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SPACE = {"train.learning_rate": {"min": 1e-4, "max": 1e-1, "scale": "log"}, "model.units.0": {"min": 16, "max": 128}}
OWN = """
import json, sys, time
import keras, keras_tuner, numpy as np
from dlx.pipeline.work import Work
from dlx.recipe import load

settings, epochs, folder = json.loads(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
work = Work.read(load(sys.argv[4], json.loads(sys.argv[5])), strict=False)

def arrays(name):
    part = work.part(name)
    (x,) = part.payload.take(np.arange(len(part))).values()
    return np.asarray(x, dtype="float32"), np.array([int(y) for y in part.examples["y"]])

(x, y), (x_dev, y_dev) = arrays("train"), arrays("dev")
place = iter(settings)

class Oracle(keras_tuner.oracles.RandomSearchOracle):
    def populate_space(self, trial_id):
        point = next(place, None)
        return {"status": "STOPPED" if point is None else "RUNNING", "values": point or {}}

def build(hp):
    rate = hp.Float("train.learning_rate", 1e-4, 1e-1, sampling="log")
    units = hp.Int("model.units.0", 16, 128)
    before = keras.layers.Normalization()
    before.adapt(x)
    model = keras.Sequential([keras.Input(x.shape[1:]), before, keras.layers.Flatten(),
                              keras.layers.Dense(units, "relu"), keras.layers.Dense(10)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"])
    return model

oracle = Oracle(objective=keras_tuner.Objective("val_accuracy", "max"), max_trials=len(settings))
tuner = keras_tuner.Tuner(oracle=oracle, hypermodel=build, directory=folder, project_name="own", overwrite=True)
keras.utils.set_random_seed(0)
tuner.search(x, y, epochs=epochs, batch_size=64, validation_data=(x_dev, y_dev), verbose=0)
"""
WATCHED = """
import json, sys, resource
import dlx
before = []
found = dlx.tune("digits", json.loads(sys.argv[1]), trials=int(sys.argv[2]), workers=2, strategy="random", track=False,
                 on_plan=lambda plan: before.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))
print(json.dumps({"before": before[0], "after": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
                  "complete": sum(t.status == "complete" for t in found.trials)}))
"""


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--trials", type=int, default=24)
    given.add_argument("--epochs", type=int, default=20)
    given.add_argument("--memory", type=int, default=200, help="trials over which memory is watched; 0 for none")
    asked = given.parse_args()
    model = ["model={builder: mlp, units: [32]}", "train.batch_size=64", f"search={json.dumps(SPACE)}"]
    environment = os.environ | {"DLX_TRACKING": "off", "TF_CPP_MIN_LOG_LEVEL": "3"}
    with tempfile.TemporaryDirectory() as folder:
        overrides = [*model, f"train.epochs={asked.epochs}"]
        words = [word for text in overrides for word in ("-s", text)]
        order = [sys.executable, "-m", "dlx", "tune", "digits", *words, "--trials", str(asked.trials)]
        ours = _timed([*order, "--strategy", "random", "--workers", "2", "--json"], folder, environment)
        trials = json.loads(ours[1])["trials"]
        settings = json.dumps([trial["params"] for trial in trials])
        theirs = _timed(
            [sys.executable, "-c", OWN, settings, str(asked.epochs), folder, "digits", json.dumps(overrides)],
            folder,
            environment,
        )
        print(f"dlx tune        {ours[0]:7.1f} s  ({asked.trials} trials, {asked.epochs} epochs, 2 workers)")
        print(f"KerasTuner      {theirs[0]:7.1f} s  (the same settings, one process)")
        print(f"ratio           {ours[0] / theirs[0]:7.2f}")
        overhead = _overhead(Path(folder), trials)
        print(f"overhead        {overhead:7.2f} s  per trial beside fit and evaluation (median, warm)")
        if asked.memory:
            order = [sys.executable, "-c", WATCHED, json.dumps([*model, "train.epochs=1"]), str(asked.memory)]
            seen = json.loads(_timed(order, folder, environment)[1].splitlines()[-1])
            print(
                f"parent memory   {seen['before'] / 1024:.0f} MB before, {seen['after'] / 1024:.0f} MB at most over",
                end=" ",
            )
            print(f"{seen['complete']} trials")


def _timed(order: list[str], folder: str, environment: dict[str, str]) -> tuple[float, str]:
    began = time.monotonic()
    done = subprocess.run(order, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr[-3000:])
    return time.monotonic() - began, done.stdout


def _overhead(folder: Path, trials: list[dict]) -> float:
    """Wall time of a trial without its fit and its predictions; the first two of each worker load and trace."""
    (search,) = folder.glob("runs/*/search.json")
    infos = [json.loads((search.parent / "trials" / trial["run"] / "run.json").read_text()) for trial in trials[4:]]
    return statistics.median(info["seconds"] - info["fit_seconds"] - info["evaluation_seconds"] for info in infos)


if __name__ == "__main__":
    main()
