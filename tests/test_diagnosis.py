"""Diagnosis of foreign tables and runs: worked cases as tables, people, baselines, other metrics, and the command."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from dlx import parts
from dlx.cli.app import app
from dlx.diagnosis import diagnose
from dlx.diagnosis._sources import sources_differ
from dlx.errors import UserError
from dlx.predictions import read, write
from dlx.strategy.intervals import mean_rung, wilson
from dlx.strategy.ladder import HumanFigure, ladder

N = 1000


def rows(split: str, error: float, n: int = N, **columns) -> pd.DataFrame:
    """Rows of two classes, in turn, of which the first ``error`` share is wrong."""
    true = ["cat", "dog"] * (n // 2)
    wrong = round(error * n)
    said = [{"cat": "dog", "dog": "cat"}[t] if i < wrong else t for i, t in enumerate(true)]
    return pd.DataFrame(
        {"id": [f"{split}{i}" for i in range(n)], "split": split, "y_true": true, "y_pred": said, **columns}
    )


def table(n: int = N, **errors: float) -> pd.DataFrame:
    return pd.concat([rows(split, error, n) for split, error in errors.items()], ignore_index=True)


@pytest.mark.parametrize(
    ("human", "errors", "status", "focus"),
    [
        # worked numbers 2A as tables of 10,000 rows: 0, O1, O2, O6, O15, O16, O19
        ("0%", {"train": 0.01, "dev": 0.11}, "decided", ("variance",)),
        ("0%", {"train": 0.15, "dev": 0.16}, "decided", ("avoidable_bias",)),
        ("1%", {"train": 0.08, "dev": 0.10}, "decided", ("avoidable_bias",)),
        ("0%", {"train": 0.01, "train_dev": 0.09, "dev": 0.10}, "decided", ("variance",)),
        ("0%", {"train": 0.01, "train_dev": 0.015, "dev": 0.10}, "decided", ("data_mismatch",)),
        ("0.1%", {"train": 0.02, "dev": 0.021, "test": 0.07}, "decided", ("overfit_to_dev",)),
    ],
)
def test_worked_ladders_come_out_of_tables(human, errors, status, focus):
    found = diagnose(table(10_000, **errors), human=human)
    assert (found.verdict.status, found.verdict.focus) == (status, focus)
    for name, error in errors.items():
        made = found.ladder.rung(name)
        assert (made.error, made.n) == (pytest.approx(error), 10_000)
        assert (made.low, made.high) == pytest.approx(wilson(error, 10_000))


def test_a_table_and_its_bare_numbers_get_the_same_verdict():
    errors = {"train": 0.03, "train_dev": 0.06, "dev": 0.08}
    of_table = diagnose(table(**errors), human=0.01)
    of_numbers = ladder("1%", 0.03, 0.06, 0.08, n_train=N, n_train_dev=N, n_dev=N)
    assert of_table.verdict == of_numbers.verdict
    assert of_table.ladder.gaps == of_numbers.gaps


def test_sources_tell_that_a_train_dev_set_is_missing():
    frame = table(train=0.01, dev=0.10)
    frame["source"] = np.where(frame["split"] == "train", "web", "phone")
    found = diagnose(frame, human=0.0)
    assert found.verdict.status == "need_train_dev"
    assert found.finding("need_train_dev").status == "issue"
    assert diagnose(frame, human=0.0, different_sources=False).verdict.focus == ("variance",)
    assert diagnose(table(train=0.01, dev=0.10), human=0.0, different_sources=True).verdict.status == "need_train_dev"
    with_train_dev = pd.concat([frame, rows("train_dev", 0.09, source="web")])
    assert diagnose(with_train_dev, human=0.0).verdict.focus == ("variance",)


@pytest.mark.parametrize(
    ("train", "dev", "expected"),
    [
        (["web"] * 90, ["phone"] * 30, True),
        (["web"] * 90, ["web"] * 30, False),
        (["web"] * 900 + ["phone"] * 100, ["phone"] * 100, True),
        (["web"] * 500 + ["phone"] * 500, ["web"] * 48 + ["phone"] * 52, False),
        (["web"] * 995 + ["rare"] * 5, ["web"] * 30, False),
        (["web"] * 900 + ["phone"] * 100, ["web"] * 10 + ["phone"] * 90, True),
        ([None] * 9, ["phone"] * 9, False),
        ([None] * 9, [None] * 9, False),
    ],
)
def test_when_sources_differ(train, dev, expected):
    both = pd.Series(pd.Categorical([*train, *dev]))
    assert sources_differ(both.iloc[: len(train)], both.iloc[len(train) :]) is expected


def test_groups_sizes_and_weights_are_respected():
    rng = np.random.default_rng(0)
    frame = table(train=0.05, dev=0.20)
    frame["group"] = [f"g{i}" for i in rng.integers(0, 15, len(frame))]
    frame["weight"] = rng.uniform(0.5, 2, len(frame))
    frame["size"] = rng.integers(1, 4, len(frame))
    found = diagnose(frame).ladder.rung("dev")
    dev = read(frame).rows("model", "dev")
    expected = mean_rung("dev", dev["error"], size=dev["size"], weight=dev["weight"], groups=dev["group"])
    assert (found.error, found.low, found.high, found.groups) == pytest.approx(
        (expected.error, expected.low, expected.high, 15)
    )
    weighted = (dev["error"] * dev["weight"] * dev["size"]).sum() / (dev["weight"] * dev["size"]).sum()
    assert found.error == pytest.approx(weighted)


def test_a_model_no_better_than_a_guess_is_said_first():
    found = diagnose(table(train=0.45, dev=0.52), human=0.01)
    assert found.findings[0].code == "worse_than_baseline"
    assert found.findings[0].status == "issue"
    assert found.baseline["error"] == pytest.approx(0.5)
    assert "most frequent in train" in found.baseline["how"]
    assert diagnose(table(train=0.05, dev=0.12)).finding("worse_than_baseline").status == "passed"


def test_the_baseline_of_the_table_is_used():
    frame = table(train=0.05, dev=0.30).assign(predictor="model")
    guess = frame.assign(predictor="baseline", y_pred="cat")
    found = diagnose(pd.concat([frame, guess]))
    assert found.baseline["how"] == "in the table"
    assert found.baseline["error"] == pytest.approx(0.5)
    row = found.scores[found.scores["metric"] == "error_minus_baseline"].iloc[0]
    assert row["value"] == pytest.approx(0.30 - 0.5)
    assert row["high"] < 0


def test_a_constant_is_no_baseline_for_one_class_or_ones_own_error():
    one = table(train=0.05, dev=0.30).assign(y_true="cat")
    assert diagnose(one).baseline is None
    own = table(train=0.05, dev=0.30).assign(error=0.25)
    assert diagnose(own).baseline is None


def test_regression_is_in_the_unit_of_the_target():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"id": range(600), "split": ["train"] * 300 + ["dev"] * 300, "y_true": rng.normal(100, 30, 600)}
    )
    frame["y_pred"] = frame["y_true"] + rng.normal(0, np.where(frame["split"] == "train", 5, 20))
    found = diagnose(frame, human="3")
    assert (found.ladder.metric, found.ladder.bounded) == ("mae", False)
    assert found.verdict.focus == ("variance",)
    assert found.ladder.rung("human").error == 3
    without = diagnose(frame)
    assert without.ladder.gap("avoidable_bias").value is None
    assert without.finding("human_level_missing").status == "tip"
    dev = frame[frame["split"] == "dev"]
    assert found.ladder.rung("dev").error == pytest.approx((dev["y_true"] - dev["y_pred"]).abs().mean())
    guess = found.scores[(found.scores["predictor"] == "baseline") & (found.scores["metric"] == "error")].iloc[0]
    median = frame.loc[frame["split"] == "train", "y_true"].median()
    assert guess["value"] == pytest.approx((dev["y_true"] - median).abs().mean())


@pytest.mark.parametrize("metric", ["f1", "balanced_accuracy", "accuracy"])
def test_other_metrics_are_shown_in_their_error_form(metric):
    frame = table(train=0.05, dev=0.20)
    found = diagnose(frame, metric=metric, human=0.01)
    dev = read(frame).rows("model", "dev")
    value = parts.load("metrics", metric)(dev)
    made = found.ladder.rung("dev")
    assert found.ladder.metric == metric
    assert made.error == pytest.approx(1 - value)
    assert made.low < made.error < made.high
    assert found.verdict.focus == ("variance",)
    row = found.scores[(found.scores["metric"] == metric) & (found.scores["split"] == "dev")].iloc[0]
    assert (row["value"], row["low"]) == pytest.approx((value, 1 - made.high))


def test_a_bootstrap_metric_with_its_unit():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"id": range(300), "split": ["train"] * 150 + ["dev"] * 150, "y_true": rng.normal(100, 30, 300)}
    )
    frame["y_pred"] = frame["y_true"] + rng.normal(0, 5, 300)
    found = diagnose(frame, metric="rmse").to_dict()
    assert (found["metric"], found["unit"], found["bounded"]) == ("rmse", "", False)
    dev = next(r for r in found["rungs"] if r["name"] == "dev")
    assert dev["low"] < dev["error"] < dev["high"]


def test_people_in_the_table_are_human_figures():
    model = pd.concat([rows("train", 0.05), rows("dev", 0.10)]).assign(predictor="model")
    panel = rows("dev", 0.01).assign(predictor="human:panel")
    clerk = rows("dev", 0.04).assign(predictor="human:clerk")
    found = diagnose(pd.concat([model, panel, clerk]))
    human = found.ladder.rung("human")
    assert (human.basis, human.error, human.n) == ("measured", pytest.approx(0.01), N)
    assert (human.low, human.high) == pytest.approx(wilson(0.01, N))
    assert {figure.group for figure in found.ladder.human} == {"panel", "clerk"}
    assert (found.scores["metric"] == "error_minus_human:panel").sum() == 1
    assert diagnose(pd.concat([model, panel, clerk]), deployment="clerk").ladder.deployment.error == pytest.approx(0.04)


def test_votes_of_single_people_are_a_sample_of_people_and_examples():
    model = pd.concat([rows("train", 0.05), rows("dev", 0.10)]).assign(predictor="model")
    votes = [
        rows("dev", error).assign(predictor=f"human:crowd/{i}") for i, error in enumerate([0.01, 0.02, 0.06, 0.03])
    ]
    found = diagnose(pd.concat([model, *votes]))
    (figure,) = found.ladder.human
    each = np.concatenate([(v["y_true"] != v["y_pred"]).to_numpy(float) for v in votes])
    assert (figure.group, figure.n_annotators, figure.n) == ("crowd", 4, 4 * N)
    assert figure.error == pytest.approx(0.03)
    alone = wilson(0.03, 4 * N)  # as if all votes were independent
    people = np.array([0.01, 0.02, 0.06, 0.03])
    assert figure.low < alone[0]
    assert figure.high > alone[1]
    assert figure.high - figure.low > 2 * 1.5 * people.std() / 2  # at least what four people differ by
    assert each.mean() == pytest.approx(0.03)


def test_figures_are_given_by_group_or_as_records():
    frame = table(train=0.05, dev=0.10)
    found = diagnose(
        frame, human={"typical": "3%", "doctor": "1%", "experienced": 0.007, "team": "0.5%"}, deployment="doctor"
    )
    assert found.ladder.rung("human").error == pytest.approx(0.005)
    assert found.ladder.deployment.error == pytest.approx(0.01)
    cited = diagnose(frame, human=HumanFigure("panel", 0.01, n=500, source="three doctors"))
    assert (cited.ladder.rung("human").low, cited.ladder.rung("human").high) == pytest.approx(wilson(0.01, 500))
    counted = diagnose(frame, human="1%", n_human=500)
    assert counted.ladder.rung("human").high == pytest.approx(wilson(0.01, 500)[1])


def test_a_figure_for_another_source_is_told():
    frame = table(train=0.05, dev=0.10).assign(source="phone")
    found = diagnose(frame, human="1%", human_of="web")
    assert found.finding("human_figure_for_other_source").status == "tip"


def test_a_target_that_is_met_is_good_enough():
    assert diagnose(table(train=0.01, dev=0.02), target="5%").verdict.status == "good_enough"
    assert diagnose(table(train=0.01, dev=0.02), target="2%").verdict.status != "good_enough"


def test_several_models_need_a_name():
    two = pd.concat([table(train=0.01, dev=0.1).assign(predictor="a"), table(train=0.1, dev=0.1).assign(predictor="b")])
    with pytest.raises(UserError, match="several models"):
        diagnose(two)
    assert diagnose(two, predictor="b").verdict.focus == ("avoidable_bias",)
    assert diagnose(two, predictor="b").predictor == "b"
    with pytest.raises(UserError, match="unknown predictor"):
        diagnose(two, predictor="c")
    with pytest.raises(UserError, match="holds no model"):
        diagnose(table(dev=0.1).assign(predictor="human:panel"))


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"human": 8}, "8"),
        ({"human": "many"}, "rate"),
        ({"target": "150%"}, "100%"),
        ({"metric": "f2x"}, "unknown metric"),
        ({"metric": "overconfidence"}, "no goal"),
        ({"metric": "rmse"}, "needs numbers"),
        ({"n_human": 100}, "one human figure"),
        ({"task": "regresion"}, "Did you mean 'regression'"),
        ({"positive": "bird", "metric": "f1"}, "unknown class"),
    ],
)
def test_options_at_fault(options, rule):
    with pytest.raises(UserError, match=rule):
        diagnose(table(train=0.01, dev=0.1), **options)


def test_a_table_without_dev_is_not_judged():
    found = diagnose(table(train=0.1))
    assert found.verdict.status == "undetermined"


def make_run(tmp_path, **files) -> None:
    """A run folder: just files."""
    folder = tmp_path / "runs" / "digits-20260101-120000-abcd"
    folder.mkdir(parents=True)
    info = {"id": folder.name, "recipe": "digits", "started": "2026-01-01T12:00:00", "status": "complete",
            "command": "dlx train digits"}  # fmt: skip
    (folder / "run.json").write_text(json.dumps(info))
    frame = table(train=0.01, dev=0.11).assign(predictor="model")
    write(read(pd.concat([frame, frame.assign(predictor="baseline", y_pred="cat")])), folder / "predictions.parquet")
    (folder / "recipe.yaml").write_text(
        "name: digits\ntask: {name: classification}\nmodel: {builder: mlp, units: [64], dropout: 0.0, l2: 0.0}\n"
        "train: {epochs: 6, learning_rate: 0.001}\nhuman: {panel: {error: 0.002, n: null, source: LeCun}}\n"
        "goal: {optimize: error, target: null}\ndata: {target: null}\n"
    )
    epochs = [{"epoch": i + 1, "loss": 1.0 / 2**i, "val_loss": 0.5} for i in range(6)]
    (folder / "history.jsonl").write_text("".join(json.dumps(e) + "\n" for e in epochs))
    (folder / "data.json").write_text(json.dumps({"sizes": {"train": 5000, "dev": 1000, "test": 0}, "set_aside": 2}))
    (folder / "health.json").write_text(
        json.dumps({"layers": [{"layer": "dense", "gradient_norm": 0.5, "update_ratio": 1e-3, "dead_relu_share": 0.6}]})
    )
    for name, text in files.items():
        (folder / name).write_text(text)


def test_a_run_brings_recipe_history_health_and_data(tmp_path, monkeypatch):
    make_run(tmp_path)
    monkeypatch.chdir(tmp_path)
    found = diagnose("last")
    assert found.run == "digits-20260101-120000-abcd"
    assert found.ladder.rung("human").error == 0.002
    assert "LeCun" in found.ladder.rung("human").source
    assert found.verdict.focus == ("variance",)
    assert any(action.command.startswith("dlx train digits -s ") for action in found.actions)
    expected = {"not_converged": "passed", "dead_relus": "issue", "no_test_set": "tip", "examples_set_aside": "tip"}
    assert {code: found.finding(code).status for code in expected} == expected
    assert diagnose("digits-2026", human="5%").ladder.rung("human").error == 0.05
    other = diagnose("last", metric="f1")
    assert other.ladder.rung("human").basis == "assumed"
    assert other.note.endswith("The recipe's human figures are errors and are not set against f1.")


def test_looks_at_the_test_set_are_counted_over_runs(tmp_path, monkeypatch):
    make_run(tmp_path)
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "runs"
    looks = [
        {"digest": "d", "run": "other"},
        {"digest": "e", "run": "x"},
        {"digest": "d", "run": "digits-20260101-120000-abcd"},
    ]
    (folder / "looks.jsonl").write_text("".join(json.dumps(look) + "\n" for look in looks))
    assert diagnose("last").finding("test_looked_at_again").status == "not_applicable"
    file = folder / "digits-20260101-120000-abcd" / "predictions.parquet"
    write(read(pd.concat([read(file).table, read(rows("test", 0.12)).table])), file)
    found = diagnose("last").finding("test_looked_at_again")
    assert (found.status, found.evidence["looks"]) == ("issue", 2)


def test_no_such_run_or_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="no such predictions file"):
        diagnose("nothing.csv")
    with pytest.raises(UserError):
        diagnose("nothing")
    with pytest.raises(UserError, match="a run, a file or a table"):
        diagnose(5)


def test_the_command_prints_the_task_first_and_one_json_document(tmp_path):
    file = tmp_path / "predictions.csv"
    table(train=0.01, dev=0.11).to_csv(file, index=False)
    done = CliRunner().invoke(app, ["diagnose", str(file), "--human", "0.79%"])
    assert done.exit_code == 0
    assert done.stdout.startswith("Task: classification, since labels are text.")
    assert "variance" in done.stdout
    done = CliRunner().invoke(app, ["diagnose", str(file), "--human", "team=0.5%", "--human", "one=2%", "--json"])
    found = json.loads(done.stdout)
    assert {
        "rungs",
        "gaps",
        "verdict",
        "findings",
        "actions",
        "metric",
        "unit",
        "bounded",
        "task",
        "baseline",
        "human",
    } <= set(found)
    assert [rung["name"] for rung in found["rungs"]] == ["human", "train", "dev"]
    assert [gap["name"] for gap in found["gaps"]] == ["avoidable_bias", "variance", "data_mismatch", "overfit_to_dev"]
    assert set(found["gaps"][0]) >= {"name", "value", "low", "high", "p_largest", "flagged"}
    assert set(found["verdict"]) >= {"status", "focus", "reason", "n_needed"}
    assert all(set(f) == {"code", "title", "status", "evidence", "next_step"} for f in found["findings"])
    assert len(found["findings"]) == len(parts.names("checks"))
    order = [f["status"] for f in found["findings"]]
    assert order == sorted(order, key=["issue", "undecided", "tip", "passed", "not_applicable"].index)


def test_faults_are_one_message_and_exit_two(tmp_path):
    file = tmp_path / "predictions.csv"
    table(train=0.01, dev=0.11).rename(columns={"y_pred": "prediction"}).to_csv(file, index=False)
    done = subprocess.run([sys.executable, "-m", "dlx", "diagnose", str(file)], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "needs the column 'y_pred'" in done.stderr
    assert "Traceback" not in done.stderr


def test_it_works_without_tensorflow_or_mlflow(tmp_path):
    file = tmp_path / "predictions.csv"
    table(train=0.01, dev=0.11).to_csv(file, index=False)
    program = (
        "import sys\n"
        "for name in ('tensorflow', 'keras', 'keras_tuner', 'mlflow', 'sklearn'): sys.modules[name] = None\n"
        "import dlx\n"
        f"found = dlx.diagnose({str(file)!r}, human=0.01, metric='f1')\n"
        "print(found.verdict.focus, len(found._repr_html_()) > 100)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "('variance',) True", done.stderr
