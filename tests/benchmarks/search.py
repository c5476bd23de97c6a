"""Dev error reached with equal trials: coarse-to-fine against KerasTuner's random search, Hyperband, and Optuna's TPE.

    DLX_DATA=folder-with-wine python tests/benchmarks/search.py [--seeds 10] [--trials 24] [--cache FOLDER]
        [--data digits wine diabetes]

The protocol stands in search_protocol.md beside this file. Needs the extra `bench` (Optuna). Trainings are kept in the
cache folder by data set, settings, seed and epochs, so that a run that was ended goes on; without --cache they are kept
for this run only.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import io
import itertools
import json
import math
import os
import tempfile
import warnings
from pathlib import Path

import numpy as np
from scipy.stats import rankdata
from threadpoolctl import threadpool_limits

from dlx.search import STOP, Space, Suggestion, Trial, make
from dlx.search.knob import Knob

EPOCHS = 20
LAYERS, BATCHES = [1, 2, 3], [16, 32, 64, 128, 256]
STRATEGIES = ("coarse-to-fine", "kt random", "kt hyperband", "optuna tpe")


@functools.cache
def data(name: str) -> tuple[list[tuple[np.ndarray, np.ndarray]], bool]:
    """Train, dev and test, standardised; and whether y are classes."""
    from sklearn import datasets
    from sklearn.preprocessing import StandardScaler

    classes = name != "diabetes"
    if name == "wine":
        table = np.loadtxt(Path(os.environ["DLX_DATA"]) / "wine" / "winequality-red.csv", delimiter=",")
        table = np.unique(table, axis=0)
        x, y = table[:, :-1], (table[:, -1] >= 6).astype(int)
    else:
        x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))
    ends = [0, round(0.6 * len(y)), round(0.8 * len(y)), len(y)]
    parts = [order[start:end] for start, end in itertools.pairwise(ends)]
    scale = StandardScaler().fit(x[parts[0]])
    if not classes:
        y = (y - y[parts[0]].mean()) / y[parts[0]].std()
    return [(scale.transform(x[part]), y[part]) for part in parts], classes


class Trainings:
    """The objective: dev and test score after so many epochs; each training once."""

    def __init__(self, name: str, seed: int, folder: Path):
        self.name, self.seed = name, seed
        self.file = folder / f"{name}-{seed}.jsonl"
        lines = self.file.read_text().splitlines() if self.file.exists() else []
        self.known = {entry["key"]: entry["scores"] for entry in map(json.loads, lines)}

    def __call__(self, params: dict, epochs: int = EPOCHS) -> tuple[float, float]:
        """Scores after so many epochs; one more epoch of the same training is the same as training on."""
        key = json.dumps([params, epochs], sort_keys=True)
        if key not in self.known:
            self.known[key] = self._train(params, epochs)
            with self.file.open("a") as file:
                file.write(json.dumps({"key": key, "scores": self.known[key]}) + "\n")
        return tuple(self.known[key])

    def _train(self, params: dict, epochs: int) -> tuple[float, float]:
        from sklearn.neural_network import MLPClassifier, MLPRegressor

        parts, classes = data(self.name)
        (x, y), worst = parts[0], 1.0 if classes else 2.0
        model = (MLPClassifier if classes else MLPRegressor)(
            hidden_layer_sizes=(params["units"],) * params["layers"],
            solver="sgd",
            learning_rate_init=params["learning_rate"],
            momentum=1 - params["one_minus_beta"],
            batch_size=params["batch_size"],
            alpha=params["l2"],
            random_state=self.seed,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                for epoch in range(epochs):
                    model.partial_fit(x, y, **({"classes": np.unique(y)} if classes and epoch == 0 else {}))
                scores = [self._score(model, *part, classes) for part in parts[1:]]
            except ValueError:  # weights became infinite
                return worst, worst
        return tuple(min(score, worst) if math.isfinite(score) else worst for score in scores)

    @staticmethod
    def _score(model, x: np.ndarray, y: np.ndarray, classes: bool) -> float:
        answer = model.predict(x)
        return float(np.mean(answer != y) if classes else np.sqrt(np.mean((answer - y) ** 2)))


def coarse_to_fine(train: Trainings, seed: int, trials: int) -> list[tuple[dict, int]]:
    space = Space(
        (
            Knob("learning_rate", 1e-4, 1.0, "log"),
            Knob("one_minus_beta", 1e-3, 1e-1, "log", domain=(1e-6, 1.0)),
            Knob("units", 8, 128, "log", whole=True, domain=(1, math.inf)),
            Knob("layers", values=tuple(LAYERS)),
            Knob("batch_size", values=tuple(BATCHES)),
            Knob("l2", 1e-6, 1e-1, "log"),
        )
    )
    strategy, done = make("coarse-to-fine", space, seed=seed, trials=trials), []
    worst = 1.0 if data(train.name)[1] else 2.0
    while isinstance(suggestion := strategy.ask(len(done), done), Suggestion):
        score, _ = train(suggestion.params)
        status, score = ("diverged", None) if score >= worst else ("complete", score)
        done.append(Trial(len(done), suggestion.params, status, score, stage=suggestion.stage))
    assert suggestion == STOP
    return [(trial.params, EPOCHS) for trial in done]


def _kerastuner(train: Trainings, seed: int, trials: int, kind: str) -> list[tuple[dict, int]]:
    import keras_tuner

    hyper = keras_tuner.HyperParameters()
    hyper.Float("learning_rate", 1e-4, 1.0, sampling="log")
    hyper.Float("one_minus_beta", 1e-3, 1e-1, sampling="log")
    hyper.Int("units", 8, 128, sampling="log")
    hyper.Choice("layers", LAYERS)
    hyper.Choice("batch_size", BATCHES)
    hyper.Float("l2", 1e-6, 1e-1, sampling="log")
    done: list[tuple[dict, int]] = []
    budget, spent = trials * EPOCHS, 0

    class Tuner(keras_tuner.RandomSearch if kind == "random" else keras_tuner.Hyperband):
        def run_trial(self, trial):
            nonlocal spent
            values = dict(trial.hyperparameters.values)
            epochs = values.get("tuner/epochs", EPOCHS)
            spent += epochs - values.get("tuner/initial_epoch", 0)
            if spent >= budget:
                self.oracle.max_trials = 1  # the last one
            params = {key: value for key, value in values.items() if not key.startswith("tuner/")}
            done.append((params, epochs))
            return train(params, epochs)[0]

    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        common = {"hyperparameters": hyper, "seed": seed + 1, "directory": folder, "overwrite": True}  # 0: by the clock
        if kind == "random":
            tuner = Tuner(max_trials=trials, **common)
        else:
            tuner = Tuner(max_epochs=EPOCHS, factor=3, hyperband_iterations=9, **common)
        tuner.search()
    return done


def _optuna(train: Trainings, seed: int, trials: int) -> list[tuple[dict, int]]:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    done = []

    def objective(trial) -> float:
        params = {
            "learning_rate": trial.suggest_float("learning_rate", 1e-4, 1.0, log=True),
            "one_minus_beta": trial.suggest_float("one_minus_beta", 1e-3, 1e-1, log=True),
            "units": trial.suggest_int("units", 8, 128, log=True),
            "layers": trial.suggest_categorical("layers", LAYERS),
            "batch_size": trial.suggest_categorical("batch_size", BATCHES),
            "l2": trial.suggest_float("l2", 1e-6, 1e-1, log=True),
        }
        done.append((params, EPOCHS))
        return train(params)[0]

    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    study.optimize(objective, n_trials=trials)
    return done


def searched(strategy: str, train: Trainings, seed: int, trials: int) -> list[tuple[dict, int]]:
    """Settings and epochs of each trial, in order."""
    if strategy == "coarse-to-fine":
        return coarse_to_fine(train, seed, trials)
    if strategy.startswith("kt"):
        return _kerastuner(train, seed, trials, strategy.split()[1])
    return _optuna(train, seed, trials)


def reached(train: Trainings, done: list[tuple[dict, int]], share: float) -> tuple[float, float]:
    """The best dev score within that share of the epochs, and its test score."""
    epochs = np.cumsum([spent for _, spent in done])  # of hyperband a little generous: promotions count whole
    inside = [one for one, spent in zip(done, epochs, strict=True) if spent <= share * epochs[-1] + 1e-9] or done[:1]
    return min((train(*one) for one in inside), key=lambda scores: scores[0])


def interval(differences: np.ndarray) -> tuple[float, float]:
    picks = np.random.default_rng(0).integers(len(differences), size=(10_000, len(differences)))
    return tuple(np.percentile(differences[picks].mean(axis=1), [2.5, 97.5]))


def table(title: str, scores: dict[str, np.ndarray], tests: dict[str, np.ndarray]) -> None:
    """Scores: strategy → array (data sets, seeds)."""
    ranks = np.apply_along_axis(rankdata, 0, np.stack([scores[s] for s in STRATEGIES]))
    print(f"\n{title}")
    print(f"{'':16}{'median rank':>12}{'mean rank':>10}{'dev':>9}{'test':>9}   ours − theirs, % of theirs [95 %]")
    for i, name in enumerate(STRATEGIES):
        line = f"{name:16}{np.median(ranks[i]):12.2f}{ranks[i].mean():10.2f}"
        line += f"{scores[name].mean():9.4f}{tests[name].mean():9.4f}"
        if i:
            difference = (100 * (scores[STRATEGIES[0]] - scores[name]) / scores[name]).ravel()
            low, high = interval(difference)
            line += f"   {difference.mean():+6.1f} [{low:+.1f}, {high:+.1f}]"
        print(line, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--trials", type=int, default=24)
    parser.add_argument("--data", nargs="+", default=["digits", "wine", "diabetes"])
    parser.add_argument("--cache", type=Path, default=None)
    options = parser.parse_args()
    if "wine" in options.data and not os.environ.get("DLX_DATA"):
        raise SystemExit(
            "wine: name the folder that holds wine/winequality-red.csv in DLX_DATA, or give --data without it"
        )
    with tempfile.TemporaryDirectory() as kept, threadpool_limits(1):  # tiny matrices: threads cost more than they give
        folder = options.cache or Path(kept)
        folder.mkdir(parents=True, exist_ok=True)
        found = {share: {s: np.zeros((len(options.data), options.seeds, 2)) for s in STRATEGIES} for share in (1, 0.5)}
        for i, name in enumerate(options.data):
            for seed in range(options.seeds):
                train = Trainings(name, seed, folder)
                for strategy in STRATEGIES:
                    done = searched(strategy, train, seed, options.trials)
                    for share, by_strategy in found.items():
                        by_strategy[strategy][i, seed] = reached(train, done, share)
                print(f"{name} seed {seed}: {len(train.known)} trainings", flush=True)
        for share, by_strategy in found.items():
            for i, name in enumerate([*options.data, "all"]):
                rows = slice(None) if name == "all" else slice(i, i + 1)
                devs, tests = ({s: a[rows, :, k] for s, a in by_strategy.items()} for k in (0, 1))
                table(f"{name}, {round(share * options.trials)} trials, {options.seeds} seeds", devs, tests)


if __name__ == "__main__":
    main()
